//! What a file is called, for a link that gives this file alone and not the key of its release.
//!
//! ```text
//! sealed_name = nonce (12) | AES-256-GCM(name key, JCS(MetaFile)) (n + 16)      no aad
//! ```
//!
//! The name key is [`crate::schedule::derive_name_key`], of one file alone, so the file is bound by the key.

use aes_gcm::aead::{Aead, Nonce};
use aes_gcm::{Aes256Gcm, KeyInit};
use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::ids::FileId;
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::ManifestFile;
use claimcheck_protocol::meta::{MetaError, MetaFile, is_safe_path};
use zeroize::Zeroizing;

use crate::meta::SealedMetaError;
use crate::schedule::derive_name_key;
use crate::secret::Secret32;

const NONCE_LEN: usize = 12;

/// Seals the name of the file of this id, whose key is given.
pub fn seal_name(
    file_key: &Secret32,
    file_id: &FileId,
    name: &MetaFile,
) -> Result<ByteString, SealedMetaError> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| SealedMetaError::Entropy)?;
    seal_with(nonce, file_key, file_id, name)
}

fn seal_with(
    nonce: [u8; NONCE_LEN],
    file_key: &Secret32,
    file_id: &FileId,
    name: &MetaFile,
) -> Result<ByteString, SealedMetaError> {
    let plain = jcs::to_vec(name).map(Zeroizing::new).map_err(|_| SealedMetaError::Malformed)?;
    let sealed = cipher(file_key, file_id)
        .encrypt(&Nonce::<Aes256Gcm>::from(nonce), plain.as_slice())
        .map_err(|_| SealedMetaError::Malformed)?;
    Ok(ByteString([nonce.as_slice(), &sealed].concat()))
}

/// The name, held to what the manifest says of the file.
pub fn open_name(
    file_key: &Secret32,
    file: &ManifestFile,
    sealed: &ByteString,
) -> Result<MetaFile, SealedMetaError> {
    let (nonce, sealed) = sealed.0.split_first_chunk::<NONCE_LEN>().ok_or(SealedMetaError::Rejected)?;
    let plain = cipher(file_key, &file.file_id)
        .decrypt(&Nonce::<Aes256Gcm>::from(*nonce), sealed)
        .map(Zeroizing::new)
        .map_err(|_| SealedMetaError::Rejected)?;
    let name: MetaFile = serde_json::from_slice(&plain).map_err(|_| SealedMetaError::Malformed)?;
    if !is_safe_path(&name.path) {
        return Err(MetaError::Path(0).into());
    }
    if name.content_type != file.declared_type {
        return Err(MetaError::ContentType(0).into());
    }
    Ok(name)
}

fn cipher(file_key: &Secret32, file_id: &FileId) -> Aes256Gcm {
    Aes256Gcm::new(derive_name_key(file_key, file_id).as_bytes().into())
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::{Bytes, Bytes32};
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        sealed_name: Vector,
    }

    #[derive(Deserialize)]
    struct Vector {
        file_key: Bytes32,
        nonce: Bytes<NONCE_LEN>,
        name: MetaFile,
        file: ManifestFile,
        sealed: ByteString,
    }

    fn vector() -> (Secret32, Vector) {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/links.json")).unwrap();
        (Secret32::from_bytes(vectors.sealed_name.file_key.0), vectors.sealed_name)
    }

    #[test]
    fn a_sealed_name_has_its_frozen_form() {
        let (key, vector) = vector();
        let sealed = seal_with(vector.nonce.0, &key, &vector.file.file_id, &vector.name);
        assert_eq!(sealed, Ok(vector.sealed.clone()));
        assert_eq!(open_name(&key, &vector.file, &vector.sealed), Ok(vector.name));
    }

    #[test]
    fn altered_cut_and_foreign_bytes_are_refused() {
        let (key, vector) = vector();
        let rejected = |key: &Secret32, sealed: ByteString| {
            assert_eq!(open_name(key, &vector.file, &sealed), Err(SealedMetaError::Rejected));
        };
        for index in 0..vector.sealed.0.len() {
            let mut altered = vector.sealed.clone();
            altered.0[index] ^= 1;
            rejected(&key, altered);
            rejected(&key, ByteString(vector.sealed.0[..index].to_vec()));
        }
        rejected(&Secret32::from_bytes([0; 32]), vector.sealed.clone());
    }

    #[test]
    fn a_name_that_leaves_its_folder_or_lies_about_its_type_is_refused() {
        let (key, vector) = vector();
        let opened = |name: MetaFile| {
            let sealed = seal_name(&key, &vector.file.file_id, &name).unwrap();
            open_name(&key, &vector.file, &sealed)
        };
        let escaping = MetaFile { path: "../x".to_owned(), ..vector.name.clone() };
        assert_eq!(opened(escaping), Err(MetaError::Path(0).into()));
        let retyped = MetaFile { content_type: "text/html".parse().unwrap(), ..vector.name.clone() };
        assert_eq!(opened(retyped), Err(MetaError::ContentType(0).into()));
    }
}
