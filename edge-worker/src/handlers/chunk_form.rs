//! A chunk as `multipart/form-data` {uploadId, index, bytes, file?}, for callers of old. The server hashes it, since
//! such a caller need not announce a hash; the bytes stay outside wasm.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::floe;
use claimcheck_protocol::problem::ProblemCode;
use worker::js_sys::ArrayBuffer;
use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::JsCast;
use worker::web_sys::{Blob, FormData};
use worker::{Request, Response};

use super::chunk_put::{self, ChunkName};
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::repr_digest::parse_sha256;
use crate::{body_bytes, extract, respond};

/// What such a body is.
pub(super) const MEDIA_TYPE: &str = "multipart/form-data";
/// The header, and the field, that may announce the chunk's hash.
const DIGEST: &str = "repr-digest";
/// Bytes of a form beside the chunk: boundaries, names, ids.
const FORM_OVERHEAD: u64 = 16 * 1024;

/// Takes the form, answers [`claimcheck_protocol::wire::ChunkStored`].
pub(super) async fn put(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    // The runtime reads the whole form into memory.
    if chunk_put::content_length(&request)? > floe::CHUNK_LEN as u64 + FORM_OVERHEAD {
        return Err(ProblemCode::TooLarge.into());
    }
    let form = read_form(&request).await?;
    let name = ChunkName {
        upload_id: required(&form, "uploadId")?,
        file: field(&form, "file").map(|text| parse("file", &text)).transpose()?,
        index: required(&form, "index")?,
    };
    let bytes: Blob = form.get("bytes").dyn_into().map_err(|_| unreadable("bytes must be a file"))?;
    let slot = chunk_put::find_slot(ctx, &caller, name).await?;
    slot.check_length(bytes.size() as u64)?;
    let buffer: ArrayBuffer = body_bytes::js(JsFuture::from(bytes.array_buffer()).await)?.unchecked_into();
    let sha256 = body_bytes::hash(&buffer).await?;
    if announced(&request, &form).is_some_and(|digest| digest != sha256) {
        return Err(ProblemCode::DigestMismatch.into());
    }
    let body = body_bytes::stream(&buffer)?;
    respond::json(&chunk_put::store_open(ctx, name.upload_id, slot, body, sha256).await?)
}

async fn read_form(request: &Request) -> Result<FormData, ApiError> {
    let form = request.inner().form_data().map_err(|_| unreadable("the form"))?;
    let form = JsFuture::from(form).await.map_err(|_| unreadable("the form"))?;
    Ok(form.unchecked_into())
}

/// The chunk's SHA-256, where a caller announces it all the same: as a field, or in the header as with bytes alone.
fn announced(request: &Request, form: &FormData) -> Option<Bytes32> {
    let digest = field(form, DIGEST).or_else(|| extract::header(request, DIGEST));
    digest.as_deref().and_then(parse_sha256)
}

fn field(form: &FormData, name: &str) -> Option<String> {
    form.get(name).as_string()
}

fn required<T: std::str::FromStr>(form: &FormData, name: &str) -> Result<T, ApiError> {
    parse(name, &field(form, name).ok_or_else(|| unreadable(name))?)
}

fn parse<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| unreadable(name))
}

fn unreadable(what: &str) -> ApiError {
    Refusal::new(ProblemCode::InvalidRequest).detail(format!("{what}: cannot be read")).into()
}
