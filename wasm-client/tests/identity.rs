//! An identity's keys and id from its seed, and the recovery phrase both ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_client::identity::Identity;
use claimcheck_client::phrase::{self, PhraseError};
use claimcheck_client::schedule;
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use data_encoding::HEXLOWER;
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Deserialize)]
struct Keys {
    identities: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    seed: Bytes32,
    ed25519_seed: Bytes32,
    x25519_sk: Bytes32,
    #[serde(flatten)]
    keys: AilockKeys,
    id: AilockId,
}

#[derive(Deserialize)]
struct Bip39 {
    vectors: Vec<Phrase>,
}

#[derive(Deserialize)]
struct Phrase {
    entropy: String,
    phrase: String,
}

fn bip39() -> Vec<Phrase> {
    let published: Bip39 = serde_json::from_str(include_str!("../../tests/vectors/bip39.json")).unwrap();
    assert_eq!(published.vectors.len(), 8);
    published.vectors
}

fn read(phrase: &str) -> Result<[u8; 32], PhraseError> {
    phrase::read(phrase).map(|seed| *seed.as_bytes())
}

#[test]
fn keys_and_id_follow_from_the_seed() {
    let frozen: Keys = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
    assert_eq!(frozen.identities.len(), 3);
    for vector in frozen.identities {
        let seed = Secret32::from_bytes(vector.seed.0);
        assert_eq!(schedule::derive_signing_seed(&seed).as_bytes(), vector.ed25519_seed.as_array());
        assert_eq!(schedule::derive_sealing_key(&seed).as_bytes(), vector.x25519_sk.as_array());
        let identity = Identity::from_seed(seed);
        assert_eq!(*identity.keys(), vector.keys);
        assert_eq!(*identity.id(), vector.id);
        assert_eq!(vector.keys.check(identity.id()), Ok(()));
        assert_eq!(identity.seed().as_bytes(), vector.seed.as_array());
    }
}

#[test]
fn made_identities_differ_and_come_back_from_their_phrase() {
    let (first, second) = (Identity::make().unwrap(), Identity::make().unwrap());
    assert_ne!(first.id(), second.id());
    let phrase = phrase::write(first.seed());
    let restored = Identity::from_seed(phrase::read(&phrase).unwrap());
    assert_eq!(restored.id(), first.id());
    assert_eq!(restored.keys(), first.keys());
}

#[test]
fn phrases_are_the_published_ones() {
    for vector in bip39() {
        let entropy: [u8; 32] = HEXLOWER.decode(vector.entropy.as_bytes()).unwrap().try_into().unwrap();
        assert_eq!(*phrase::write(&Secret32::from_bytes(entropy)), vector.phrase);
        assert_eq!(read(&vector.phrase), Ok(entropy));
    }
}

#[test]
fn case_and_white_space_do_not_matter() {
    for vector in bip39() {
        let entropy: [u8; 32] = HEXLOWER.decode(vector.entropy.as_bytes()).unwrap().try_into().unwrap();
        for typed in [
            vector.phrase.to_uppercase(),
            format!("\n {}\t", vector.phrase.replace(' ', "  \r\n")),
            vector.phrase.replace(' ', "\u{3000}"),
            vector
                .phrase
                .split(' ')
                .map(|word| format!("{}{} ", &word[..1].to_uppercase(), &word[1..]))
                .collect(),
        ] {
            assert_eq!(read(&typed), Ok(entropy));
        }
    }
}

#[test]
fn a_wrong_word_is_named_by_its_position_and_never_repeated() {
    let vectors = bip39();
    let words: Vec<&str> = vectors[4].phrase.split(' ').collect();
    for position in 0..words.len() {
        let mut typed = words.clone();
        typed[position] = "mistyped";
        let error = read(&typed.join(" ")).unwrap_err();
        assert_eq!(error, PhraseError::UnknownWord(position + 1));
        assert!(!error.to_string().contains("mistyped"));
    }
    assert_eq!(PhraseError::UnknownWord(7).to_string(), "word 7 is not in the list of words");
}

#[test]
fn words_that_do_not_belong_together_are_refused() {
    let vectors = bip39();
    let words: Vec<&str> = vectors[4].phrase.split(' ').collect();
    let mut swapped = words.clone();
    swapped.swap(0, 1);
    assert_eq!(read(&swapped.join(" ")), Err(PhraseError::Checksum));
    // One wrong word of the list passes the 8 bits of checksum once in 256 times: of 2047 there are about 8.
    let list = vectors.iter().flat_map(|vector| vector.phrase.split(' ')).filter(|word| *word != words[0]);
    let (mut tried, mut passed) = (0, 0);
    for word in list {
        let mut typed = words.clone();
        typed[0] = word;
        tried += 1;
        passed += i32::from(read(&typed.join(" ")) != Err(PhraseError::Checksum));
    }
    assert!(tried > 150 && passed <= 4, "{passed} of {tried}");
}

#[test]
fn another_number_of_words_is_refused() {
    let vectors = bip39();
    let words: Vec<&str> = vectors[5].phrase.split(' ').collect();
    for count in 0..words.len() {
        assert_eq!(read(&words[..count].join(" ")), Err(PhraseError::WordCount(count)));
    }
    assert_eq!(read(&format!("{} zoo", vectors[5].phrase)), Err(PhraseError::WordCount(25)));
    let twelve =
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    assert_eq!(read(twelve), Err(PhraseError::WordCount(12)), "a valid phrase of half the entropy");
}
