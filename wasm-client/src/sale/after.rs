//! What may follow a sale, or end it early: cancel, revoke, refund, and its records.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::revoke::Revoke;
use claimcheck_protocol::signed::V1;
use claimcheck_protocol::transfer::{RevokeReason, Status};
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
    /// Calls a sale off before it is paid; either side may.
    pub async fn cancel(&self, transfer_id: TransferId) -> Result<wire::TransferView, Failure> {
        Ok(self.persist(&Control::new(), || self.session.cancel_transfer(transfer_id)).await?)
    }

    /// Takes an offer or an access back. The seller may until the first chunk is served; other reasons than
    /// [`RevokeReason::Requested`] are the operator's.
    pub async fn revoke(
        &self,
        transfer_id: TransferId,
        reason: RevokeReason,
    ) -> Result<wire::TransferView, Failure> {
        let (by, at) = (*self.session.id(), self.session.now());
        let revoke = Revoke { v: V1, transfer_id, by, reason, at };
        let revoke = self.session.identity().sign_statement(revoke)?;
        let refusal = match self.persist(&Control::new(), || self.session.revoke(revoke.clone())).await {
            Ok(transfer) => return Ok(transfer),
            Err(refusal) => refusal,
        };
        // An earlier call of this method may have done it, by a statement of another second.
        match self.persist(&Control::new(), || self.session.transfer(transfer_id)).await {
            Ok(transfer) if transfer.status == Status::Revoked => Ok(transfer),
            _ => Err(refusal.into()),
        }
    }

    /// Pays back: a part, or all that remains. The same part, by its id, is paid back once.
    pub async fn refund(
        &self,
        transfer_id: TransferId,
        part: Option<wire::RefundPart>,
    ) -> Result<wire::TransferView, Failure> {
        let body = wire::RefundTransfer { transfer_id, part };
        Ok(self.persist(&Control::new(), || self.session.refund(&body)).await?)
    }

    /// The dispute packet, to the byte as the server signed it.
    pub async fn packet(&self, transfer_id: TransferId) -> Result<String, Failure> {
        Ok(self.persist(&Control::new(), || self.session.packet(transfer_id)).await?)
    }

    /// The audit rows of one's own transfer, to the byte as the server gives them.
    pub async fn audit_trail(&self, transfer_id: TransferId) -> Result<String, Failure> {
        Ok(self.persist(&Control::new(), || self.session.audit_trail(transfer_id)).await?)
    }
}
