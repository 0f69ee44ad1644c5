//! Compares bucket and books both ways, a bounded part in each run: objects without a row are deleted, rows without
//! their objects are reported.

use claimcheck_protocol::ids::ReleaseId;

use crate::blobs::Blobs;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::log;
use crate::store::sweeps::{self, Finding, Kept};

const OBJECTS: &str = "objects";
const ROWS: &str = "rows";
/// First parts of keys that one run looks at.
const MAX_PREFIXES: u32 = 1_000;
/// Thousands of chunks of one orphan that one run deletes.
const MAX_PAGES: u32 = 4;
/// The longest part of a foreign key that is written down.
const MAX_NAME: usize = 64;

/// Deletes objects of releases that do not exist, were aborted long ago or are deleted: what a PUT stored that outlived
/// all of that. How many releases. An object with another key than a chunk's is reported and left alone.
pub async fn delete_orphans(ctx: &Ctx) -> Result<usize, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    let mut seen = sweeps::position(&ctx.store, OBJECTS).await?;
    let page = blobs.prefixes(&seen, MAX_PREFIXES).await?;
    let orphans = sweeps::orphans(&ctx.store, &page.names).await?;
    let mut done = 0;
    for orphan in &orphans {
        if done >= ctx.config.keeping.run as usize {
            break;
        }
        match orphan.parse::<ReleaseId>() {
            Ok(release_id) if blobs.delete(release_id, MAX_PAGES).await? => done += 1,
            // More chunks than one run deletes: the next one goes on here.
            Ok(_) => break,
            Err(_) => report(ctx, Finding::ForeignObject, &plain(orphan), "not a chunk's key").await?,
        }
        orphan.clone_into(&mut seen);
    }
    let is_done = orphans.last().is_none_or(|last| *last == seen);
    if let Some(last) = page.names.last().filter(|_| is_done) {
        last.clone_into(&mut seen);
    }
    ctx.store.run(sweeps::advance(OBJECTS, &seen, is_done && page.is_last)).await?;
    Ok(done)
}

/// Reports releases that are kept and of which chunks are missing. How many.
pub async fn find_missing(ctx: &Ctx) -> Result<usize, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    let after = sweeps::position(&ctx.store, ROWS).await?;
    let page = sweeps::kept(&ctx.store, &after, ctx.config.keeping.run).await?;
    let mut found = 0;
    for kept in &page {
        if let Some(detail) = shortfall(&blobs, *kept).await? {
            // Its retention may have ended while the bucket was being listed.
            if sweeps::is_kept(&ctx.store, *kept).await? {
                report(ctx, Finding::ChunksMissing, &kept.release_id.to_string(), &detail).await?;
                found += 1;
            }
        }
    }
    let is_through = page.len() < ctx.config.keeping.run as usize;
    let last = page.last().map(|kept| kept.release_id.to_string()).unwrap_or_default();
    ctx.store.run(sweeps::advance(ROWS, &last, is_through)).await?;
    Ok(found)
}

async fn shortfall(blobs: &Blobs, kept: Kept) -> Result<Option<String>, ApiError> {
    let stored = blobs.list(kept.release_id).await?;
    let (chunks, bytes) = (stored.len() as u64, stored.iter().map(|chunk| chunk.size).sum::<u64>());
    let fits = (chunks, bytes) == (kept.chunk_count, kept.sealed_size);
    let (wanted, size) = (kept.chunk_count, kept.sealed_size);
    Ok((!fits).then(|| format!("{chunks} of {wanted} chunks, {bytes} of {size} bytes")))
}

async fn report(ctx: &Ctx, finding: Finding, subject: &str, detail: &str) -> Result<(), ApiError> {
    ctx.store.run(sweeps::note(finding, subject, detail, ctx.now.seconds())).await?;
    log::write(&log::Notice::new("storage_finding", subject));
    Ok(())
}

/// A key as it may stand in the log and the books: it is not this server's, so its letters are not trusted.
fn plain(key: &str) -> String {
    key.chars().filter(|char| char.is_ascii_alphanumeric() || "._-".contains(*char)).take(MAX_NAME).collect()
}
