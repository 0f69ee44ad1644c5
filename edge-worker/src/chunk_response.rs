//! A stored chunk as an answer. Its body is handed to the runtime as the stream that R2 gave: no byte passes through
//! this program.

use claimcheck_protocol::problem::ProblemCode;
use data_encoding::BASE64;
use worker::{Headers, Request, Response, ResponseBody, ResponseBuilder};

use crate::blobs::{Blobs, ChunkKey, FoundChunk};
use crate::byte_range::{ByteRange, NotSatisfiable, Wanted};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::extract;

/// The part of a chunk that a GET asks for.
#[derive(Debug)]
pub struct Part {
    wanted: Wanted,
    /// `If-Range`: of what the caller has the rest.
    only_of: Option<String>,
}

impl Part {
    /// Reads the headers. None: all of the chunk is asked for.
    pub fn read(request: &Request, ctx: &Ctx) -> Option<Self> {
        let range = extract::header(request, "range").filter(|_| ctx.method == "GET")?;
        Some(Self { wanted: Wanted::parse(&range)?, only_of: extract::header(request, "if-range") })
    }
}

/// The part of a chunk of `size` bytes, and where it lies; or the whole chunk, where the caller has parts of something
/// else (RFC 9110 section 13.1.5).
pub async fn find_part(
    ctx: &Ctx,
    key: ChunkKey,
    part: &Part,
    size: u64,
) -> Result<(Option<FoundChunk>, Option<ByteRange>), ApiError> {
    if let Some(validator) = &part.only_of {
        // Only the bucket knows the ETag. It is strong, and so equal to no date and to no weak one.
        let stored = Blobs::new(ctx.blobs()?).head_chunk(key).await?;
        if stored.is_none_or(|stored| stored.etag != *validator) {
            return Ok((find(ctx, key, None).await?, None));
        }
    }
    let range = part.wanted.within(size).map_err(|NotSatisfiable| {
        Refusal::new(ProblemCode::RangeNotSatisfiable).header("content-range", format!("bytes */{size}"))
    })?;
    Ok((find(ctx, key, Some(range)).await?, Some(range)))
}

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
