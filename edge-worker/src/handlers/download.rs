//! `GET products-download-manifest` and `GET products-download-chunk`: what a claim's ticket opens.
//!
//! Every call reads the claim's row, so whatever ends or freezes the sale stops a download at its next chunk. The
//! claim counts as used before the first chunk leaves; HEAD and the manifest use nothing up.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::floe::{CHUNK_LEN, FloeParams, Layout};
use claimcheck_protocol::ids::{ClaimId, FileId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::transfer::{ServerEvent, TransitionError};
use claimcheck_protocol::wire::DownloadManifest;
use futures_util::future::join;
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::TicketHolder;
use crate::blobs::{ChunkKey, FoundChunk};
use crate::byte_range::ByteRange;
use crate::chunk_index::ChunkIndex;
use crate::chunk_response::Part;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::claims::{self, Download};
use crate::store::link_log::LinkEvent;
use crate::store::{releases, transfers};
use crate::transitions::{self, Change};
use crate::{chunk_response, extract, respond, visitor};

use super::link_claims;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestQuery {
    claim_id: ClaimId,
}

/// Answers a [`DownloadManifest`].
pub async fn manifest(_request: Request, ctx: &Ctx, holder: TicketHolder) -> Result<Response, ApiError> {
    let ManifestQuery { claim_id } = extract::query(ctx)?;
    holder.check_claim(claim_id)?;
    let (row, release) = join(
        claims::find_download(&ctx.store, claim_id, None),
        releases::find(&ctx.store, holder.release_id),
    )
    .await;
    check_access(row?, ctx, claim_id).await?;
    let release = release?.ok_or(ProblemCode::ReleaseGone)?;
    respond::json(&DownloadManifest {
        manifest: Signed { body: release.manifest.0, signature: release.manifest_signature },
        chunk_size: CHUNK_LEN as u64,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChunkQuery {
    claim_id: ClaimId,
    file: FileId,
    index: ChunkIndex,
}

/// Streams one chunk, or the whole segments of it that a Range asks for.
pub async fn chunk(request: Request, ctx: &Ctx, holder: TicketHolder) -> Result<Response, ApiError> {
    let served = serve(&request, ctx, &holder).await;
    if let Err(error) = &served {
        link_claims::track_failure(ctx, &holder, error).await;
    }
    served
}

async fn serve(request: &Request, ctx: &Ctx, holder: &TicketHolder) -> Result<Response, ApiError> {
    let query: ChunkQuery = extract::query(ctx)?;
    holder.check_claim(query.claim_id)?;
    let key = ChunkKey { release_id: holder.release_id, file_id: query.file, index: query.index.0 };
    let (row, range, found) = match Part::read(request, ctx) {
        None => {
            let (row, found) = whole(ctx, &query, key).await?;
            (row, None, found)
        }
        Some(wanted) => part(ctx, &query, key, &wanted).await?,
    };
    let found = found.ok_or_else(missing)?;
    if ctx.method == "GET" {
        use_up(ctx, query.claim_id, row).await?;
    }
    chunk_response::make(found, range)
}

/// The chunk and the claim's row, asked for at the same time; after a HEAD the chunk has no body.
async fn whole(
    ctx: &Ctx,
    query: &ChunkQuery,
    key: ChunkKey,
) -> Result<(Download, Option<FoundChunk>), ApiError> {
    let (row, found) = join(
        claims::find_download(&ctx.store, query.claim_id, Some(query.file)),
        chunk_response::find(ctx, key, None),
    )
    .await;
    let row = check_access(row?, ctx, query.claim_id).await?;
    check_chunk(row, query.index.0)?;
    Ok((row, found?))
}

/// A part of the chunk. R2 is asked only once the range is known to lie within it.
async fn part(
    ctx: &Ctx,
    query: &ChunkQuery,
    key: ChunkKey,
    wanted: &Part,
) -> Result<(Download, Option<ByteRange>, Option<FoundChunk>), ApiError> {
    let row = claims::find_download(&ctx.store, query.claim_id, Some(query.file)).await?;
    let row = check_access(row, ctx, query.claim_id).await?;
    let size = check_chunk(row, query.index.0)?;
    let (found, range) = chunk_response::find_part(ctx, key, wanted, size).await?;
    Ok((row, range, found))
}

/// Refuses where the claim, the sale or the link gives no access any more. That a link ended under a download goes into
/// its log.
async fn check_access(row: Option<Download>, ctx: &Ctx, claim_id: ClaimId) -> Result<Download, ApiError> {
    let link_id = row.filter(|row| row.link_gone != 0).and_then(|row| row.link_id);
    if let Some(link_id) = link_id {
        let visitor = visitor::of_call(ctx).await?;
        link_claims::track(ctx, link_id, Some(claim_id), LinkEvent::Stopped, &visitor).await?;
    }
    check_row(row, ctx)
}

/// Refuses where the claim, the sale or the link gives no access any more.
fn check_row(row: Option<Download>, ctx: &Ctx) -> Result<Download, ApiError> {
    let row = row.ok_or(ProblemCode::NotFound)?;
    ctx.transfer.set(row.transfer_id);
    if row.link_gone != 0 {
        return Err(ProblemCode::LinkGone.into());
    }
    if let Some(reason) = row.claims_end {
        let detail = format!("access has ended: {}", reason.as_str());
        return Err(Refusal::new(ProblemCode::WrongState).detail(detail).into());
    }
    if row.release_deleted_at.is_some() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    if let Some((claims, status)) = row.claims_state.zip(row.status)
        && !claims.lets_go_on(status)
    {
        return Err(TransitionError::WrongState { status, event: "download" }.into());
    }
    if row.cancelled_at.is_some() || row.expires_at <= ctx.now.seconds() {
        return Err(ProblemCode::ClaimEnded.into());
    }
    Ok(row)
}

/// The length of chunk `index` of the file asked for, if the release has both.
fn check_chunk(row: Download, index: u64) -> Result<u64, ApiError> {
    chunk_len(row.file_size.ok_or(ProblemCode::NotFound)?, index)
}

/// The length of chunk `index` of a file of `size` bytes of plaintext, if it has that chunk.
pub(super) fn chunk_len(size: u64, index: u64) -> Result<u64, ApiError> {
    let layout =
        Layout::of_plaintext(FloeParams::FILE, size).map_err(|_| ApiError::Bug("a file has no layout"))?;
    layout.chunk_len(index).map(|length| length as u64).map_err(|_| ProblemCode::NotFound.into())
}

/// Makes the claim count, and tells the state machine once that the goods went out. Both are done before the first
/// chunk leaves: a claim that can still be given back, or a sale that can still be called off, serves nothing.
async fn use_up(ctx: &Ctx, claim_id: ClaimId, row: Download) -> Result<(), ApiError> {
    if row.first_chunk_at.is_none() && !claims::mark_used(&ctx.store, claim_id, ctx.now.seconds()).await? {
        // Another chunk of this claim came first, or the claim or the sale has just ended.
        let now = check_row(claims::find_download(&ctx.store, claim_id, None).await?, ctx)?;
        if now.first_chunk_at.is_none() {
            return Err(ProblemCode::Busy.into());
        }
    }
    let Some(transfer_id) = row.transfer_id.filter(|_| row.served == 0) else { return Ok(()) };
    if row.link_id.is_some() {
        // From here on the call keeps no more of the address than a link's log does.
        visitor::of_call(ctx).await?;
    }
    let transfer = transfers::find(&ctx.store, transfer_id).await?.ok_or(ProblemCode::NotFound)?;
    let actor = if row.link_id.is_some() { Actor::Server } else { Actor::Ailock(transfer.buyer) };
    transitions::apply(ctx, actor, transfer, |transfer| {
        let status = transfer.machine.status();
        if !transfer.access.claims.lets_go_on(status) {
            return Err(TransitionError::WrongState { status, event: "download" }.into());
        }
        Ok((!transfer.machine.chunks_served()).then(|| Change::by(ServerEvent::FirstChunkServed)))
    })
    .await
    .map(drop)
}

/// The books have the chunk, the bucket has not.
pub(super) fn missing() -> ApiError {
    Refusal::new(ProblemCode::ReleaseGone).detail("this chunk is missing from storage").into()
}
