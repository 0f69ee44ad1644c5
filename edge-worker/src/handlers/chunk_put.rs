//! `PUT products-upload-chunk` (or POST): one chunk, streamed straight into R2 under its announced hash.
//!
//! Two reads of D1, before and after, and one write of R2. A chunk is created once: the same bytes again are 200, others 409.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::floe::{FloeParams, Layout};
use claimcheck_protocol::ids::{FileId, UploadId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{ChunkStored, UploadState};
use serde::Deserialize;
use worker::web_sys::ReadableStream;
use worker::{Request, Response};

use super::chunk_form;
use crate::auth::{Caller, Owner};
use crate::blobs::{Blobs, ChunkKey, PutOutcome};
use crate::chunk_index::ChunkIndex;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::repr_digest::parse_sha256;
use crate::store::uploads;
use crate::{extract, respond};

/// Which chunk a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChunkName {
    /// The upload.
    pub upload_id: UploadId,
    /// The file; may be left out where the upload has only one.
    pub file: Option<FileId>,
    /// Its place in the file.
    pub index: ChunkIndex,
}

/// The place of a chunk in an open upload of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Where it will lie.
    pub key: ChunkKey,
    /// Bytes.
    pub length: u64,
}

/// Takes the chunk's bytes, or a form with them. Answers [`ChunkStored`].
pub async fn put(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    require_whole(&request)?;
    if extract::require_type(&request, chunk_form::MEDIA_TYPE).is_ok() {
        return chunk_form::put(request, ctx, caller).await;
    }
    let name: ChunkName = extract::query(ctx)?;
    let length = content_length(&request)?;
    let digest = extract::header(&request, "repr-digest");
    let sha256 = digest.as_deref().and_then(parse_sha256).ok_or(ProblemCode::DigestRequired)?;
    let slot = find_slot(ctx, &caller, name).await?;
    slot.check_length(length)?;
    // The request's own stream: R2 reads it without the bytes passing through wasm.
    let body = request.inner().body().ok_or(ProblemCode::WrongChunkLength)?;
    respond::json(&store_open(ctx, name.upload_id, slot, body, sha256).await?)
}

/// Refuses a part of a chunk (RFC 9110 section 14.4), and bytes that would have to be decoded first.
fn require_whole(request: &Request) -> Result<(), ApiError> {
    if extract::header(request, "content-range").is_some() {
        let refusal = Refusal::new(ProblemCode::InvalidRequest);
        return Err(refusal.detail("Content-Range: a chunk is sent whole").into());
    }
    let coding = extract::header(request, "content-encoding");
    if coding.is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        let refusal = Refusal::new(ProblemCode::UnsupportedMediaType);
        return Err(refusal.detail("Content-Encoding: a chunk is sent as it is stored").into());
    }
    Ok(())
}

/// Content-Length, without which R2 takes no stream.
pub(super) fn content_length(request: &Request) -> Result<u64, ApiError> {
    let text = extract::header(request, "content-length").ok_or(ProblemCode::LengthRequired)?;
    text.parse().map_err(|_| ProblemCode::LengthRequired.into())
}

/// Refuses what is not the caller's, not open, or has no such chunk.
pub(super) async fn find_slot(ctx: &Ctx, caller: &Caller, name: ChunkName) -> Result<Slot, ApiError> {
    let place = uploads::place(&ctx.store, name.upload_id, name.file).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, place.owner_ailock_id)?;
    if place.state != UploadState::Open {
        return Err(ProblemCode::UploadClosed.into());
    }
    let (Some(file_id), Some(segments), Some(size)) =
        (place.file_id, place.segment_count, place.plaintext_size)
    else {
        return Err(match name.file {
            Some(_) => ProblemCode::NotFound.into(),
            None => Refusal::new(ProblemCode::InvalidRequest)
                .detail("file is missing: the upload has several")
                .into(),
        });
    };
    let layout = Layout::of_manifest(FloeParams::FILE, segments, size)
        .map_err(|_| ApiError::Bug("an upload expects a file that contradicts itself"))?;
    let length = layout.chunk_len(name.index.0).map_err(|_| {
        Refusal::new(ProblemCode::Unprocessable)
            .detail(format!("the file has {} chunks", layout.chunk_count()))
    })?;
    let key = ChunkKey { release_id: place.release_id, file_id, index: name.index.0 };
    Ok(Slot { key, length: length as u64 })
}

impl Slot {
    /// Refuses another length than this place has.
    pub(super) fn check_length(self, length: u64) -> Result<(), ApiError> {
        if length == self.length {
            return Ok(());
        }
        let detail = format!("this chunk has {} bytes", self.length);
        Err(Refusal::new(ProblemCode::WrongChunkLength).detail(detail).into())
    }
}

/// Puts the bytes as below. Where the upload was aborted meanwhile, they are deleted again.
pub(super) async fn store_open(
    ctx: &Ctx,
    upload_id: UploadId,
    slot: Slot,
    body: ReadableStream,
    sha256: Bytes32,
) -> Result<ChunkStored, ApiError> {
    let stored = store(ctx, slot, body, sha256).await?;
    if uploads::state(&ctx.store, upload_id).await? == Some(UploadState::Aborted) {
        Blobs::new(ctx.blobs()?).delete_chunk(slot.key).await?;
        return Err(ProblemCode::UploadClosed.into());
    }
    Ok(stored)
}

/// Puts the bytes, whose length was checked and is known to the runtime.
pub(super) async fn store(
    ctx: &Ctx,
    slot: Slot,
    body: ReadableStream,
    sha256: Bytes32,
) -> Result<ChunkStored, ApiError> {
    match Blobs::new(ctx.blobs()?).put(slot.key, body, sha256).await? {
        PutOutcome::Stored => {}
        PutOutcome::Exists(Some(stored)) if stored == sha256 => {}
        PutOutcome::Exists(Some(stored)) => {
            return Err(Refusal::new(ProblemCode::ChunkConflict).stored_sha256(stored).into());
        }
        PutOutcome::Exists(None) => return Err(ProblemCode::ChunkConflict.into()),
        PutOutcome::WrongDigest => return Err(ProblemCode::DigestMismatch.into()),
    }
    Ok(ChunkStored { file_id: slot.key.file_id, index: slot.key.index, sha256, size: slot.length })
}
