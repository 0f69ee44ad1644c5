//! Offer, acceptance and grant: nobody pays or hands out a key before every signature is verified.

use claimcheck_protocol::envelope::EnvelopeContext;
use claimcheck_protocol::ids::{OfferId, ReleaseId, TransferId};
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::money::{Amount, Currency};
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::policy::{Policy, RequiredInput};
use claimcheck_protocol::signed::{Signed, V1, Verified, statement_hash};
use claimcheck_protocol::wire;

use super::{Client, Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::envelope::seal_envelope;
use crate::http::Http;

/// What a seller decides of an offer.
#[derive(Debug, Clone)]
pub struct OfferTerms {
    /// One of one's own releases.
    pub release_id: ReleaseId,
    /// Who may accept; None for anybody who has a listing's link.
    pub buyer: Option<AilockId>,
    /// What people see; the server reads it.
    pub title: String,
    /// Minor units.
    pub price: Amount,
    /// Of the price.
    pub currency: Currency,
    /// Retention, downloads and so on.
    pub policy: Policy,
    /// What the buyer must provide.
    pub required_inputs: Vec<RequiredInput>,
    /// Seconds from now.
    pub expires_in: i64,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Offers a release to one buyer, its key sealed ahead so that delivery does not wait for the seller.
    pub async fn offer(&self, terms: OfferTerms) -> Result<wire::TransferView, Failure> {
        let buyer = terms.buyer.ok_or(Failure::Argument("an offer names its buyer"))?;
        let (release, manifest, release_key) = self.own_release(terms.release_id).await?;
        let buyer = self.keys_of(&buyer).await?;
        let identity = self.session.identity();
        let offer = self.offer_body(terms, &release, &manifest)?;
        let offer_hash = statement_hash(&offer)?;
        let offer = identity.sign_statement(offer)?;
        let transfer_id = self.make_transfer_id()?;
        let seller = identity.keys().ed25519_pk;
        let context =
            EnvelopeContext::for_transfer(&transfer_id, offer_hash, release.manifest_hash, seller, buyer);
        let envelope = seal_envelope(identity, &context, &release_key)?;
        let body = wire::MakeOffer { transfer_id, offer, envelope: Some(envelope) };
        Ok(self.persist(&Control::new(), || self.session.make_offer(&body)).await?)
    }

    /// The offer of a release of one's own, from now on.
    pub(super) fn offer_body(
        &self,
        terms: OfferTerms,
        release: &wire::Release,
        manifest: &Manifest,
    ) -> Result<Offer, Failure> {
        Ok(Offer {
            v: V1,
            offer_id: self.make_id(OfferId::from_parts)?,
            product_id: manifest.product_id,
            release_id: Some(release.release_id),
            manifest_hash: Some(release.manifest_hash),
            seller: *self.session.id(),
            buyer: terms.buyer,
            title: terms.title,
            price: terms.price,
            currency: terms.currency,
            policy: terms.policy,
            required_inputs: terms.required_inputs,
            expires_at: self.session.now().saturating_add(terms.expires_in),
        })
    }

    /// One of one's own transfers, once its offer and its receipt, if there is one, are known to be signed by its seller
    /// and by its buyer.
    pub async fn review(&self, transfer_id: TransferId) -> Result<wire::TransferView, Failure> {
        let transfer = self.persist(&Control::new(), || self.session.transfer(transfer_id)).await?;
        let seller = self.keys_of(&transfer.offer.body.seller).await?;
        seller.check(&transfer.offer.body.seller).map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        let untrusted = |_| Failure::Untrusted(Untrusted::Offer);
        let offer = transfer.offer.clone().verify(&seller.ed25519_pk).map_err(untrusted)?;
        let is_for = |buyer| buyer == transfer.buyer;
        if (transfer.transfer_id, transfer.offer_hash, transfer.seller)
            != (transfer_id, offer.hash(), offer.body().seller)
            || !offer.body().buyer.is_none_or(is_for)
        {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        self.check_receipt(&transfer).await?;
        Ok(transfer)
    }

    /// Holds the receipt to the buyer's key and to the sale, and the countersignature to the receipt.
    async fn check_receipt(&self, transfer: &wire::TransferView) -> Result<(), Failure> {
        let Some(receipt) = &transfer.receipt else { return Ok(()) };
        let buyer = self.keys_of(&transfer.buyer).await?;
        let untrusted = |_| Failure::Untrusted(Untrusted::Receipt);
        let receipt = receipt.clone().verify(&buyer.ed25519_pk).map_err(untrusted)?;
        let body = receipt.body();
        let named = (body.transfer_id, body.offer_hash, Some(body.manifest_hash), body.buyer);
        let expected =
            (Some(transfer.transfer_id), transfer.offer_hash, transfer.manifest_hash, transfer.buyer);
        let beneath = transfer.countersign.as_ref().map(|countersign| countersign.body.receipt_hash);
        if named != expected || beneath.is_some_and(|hash| hash != receipt.hash()) {
            return Err(Failure::Untrusted(Untrusted::Receipt));
        }
        Ok(())
    }

    /// Accepts an offer that was made to this Ailock. Nothing is sent unless it is the one that its seller signed.
    pub async fn accept(&self, transfer_id: TransferId) -> Result<wire::InvoiceAnswer, Failure> {
        let transfer = self.review(transfer_id).await?;
        if transfer.buyer != *self.session.id() {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        self.kept_secret(&transfer)?;
        Ok(self.persist(&Control::new(), || self.session.invoice(transfer_id)).await?)
    }

    /// The offer, once it is known to be its seller's, and meant for this Ailock. `seller` are keys of any origin.
    pub(super) fn verify_offer(
        &self,
        offer: Signed<Offer>,
        seller: &AilockKeys,
    ) -> Result<Verified<Offer>, Failure> {
        seller.check(&offer.body.seller).map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        let offer = offer.verify(&seller.ed25519_pk).map_err(|_| Failure::Untrusted(Untrusted::Offer))?;
        if offer.body().buyer.is_some_and(|buyer| buyer != *self.session.id()) {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        Ok(offer)
    }

    /// Seals the key of a paid transfer to its buyer, where it was not sealed ahead.
    pub async fn grant(&self, transfer_id: TransferId) -> Result<wire::TransferView, Failure> {
        let transfer = self.persist(&Control::new(), || self.session.transfer(transfer_id)).await?;
        let identity = self.session.identity();
        // One's own signature says what was sold and to whom; the server's word does not.
        let untrusted = |_| Failure::Untrusted(Untrusted::Offer);
        let offer = transfer.offer.verify(&identity.keys().ed25519_pk).map_err(untrusted)?;
        let release_id = offer.body().release_id.ok_or(Failure::Argument("the offer names no release"))?;
        if offer.body().buyer.is_some_and(|buyer| buyer != transfer.buyer) {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        let (release, _, release_key) = self.own_release(release_id).await?;
        let buyer = self.keys_of(&transfer.buyer).await?;
        let seller = identity.keys().ed25519_pk;
        let context =
            EnvelopeContext::for_transfer(&transfer_id, offer.hash(), release.manifest_hash, seller, buyer);
        let envelope = seal_envelope(identity, &context, &release_key)?;
        Ok(self.persist(&Control::new(), || self.session.grant(transfer_id, envelope.clone())).await?)
    }
}
