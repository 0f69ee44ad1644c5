//! Deletes what is not needed any more: abandoned uploads, releases past their retention, and records long closed.
//!
//! A release goes in three steps. Its tombstone in D1 comes first, in one statement that also sees that no sale, link,
//! claim or dispute needs it; from then on nothing of it is served, and nothing that needs it can begin. Its chunks
//! go next, a bounded number in one run. Once the bucket shows none, its reservation goes, and the quota with it.
//! A run that dies anywhere, or two at once, leave what the next run finds and goes on with.

use claimcheck_protocol::ids::ReleaseId;

use crate::blobs::Blobs;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::{Query, StoreError, erasure, records, retention, uploads};
use crate::tally::Tally;

/// Seconds after which an upload that is still open counts as abandoned.
const ABANDONED_SECONDS: i64 = 24 * 3600;
/// Seconds after which no PUT that saw the upload open can still be running.
const LONGEST_PUT: i64 = 3600;
/// Thousands of chunks of one release that one run deletes.
const MAX_PAGES: u32 = 4;

/// Aborts uploads that were opened a day ago and never completed. How many.
pub async fn abort_abandoned(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let mut done = 0;
    for upload in uploads::abandoned(&ctx.store, now - ABANDONED_SECONDS, ctx.config.keeping.run).await? {
        match ctx.store.batch(uploads::abort(upload.id, now)).await {
            Ok(_) => done += 1,
            // It was completed or aborted in this moment.
            Err(StoreError::Check(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// Deletes what an abort left, and what PUTs that ran beside it stored afterwards. How many uploads are done with.
pub async fn purge_aborted(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let blobs = Blobs::new(ctx.blobs()?);
    let mut tally = Tally::default();
    for upload in uploads::to_purge(&ctx.store, now - LONGEST_PUT, ctx.config.keeping.run).await? {
        tally.add(purge(ctx, &blobs, upload.release_id, uploads::purged(upload.id, now)).await);
    }
    tally.result()
}

/// Deletes chunks under a prefix, and notes it once none is left. Whether it did.
async fn purge(ctx: &Ctx, blobs: &Blobs, release_id: ReleaseId, note: Query) -> Result<usize, ApiError> {
    if blobs.delete(release_id, MAX_PAGES).await? {
        return Ok(ctx.store.run(note).await?);
    }
    Ok(0)
}

/// Sets the tombstone of releases that are past their retention and needed by nothing, and of the attachments of sales
/// that are over. How many.
pub async fn end_releases(ctx: &Ctx) -> Result<usize, ApiError> {
    let (now, keeping) = (ctx.now.seconds(), ctx.config.keeping);
    let attachments = ctx.store.run(retention::end_attachments(now, now - grace(ctx), keeping)).await?;
    Ok(attachments + ctx.store.run(retention::end_releases(now, keeping)).await?)
}

/// Seconds by which what the sides of a sale sealed for each other outlives it.
fn grace(ctx: &Ctx) -> i64 {
    i64::from(ctx.config.uploads.retention_days) * 24 * 3600
}

/// Deletes the chunks of releases that have a tombstone. How many are gone altogether.
pub async fn purge_releases(ctx: &Ctx) -> Result<usize, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    let mut tally = Tally::default();
    for release_id in retention::to_purge(&ctx.store, ctx.config.keeping.run).await? {
        tally.add(purge(ctx, &blobs, release_id, retention::purged(release_id)).await);
    }
    tally.result()
}

/// Deletes a bounded number of each kind of record that is closed for long. How many. One that fails does not keep
/// the others from their turn.
pub async fn forget_records(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let keeping = ctx.config.keeping;
    let mut tally = Tally::default();
    let closed = records::closed(now, now - grace(ctx), keeping);
    for query in closed.into_iter().chain(erasure::forget_leavings(keeping.run)) {
        tally.add(ctx.store.run(query).await.map_err(ApiError::from));
    }
    let origins = records::forget_origins(&ctx.store, now - keeping.record_seconds).await;
    tally.add(origins.map_err(ApiError::from));
    tally.result()
}
