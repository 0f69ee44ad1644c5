//! What a seller has beside its sales: where it is paid, who is told of its sales, and what it takes off the shelf.

use claimcheck_protocol::ids::{ProductId, ReleaseId, TransferId, WebhookId};
use claimcheck_protocol::wire;

use super::{Client, Failure};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::http::Http;

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Takes a release back from new sales; its files are deleted once no sale needs them.
    pub async fn delete_release(&self, id: ReleaseId) -> Result<wire::Deleted, Failure> {
        Ok(self.persist(&Control::new(), || self.session.delete_release(id)).await?)
    }

    /// The same of a product, with all of its releases.
    pub async fn delete_product(&self, id: ProductId) -> Result<wire::Deleted, Failure> {
        Ok(self.persist(&Control::new(), || self.session.delete_product(id)).await?)
    }

    /// The page on which this Ailock sets up where it is paid; `return_origin` is where it leads back to.
    pub async fn onboard(&self, return_origin: Option<String>) -> Result<wire::OnboardAnswer, Failure> {
        let body = wire::Onboard { return_origin };
        Ok(self.persist(&Control::new(), || self.session.onboard(&body)).await?)
    }

    /// Whether this Ailock can be paid.
    pub async fn payment_account(&self) -> Result<wire::PaymentAccount, Failure> {
        Ok(self.persist(&Control::new(), || self.session.payment_account()).await?)
    }

    /// Asks the payment provider about a payment whose news did not come. It moves no money.
    pub async fn confirm_payment(&self, transfer_id: TransferId) -> Result<wire::TransferView, Failure> {
        Ok(self.persist(&Control::new(), || self.session.confirm_payment(transfer_id)).await?)
    }

    /// Has an address told of one's sales: of all, where no events are named. The answer has its secret.
    pub async fn create_webhook(&self, url: String, events: Vec<String>) -> Result<wire::Webhook, Failure> {
        let body = wire::MakeWebhook { webhook_id: self.make_id(WebhookId::from_parts)?, url, events };
        Ok(self.persist(&Control::new(), || self.session.make_webhook(&body)).await?)
    }

    /// One's own webhooks, oldest first.
    pub async fn webhooks(&self) -> Result<Vec<wire::Webhook>, Failure> {
        Ok(self.persist(&Control::new(), || self.session.webhooks()).await?.webhooks)
    }

    /// Ends a webhook of one's own.
    pub async fn revoke_webhook(&self, id: WebhookId) -> Result<wire::Webhook, Failure> {
        Ok(self.persist(&Control::new(), || self.session.revoke_webhook(id)).await?)
    }
}
