//! `GET attachments` and `attachments-download-chunk`: what both sides of a sale may read of a buyer's file. Only the
//! seller can open it.

use claimcheck_protocol::ids::AttachmentId;
use claimcheck_protocol::problem::ProblemCode;
use serde::Deserialize;
use worker::{Request, Response};

use super::download::{chunk_len, missing};
use crate::auth::{Caller, Party};
use crate::blobs::ChunkKey;
use crate::chunk_index::ChunkIndex;
use crate::chunk_response::Part;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::attachments::{self, Place};
use crate::{chunk_response, extract, respond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    attachment_id: AttachmentId,
}

/// Answers an [`claimcheck_protocol::wire::Attachment`].
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Query { attachment_id } = extract::query(ctx)?;
    load(ctx, &caller, attachment_id).await?;
    respond::json(&attachments::find(&ctx.store, attachment_id).await?.ok_or(ProblemCode::NotFound)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChunkQuery {
    attachment_id: AttachmentId,
    index: ChunkIndex,
}

/// Streams one chunk, or the whole segments of it that a Range asks for.
pub async fn chunk(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: ChunkQuery = extract::query(ctx)?;
    let place = load(ctx, &caller, query.attachment_id).await?;
    let size = chunk_len(place.size, query.index.0)?;
    let key = ChunkKey { release_id: place.storage_pointer, file_id: place.file_id, index: query.index.0 };
    let (found, range) = match Part::read(&request, ctx) {
        Some(part) => chunk_response::find_part(ctx, key, &part, size).await?,
        None => (chunk_response::find(ctx, key, None).await?, None),
    };
    chunk_response::make(found.ok_or_else(missing)?, range)
}

/// An attachment of a sale of the caller's; anybody else's looks like none.
async fn load(ctx: &Ctx, caller: &Caller, id: AttachmentId) -> Result<Place, ApiError> {
    let place = attachments::place(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    Party::of(caller, place.seller, place.buyer)?;
    if place.deleted_at.is_some() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    Ok(place)
}
