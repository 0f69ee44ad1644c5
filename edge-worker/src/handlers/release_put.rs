//! `POST uploads`: all chunks of an upload as one body, cut while it streams.
//!
//! ```text
//! body = chunks of the first file, by index | chunks of the second file | …   (files as the upload was opened with them)
//! ```
//!
//! The caller announces no hashes, so each chunk is hashed in the runtime's memory before R2 takes it, and the answer
//! tells the hashes. A chunk is created once, as by its own PUT: what a broken call left is not sent again in vain.

use claimcheck_protocol::floe::{CHUNK_LEN, FloeParams, Layout};
use claimcheck_protocol::ids::UploadId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{ChunkStored, ReleaseStored, UploadState};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use worker::js_sys::ArrayBuffer;
use worker::{Request, Response};

use super::chunk_put::{Slot, content_length, store};
use super::uploads::load;
use crate::auth::Caller;
use crate::blobs::{Blobs, ChunkKey};
use crate::body_bytes::{self, Cutter};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::uploads::{self, Upload};
use crate::{extract, respond};

/// Bytes of a body: what the edge lets through is 100 MB.
pub(super) const MAX_BYTES: u64 = 95_000_000;
/// Chunks of a body: the runtime allows a call so many operations on a bucket, and some are for other things.
const MAX_CHUNKS: usize = 900;
/// Bytes that one call holds at a time, which is one full chunk, and puts that it has under way.
const MAX_HELD: u64 = CHUNK_LEN as u64;
const MAX_PUTS: u64 = 6;
/// Thousands of chunks, which a body has not one of.
const PAGES: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    upload_id: UploadId,
}

/// Takes the bytes, answers [`ReleaseStored`].
pub async fn upload_file(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Query { upload_id } = extract::query(ctx)?;
    let length = content_length(&request)?;
    let upload = load(ctx, &caller, upload_id).await?;
    if upload.state != UploadState::Open {
        return Err(ProblemCode::UploadClosed.into());
    }
    check_length(length, upload.sealed_size)?;
    let slots = slots(ctx, &upload).await?;
    let longest = slots.iter().map(|slot| slot.length).max().unwrap_or(MAX_HELD);
    let at_once = (MAX_HELD / longest).clamp(1, MAX_PUTS) as usize;
    let body = request.inner().body().ok_or(ProblemCode::WrongChunkLength)?;
    let body = Cutter::new(&body)?;
    let chunks: Result<Vec<_>, _> = stream::iter(slots)
        .then(|slot| cut(&body, slot))
        .map_ok(|(slot, buffer)| put(ctx, slot, buffer))
        .try_buffered(at_once)
        .try_collect()
        .await;
    // Also after a failure: what was put beside an abort would outlive it.
    if uploads::state(&ctx.store, upload_id).await? == Some(UploadState::Aborted) {
        Blobs::new(ctx.blobs()?).delete(upload.release_id, PAGES).await?;
        return Err(ProblemCode::UploadClosed.into());
    }
    let chunks = chunks?;
    respond::json(&ReleaseStored { upload_id, chunks })
}

fn check_length(length: u64, sealed_size: u64) -> Result<(), ApiError> {
    if sealed_size > MAX_BYTES {
        let detail =
            format!("a body has at most {MAX_BYTES} bytes, and this release {sealed_size}: send its chunks");
        return Err(Refusal::new(ProblemCode::TooLarge).detail(detail).into());
    }
    if length != sealed_size {
        let detail = format!("the chunks of this release have {sealed_size} bytes together");
        return Err(Refusal::new(ProblemCode::WrongChunkLength).detail(detail).into());
    }
    Ok(())
}

/// The places of all chunks, in the order of the body.
async fn slots(ctx: &Ctx, upload: &Upload) -> Result<Vec<Slot>, ApiError> {
    let mut slots = Vec::new();
    for file in uploads::expected_files(&ctx.store, upload.id).await? {
        let contradiction = |_| ApiError::Bug("an upload expects a file that contradicts itself");
        let layout = Layout::of_manifest(FloeParams::FILE, file.segment_count, file.plaintext_size)
            .map_err(contradiction)?;
        for index in 0..layout.chunk_count() {
            let key = ChunkKey { release_id: upload.release_id, file_id: file.file_id, index };
            let length = layout.chunk_len(index).map_err(contradiction)? as u64;
            slots.push(Slot { key, length });
        }
    }
    if slots.len() > MAX_CHUNKS {
        let detail = format!("a body has at most {MAX_CHUNKS} chunks: send them one by one");
        return Err(Refusal::new(ProblemCode::TooLarge).detail(detail).into());
    }
    Ok(slots)
}

async fn cut(body: &Cutter, slot: Slot) -> Result<(Slot, ArrayBuffer), ApiError> {
    let length = u32::try_from(slot.length).map_err(|_| ApiError::Bug("a chunk is too long"))?;
    Ok((slot, body.next(length).await?))
}

async fn put(ctx: &Ctx, slot: Slot, buffer: ArrayBuffer) -> Result<ChunkStored, ApiError> {
    let sha256 = body_bytes::hash(&buffer).await?;
    store(ctx, slot, body_bytes::stream(&buffer)?, sha256).await
}
