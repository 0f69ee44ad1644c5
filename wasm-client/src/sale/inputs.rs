//! Buyer inputs: the buyer checks and seals what the seller asked for, and the seller alone opens it.

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::inputs::{BuyerInput, check_value, seal_context};
use claimcheck_protocol::keys::{AilockKeys, X25519PublicKey};
use claimcheck_protocol::signed::{Signed, V1};
use claimcheck_protocol::wire;

use super::{Client, Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::http::Http;
use crate::seal::{Purpose, open_from, seal_to};

/// A value as the buyer gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedInput {
    /// Which of the offer's required inputs.
    pub id: String,
    /// The text.
    pub value: String,
    /// Unix seconds, by the buyer's clock.
    pub provided_at: i64,
    /// Whether it was sent back.
    pub is_rejected: bool,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// What the offer of one's own sale asks for, as its seller signed it, and what is there.
    pub async fn requirements(&self, transfer_id: TransferId) -> Result<wire::Requirements, Failure> {
        let transfer = self.review(transfer_id).await?;
        let found = self.persist(&Control::new(), || self.session.requirements(transfer_id)).await?;
        self.check_requirements(&transfer, &found)?;
        Ok(found)
    }

    /// Provides values by the ids of the offer's inputs. Nothing is sent unless all of them are what the seller takes.
    pub async fn submit_inputs(
        &self,
        transfer_id: TransferId,
        values: &[(String, String)],
    ) -> Result<wire::Requirements, Failure> {
        let transfer = self.review(transfer_id).await?;
        if transfer.buyer != *self.session.id() {
            return Err(Failure::Argument("only the buyer provides inputs"));
        }
        let seller = self.keys_of(&transfer.seller).await?;
        let sealed: Result<_, _> = values
            .iter()
            .map(|(id, value)| self.seal_input(&transfer, &seller.x25519_pk, id, value))
            .collect();
        let body = wire::SubmitInputs { transfer_id, inputs: sealed? };
        let view = self.persist(&Control::new(), || self.session.submit_inputs(&body)).await?;
        self.check_requirements(&transfer, &view)?;
        Ok(view)
    }

    fn seal_input(
        &self,
        transfer: &wire::TransferView,
        seller: &X25519PublicKey,
        id: &str,
        value: &str,
    ) -> Result<Signed<BuyerInput>, Failure> {
        let asked = transfer.offer.body.required_inputs.iter().find(|input| input.id == id);
        let asked = asked.ok_or(Failure::Argument("the offer asks for no input of that id"))?;
        check_value(asked, value).map_err(|fault| Failure::Argument(fault.as_str()))?;
        let context = seal_context(&transfer.transfer_id, transfer.offer_hash, id);
        let sealed = seal_to(Purpose::Inputs, &context, seller, value.as_bytes())?;
        Ok(self.session.identity().sign_statement(BuyerInput {
            v: V1,
            transfer_id: transfer.transfer_id,
            offer_hash: transfer.offer_hash,
            buyer: *self.session.id(),
            id: id.to_owned(),
            sealed: ByteString(sealed),
            provided_at: self.session.now(),
        })?)
    }

    /// Sends an input back to the buyer; the server reads the reason.
    pub async fn reject_input(
        &self,
        transfer_id: TransferId,
        input_id: String,
        reason: String,
    ) -> Result<wire::Requirements, Failure> {
        let body = wire::RejectInput { transfer_id, input_id, reason };
        Ok(self.persist(&Control::new(), || self.session.reject_input(&body)).await?)
    }

    /// What the buyer provided, opened by its seller: each value is known to be the buyer's, and for this sale.
    pub async fn inputs(&self, transfer_id: TransferId) -> Result<Vec<OpenedInput>, Failure> {
        let transfer = self.review(transfer_id).await?;
        let buyer = self.keys_of(&transfer.buyer).await?;
        let found = self.persist(&Control::new(), || self.session.requirements(transfer_id)).await?;
        self.check_requirements(&transfer, &found)?;
        let provided = found.requirements.into_iter().filter_map(|requirement| {
            requirement.provided.map(|statement| (statement, requirement.state, requirement.input))
        });
        provided
            .map(|(statement, state, asked)| {
                let value = self.open_input(&transfer, &buyer, statement.clone(), &asked.id)?;
                check_value(&asked, &value).map_err(|fault| Failure::Argument(fault.as_str()))?;
                Ok(OpenedInput {
                    id: asked.id,
                    value,
                    provided_at: statement.body.provided_at,
                    is_rejected: state == wire::InputState::Rejected,
                })
            })
            .collect()
    }

    fn open_input(
        &self,
        transfer: &wire::TransferView,
        buyer: &AilockKeys,
        statement: Signed<BuyerInput>,
        id: &str,
    ) -> Result<String, Failure> {
        let untrusted = Failure::Untrusted(Untrusted::Inputs);
        let body = statement.verify(&buyer.ed25519_pk).map_err(|_| untrusted.clone())?.into_body();
        let named = (body.transfer_id, body.offer_hash, body.buyer, body.id.as_str());
        if named != (transfer.transfer_id, transfer.offer_hash, transfer.buyer, id) {
            return Err(untrusted);
        }
        let context = seal_context(&transfer.transfer_id, transfer.offer_hash, id);
        let identity = self.session.identity();
        let value = open_from(Purpose::Inputs, &context, identity, &body.sealed.0)?;
        String::from_utf8(value.to_vec()).map_err(|_| untrusted)
    }

    /// Holds what the server says is asked for to what the seller signed.
    fn check_requirements(
        &self,
        transfer: &wire::TransferView,
        found: &wire::Requirements,
    ) -> Result<(), Failure> {
        let asked = found.requirements.iter().map(|requirement| &requirement.input);
        if !asked.eq(&transfer.offer.body.required_inputs) || found.transfer_id != transfer.transfer_id {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        Ok(())
    }
}
