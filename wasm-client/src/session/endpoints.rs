//! The API's calls, typed. Each makes one attempt.

use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::ids::{ClaimId, FileId, ListingId, MessageId, ProductId, ReleaseId, TransferId};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::profile::Registration;
use claimcheck_protocol::receipt::Receipt;
use claimcheck_protocol::revoke::Revoke;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Access, Call, CallBody, Refusal, Session, Ticket};
use crate::http::{AnswerKind, Http};

impl<H: Http> Session<H> {
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        access: Access<'_>,
        name: &str,
        query: &[(&str, String)],
    ) -> Result<T, Refusal> {
        let path = with_query(name, query);
        self.json(&Call { access, method: "GET", path, body: CallBody::Empty, answer: AnswerKind::Text })
            .await
    }

    pub(super) async fn get_bytes(
        &self,
        access: Access<'_>,
        name: &str,
        query: &[(&str, String)],
    ) -> Result<H::Buf, Refusal> {
        let path = with_query(name, query);
        self.bytes(&Call { access, method: "GET", path, body: CallBody::Empty, answer: AnswerKind::Bytes })
            .await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        access: Access<'_>,
        name: &str,
        body: &impl Serialize,
    ) -> Result<T, Refusal> {
        let body = serde_json::to_string(body).map_err(|_| Refusal::unreadable(0))?;
        let call = Call {
            access,
            method: "POST",
            path: name.to_owned(),
            body: CallBody::Json(body),
            answer: AnswerKind::Text,
        };
        self.json(&call).await
    }

    /// `POST ailocks-register`: makes the session's keys known.
    pub async fn register(&self, registration: &Registration) -> Result<Registration, Refusal> {
        self.post(Access::Public, "ailocks-register", registration).await
    }

    /// `GET ailocks`: another Ailock's keys and profile. The caller verifies them.
    pub async fn ailock(&self, id: &AilockId) -> Result<Registration, Refusal> {
        self.get(Access::Token, "ailocks", &[("id", id.to_string())]).await
    }

    /// `POST ailocks-delete`: leaves the server.
    pub async fn delete_account(&self) -> Result<wire::DeletedAilock, Refusal> {
        self.post(Access::Token, "ailocks-delete", &wire::DeleteAilock { id: *self.id() }).await
    }

    /// `POST products-create`.
    pub async fn create_product(&self, product: &wire::CreateProduct) -> Result<wire::Product, Refusal> {
        self.post(Access::Token, "products-create", product).await
    }

    /// `GET products`: one page of one's own.
    pub async fn products(&self, after: Option<ProductId>) -> Result<wire::Products, Refusal> {
        let after = after.map(|id| ("after", id.to_string()));
        self.get(Access::Token, "products", &after.into_iter().collect::<Vec<_>>()).await
    }

    /// `GET products?release_id=`: one of one's own releases.
    pub async fn release(&self, id: ReleaseId) -> Result<wire::Release, Refusal> {
        self.get(Access::Token, "products", &[("release_id", id.to_string())]).await
    }

    /// `POST products-offer`.
    pub async fn make_offer(&self, offer: &wire::MakeOffer) -> Result<wire::TransferView, Refusal> {
        self.post(Access::Token, "products-offer", offer).await
    }

    /// `POST products-invoice`.
    pub async fn invoice(&self, transfer_id: TransferId) -> Result<wire::InvoiceAnswer, Refusal> {
        self.post(Access::Token, "products-invoice", &wire::Invoice { transfer_id, return_origin: None })
            .await
    }

    /// `POST products-grant`.
    pub async fn grant(
        &self,
        transfer_id: TransferId,
        envelope: Envelope,
    ) -> Result<wire::TransferView, Refusal> {
        self.post(
            Access::Token,
            "products-grant",
            &wire::MakeGrant { transfer_id, release_id: None, envelope },
        )
        .await
    }

    /// `POST listings`.
    pub async fn make_listing(&self, listing: &wire::MakeListing) -> Result<wire::ListingView, Refusal> {
        self.post(Access::Token, "listings", listing).await
    }

    /// `GET listings`: one page of one's own.
    pub async fn listings(&self, after: Option<ListingId>) -> Result<wire::Listings, Refusal> {
        let after = after.map(|id| ("after", id.to_string()));
        self.get(Access::Token, "listings", &after.into_iter().collect::<Vec<_>>()).await
    }

    /// `POST listings-close`.
    pub async fn close_listing(&self, listing_id: ListingId) -> Result<wire::ListingView, Refusal> {
        self.post(Access::Token, "listings-close", &wire::CloseListing { listing_id }).await
    }

    /// `GET listings-show?product_id=`: the product's open listing, else its newest.
    pub async fn show_listing(&self, id: ProductId) -> Result<wire::ListingView, Refusal> {
        self.get(Access::Public, "listings-show", &[("product_id", id.to_string())]).await
    }

    /// `POST listings-buy`.
    pub async fn buy_listing(&self, purchase: &wire::BuyListing) -> Result<wire::TransferView, Refusal> {
        self.post(Access::Token, "listings-buy", purchase).await
    }

    /// `GET transfers?transfer_id=`.
    pub async fn transfer(&self, id: TransferId) -> Result<wire::TransferView, Refusal> {
        self.get(Access::Token, "transfers", &[("transfer_id", id.to_string())]).await
    }

    /// `GET transfers`: one page of one's own; `role` is `seller`, `buyer` or None for both.
    pub async fn transfers(
        &self,
        role: Option<&str>,
        after: Option<TransferId>,
    ) -> Result<wire::Transfers, Refusal> {
        let role = role.map(|role| ("role", role.to_owned()));
        let after = after.map(|id| ("after", id.to_string()));
        self.get(Access::Token, "transfers", &role.into_iter().chain(after).collect::<Vec<_>>()).await
    }

    /// `POST products-claim`: a new claim, or the running one with a new ticket.
    pub async fn claim(
        &self,
        transfer_id: TransferId,
        claim_id: Option<ClaimId>,
    ) -> Result<wire::ClaimAnswer, Refusal> {
        self.post(Access::Token, "products-claim", &wire::Claim { transfer_id, claim_id }).await
    }

    /// `POST claims-cancel`: gives a claim back before its first chunk.
    pub async fn cancel_claim(&self, claim_id: ClaimId) -> Result<wire::CancelClaimAnswer, Refusal> {
        self.post(Access::Token, "claims-cancel", &wire::CancelClaim { claim_id }).await
    }

    /// `GET products-download-manifest`.
    pub async fn download_manifest(&self, ticket: &Ticket) -> Result<wire::DownloadManifest, Refusal> {
        let query = [("claim_id", ticket.claim_id().to_string())];
        self.get(Access::Ticket(ticket), "products-download-manifest", &query).await
    }

    /// `GET products-download-chunk`.
    pub async fn download_chunk(
        &self,
        ticket: &Ticket,
        file_id: FileId,
        index: u64,
    ) -> Result<H::Buf, Refusal> {
        let query = [
            ("claim_id", ticket.claim_id().to_string()),
            ("file", file_id.to_string()),
            ("index", index.to_string()),
        ];
        self.get_bytes(Access::Ticket(ticket), "products-download-chunk", &query).await
    }

    /// `POST products-ack`.
    pub async fn acknowledge(&self, receipt: Signed<Receipt>) -> Result<wire::AckAnswer, Refusal> {
        self.post(Access::Token, "products-ack", &wire::Ack { receipt }).await
    }

    /// `GET products-requirements?transfer_id=`.
    pub async fn requirements(&self, id: TransferId) -> Result<wire::Requirements, Refusal> {
        self.get(Access::Token, "products-requirements", &[("transfer_id", id.to_string())]).await
    }

    /// `POST transfers-requirements-submit`.
    pub async fn submit_inputs(&self, inputs: &wire::SubmitInputs) -> Result<wire::Requirements, Refusal> {
        self.post(Access::Token, "transfers-requirements-submit", inputs).await
    }

    /// `POST transfers-requirements-reject`.
    pub async fn reject_input(&self, rejection: &wire::RejectInput) -> Result<wire::Requirements, Refusal> {
        self.post(Access::Token, "transfers-requirements-reject", rejection).await
    }

    /// `POST transfers-cancel`.
    pub async fn cancel_transfer(&self, transfer_id: TransferId) -> Result<wire::TransferView, Refusal> {
        self.post(Access::Token, "transfers-cancel", &wire::CancelTransfer { transfer_id }).await
    }

    /// `POST products-revoke`.
    pub async fn revoke(&self, revoke: Signed<Revoke>) -> Result<wire::TransferView, Refusal> {
        self.post(Access::Token, "products-revoke", &wire::MakeRevoke { revoke }).await
    }

    /// `POST transfers-refund`.
    pub async fn refund(&self, refund: &wire::RefundTransfer) -> Result<wire::TransferView, Refusal> {
        self.post(Access::Token, "transfers-refund", refund).await
    }

    /// `GET transfers-packet`, to the byte.
    pub async fn packet(&self, id: TransferId) -> Result<String, Refusal> {
        self.signed_text("transfers-packet", id).await
    }

    /// `GET transfers-audit`, to the byte.
    pub async fn audit_trail(&self, id: TransferId) -> Result<String, Refusal> {
        self.signed_text("transfers-audit", id).await
    }

    async fn signed_text(&self, name: &str, id: TransferId) -> Result<String, Refusal> {
        let path = with_query(name, &[("transfer_id", id.to_string())]);
        let answer = AnswerKind::Text;
        self.text(&Call { access: Access::Token, method: "GET", path, body: CallBody::Empty, answer }).await
    }

    /// `GET inbox`: messages after `cursor`, oldest first; waits up to `wait` seconds (at most 25) for one.
    pub async fn inbox(&self, cursor: u64, wait: u32) -> Result<wire::Inbox, Refusal> {
        let query = [("after", cursor.to_string()), ("wait", wait.to_string())];
        self.get(Access::Token, "inbox", &query).await
    }

    /// `POST inbox-read`.
    pub async fn mark_read(&self, message_ids: Vec<MessageId>) -> Result<wire::InboxReadAnswer, Refusal> {
        self.post(Access::Token, "inbox-read", &wire::InboxRead { message_ids }).await
    }
}

pub(super) fn with_query(name: &str, query: &[(&str, String)]) -> String {
    if query.is_empty() {
        return name.to_owned();
    }
    let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{name}?{pairs}")
}
