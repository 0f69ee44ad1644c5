//! The calls about disputes, typed. Each makes one attempt.

use claimcheck_protocol::dispute::Dispute;
use claimcheck_protocol::ids::{FileId, TransferId};
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::verdict::Verdict;
use claimcheck_protocol::wire;

use super::{Access, Refusal, Session};
use crate::http::Http;

impl<H: Http> Session<H> {
    /// `GET products-dispute`.
    pub async fn disputes(&self, id: TransferId) -> Result<wire::Disputes, Refusal> {
        self.get(Access::Token, "products-dispute", &[("transfer_id", id.to_string())]).await
    }

    /// `POST products-dispute`.
    pub async fn dispute(&self, dispute: Signed<Dispute>) -> Result<wire::Disputes, Refusal> {
        self.post(Access::Token, "products-dispute", &wire::MakeDispute { dispute }).await
    }

    /// `POST disputes-verdict`.
    pub async fn rule(&self, verdict: Signed<Verdict>) -> Result<wire::Disputes, Refusal> {
        self.post(Access::Token, "disputes-verdict", &wire::MakeVerdict { verdict }).await
    }

    /// `GET disputes-chunk`: one sealed chunk of what a disputed sale sold.
    pub async fn disputed_chunk(
        &self,
        transfer_id: TransferId,
        file_id: FileId,
        index: u64,
    ) -> Result<H::Buf, Refusal> {
        let query = [
            ("transfer_id", transfer_id.to_string()),
            ("file", file_id.to_string()),
            ("index", index.to_string()),
        ];
        self.get_bytes(Access::Token, "disputes-chunk", &query).await
    }
}
