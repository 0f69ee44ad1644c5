//! The calls about a buyer's files. Their chunks are uploaded as a release's are.

use claimcheck_protocol::ids::{AttachmentId, UploadId};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire;

use super::{Access, Refusal, Session};
use crate::http::Http;

impl<H: Http> Session<H> {
    /// `POST attachments-upload-init`.
    pub async fn init_attachment(
        &self,
        attachment: &wire::InitAttachment,
    ) -> Result<wire::UploadOpened, Refusal> {
        self.post(Access::Token, "attachments-upload-init", attachment).await
    }

    /// `POST attachments-upload-complete`.
    pub async fn complete_attachment(
        &self,
        upload_id: UploadId,
        manifest: Signed<Manifest>,
    ) -> Result<wire::Attachment, Refusal> {
        let body = wire::CompleteAttachment { upload_id, manifest };
        self.post(Access::Token, "attachments-upload-complete", &body).await
    }

    /// `GET attachments`. The caller verifies the manifest.
    pub async fn attachment(&self, id: AttachmentId) -> Result<wire::Attachment, Refusal> {
        self.get(Access::Token, "attachments", &[("attachment_id", id.to_string())]).await
    }

    /// `GET attachments-download-chunk`.
    pub async fn attachment_chunk(&self, id: AttachmentId, index: u64) -> Result<H::Buf, Refusal> {
        let query = [("attachment_id", id.to_string()), ("index", index.to_string())];
        self.get_bytes(Access::Token, "attachments-download-chunk", &query).await
    }
}
