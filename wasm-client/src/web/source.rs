//! A `FileSource` of the npm package as a source of the engine.

use core::ops::Range;

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::driver::Source;
use crate::engine::SourceError;
use crate::sale::HashedSource;

/// A JavaScript object with `read(start, end)` and perhaps `sha256()`.
pub struct JsSource {
    object: JsValue,
    read: Function,
    sha256: Option<Function>,
}

impl JsSource {
    /// None where the object has no `read`.
    pub fn new(object: JsValue) -> Option<Self> {
        let read = Reflect::get(&object, &JsValue::from_str("read")).ok()?.dyn_into().ok()?;
        let sha256 = Reflect::get(&object, &JsValue::from_str("sha256")).ok()?.dyn_into().ok();
        Some(Self { object, read, sha256 })
    }
}

/// Awaits a promise, or takes a value that is none.
pub(crate) async fn settle(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    match returned?.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}

/// The `code` of what was thrown.
pub(super) fn code_of(error: &JsValue) -> Option<String> {
    Reflect::get(error, &JsValue::from_str("code")).ok()?.as_string()
}

fn source_error(error: &JsValue) -> SourceError {
    match code_of(error).as_deref() {
        Some("source_changed") => SourceError::Changed,
        Some("source_shorter") => SourceError::Shorter,
        _ => SourceError::Unreadable,
    }
}

impl Source for JsSource {
    type Buf = Uint8Array;

    async fn read(&self, range: Range<u64>) -> Result<Uint8Array, SourceError> {
        let (start, end) = (JsValue::from_f64(range.start as f64), JsValue::from_f64(range.end as f64));
        let bytes = settle(self.read.call2(&self.object, &start, &end))
            .await
            .map_err(|error| source_error(&error))?;
        bytes.dyn_into().map_err(|_| SourceError::Unreadable)
    }
}

impl HashedSource for JsSource {
    async fn sha256(&self) -> Result<Option<Bytes32>, SourceError> {
        let Some(sha256) = &self.sha256 else {
            return Ok(None);
        };
        let hash = settle(sha256.call0(&self.object)).await.map_err(|error| source_error(&error))?;
        let hash: Uint8Array = hash.dyn_into().map_err(|_| SourceError::Unreadable)?;
        Bytes::try_from(hash.to_vec().as_slice()).map(Some).map_err(|_| SourceError::Unreadable)
    }
}
