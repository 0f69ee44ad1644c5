//! Attachments: files that a buyer uploads because the offer asks for them. Each is a release of one file, made by the
//! buyer for the seller, whose `release_id` has the bytes of the `attachment_id`.

use serde::{Deserialize, Serialize};

use super::UploadFile;
use crate::bytes::Bytes32;
use crate::ids::{AttachmentId, ReleaseId, TransferId, UploadId};
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::signed::Signed;

/// `POST attachments-upload-init`. Answers [`super::UploadOpened`]; the same body again finds the same upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitAttachment {
    /// The caller is its buyer.
    pub transfer_id: TransferId,
    /// A required input of type `file`.
    pub input_id: String,
    /// Picked by the client.
    pub attachment_id: AttachmentId,
    /// The file.
    pub file: UploadFile,
}

/// `POST attachments-upload-complete`. Answers [`Attachment`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteAttachment {
    /// The upload.
    pub upload_id: UploadId,
    /// Of exactly the file of `attachments-upload-init`, signed by the buyer, who is its `seller`.
    pub manifest: Signed<Manifest>,
}

/// A completed attachment, to both sides of the sale: `GET attachments?attachment_id=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The attachment.
    pub attachment_id: AttachmentId,
    /// The sale.
    pub transfer_id: TransferId,
    /// Which of the offer's inputs it was uploaded for.
    pub input_id: String,
    /// `r2`.
    pub storage_type: String,
    /// Where its chunks lie: `<pointer>/<file_id>/<index>`.
    pub storage_pointer: ReleaseId,
    /// Bytes of plaintext.
    pub size: u64,
    /// As the buyer declares it.
    pub content_type: MediaType,
    /// SHA-256(JCS(manifest)).
    pub checksum: Bytes32,
    /// As the buyer signed it.
    pub manifest: Signed<Manifest>,
    /// Unix seconds.
    pub completed_at: i64,
}
