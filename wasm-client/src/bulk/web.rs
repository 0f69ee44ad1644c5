//! The JavaScript backends: bytes in a `Uint8Array`, sealed by `crypto.subtle` or, where that is missing, by the crates.

use core::ops::Range;

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto};

use super::portable::{self, PortableKey};
use super::{Bulk, BulkError, webcrypto};
use crate::secret::Secret32;

/// What the portable SHA-256 copies at a time, in bytes: a segment.
const HASH_WINDOW: u32 = 524_288;

/// Bulk work on `Uint8Array`s.
#[derive(Clone)]
pub struct WebBulk {
    subtle: Option<SubtleCrypto>,
}

impl WebBulk {
    /// `crypto.subtle` where the global object has it, else the crates.
    pub fn detect() -> Self {
        Self { subtle: webcrypto::subtle() }
    }

    /// The crates, even where `crypto.subtle` exists. Bytes pass through wasm memory a segment at a time.
    pub const fn portable() -> Self {
        Self { subtle: None }
    }

    /// Whether `crypto.subtle` does the work, so that file bytes stay out of wasm memory.
    pub const fn is_webcrypto(&self) -> bool {
        self.subtle.is_some()
    }
}

/// An AES-256-GCM key, together with what it is used by.
pub struct WebKey(KeyOf);

enum KeyOf {
    Subtle(SubtleCrypto, CryptoKey),
    Portable(Box<PortableKey>),
}

impl Bulk for WebBulk {
    type Buf = Uint8Array;
    type Draft = Uint8Array;
    type Key = WebKey;

    fn len(&self, buf: &Uint8Array) -> usize {
        buf.length() as usize
    }

    fn view(&self, buf: &Uint8Array, range: Range<usize>) -> Result<Uint8Array, BulkError> {
        let (start, end) = inside(buf, range)?;
        Ok(buf.subarray(start, end))
    }

    fn read_small(&self, buf: &Uint8Array, range: Range<usize>) -> Result<Vec<u8>, BulkError> {
        Ok(self.view(buf, range)?.to_vec())
    }

    fn draft(&self, len: usize) -> Result<Uint8Array, BulkError> {
        // Through Reflect, which turns the RangeError of a failed allocation into a value.
        let class = Reflect::get(&js_sys::global(), &JsValue::from_str("Uint8Array"));
        let class: Function = class.map_err(|_| BulkError::Platform)?.unchecked_into();
        let made = Reflect::construct(&class, &Array::of1(&JsValue::from(len)));
        made.map(JsCast::unchecked_into).map_err(|_| BulkError::Memory)
    }

    fn put(&self, draft: &mut Uint8Array, offset: usize, source: &Uint8Array) -> Result<(), BulkError> {
        let (start, _) = inside(draft, offset..offset.saturating_add(self.len(source)))?;
        draft.set(source, start);
        Ok(())
    }

    fn put_small(&self, draft: &mut Uint8Array, offset: usize, source: &[u8]) -> Result<(), BulkError> {
        let (start, end) = inside(draft, offset..offset.saturating_add(source.len()))?;
        draft.subarray(start, end).copy_from(source);
        Ok(())
    }

    fn finish(&self, draft: Uint8Array) -> Uint8Array {
        draft
    }

    async fn import_key(&self, raw: &Secret32) -> Result<WebKey, BulkError> {
        Ok(WebKey(match &self.subtle {
            Some(subtle) => KeyOf::Subtle(subtle.clone(), webcrypto::import_key(subtle, raw).await?),
            None => KeyOf::Portable(Box::new(portable::import_key(raw))),
        }))
    }

    async fn seal(
        &self,
        key: &WebKey,
        iv: &[u8; 12],
        aad: &[u8],
        plain: &Uint8Array,
    ) -> Result<Uint8Array, BulkError> {
        match &key.0 {
            KeyOf::Subtle(subtle, key) => webcrypto::seal(subtle, key, iv, aad, plain).await,
            KeyOf::Portable(key) => portable::seal(key, iv, aad, to_wasm(plain)?).map(to_js),
        }
    }

    async fn open(
        &self,
        key: &WebKey,
        iv: &[u8; 12],
        aad: &[u8],
        sealed: &Uint8Array,
    ) -> Result<Uint8Array, BulkError> {
        match &key.0 {
            KeyOf::Subtle(subtle, key) => webcrypto::open(subtle, key, iv, aad, sealed).await,
            KeyOf::Portable(key) => portable::open(key, iv, aad, to_wasm(sealed)?).map(to_js),
        }
    }

    async fn sha256(&self, buf: &Uint8Array) -> Result<[u8; 32], BulkError> {
        match &self.subtle {
            Some(subtle) => webcrypto::sha256(subtle, buf).await,
            None => Ok(portable::sha256(windows(buf).map(|window| window.to_vec()))),
        }
    }
}

fn to_wasm(buf: &Uint8Array) -> Result<Vec<u8>, BulkError> {
    let len = buf.length() as usize;
    let mut bytes = portable::room_for(len)?;
    bytes.resize(len, 0);
    buf.copy_to(&mut bytes);
    Ok(bytes)
}

/// `buf` in parts small enough to be copied into wasm one by one.
fn windows(buf: &Uint8Array) -> impl Iterator<Item = Uint8Array> {
    (0..buf.length())
        .step_by(HASH_WINDOW as usize)
        .map(|start| buf.subarray(start, start.saturating_add(HASH_WINDOW)))
}

fn to_js(bytes: Vec<u8>) -> Uint8Array {
    Uint8Array::from(bytes.as_slice())
}

/// The range as JavaScript wants it, if it lies within `buf`. `subarray` would clamp it instead.
fn inside(buf: &Uint8Array, range: Range<usize>) -> Result<(u32, u32), BulkError> {
    let (start, end) = (u32::try_from(range.start), u32::try_from(range.end));
    match (start, end) {
        (Ok(start), Ok(end)) if start <= end && end <= buf.length() => Ok((start, end)),
        _ => Err(BulkError::Range),
    }
}
