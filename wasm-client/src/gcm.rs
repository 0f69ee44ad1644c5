//! Small secrets sealed under a key of one purpose alone: metadata, names and wrapped keys.
//!
//! ```text
//! sealed = nonce (12) | AES-256-GCM(key, plain) (plain + 16)      no aad
//! ```
//!
//! The key is derived for one release, file or link, which is what binds the sealed bytes to it.

use aes_gcm::aead::{Aead, Nonce};
use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

use crate::secret::Secret32;

pub(crate) const NONCE_LEN: usize = 12;

/// Why something is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The system gives no entropy for the nonce.
    Entropy,
    /// The cipher takes no message of that length.
    TooLong,
}

/// Seals under a new nonce.
pub(crate) fn seal(key: &Secret32, plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| Fault::Entropy)?;
    seal_with(nonce, key, plain)
}

/// Seals under a nonce that no other message under this key has.
pub(crate) fn seal_with(nonce: [u8; NONCE_LEN], key: &Secret32, plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let sealed = cipher(key).encrypt(&Nonce::<Aes256Gcm>::from(nonce), plain).map_err(|_| Fault::TooLong)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What was sealed; None of everything that is not authentic.
pub(crate) fn open(key: &Secret32, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    cipher(key).decrypt(&Nonce::<Aes256Gcm>::from(*nonce), sealed).map(Zeroizing::new).ok()
}

fn cipher(key: &Secret32) -> Aes256Gcm {
    Aes256Gcm::new(key.as_bytes().into())
}
