//! Uploads and the files that they expect.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::floe;
use claimcheck_protocol::ids::{AttachmentId, FileId, ProductId, ReleaseId, UploadId};
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::wire::{InitAttachment, InitUpload, UploadFile, UploadState};
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, attachments, sql};
use crate::limits::Quotas;
use crate::upload_rules::Totals;

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Upload {
    /// The upload.
    pub id: UploadId,
    /// What it will be.
    pub release_id: ReleaseId,
    /// Of what.
    pub product_id: ProductId,
    /// Who may go on.
    pub owner_ailock_id: AilockId,
    /// Only an open one takes chunks.
    pub state: UploadState,
    /// SHA-256(JCS) of the body that opened it.
    pub body_hash: Bytes32,
    /// Bytes of all chunks.
    pub sealed_size: u64,
    /// What it will be instead of a release of the product.
    pub attachment_id: Option<AttachmentId>,
}

/// Columns of [`Upload`], for a `select` from `uploads`.
macro_rules! upload_columns {
    () => {
        "select id, release_id, product_id, owner_ailock_id, state, body_hash, sealed_size, \
         (select attachments.id from attachments where upload_id = uploads.id) as attachment_id from uploads "
    };
}

/// An upload by its id, whoever owns it.
pub async fn find(store: &Store, id: UploadId) -> Result<Option<Upload>, StoreError> {
    store.first(sql(concat!(upload_columns!(), "where id = ?1")).bind(id)).await
}

/// The one upload that a release id is used up by.
pub async fn find_by_release(store: &Store, id: ReleaseId) -> Result<Option<Upload>, StoreError> {
    store.first(sql(concat!(upload_columns!(), "where release_id = ?1")).bind(id)).await
}

#[derive(Deserialize)]
struct FileRow {
    file_id: FileId,
    header: Bytes<{ floe::HEADER_LEN }>,
    segment_count: u64,
    plaintext_size: u64,
    declared_type: MediaType,
}

impl From<FileRow> for UploadFile {
    fn from(row: FileRow) -> Self {
        Self {
            file_id: row.file_id,
            header: row.header,
            segment_count: row.segment_count,
            plaintext_size: row.plaintext_size,
            declared_type: row.declared_type,
        }
    }
}

/// The files that an open upload expects, in order. A closed one expects none.
pub async fn expected_files(store: &Store, id: UploadId) -> Result<Vec<UploadFile>, StoreError> {
    let query =
        sql("select file_id, header, segment_count, plaintext_size, declared_type from upload_files \
         where upload_id = ?1 order by position");
    Ok(store.all::<FileRow>(query.bind(id)).await?.into_iter().map(UploadFile::from).collect())
}

/// Where a chunk would go: the upload, and the file if the upload expects it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChunkPlace {
    /// The release.
    pub release_id: ReleaseId,
    /// Who may put chunks.
    pub owner_ailock_id: AilockId,
    /// Whether chunks are taken.
    pub state: UploadState,
    /// The file. None: the upload expects no such file.
    pub file_id: Option<FileId>,
    /// Of the file.
    pub segment_count: Option<u64>,
    /// Of the file, in bytes.
    pub plaintext_size: Option<u64>,
}

/// All that a chunk PUT needs to know, in one read. `file`: None is the upload's only file.
pub async fn place(
    store: &Store,
    id: UploadId,
    file: Option<FileId>,
) -> Result<Option<ChunkPlace>, StoreError> {
    let query =
        sql("select uploads.release_id, uploads.owner_ailock_id, uploads.state, upload_files.file_id, \
         upload_files.segment_count, upload_files.plaintext_size \
         from uploads left join upload_files on upload_files.upload_id = uploads.id \
         and (upload_files.file_id = ?2 or (?2 is null and uploads.file_count = 1)) where uploads.id = ?1");
    store.first(query.bind(id).bind(file)).await
}

#[derive(Deserialize)]
struct StateRow {
    state: UploadState,
}

/// Where an upload stands.
pub async fn state(store: &Store, id: UploadId) -> Result<Option<UploadState>, StoreError> {
    let row: Option<StateRow> = store.first(sql("select state from uploads where id = ?1").bind(id)).await?;
    Ok(row.map(|row| row.state))
}

#[derive(Deserialize)]
struct Taken {
    taken: u32,
}

/// Whether one of the file ids names a file of a completed release already.
pub async fn is_any_file_taken(store: &Store, files: &[UploadFile]) -> Result<bool, StoreError> {
    let ids: Vec<FileId> = files.iter().map(|file| file.file_id).collect();
    let ids = Param::try_from(JsonText(&ids)).map_err(|_| StoreError::Unreadable("file ids".to_owned()))?;
    let query = sql(
        "select count(*) as taken from digital_files where immutable_id in (select value from json_each(?1))",
    );
    Ok(store.first::<Taken>(query.bind(ids)).await?.is_some_and(|row| row.taken > 0))
}

