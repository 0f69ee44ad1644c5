//! The calls about an upload, typed. Each makes one attempt.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::ids::{FileId, UploadId};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire;

use super::endpoints::with_query;
use super::{Access, Call, CallBody, Refusal, Session};
use crate::http::{AnswerKind, Http};

impl<H: Http> Session<H> {
    /// `POST products-upload-init`.
    pub async fn init_upload(&self, upload: &wire::InitUpload) -> Result<wire::UploadOpened, Refusal> {
        self.post(Access::Token, "products-upload-init", upload).await
    }

    /// `GET products-upload-status`.
    pub async fn upload_status(&self, id: UploadId) -> Result<wire::UploadStatus, Refusal> {
        self.get(Access::Token, "products-upload-status", &[("upload_id", id.to_string())]).await
    }

    /// `PUT products-upload-chunk`.
    pub async fn put_chunk(
        &self,
        upload_id: UploadId,
        file_id: FileId,
        index: u64,
        bytes: &H::Buf,
        sha256: Bytes32,
    ) -> Result<wire::ChunkStored, Refusal> {
        let query = [
            ("upload_id", upload_id.to_string()),
            ("file", file_id.to_string()),
            ("index", index.to_string()),
        ];
        let call = Call {
            access: Access::Token,
            method: "PUT",
            path: with_query("products-upload-chunk", &query),
            body: CallBody::Chunk(bytes, sha256),
            answer: AnswerKind::Text,
        };
        self.json(&call).await
    }

    /// `POST uploads`: all chunks, end to end.
    pub async fn put_release(
        &self,
        upload_id: UploadId,
        bytes: &H::Buf,
    ) -> Result<wire::ReleaseStored, Refusal> {
        let call = Call {
            access: Access::Token,
            method: "POST",
            path: with_query("uploads", &[("upload_id", upload_id.to_string())]),
            body: CallBody::Bytes(bytes),
            answer: AnswerKind::Text,
        };
        self.json(&call).await
    }

    /// `POST products-upload-complete`.
    pub async fn complete_upload(
        &self,
        upload_id: UploadId,
        manifest: Signed<Manifest>,
        self_envelope: Envelope,
    ) -> Result<wire::Release, Refusal> {
        let body = wire::CompleteUpload { upload_id, manifest, self_envelope };
        self.post(Access::Token, "products-upload-complete", &body).await
    }

    /// `POST products-upload-abort`.
    pub async fn abort_upload(&self, upload_id: UploadId) -> Result<wire::UploadStatus, Refusal> {
        self.post(Access::Token, "products-upload-abort", &wire::AbortUpload { upload_id }).await
    }
}
