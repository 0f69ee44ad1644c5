//! AES-256-GCM and SHA-256 by `crypto.subtle`, wherever the global object has it: a window, a worker or Node.

use js_sys::{ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, Crypto, CryptoKey, SubtleCrypto};

use super::BulkError;
use crate::secret::Secret32;

pub const ALGORITHM: &str = "AES-GCM";
const TAG_BITS: u8 = 128;

/// `crypto.subtle`, or nothing in an insecure context.
pub fn subtle() -> Option<SubtleCrypto> {
    let crypto = Reflect::get(&js_sys::global(), &JsValue::from_str("crypto")).ok()?;
    if !crypto.is_object() {
        return None;
    }
    let subtle: JsValue = crypto.unchecked_into::<Crypto>().subtle().into();
    subtle.is_object().then(|| subtle.unchecked_into())
}

/// A key that the page cannot export.
pub async fn import_key(subtle: &SubtleCrypto, raw: &Secret32) -> Result<CryptoKey, BulkError> {
    let bytes = Uint8Array::from(raw.as_bytes().as_slice());
    let usages = js_sys::Array::of2(&JsValue::from_str("encrypt"), &JsValue::from_str("decrypt"));
    let promise = subtle.import_key_with_str("raw", &bytes, ALGORITHM, false, &usages);
    // importKey has taken its own copy by the time that it returns.
    bytes.fill(0, 0, bytes.length());
    settled(promise).await.map(JsCast::unchecked_into).map_err(|_| BulkError::Platform)
}

/// `ct || tag`.
pub async fn seal(
    subtle: &SubtleCrypto,
    key: &CryptoKey,
    iv: &[u8; 12],
    aad: &[u8],
    plain: &Uint8Array,
) -> Result<Uint8Array, BulkError> {
    let promise = subtle.encrypt_with_object_and_buffer_source(&parameters(iv, aad), key, plain);
    settled(promise).await.map(bytes_of).map_err(|_| BulkError::Platform)
}

/// The plaintext of `ct || tag`.
pub async fn open(
    subtle: &SubtleCrypto,
    key: &CryptoKey,
    iv: &[u8; 12],
    aad: &[u8],
    sealed: &Uint8Array,
) -> Result<Uint8Array, BulkError> {
    let promise = subtle.decrypt_with_object_and_buffer_source(&parameters(iv, aad), key, sealed);
    settled(promise).await.map(bytes_of).map_err(|_| BulkError::Rejected)
}

pub async fn sha256(subtle: &SubtleCrypto, buf: &Uint8Array) -> Result<[u8; 32], BulkError> {
    let promise = subtle.digest_with_str_and_buffer_source("SHA-256", buf);
    let hash = settled(promise).await.map(bytes_of).map_err(|_| BulkError::Platform)?;
    hash.to_vec().try_into().map_err(|_| BulkError::Platform)
}

fn parameters(iv: &[u8; 12], aad: &[u8]) -> Object {
    let parameters = AesGcmParams::new_with_u8_array(ALGORITHM, &Uint8Array::from(iv.as_slice()));
    parameters.set_additional_data_u8_array(&Uint8Array::from(aad));
    parameters.set_tag_length(TAG_BITS);
    parameters.unchecked_into()
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

fn bytes_of(buffer: JsValue) -> Uint8Array {
    Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>())
}
