//! Compares bucket and books both ways, a bounded part in each run: objects without a row are deleted, rows without
//! their objects are reported.

use std::collections::{BTreeMap, BTreeSet};

use claimcheck_protocol::floe::{FloeParams, Layout};
use claimcheck_protocol::ids::ReleaseId;

use crate::blobs::{Blobs, ChunkKey};
use crate::chunk_map::ChunkObject;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::log;
use crate::store::sweeps::{self, Finding, Kept};
use crate::tally::Tally;

const OBJECTS: &str = "objects";
const ROWS: &str = "rows";
/// First parts of keys that one run looks at.
const MAX_PREFIXES: u32 = 1_000;
/// Thousands of chunks of one orphan that one run deletes.
const MAX_PAGES: u32 = 4;
/// The longest part of a foreign key that is written down.
const MAX_NAME: usize = 64;

/// Deletes objects of releases that do not exist, were aborted or are deleted: what a PUT stored that outlived all of
/// that. How many releases. An object with another key than a chunk's is reported and left alone.
pub async fn delete_orphans(ctx: &Ctx) -> Result<usize, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    let mut seen = sweeps::position(&ctx.store, OBJECTS).await?;
    let page = blobs.prefixes(&seen, MAX_PREFIXES).await?;
    let orphans = sweeps::orphans(&ctx.store, &page.names).await?;
    let mut tally = Tally::default();
    for orphan in &orphans {
        if tally.done() >= ctx.config.keeping.run as usize {
            break;
        }
        match delete_orphan(ctx, &blobs, orphan).await {
            // More chunks than one run deletes: the next one goes on here.
            Ok(Deletion::Begun) => break,
            Ok(Deletion::Done) => tally.add(Ok(1)),
            Ok(Deletion::NotOurs) => {}
            // It has its turn again in the next round, and keeps nothing else from its own.
            Err(error) => tally.add(Err(error)),
        }
        orphan.clone_into(&mut seen);
    }
    let is_done = orphans.last().is_none_or(|last| *last == seen);
    if let Some(last) = page.names.last().filter(|_| is_done) {
        last.clone_into(&mut seen);
    }
    ctx.store.run(sweeps::advance(OBJECTS, &seen, is_done && page.is_last)).await?;
    tally.result()
}

enum Deletion {
    Done,
    Begun,
    NotOurs,
}

async fn delete_orphan(ctx: &Ctx, blobs: &Blobs, orphan: &str) -> Result<Deletion, ApiError> {
    let Ok(release_id) = orphan.parse::<ReleaseId>() else {
        report(ctx, Finding::ForeignObject, &plain(orphan), "not a chunk's key").await?;
        return Ok(Deletion::NotOurs);
    };
    Ok(if blobs.delete(release_id, MAX_PAGES).await? { Deletion::Done } else { Deletion::Begun })
}

/// Reports releases that are kept and of which chunks are missing, and deletes chunks under them that they do not have.
/// How many were reported.
pub async fn find_missing(ctx: &Ctx) -> Result<usize, ApiError> {
    let blobs = Blobs::new(ctx.blobs()?);
    let after = sweeps::position(&ctx.store, ROWS).await?;
    let page = sweeps::kept(&ctx.store, &after, ctx.config.keeping.run).await?;
    let reported = sweeps::reported(&ctx.store).await?;
    let mut tally = Tally::default();
    for kept in &page {
        tally.add(look_at(ctx, &blobs, *kept, &reported).await);
    }
    let is_through = page.len() < ctx.config.keeping.run as usize;
    let last = page.last().map(|kept| kept.release_id.to_string()).unwrap_or_default();
    ctx.store.run(sweeps::advance(ROWS, &last, is_through)).await?;
    tally.result()
}

/// Holds what is stored of a release against the books. Whether something is missing.
async fn look_at(
    ctx: &Ctx,
    blobs: &Blobs,
    kept: Kept,
    reported: &BTreeSet<ReleaseId>,
) -> Result<usize, ApiError> {
    let mut stored = blobs.list(kept.release_id).await?;
    if shortfall(&stored, kept).is_some() {
        stored = delete_strangers(ctx, blobs, kept, stored).await?;
    }
    match shortfall(&stored, kept) {
        None if reported.contains(&kept.release_id) => {
            ctx.store.run(sweeps::settle(kept.release_id)).await?;
            Ok(0)
        }
        None => Ok(0),
        // Its retention may have ended while the bucket was being listed.
        Some(detail) if sweeps::is_kept(&ctx.store, kept).await? => {
            report(ctx, Finding::ChunksMissing, &kept.release_id.to_string(), &detail).await?;
            Ok(1)
        }
        Some(_) => Ok(0),
    }
}

/// Deletes chunks that no file of the release has. Those that stay.
async fn delete_strangers(
    ctx: &Ctx,
    blobs: &Blobs,
    kept: Kept,
    stored: Vec<ChunkObject>,
) -> Result<Vec<ChunkObject>, ApiError> {
    let release_id = kept.release_id;
    let mut chunk_counts = BTreeMap::new();
    for file in sweeps::files(&ctx.store, release_id).await? {
        let layout = Layout::of_plaintext(FloeParams::FILE, file.file_size)
            .map_err(|_| ApiError::Bug("a file has no layout"))?;
        chunk_counts.insert(file.file_id, layout.chunk_count());
    }
    // An attachment's file is not among them, and neither is that of a release without books.
    if chunk_counts.is_empty() {
        return Ok(stored);
    }
    let has =
        |chunk: &ChunkObject| chunk_counts.get(&chunk.file_id).is_some_and(|count| chunk.index < *count);
    let (own, strange): (Vec<_>, Vec<_>) = stored.into_iter().partition(has);
    for chunk in strange {
        blobs.delete_chunk(ChunkKey { release_id, file_id: chunk.file_id, index: chunk.index }).await?;
    }
    Ok(own)
}

fn shortfall(stored: &[ChunkObject], kept: Kept) -> Option<String> {
    let (chunks, bytes) = (stored.len() as u64, stored.iter().map(|chunk| chunk.size).sum::<u64>());
    let fits = (chunks, bytes) == (kept.chunk_count, kept.sealed_size);
    let (wanted, size) = (kept.chunk_count, kept.sealed_size);
    (!fits).then(|| format!("{chunks} of {wanted} chunks, {bytes} of {size} bytes"))
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
