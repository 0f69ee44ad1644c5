//! `sealed_meta` of a manifest: the names of the files, which the server never sees.
//!
//! ```text
//! sealed_meta = nonce (12) | AES-256-GCM(meta key, JCS(Meta)) (n + 16)      no aad
//! ```
//!
//! The meta key is [`crate::schedule::derive_meta_key`], of one release alone, so the release is bound by the key.

use core::fmt;

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::meta::{Meta, MetaError};
use zeroize::Zeroizing;

use crate::gcm;
use crate::schedule::derive_meta_key;
use crate::secret::Secret32;

/// Why metadata is not sealed, or not taken after opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedMetaError {
    /// The system gives no entropy for the nonce.
    Entropy,
    /// Not sealed under this release's key, or altered; deliberately says no more.
    Rejected,
    /// Authentic, but not a [`Meta`]: the seller's mistake.
    Malformed,
    /// Breaks a rule, or differs from the manifest: the seller's mistake.
    Invalid(MetaError),
}

impl fmt::Display for SealedMetaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entropy => f.write_str("the system gives no entropy"),
            Self::Rejected => f.write_str("the sealed names are not authentic under this key"),
            Self::Malformed => f.write_str("the sealed names are not in the form of this protocol"),
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SealedMetaError {}

impl From<MetaError> for SealedMetaError {
    fn from(error: MetaError) -> Self {
        Self::Invalid(error)
    }
}

impl From<gcm::Fault> for SealedMetaError {
    fn from(fault: gcm::Fault) -> Self {
        match fault {
            gcm::Fault::Entropy => Self::Entropy,
            gcm::Fault::TooLong => Self::Malformed,
        }
    }
}

/// Seals `meta` for `manifest`, whose own `sealed_meta` is not looked at: it is what this returns.
pub fn seal_meta(
    release_key: &Secret32,
    manifest: &Manifest,
    meta: &Meta,
) -> Result<ByteString, SealedMetaError> {
    let plain = write(manifest, meta)?;
    Ok(ByteString(gcm::seal(&derive_meta_key(release_key, &manifest.release_id), &plain)?))
}

fn write(manifest: &Manifest, meta: &Meta) -> Result<Zeroizing<Vec<u8>>, SealedMetaError> {
    meta.check(manifest)?;
    jcs::to_vec(meta).map(Zeroizing::new).map_err(|_| SealedMetaError::Malformed)
}

/// The names in a manifest, held to the manifest's files.
pub fn open_meta(release_key: &Secret32, manifest: &Manifest) -> Result<Meta, SealedMetaError> {
    let key = derive_meta_key(release_key, &manifest.release_id);
    let plain = gcm::open(&key, &manifest.sealed_meta.0).ok_or(SealedMetaError::Rejected)?;
    let meta: Meta = serde_json::from_slice(&plain).map_err(|_| SealedMetaError::Malformed)?;
    meta.check(manifest)?;
    Ok(meta)
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::{Bytes, Bytes32};
    use serde::Deserialize;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::gcm::NONCE_LEN;

    #[derive(Deserialize)]
    struct Vectors {
        sealed_meta: Vector,
    }

    #[derive(Deserialize)]
    struct Vector {
        release_key: Bytes32,
        nonce: Bytes<NONCE_LEN>,
        meta: Meta,
        manifest: Manifest,
    }

    fn vector() -> (Secret32, Vector) {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/sealed.json")).unwrap();
        (Secret32::from_bytes(vectors.sealed_meta.release_key.0), vectors.sealed_meta)
    }

    fn with_plain(release_key: &Secret32, manifest: &Manifest, plain: &[u8]) -> Manifest {
        let sealed = gcm::seal(&derive_meta_key(release_key, &manifest.release_id), plain).unwrap();
        Manifest { sealed_meta: ByteString(sealed), ..manifest.clone() }
    }

    #[test]
    fn sealed_meta_has_its_frozen_form() {
        let (release_key, vector) = vector();
        let plain = write(&vector.manifest, &vector.meta).unwrap();
        let key = derive_meta_key(&release_key, &vector.manifest.release_id);
        let sealed = gcm::seal_with(vector.nonce.0, &key, &plain);
        assert_eq!(sealed.as_ref(), Ok(&vector.manifest.sealed_meta.0));
        assert_eq!(open_meta(&release_key, &vector.manifest), Ok(vector.meta));
    }

    #[test]
    fn each_sealing_takes_a_new_nonce() {
        let (release_key, vector) = vector();
        let seal = || seal_meta(&release_key, &vector.manifest, &vector.meta).unwrap();
        let (first, second) = (seal(), seal());
        assert_ne!(first.0[..NONCE_LEN], second.0[..NONCE_LEN]);
        let manifest = Manifest { sealed_meta: second, ..vector.manifest.clone() };
        assert_eq!(open_meta(&release_key, &manifest), Ok(vector.meta.clone()));
    }

    #[test]
    fn altered_cut_and_foreign_bytes_are_refused() {
        let (release_key, vector) = vector();
        let reject = |key: &Secret32, manifest: &Manifest| {
            assert_eq!(open_meta(key, manifest), Err(SealedMetaError::Rejected));
        };
        let sealed = &vector.manifest.sealed_meta.0;
        for index in 0..sealed.len() {
            let mut altered = vector.manifest.clone();
            altered.sealed_meta.0[index] ^= 1;
            reject(&release_key, &altered);
        }
        for len in [0, 1, NONCE_LEN - 1, NONCE_LEN, NONCE_LEN + 15, NONCE_LEN + 16, sealed.len() - 1] {
            let cut = ByteString(sealed[..len].to_vec());
            reject(&release_key, &Manifest { sealed_meta: cut, ..vector.manifest.clone() });
        }
        reject(&Secret32::from_bytes([0; 32]), &vector.manifest);
        let release_id = claimcheck_protocol::ids::ReleaseId::from_parts(0, [0; 10]);
        reject(&release_key, &Manifest { release_id, ..vector.manifest.clone() });
    }

    #[test]
    fn a_seller_cannot_name_files_that_the_manifest_does_not_have() {
        let (release_key, vector) = vector();
        let mut escaping = vector.meta.clone();
        escaping.files[1].path = "../empty.txt".to_owned();
        let mut retyped = vector.meta.clone();
        retyped.files[1].content_type = "text/html".parse().unwrap();
        let mut short = vector.meta.clone();
        short.files.pop();
        for (meta, error) in
            [(escaping, MetaError::Path(1)), (retyped, MetaError::ContentType(1)), (short, MetaError::Count)]
        {
            let refused = Err(SealedMetaError::Invalid(error));
            assert_eq!(seal_meta(&release_key, &vector.manifest, &meta).map(|_| ()), refused);
            let manifest = with_plain(&release_key, &vector.manifest, &jcs::to_vec(&meta).unwrap());
            assert_eq!(open_meta(&release_key, &manifest).map(|_| ()), refused);
        }
    }

    #[test]
    fn authentic_bytes_of_another_form_are_refused() {
        let (release_key, vector) = vector();
        let plain = String::from_utf8(jcs::to_vec(&vector.meta).unwrap()).unwrap();
        let unknown_member = plain.replacen('{', r#"{"more":1,"#, 1);
        for plain in ["", "{}", "[]", "null", &plain[1..], &unknown_member] {
            let manifest = with_plain(&release_key, &vector.manifest, plain.as_bytes());
            assert_eq!(open_meta(&release_key, &manifest), Err(SealedMetaError::Malformed), "{plain}");
        }
    }
}
