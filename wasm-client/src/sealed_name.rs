//! What a file is called, for a link that gives this file alone and not the key of its release.
//!
//! ```text
//! sealed_name = nonce (12) | AES-256-GCM(name key, JCS(MetaFile)) (n + 16)      no aad
//! ```
//!
//! The name key is [`crate::schedule::derive_name_key`], of one file alone, so the file is bound by the key.

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::ids::FileId;
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::ManifestFile;
use claimcheck_protocol::meta::{MetaError, MetaFile, is_safe_path};
use zeroize::Zeroizing;

use crate::gcm;
use crate::meta::SealedMetaError;
use crate::schedule::derive_name_key;
use crate::secret::Secret32;

/// Seals the name of the file of this id, whose key is given.
pub fn seal_name(
    file_key: &Secret32,
    file_id: &FileId,
    name: &MetaFile,
) -> Result<ByteString, SealedMetaError> {
    Ok(ByteString(gcm::seal(&derive_name_key(file_key, file_id), &write(name)?)?))
}

fn write(name: &MetaFile) -> Result<Zeroizing<Vec<u8>>, SealedMetaError> {
    jcs::to_vec(name).map(Zeroizing::new).map_err(|_| SealedMetaError::Malformed)
}

/// The name, held to what the manifest says of the file.
pub fn open_name(
    file_key: &Secret32,
    file: &ManifestFile,
    sealed: &ByteString,
) -> Result<MetaFile, SealedMetaError> {
    let key = derive_name_key(file_key, &file.file_id);
    let plain = gcm::open(&key, &sealed.0).ok_or(SealedMetaError::Rejected)?;
    let name: MetaFile = serde_json::from_slice(&plain).map_err(|_| SealedMetaError::Malformed)?;
    if !is_safe_path(&name.path) {
        return Err(MetaError::Path(0).into());
    }
    if name.content_type != file.declared_type {
        return Err(MetaError::ContentType(0).into());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::{Bytes, Bytes32};
    use serde::Deserialize;

    use super::*;
    use crate::gcm::NONCE_LEN;

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
        let name_key = derive_name_key(&key, &vector.file.file_id);
        let sealed = gcm::seal_with(vector.nonce.0, &name_key, &write(&vector.name).unwrap());
        assert_eq!(sealed.as_ref(), Ok(&vector.sealed.0));
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
