//! Uploads of a release: init, chunks, status, completion.

use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Bytes32};
use crate::envelope::Envelope;
use crate::floe;
use crate::ids::{FileId, ProductId, ReleaseId, UploadId};
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::signed::Signed;

/// One file that will be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadFile {
    /// Picked by the client.
    pub file_id: FileId,
    /// FLOE's header.
    pub header: Bytes<{ floe::HEADER_LEN }>,
    /// FLOE segments.
    pub segment_count: u64,
    /// Bytes.
    pub plaintext_size: u64,
    /// What the seller says the file is.
    pub declared_type: MediaType,
}

/// `POST products-upload-init`. Repeated with the same body it answers for the same upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitUpload {
    /// The caller's product.
    pub product_id: ProductId,
    /// Picked by the client.
    pub release_id: ReleaseId,
    /// At least one.
    pub files: Vec<UploadFile>,
}

/// A run of chunks of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRange {
    /// The file.
    pub file_id: FileId,
    /// First index.
    pub first: u64,
    /// Last index, included.
    pub last: u64,
}

/// Answer to `products-upload-init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadOpened {
    /// Names the upload in all later calls.
    pub upload_id: UploadId,
    /// Bytes of every chunk but a file's last.
    pub chunk_size: u64,
    /// Where the chunks lie: `<prefix>/<file_id>/<index>`.
    pub prefix: String,
    /// Chunks that are not stored yet.
    pub missing: Vec<ChunkRange>,
}

/// Answer to a chunk's PUT, the same for the first and for a repeated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkStored {
    /// The file.
    pub file_id: FileId,
    /// Index in the file, from 0.
    pub index: u64,
    /// Of the bytes stored.
    pub sha256: Bytes32,
    /// Bytes.
    pub size: u64,
}

/// Answer to `POST uploads`, the same for the first and for a repeated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStored {
    /// The upload.
    pub upload_id: UploadId,
    /// Every chunk, in the order of the body.
    pub chunks: Vec<ChunkStored>,
}

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Takes chunks.
    Open,
    /// Its release is complete.
    Completed,
    /// Its chunks are deleted.
    Aborted,
}

/// One chunk that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChunk {
    /// The file.
    pub file_id: FileId,
    /// Index in the file.
    pub index: u64,
    /// Of the bytes stored.
    pub sha256: Bytes32,
}

/// `GET products-upload-status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadStatus {
    /// The upload.
    pub upload_id: UploadId,
    /// Its release.
    pub release_id: ReleaseId,
    /// Where it stands.
    pub state: UploadState,
    /// Bytes of every chunk but a file's last.
    pub chunk_size: u64,
    /// Stored chunks; a client that lost its own list compares these hashes with the ones it sent.
    pub stored: Vec<StoredChunk>,
    /// Chunks that are not stored yet.
    pub missing: Vec<ChunkRange>,
}

/// `POST products-upload-complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteUpload {
    /// The upload.
    pub upload_id: UploadId,
    /// Of exactly the files of `products-upload-init`.
    pub manifest: Signed<Manifest>,
    /// The release key sealed to the seller itself, for its other devices.
    pub self_envelope: Envelope,
}

/// A completed release, to its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The release.
    pub release_id: ReleaseId,
    /// Its product.
    pub product_id: ProductId,
    /// SHA-256(JCS(manifest)).
    pub manifest_hash: Bytes32,
    /// The manifest as it was signed.
    pub manifest: Signed<Manifest>,
    /// The release key sealed to the owner.
    pub self_envelope: Envelope,
    /// Unix seconds.
    pub completed_at: i64,
    /// Unix seconds after which the chunks are deleted, unless a sale needs them longer.
    pub expires_at: i64,
}

/// `POST products-upload-abort`: deletes the chunks. Answers with the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbortUpload {
    /// The upload.
    pub upload_id: UploadId,
}