/// An upload that would begin.
#[derive(Debug, Clone, Copy)]
pub struct NewUpload<'a> {
    /// Made by the server.
    pub id: UploadId,
    /// Who uploads.
    pub owner: AilockId,
    /// What was asked for.
    pub body: &'a InitUpload,
    /// SHA-256(JCS) of what was asked for.
    pub body_hash: Bytes32,
    /// Where it will be an attachment.
    pub attachment: Option<&'a InitAttachment>,
    /// What it comes to.
    pub totals: Totals,
    /// What the owner may use.
    pub quotas: Quotas,
    /// Unix seconds.
    pub now: i64,
}

/// Opens an upload with its files, unless its release id or a quota of the owner's is used up, or the product of a
/// release was deleted: then it changes nothing. Its bytes are reserved by the same statement, so no two uploads can take the last ones. Fails on the
/// unique constraint of `upload_files` if another upload expects one of its files.
pub fn open(upload: &NewUpload<'_>) -> Result<Vec<Query>, NotCanonical> {
    let row = sql(
        "insert into uploads (id, release_id, product_id, owner_ailock_id, state, body_hash, file_count, \
         chunk_count, sealed_size, created_at) select ?1, ?2, ?3, ?4, 'open', ?5, ?6, ?7, ?8, ?9 \
         where (select coalesce(sum(bytes), 0) from reservations where owner_ailock_id = ?4) + ?8 <= ?10 \
         and (select count(*) from uploads where owner_ailock_id = ?4 and state = 'open') < ?11 \
         and (?12 or not exists (select 1 from deleted_products where product_id = ?3)) \
         on conflict (release_id) do nothing",
    )
    .bind(upload.id)
    .bind(upload.body.release_id)
    .bind(upload.body.product_id)
    .bind(upload.owner)
    .bind(upload.body_hash)
    .bind(upload.totals.file_count)
    .bind(upload.totals.chunk_count)
    .bind(upload.totals.sealed_size)
    .bind(upload.now)
    .bind(upload.quotas.bytes)
    .bind(upload.quotas.open_uploads)
    .bind(upload.attachment.is_some());
    let files = sql("insert into upload_files (file_id, upload_id, position, header, segment_count, plaintext_size, \
         declared_type) select value ->> '$.file_id', ?1, key, value ->> '$.header', value ->> '$.segment_count', \
         value ->> '$.plaintext_size', value ->> '$.declared_type' from json_each(?2) \
         where exists (select 1 from uploads where id = ?1)")
        .bind(upload.id)
        .bind(Param::try_from(JsonText(&upload.body.files))?);
    let attachment = upload.attachment.map(|attachment| attachments::begin(upload, attachment));
    Ok([row, files].into_iter().chain(attachment).collect())
}

/// What an Ailock uses of what its quotas bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Sealed bytes.
    pub bytes: u64,
    /// Uploads.
    pub open_uploads: u64,
}

/// What an Ailock uses now.
pub async fn usage(store: &Store, owner: AilockId) -> Result<Usage, StoreError> {
    let query = sql(
        "select (select coalesce(sum(bytes), 0) from reservations where owner_ailock_id = ?1) as bytes, \
         (select count(*) from uploads where owner_ailock_id = ?1 and state = 'open') as open_uploads",
    );
    let row: Option<Usage> = store.first(query.bind(owner)).await?;
    row.ok_or(StoreError::Unreadable("usage".to_owned()))
}

/// Aborts an upload. Fails on a CHECK if it is closed already.
pub fn abort(id: UploadId, now: i64) -> Vec<Query> {
    vec![
        sql("update uploads set state = 'aborted', closed_at = ?2 where id = ?1").bind(id).bind(now),
        forget_files(id),
        attachments::forget(id),
    ]
}

pub(super) fn forget_files(id: UploadId) -> Query {
    sql("delete from upload_files where upload_id = ?1").bind(id)
}

/// Uploads opened before `before` that are still open, the oldest first, at most `limit`.
pub async fn abandoned(store: &Store, before: i64, limit: u32) -> Result<Vec<Upload>, StoreError> {
    let query = sql(concat!(
        upload_columns!(),
        "where state = 'open' and created_at <= ?1 order by created_at limit cast(?2 as integer)"
    ));
    store.all(query.bind(before).bind(limit)).await
}

/// Aborted uploads whose chunks may still lie in the bucket, closed before `before`, at most `limit`.
pub async fn to_purge(store: &Store, before: i64, limit: u32) -> Result<Vec<Upload>, StoreError> {
    let query = sql(concat!(
        upload_columns!(),
        "where state = 'aborted' and purged_at is null and closed_at < ?1 order by closed_at limit cast(?2 as integer)"
    ));
    store.all(query.bind(before).bind(limit)).await
}

/// Notes that no chunk of an aborted upload is left, nor can come.
pub fn purged(id: UploadId, now: i64) -> Query {
    sql("update uploads set purged_at = ?2 where id = ?1 and state = 'aborted'").bind(id).bind(now)
}
