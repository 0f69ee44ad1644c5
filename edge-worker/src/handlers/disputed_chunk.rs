//! `GET disputes-chunk`: the arbiter reads what a disputed sale sold, sealed as it is stored. The key to it, if the
//! arbiter has one, came in a party's evidence.

use claimcheck_protocol::ids::{FileId, TransferId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{DisputeState, TransitionError};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::blobs::ChunkKey;
use crate::chunk_index::ChunkIndex;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::releases;
use crate::{chunk_response, extract, sides};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    transfer_id: TransferId,
    file: FileId,
    index: ChunkIndex,
}

/// Streams one whole chunk while a dispute of the buyer's is open. It counts as no download.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    let transfer = sides::load_as_arbiter(ctx, &caller, query.transfer_id).await?;
    let is_open = |state: &DisputeState| *state == DisputeState::Open;
    if !transfer.machine.disputes().by_buyer.values().any(is_open) {
        return Err(TransitionError::DisputeNotOpen.into());
    }
    let release_id = transfer.frozen.ok_or(ProblemCode::NotFound)?.release_id;
    let release = releases::find(&ctx.store, release_id).await?.ok_or(ProblemCode::ReleaseGone)?;
    if release.deleted_at.is_some() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    let file = release.manifest.0.files.into_iter().find(|file| file.file_id == query.file);
    if file.is_none_or(|file| query.index.0 >= file.chunks.len() as u64) {
        return Err(ProblemCode::NotFound.into());
    }
    let key = ChunkKey { release_id, file_id: query.file, index: query.index.0 };
    let found = chunk_response::find(ctx, key, None).await?;
    chunk_response::make(found.ok_or(ProblemCode::ReleaseGone)?, None)
}
