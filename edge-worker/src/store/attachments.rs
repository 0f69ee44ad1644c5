//! Attachments: files that a buyer uploads for a sale. Their uploads are those of any release, in `uploads`.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{AttachmentId, FileId, ReleaseId, TransferId, UploadId};
use claimcheck_protocol::inputs::AttachmentRef;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::{AilockId, SignatureBytes};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::signed::{Signed, Verified};
use claimcheck_protocol::wire::{Attachment, InitAttachment};
use serde::Deserialize;

use super::uploads::{NewUpload, Upload, forget_files};
use super::{JsonText, Param, Query, Store, StoreError, sql};

/// The attachment of an upload that begins. Part of the batch that opens the upload; without it, it changes nothing.
pub(super) fn begin(upload: &NewUpload<'_>, attachment: &InitAttachment) -> Query {
    sql(
        "insert into attachments (id, transfer_id, input_id, owner_ailock_id, upload_id, file_id, storage_pointer, \
         size, content_type, created_at) select ?1, ?2, ?3, ?4, ?5, ?6, ?7, cast(?8 as integer), ?9, \
         cast(?10 as integer) where exists (select 1 from uploads where id = ?5)",
    )
    .bind(attachment.attachment_id)
    .bind(attachment.transfer_id)
    .bind(attachment.input_id.as_str())
    .bind(upload.owner)
    .bind(upload.id)
    .bind(attachment.file.file_id)
    .bind(attachment.attachment_id.release_id())
    .bind(attachment.file.plaintext_size)
    .bind(attachment.file.declared_type.as_str())
    .bind(upload.now)
}

/// Forgets the attachment of an upload that is aborted.
pub(super) fn forget(upload_id: UploadId) -> Query {
    sql("delete from attachments where upload_id = ?1 and completed_at is null").bind(upload_id)
}

/// Completes an upload as an attachment. Fails as a whole on a CHECK if the upload is closed already.
pub fn complete(
    upload: &Upload,
    manifest: &Verified<Manifest>,
    signature: SignatureBytes,
    now: i64,
) -> Result<Vec<Query>, NotCanonical> {
    let close = sql("update uploads set state = 'completed', closed_at = ?2 where id = ?1");
    let complete = sql("update attachments set checksum = ?2, manifest = ?3, manifest_signature = ?4, \
         completed_at = ?5 where upload_id = ?1");
    Ok(vec![
        close.bind(upload.id).bind(now),
        complete
            .bind(upload.id)
            .bind(manifest.hash())
            .bind(Param::try_from(JsonText(manifest.body()))?)
            .bind(signature)
            .bind(now),
        forget_files(upload.id),
    ])
}

#[derive(Deserialize)]
struct Row {
    id: AttachmentId,
    transfer_id: TransferId,
    input_id: String,
    storage_type: String,
    storage_pointer: ReleaseId,
    size: u64,
    content_type: MediaType,
    checksum: Bytes32,
    manifest: JsonText<Manifest>,
    manifest_signature: SignatureBytes,
    completed_at: i64,
}

impl From<Row> for Attachment {
    fn from(row: Row) -> Self {
        Self {
            attachment_id: row.id,
            transfer_id: row.transfer_id,
            input_id: row.input_id,
            storage_type: row.storage_type,
            storage_pointer: row.storage_pointer,
            size: row.size,
            content_type: row.content_type,
            checksum: row.checksum,
            manifest: Signed { body: row.manifest.0, signature: row.manifest_signature },
            completed_at: row.completed_at,
        }
    }
}

/// A completed attachment, whosever it is.
pub async fn find(store: &Store, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    let query = sql(
        "select id, transfer_id, input_id, storage_type, storage_pointer, size, content_type, checksum, \
         manifest, manifest_signature, completed_at from attachments where id = ?1 and completed_at is not null",
    );
    Ok(store.first::<Row>(query.bind(id)).await?.map(Attachment::from))
}

/// Where the chunks of a completed attachment lie, and who may have them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The prefix.
    pub storage_pointer: ReleaseId,
    /// Its only file.
    pub file_id: FileId,
    /// Bytes of plaintext.
    pub size: u64,
    /// Unix seconds at which the chunks were deleted.
    pub deleted_at: Option<i64>,
    /// To whom it is sealed.
    pub seller: AilockId,
    /// Who uploaded it.
    pub buyer: AilockId,
}

/// All that reading an attachment needs to know, in one read.
pub async fn place(store: &Store, id: AttachmentId) -> Result<Option<Place>, StoreError> {
    let query =
        sql("select a.storage_pointer, a.file_id, a.size, a.deleted_at, t.from_ailock_id as seller, \
         t.to_ailock_id as buyer from attachments a join product_transfers t on t.id = a.transfer_id \
         where a.id = ?1 and a.completed_at is not null");
    store.first(query.bind(id)).await
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether an attachment was uploaded for this input of this sale, and is stored.
pub async fn is_stored(
    store: &Store,
    (transfer_id, input_id): (TransferId, &str),
    named: &AttachmentRef,
) -> Result<bool, StoreError> {
    let query = sql(
        "select count(*) as found from attachments where id = ?1 and checksum = ?2 and transfer_id = ?3 \
         and input_id = ?4 and deleted_at is null",
    );
    let query = query.bind(named.attachment_id).bind(named.manifest_hash).bind(transfer_id).bind(input_id);
    Ok(store.first::<Found>(query).await?.is_some_and(|row| row.found > 0))
}
