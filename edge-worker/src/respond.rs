//! Answers of handlers, and what every answer carries.

use claimcheck_protocol::jcs;
use serde::Serialize;
use worker::js_sys;
use worker::wasm_bindgen::JsValue;
use worker::{Headers, Response, ResponseBuilder};

use crate::clock::{self, Now};
use crate::error::ApiError;

/// 200 with a JSON body.
pub fn json<T: Serialize>(body: &T) -> Result<Response, ApiError> {
    Ok(ResponseBuilder::new().from_json(body)?)
}

/// 200 with the canonical JSON (RFC 8785) of a body, to the byte what it was hashed or signed as.
pub fn canonical_json<T: Serialize>(body: &T) -> Result<Response, ApiError> {
    let bytes = jcs::to_vec(body).map_err(|_| ApiError::Bug("an answer has no canonical form"))?;
    Ok(ResponseBuilder::new().with_header("content-type", "application/json")?.fixed(bytes))
}

/// 200 with a JSON body that caches may keep for `seconds`.
pub fn cacheable_json<T: Serialize>(body: &T, seconds: u32) -> Result<Response, ApiError> {
    let mut response = ResponseBuilder::new().from_json(body)?;
    response.headers_mut().set("cache-control", &format!("public, max-age={seconds}"))?;
    Ok(response)
}

/// Sets what every answer carries, unless a handler said otherwise. `Date` is the server's time, from which a client
/// with a wrong clock learns the offset.
pub fn set_common(headers: &Headers, request_id: &str, now: Option<Now>) -> worker::Result<()> {
    headers.set("x-request-id", request_id)?;
    headers.set("x-content-type-options", "nosniff")?;
    if !headers.has("cache-control")? {
        headers.set("cache-control", "no-store")?;
    }
    let millis = now.map_or_else(clock::runtime_millis, |now| now.millis() as f64);
    let date = js_sys::Date::new(&JsValue::from_f64(millis));
    headers.set("date", &String::from(date.to_utc_string()))
}

/// Sets Server-Timing: the whole call, and the part that waited for the database.
pub fn set_timing(
    headers: &Headers,
    total_millis: f64,
    statements: u32,
    database_millis: f64,
) -> worker::Result<()> {
    let value =
        format!("total;dur={total_millis}, db;dur={database_millis};desc=\"{statements} statements\"");
    headers.set("server-timing", &value)
}
