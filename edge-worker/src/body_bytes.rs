//! Bytes that lie in the runtime's memory and never pass through wasm: cut from a stream, hashed, and a stream again.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::problem::ProblemCode;
use worker::crypto::{DigestStream, DigestStreamAlgorithm};
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::web_sys::{self, ReadableStream};

use crate::error::{ApiError, Refusal};

/// SHA-256 of the bytes.
pub async fn hash(buffer: &ArrayBuffer) -> Result<Bytes32, ApiError> {
    let digest = DigestStream::new(DigestStreamAlgorithm::Sha256);
    let piped = JsFuture::from(stream(buffer)?.pipe_to(digest.raw()));
    let bytes: Uint8Array = digest.digest().await?;
    js(piped.await)?;
    Bytes32::try_from(bytes.to_vec().as_slice()).map_err(|_| ApiError::Bug("a digest has not 32 bytes"))
}

/// The bytes as a stream of known length, which is what R2 takes.
pub fn stream(buffer: &ArrayBuffer) -> Result<ReadableStream, ApiError> {
    let response = js(web_sys::Response::new_with_opt_buffer_source(Some(buffer)))?;
    response.body().ok_or(ApiError::Bug("a body is missing"))
}

/// The result of a call of the runtime.
pub fn js<T>(result: Result<T, JsValue>) -> Result<T, ApiError> {
    result.map_err(|_| ApiError::Dependency("runtime", "a body's bytes could not be read".to_owned()))
}

/// A stream of bytes that is read in parts of given lengths.
pub struct Cutter {
    reader: JsValue,
    read_at_least: Function,
}

impl Cutter {
    /// Over a stream that nobody else reads.
    pub fn new(stream: &ReadableStream) -> Result<Self, ApiError> {
        let options = Object::new();
        js(Reflect::set(&options, &"mode".into(), &"byob".into()))?;
        let reader = js(method(stream, "getReader")?.call1(stream, &options))?;
        let read_at_least = method(&reader, "readAtLeast")?;
        Ok(Self { reader, read_at_least })
    }

    /// The next `length` bytes; refused where the stream ends before.
    pub async fn next(&self, length: u32) -> Result<ArrayBuffer, ApiError> {
        let call =
            self.read_at_least.call2(&self.reader, &length.into(), &Uint8Array::new_with_length(length));
        let promise: Promise = js(call)?.unchecked_into();
        // It fails where the caller's connection breaks.
        let read = JsFuture::from(promise).await.map_err(|_| ended())?;
        match js(Reflect::get(&read, &"value".into()))?.dyn_into::<Uint8Array>() {
            Ok(bytes) if bytes.byte_length() == length => Ok(bytes.buffer()),
            _ => Err(ended()),
        }
    }
}

fn method(object: &JsValue, name: &str) -> Result<Function, ApiError> {
    js(Reflect::get(object, &name.into()))?
        .dyn_into()
        .map_err(|_| ApiError::Bug("the runtime lacks a method of streams"))
}

fn ended() -> ApiError {
    Refusal::new(ProblemCode::InvalidRequest).detail("the body ended early").into()
}
