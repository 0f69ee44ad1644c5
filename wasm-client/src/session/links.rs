//! The calls about download links, typed. Each makes one attempt.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ClaimId, FileId, LinkId, ProductId};
use claimcheck_protocol::wire;

use super::{Access, Refusal, Session, Ticket};
use crate::http::Http;

impl<H: Http> Session<H> {
    /// `POST download-links`.
    pub async fn make_link(&self, link: &wire::MakeLink) -> Result<wire::DownloadLink, Refusal> {
        self.post(Access::Token, "download-links", link).await
    }

    /// `GET download-links`: one page of one's own.
    pub async fn links(&self, after: Option<LinkId>) -> Result<wire::DownloadLinks, Refusal> {
        let after = after.map(|id| ("after", id.to_string()));
        self.get(Access::Token, "download-links", &after.into_iter().collect::<Vec<_>>()).await
    }

    /// `POST download-links-revoke`.
    pub async fn revoke_link(&self, link_id: LinkId) -> Result<wire::DownloadLink, Refusal> {
        self.post(Access::Token, "download-links-revoke", &wire::RevokeLink { link_id }).await
    }

    /// `GET download-links-log`: one page.
    pub async fn link_log(&self, link_id: LinkId, after: Option<u64>) -> Result<wire::LinkLog, Refusal> {
        let after = after.map(|entry| ("after", entry.to_string()));
        let query: Vec<_> = after.into_iter().chain([("link_id", link_id.to_string())]).collect();
        self.get(Access::Token, "download-links-log", &query).await
    }

    /// `GET /api/products/:id/files`: one page.
    pub async fn product_files(
        &self,
        id: ProductId,
        after: Option<FileId>,
    ) -> Result<wire::ProductFiles, Refusal> {
        let after = after.map(|file| ("after", file.to_string()));
        let path = format!("products/{id}/files");
        self.get(Access::Token, &path, &after.into_iter().collect::<Vec<_>>()).await
    }

    /// `GET /downloads/:token`, whose path is given. It uses nothing up.
    pub async fn link_info(&self, path: &str) -> Result<wire::LinkInfo, Refusal> {
        self.get(Access::Public, path, &[]).await
    }

    /// `POST /downloads/:token/claim`: a new claim of the session's key, or the same one with a new ticket.
    pub async fn claim_link(
        &self,
        path: &str,
        claim_id: ClaimId,
        auth: Bytes32,
    ) -> Result<wire::LinkClaim, Refusal> {
        self.post(Access::Proof, &format!("{path}/claim"), &wire::ClaimLink { claim_id, auth }).await
    }

    /// `POST link-claims-cancel`.
    pub async fn cancel_link_claim(&self, ticket: &Ticket) -> Result<wire::CancelClaimAnswer, Refusal> {
        let body = wire::CancelClaim { claim_id: *ticket.claim_id() };
        self.post(Access::Ticket(ticket), "link-claims-cancel", &body).await
    }

    /// `POST link-claims-complete`.
    pub async fn complete_link_claim(
        &self,
        ticket: &Ticket,
        client_hash: Option<Bytes32>,
    ) -> Result<wire::LinkClaimCompleted, Refusal> {
        let body = wire::CompleteLinkClaim { claim_id: *ticket.claim_id(), client_hash };
        self.post(Access::Ticket(ticket), "link-claims-complete", &body).await
    }
}
