//! A key wrapped by the secret of a link or a listing, so that whoever has the link can open what it names.
//!
//! ```text
//! wrapped_key = nonce (12) | AES-256-GCM(wrap, release key or file key) (32 + 16)      no aad
//! ```
//!
//! `wrap` is [`LinkSecret::derive_wrap`], of one link and one manifest alone, so both are bound by the key.

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::wire::WRAPPED_KEY_LEN;

use crate::gcm;
use crate::schedule::LinkSecret;
use crate::seal::{OpenError, SealError};
use crate::secret::Secret32;

/// A key as the server keeps it.
pub type WrappedKey = Bytes<WRAPPED_KEY_LEN>;

/// Wraps a key for whoever has the secret.
pub fn wrap_key(link: &LinkSecret<'_>, key: &Secret32) -> Result<WrappedKey, SealError> {
    let sealed = gcm::seal(&link.derive_wrap(), key.as_bytes()).map_err(|_| SealError::Cipher)?;
    Bytes::try_from(sealed.as_slice()).map_err(|_| SealError::Cipher)
}

/// The key, if it was wrapped by this secret. Whether it is the release's, the header tag of each file tells.
pub fn unwrap_key(link: &LinkSecret<'_>, wrapped: &WrappedKey) -> Result<Secret32, OpenError> {
    let key = gcm::open(&link.derive_wrap(), wrapped.as_ref()).ok_or(OpenError)?;
    Secret32::from_slice(&key).ok_or(OpenError)
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::Bytes32;
    use claimcheck_protocol::ids::ListingId;
    use serde::Deserialize;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::gcm::NONCE_LEN;

    #[derive(Deserialize)]
    struct Vectors {
        wrapped_keys: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        secret: Bytes32,
        password: Option<Bytes32>,
        listing_id: ListingId,
        manifest_hash: Bytes32,
        nonce: Bytes<NONCE_LEN>,
        release_key: Bytes32,
        wrapped_key: WrappedKey,
    }

    fn secret(bytes: Bytes32) -> Secret32 {
        Secret32::from_bytes(bytes.0)
    }

    #[test]
    fn every_wrapped_key_has_its_frozen_value() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/sealed.json")).unwrap();
        assert_eq!(vectors.wrapped_keys.len(), 2);
        for vector in vectors.wrapped_keys {
            let (link, password) = (secret(vector.secret), vector.password.map(secret));
            let link = LinkSecret {
                secret: &link,
                password: password.as_ref(),
                id: vector.listing_id.as_bytes(),
                manifest_hash: &vector.manifest_hash,
            };
            let key = secret(vector.release_key);
            let wrapped = gcm::seal_with(vector.nonce.0, &link.derive_wrap(), key.as_bytes());
            assert_eq!(wrapped.as_deref(), Ok(vector.wrapped_key.as_ref()));
            assert_eq!(unwrap_key(&link, &vector.wrapped_key).unwrap().as_bytes(), key.as_bytes());
        }
    }

    #[test]
    fn another_secret_password_id_or_manifest_does_not_open_it() {
        let (one, two) = (Secret32::from_bytes([1; 32]), Secret32::from_bytes([2; 32]));
        let right = LinkSecret { secret: &one, password: None, id: &[3; 16], manifest_hash: &Bytes([4; 32]) };
        let wrapped = wrap_key(&right, &two).unwrap();
        assert_ne!(wrapped, wrap_key(&right, &two).unwrap());
        let wrong = [
            LinkSecret { secret: &two, ..right },
            LinkSecret { password: Some(&two), ..right },
            LinkSecret { id: &[5; 16], ..right },
            LinkSecret { manifest_hash: &Bytes([5; 32]), ..right },
        ];
        assert!(wrong.iter().all(|link| unwrap_key(link, &wrapped).is_err()));
        for byte in 0..WRAPPED_KEY_LEN {
            let mut altered = wrapped;
            altered.0[byte] ^= 1;
            assert!(unwrap_key(&right, &altered).is_err(), "{byte}");
        }
        assert_eq!(unwrap_key(&right, &wrapped).unwrap().as_bytes(), two.as_bytes());
    }
}
