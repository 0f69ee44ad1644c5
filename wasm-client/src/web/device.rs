//! The root seed, and a link's claim, at rest in a browser: AES-256-GCM under a key of the platform's that nobody can
//! export.
//!
//! ```text
//! iv (12) || ciphertext (n) || tag (16)
//! ```

use claimcheck_protocol::labels::{DEVICE_CLAIM, DEVICE_SEED};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesKeyGenParams, CryptoKey};
use zeroize::Zeroizing;

use crate::bulk::BulkError;
use crate::bulk::webcrypto::{ALGORITHM, open, seal, subtle};
use crate::secret::Secret32;

const KEY_BITS: u16 = 256;
const IV_LEN: usize = 12;

/// A fresh key, to be kept beside what it wraps. IndexedDB can store it; no script can read it.
pub async fn make_key() -> Result<CryptoKey, BulkError> {
    let subtle = subtle().ok_or(BulkError::Platform)?;
    let usages = Array::of2(&JsValue::from_str("encrypt"), &JsValue::from_str("decrypt"));
    let made = subtle.generate_key_with_object(&AesKeyGenParams::new(ALGORITHM, KEY_BITS), false, &usages);
    let key = JsFuture::from(made.map_err(|_| BulkError::Platform)?).await;
    key.map(JsCast::unchecked_into).map_err(|_| BulkError::Platform)
}

/// The seed, of no use without `key`.
pub async fn wrap(key: &CryptoKey, seed: &Secret32) -> Result<Uint8Array, BulkError> {
    wrap_as(DEVICE_SEED, key, seed.as_bytes()).await
}

/// The seed that [`wrap`] wrapped under the same key.
pub async fn unwrap(key: &CryptoKey, wrapped: &[u8]) -> Result<Secret32, BulkError> {
    let seed = unwrap_as(DEVICE_SEED, key, wrapped).await?;
    Secret32::from_slice(&seed).ok_or(BulkError::Rejected)
}

/// A link's claim, of no use without `key`.
pub async fn wrap_claim(key: &CryptoKey, claim: &[u8]) -> Result<Uint8Array, BulkError> {
    wrap_as(DEVICE_CLAIM, key, claim).await
}

/// The claim that [`wrap_claim`] wrapped under the same key.
pub async fn unwrap_claim(key: &CryptoKey, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, BulkError> {
    unwrap_as(DEVICE_CLAIM, key, wrapped).await
}

async fn wrap_as(aad: &[u8], key: &CryptoKey, secret: &[u8]) -> Result<Uint8Array, BulkError> {
    let subtle = subtle().ok_or(BulkError::Platform)?;
    let mut iv = [0; IV_LEN];
    getrandom::fill(&mut iv).map_err(|_| BulkError::Platform)?;
    let plain = Uint8Array::from(secret);
    let sealed = seal(&subtle, key, &iv, aad, &plain).await;
    plain.fill(0, 0, plain.length());
    Ok(Uint8Array::from([iv.as_slice(), &sealed?.to_vec()].concat().as_slice()))
}

async fn unwrap_as(aad: &[u8], key: &CryptoKey, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, BulkError> {
    let subtle = subtle().ok_or(BulkError::Platform)?;
    let (iv, sealed) = wrapped.split_first_chunk::<IV_LEN>().ok_or(BulkError::Rejected)?;
    let plain = open(&subtle, key, iv, aad, &Uint8Array::from(sealed)).await?;
    let secret = Zeroizing::new(plain.to_vec());
    plain.fill(0, 0, plain.length());
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn seed() -> Secret32 {
        Secret32::from_bytes(core::array::from_fn(|index| index as u8))
    }

    #[wasm_bindgen_test]
    async fn what_is_wrapped_unwraps_under_its_own_key_only() {
        let (key, other) = (make_key().await.unwrap(), make_key().await.unwrap());
        let wrapped = wrap(&key, &seed()).await.unwrap().to_vec();
        assert_eq!(wrapped.len(), IV_LEN + 32 + 16);
        assert_eq!(unwrap(&key, &wrapped).await.unwrap().as_bytes(), seed().as_bytes());
        assert!(unwrap(&other, &wrapped).await.is_err());
    }

    #[wasm_bindgen_test]
    async fn the_key_cannot_be_exported() {
        assert!(!make_key().await.unwrap().extractable());
    }

    #[wasm_bindgen_test]
    async fn every_altered_byte_and_every_truncation_is_refused() {
        let key = make_key().await.unwrap();
        let wrapped = wrap(&key, &seed()).await.unwrap().to_vec();
        for index in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[index] ^= 1;
            assert!(unwrap(&key, &altered).await.is_err(), "byte {index}");
            assert!(unwrap(&key, &wrapped[..index]).await.is_err(), "{index} bytes");
        }
    }

    #[wasm_bindgen_test]
    async fn the_same_seed_is_never_wrapped_the_same_way() {
        let key = make_key().await.unwrap();
        let (one, two) = (wrap(&key, &seed()).await.unwrap(), wrap(&key, &seed()).await.unwrap());
        assert_ne!(one.to_vec(), two.to_vec());
    }
}
