//! AES-256-GCM and SHA-256 over slices by the crates `aes-gcm` and `sha2`.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use sha2::{Digest, Sha256};

use super::BulkError;
use crate::secret::Secret32;

const TAG_LEN: usize = 16;

/// An expanded key, wiped on drop by the crate `aes`.
pub struct PortableKey(Aes256Gcm);

pub fn import_key(raw: &Secret32) -> PortableKey {
    PortableKey(Aes256Gcm::new(raw.as_bytes().into()))
}

/// Seals `bytes` in place: `ct || tag`. Leave room for the tag with [`room_for`].
pub fn seal(key: &PortableKey, iv: &[u8; 12], aad: &[u8], mut bytes: Vec<u8>) -> Result<Vec<u8>, BulkError> {
    key.0.encrypt_in_place(iv.into(), aad, &mut bytes).map_err(|_| BulkError::Platform)?;
    Ok(bytes)
}

/// Opens `ct || tag` in place, once it is known to be authentic.
pub fn open(key: &PortableKey, iv: &[u8; 12], aad: &[u8], mut bytes: Vec<u8>) -> Result<Vec<u8>, BulkError> {
    key.0.decrypt_in_place(iv.into(), aad, &mut bytes).map_err(|_| BulkError::Rejected)?;
    Ok(bytes)
}

/// SHA-256 of the parts, one after the other.
pub fn sha256<P: AsRef<[u8]>>(parts: impl Iterator<Item = P>) -> [u8; 32] {
    parts.fold(Sha256::new(), Digest::chain_update).finalize().into()
}

/// An empty `Vec` for `len` bytes and a tag, or an error instead of an abort.
pub fn room_for(len: usize) -> Result<Vec<u8>, BulkError> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len.saturating_add(TAG_LEN)).map_err(|_| BulkError::Memory)?;
    Ok(bytes)
}
