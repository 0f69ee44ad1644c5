//! A stored chunk as an answer. Its body is handed to the runtime as the stream that R2 gave: no byte passes through
//! this program.

use data_encoding::BASE64;
use worker::{Headers, Response, ResponseBody, ResponseBuilder};

use crate::blobs::{Blobs, ChunkKey, FoundChunk};
use crate::byte_range::ByteRange;
use crate::context::Ctx;
use crate::error::ApiError;

/// A chunk, or a range that lies within it, as the call wants it: for HEAD without its bytes.
pub async fn find(
    ctx: &Ctx,
    key: ChunkKey,
    range: Option<ByteRange>,
) -> Result<Option<FoundChunk>, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    if ctx.method == "GET" { blobs.get_chunk(key, range).await } else { blobs.head_chunk(key).await }
}

/// 200 with a whole chunk, 206 with a part of it, and for HEAD the same without a body.
pub fn make(chunk: FoundChunk, range: Option<ByteRange>) -> Result<Response, ApiError> {
    let headers = Headers::new();
    headers.set("content-type", "application/octet-stream")?;
    headers.set("cache-control", "private, no-store")?;
    headers.set("accept-ranges", "bytes")?;
    headers.set("etag", &chunk.etag)?;
    headers.set("content-length", &range.map_or(chunk.size, |range| range.length()).to_string())?;
    if let Some(sha256) = chunk.sha256 {
        // Of the whole chunk, whatever part is sent (RFC 9530 section 3).
        headers.set("repr-digest", &format!("sha-256=:{}:", BASE64.encode(sha256.as_ref())))?;
    }
    let mut status = 200;
    if let Some(range) = range {
        headers.set("content-range", &range.content_range())?;
        status = 206;
    }
    let builder = ResponseBuilder::new().with_status(status).with_headers(headers);
    Ok(builder.body(chunk.body.unwrap_or(ResponseBody::Empty)))
}
