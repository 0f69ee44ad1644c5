//! The sweeps of the bucket: where they stand, what they ask the books, and what they found.

use std::collections::BTreeSet;

use claimcheck_protocol::ids::{FileId, ReleaseId};
use claimcheck_protocol::wire::StorageFinding;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

#[derive(Deserialize)]
struct Position {
    position: String,
}

/// The last key that a sweep has seen; empty before the first.
pub async fn position(store: &Store, sweep: &str) -> Result<String, StoreError> {
    let row: Option<Position> =
        store.first(sql("select position from sweeps where sweep = ?1").bind(sweep)).await?;
    Ok(row.map(|row| row.position).unwrap_or_default())
}

/// Notes how far a sweep has come; where it is through, it begins anew.
pub fn advance(sweep: &str, position: &str, is_through: bool) -> Query {
    sql("insert into sweeps (sweep, position, rounds) values (?1, ?2, ?3) on conflict (sweep) do update \
         set position = excluded.position, rounds = sweeps.rounds + excluded.rounds")
    .bind(sweep)
    .bind(if is_through { "" } else { position })
    .bind(is_through)
}

#[derive(Deserialize)]
struct Prefix {
    prefix: String,
}

/// Those of `prefixes` under which nothing may lie: no upload is open or kept there.
pub async fn orphans(store: &Store, prefixes: &[String]) -> Result<Vec<String>, StoreError> {
    let list = Param::try_from(JsonText(&prefixes)).map_err(|_| StoreError::Unreadable("keys".to_owned()))?;
    let query = sql("select value as prefix from json_each(?1) \
         where not exists (select 1 from reservations where release_id = value)");
    let rows: Vec<Prefix> = store.all(query.bind(list)).await?;
    Ok(rows.into_iter().map(|row| row.prefix).collect())
}

/// What should lie in the bucket of something that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// The prefix.
    pub release_id: ReleaseId,
    /// Chunks of all files.
    pub chunk_count: u64,
    /// Bytes of all chunks.
    pub sealed_size: u64,
}

/// What is kept, from after `after` on, in the order of ids. What has a tombstone is not.
pub async fn kept(store: &Store, after: &str, limit: u32) -> Result<Vec<Kept>, StoreError> {
    let query = sql("select u.release_id, u.chunk_count, u.sealed_size from uploads u \
         where u.release_id > ?1 and u.state = 'completed' \
         and exists (select 1 from reservations v where v.release_id = u.release_id) \
         and not exists (select 1 from releases r where r.id = u.release_id and r.deleted_at is not null) \
         and not exists (select 1 from attachments a where a.storage_pointer = u.release_id and a.deleted_at is not null) \
         order by u.release_id limit cast(?2 as integer)");
    store.all(query.bind(after).bind(limit)).await
}

/// A file of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct KeptFile {
    /// The file.
    pub file_id: FileId,
    /// Bytes of plaintext.
    pub file_size: u64,
}

/// The files of a completed release.
pub async fn files(store: &Store, release_id: ReleaseId) -> Result<Vec<KeptFile>, StoreError> {
    let query = sql("select immutable_id as file_id, file_size from digital_files where release_id = ?1");
    store.all(query.bind(release_id)).await
}

/// Whether something is still kept.
pub async fn is_kept(store: &Store, kept: Kept) -> Result<bool, StoreError> {
    let id = kept.release_id.to_string();
    let query = sql("select v.release_id, ?2 as chunk_count, ?3 as sealed_size from reservations v \
         where v.release_id = ?1 \
         and not exists (select 1 from releases r where r.id = v.release_id and r.deleted_at is not null) \
         and not exists (select 1 from attachments a where a.storage_pointer = v.release_id and a.deleted_at is not null)");
    let found: Option<Kept> =
        store.first(query.bind(id).bind(kept.chunk_count).bind(kept.sealed_size)).await?;
    Ok(found.is_some())
}

/// What does not fit between database and bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A release that is kept has fewer chunks, or other bytes, than it had when it was completed.
    ChunksMissing,
    /// An object that no release has, and that has no release's key.
    ForeignObject,
}

/// The findings that were seen last, at most `limit`.
pub async fn findings(store: &Store, limit: u32) -> Result<Vec<StorageFinding>, StoreError> {
    let query = sql("select kind, subject, detail, found_at, seen_at from storage_findings \
         order by seen_at desc, kind, subject limit cast(?1 as integer)");
    store.all(query.bind(limit)).await
}

#[derive(Deserialize)]
struct Subject {
    subject: ReleaseId,
}

/// The releases of which chunks were missing when they were looked at last.
pub async fn reported(store: &Store) -> Result<BTreeSet<ReleaseId>, StoreError> {
    let query = sql("select subject from storage_findings where kind = 'chunks_missing'");
    let rows: Vec<Subject> = store.all(query).await?;
    Ok(rows.into_iter().map(|row| row.subject).collect())
}

/// Takes the finding about a release back: nothing of it is missing any more.
pub fn settle(release_id: ReleaseId) -> Query {
    sql("delete from storage_findings where kind = 'chunks_missing' and subject = ?1").bind(release_id)
}

/// Notes a finding; found again, it is the same one.
pub fn note(finding: Finding, subject: &str, detail: &str, now: i64) -> Query {
    let kind = match finding {
        Finding::ChunksMissing => "chunks_missing",
        Finding::ForeignObject => "foreign_object",
    };
    sql(
        "insert into storage_findings (kind, subject, detail, found_at, seen_at) values (?1, ?2, ?3, ?4, ?4) \
         on conflict (kind, subject) do update set detail = excluded.detail, seen_at = excluded.seen_at",
    )
    .bind(kind)
    .bind(subject)
    .bind(detail)
    .bind(now)
}
