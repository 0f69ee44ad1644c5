//! The recovery phrase: the 24 English words of BIP-39 that write down a root seed of 32 bytes.
//!
//! The words are the entropy itself, with a checksum of 8 bits; BIP-39's PBKDF2 step is not used.

use core::fmt;

use bip39::{Error, Language, Mnemonic};
use zeroize::Zeroizing;

use crate::secret::Secret32;

/// Words in a phrase.
pub const WORDS: usize = 24;

/// Why a phrase is refused. No variant repeats a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhraseError {
    /// Not [`WORDS`] words, but so many.
    WordCount(usize),
    /// The word at this position, counted from 1, is not in the list.
    UnknownWord(usize),
    /// Every word is in the list, but together they are not a phrase: one is wrong, or two changed places.
    Checksum,
}

impl fmt::Display for PhraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WordCount(count) => write!(f, "a recovery phrase has {WORDS} words, not {count}"),
            Self::UnknownWord(position) => write!(f, "word {position} is not in the list of words"),
            Self::Checksum => f.write_str("the words do not belong together: one is wrong or out of place"),
        }
    }
}

impl core::error::Error for PhraseError {}

/// The phrase of a seed: lower case, one space between words.
#[expect(clippy::expect_used, reason = "BIP-39 takes entropy of 32 bytes")]
pub fn write(seed: &Secret32) -> Zeroizing<String> {
    let mnemonic = Mnemonic::from_entropy_in(Language::English, seed.as_bytes()).expect("32 bytes");
    let mut phrase = Zeroizing::new(String::with_capacity(WORDS * 9));
    for word in mnemonic.words() {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(word);
    }
    phrase
}

/// The seed of a phrase, as people type it: in any case, with any white space around the words.
pub fn read(phrase: &str) -> Result<Secret32, PhraseError> {
    let count = phrase.split_whitespace().count();
    if count != WORDS {
        return Err(PhraseError::WordCount(count));
    }
    let lower = Zeroizing::new(phrase.to_lowercase());
    let mnemonic = Mnemonic::parse_in(Language::English, lower.as_str()).map_err(|error| match error {
        Error::UnknownWord(index) => PhraseError::UnknownWord(index + 1),
        _ => PhraseError::Checksum,
    })?;
    let (entropy, _) = mnemonic.to_entropy_array();
    let entropy = Zeroizing::new(entropy);
    let seed = entropy.first_chunk().ok_or(PhraseError::Checksum)?;
    Ok(Secret32::from_bytes(*seed))
}
