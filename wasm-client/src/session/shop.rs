//! The calls about what a seller has beside its sales, typed. Each makes one attempt.

use claimcheck_protocol::ids::{ProductId, ReleaseId, TransferId, WebhookId};
use claimcheck_protocol::wire;

use super::{Access, Refusal, Session};
use crate::engine::CallError;
use crate::http::Http;

impl<H: Http> Session<H> {
    /// `POST releases-delete`.
    pub async fn delete_release(&self, release_id: ReleaseId) -> Result<wire::Deleted, Refusal> {
        self.post(Access::Token, "releases-delete", &wire::DeleteRelease { release_id }).await
    }

    /// `POST products-delete`.
    pub async fn delete_product(&self, product_id: ProductId) -> Result<wire::Deleted, Refusal> {
        self.post(Access::Token, "products-delete", &wire::DeleteProduct { product_id }).await
    }

    /// `POST payments-onboard`: each call opens a page of its own.
    pub async fn onboard(&self, body: &wire::Onboard) -> Result<wire::OnboardAnswer, Refusal> {
        self.post(Access::Token, "payments-onboard", body).await
    }

    /// `GET payments-account`.
    pub async fn payment_account(&self) -> Result<wire::PaymentAccount, Refusal> {
        self.get(Access::Token, "payments-account", &[]).await
    }

    /// `POST webhooks`.
    pub async fn make_webhook(&self, webhook: &wire::MakeWebhook) -> Result<wire::Webhook, Refusal> {
        self.post(Access::Token, "webhooks", webhook).await
    }

    /// `GET webhooks`: all of one's own.
    pub async fn webhooks(&self) -> Result<wire::Webhooks, Refusal> {
        self.get(Access::Token, "webhooks", &[]).await
    }

    /// `POST webhooks-revoke`.
    pub async fn revoke_webhook(&self, webhook_id: WebhookId) -> Result<wire::Webhook, Refusal> {
        self.post(Access::Token, "webhooks-revoke", &wire::RevokeWebhook { webhook_id }).await
    }

    /// `POST ailock-batch` with `confirm_payment` alone. Only a batch asks the payment provider.
    pub async fn confirm_payment(&self, transfer_id: TransferId) -> Result<wire::TransferView, Refusal> {
        let unreadable = |_| Refusal::unreadable(200);
        let body = serde_json::to_value(wire::ConfirmPayment { transfer_id }).map_err(unreadable)?;
        let request = wire::BatchRequest { id: None, op: wire::BatchOp::ConfirmPayment, body };
        let batch = wire::Batch { requests: vec![request], inbox: None };
        let mut answer: wire::BatchAnswer = self.post(Access::Token, "ailock-batch", &batch).await?;
        let result = answer.results.pop().ok_or(Refusal::unreadable(200))?;
        match (result.body, result.problem) {
            (Some(body), _) => serde_json::from_value(body).map_err(unreadable),
            (None, Some(problem)) => Err(Refusal {
                error: CallError::Status {
                    status: result.status,
                    code: Some(problem.code),
                    retry_after_ms: None,
                    stored_sha256: None,
                },
                problem: Some(Box::new(problem)),
            }),
            (None, None) => Err(Refusal::unreadable(result.status)),
        }
    }
}
