//! Disputes: what the parties sign and seal in one, and how the arbiter rules.

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::dispute::{Dispute, DisputeAct, DisputeKind};
use claimcheck_protocol::ids::{BuyerDisputeId, FileId, TransferId};
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use claimcheck_protocol::signed::V1;
use claimcheck_protocol::transfer::Ruling;
use claimcheck_protocol::verdict::Verdict;
use claimcheck_protocol::wire;

use super::{Client, Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::evidence::{Evidence, EvidenceFile, seal_evidence};
use crate::http::Http;
use crate::secret::Secret32;

/// What a party wants to tell the arbiter.
#[derive(Default)]
pub struct Statement {
    /// Its own words.
    pub text: String,
    /// Whether the key to the files goes with it, so that the arbiter can look at them.
    pub enclose_key: bool,
    /// Screenshots and the like.
    pub files: Vec<EvidenceFile>,
    /// The arbiter that the evidence is meant for; None: whomever the server names.
    pub arbiter: Option<AilockId>,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Where the disputes of one's own transfer stand, and whom evidence is sealed to.
    pub async fn disputes(&self, transfer_id: TransferId) -> Result<wire::Disputes, Failure> {
        Ok(self.persist(&Control::new(), || self.session.disputes(transfer_id)).await?)
    }

    /// Opens a dispute as the buyer.
    pub async fn open_dispute(
        &self,
        transfer_id: TransferId,
        kind: DisputeKind,
        statement: Option<Statement>,
    ) -> Result<wire::Disputes, Failure> {
        let dispute_id = self.make_id(BuyerDisputeId::from_parts)?;
        self.say(self.step(transfer_id, dispute_id, DisputeAct::Open, Some(kind)), statement).await
    }

    /// Answers a dispute as the seller.
    pub async fn answer_dispute(
        &self,
        transfer_id: TransferId,
        dispute_id: BuyerDisputeId,
        statement: Option<Statement>,
    ) -> Result<wire::Disputes, Failure> {
        self.say(self.step(transfer_id, dispute_id, DisputeAct::Answer, None), statement).await
    }

    /// Takes a dispute back as the buyer.
    pub async fn withdraw_dispute(
        &self,
        transfer_id: TransferId,
        dispute_id: BuyerDisputeId,
    ) -> Result<wire::Disputes, Failure> {
        self.say(self.step(transfer_id, dispute_id, DisputeAct::Withdraw, None), None).await
    }

    fn step(
        &self,
        transfer_id: TransferId,
        dispute_id: BuyerDisputeId,
        act: DisputeAct,
        kind: Option<DisputeKind>,
    ) -> Dispute {
        let (by, at) = (*self.session.id(), self.session.now());
        Dispute { v: V1, transfer_id, dispute_id, by, act, kind, evidence: None, at }
    }

    async fn say(&self, dispute: Dispute, statement: Option<Statement>) -> Result<wire::Disputes, Failure> {
        let evidence = match statement {
            Some(statement) => Some(self.seal_statement(&dispute, statement).await?),
            None => None,
        };
        let dispute = self.session.identity().sign_statement(Dispute { evidence, ..dispute })?;
        Ok(self.persist(&Control::new(), || self.session.dispute(dispute.clone())).await?)
    }

    async fn seal_statement(&self, dispute: &Dispute, statement: Statement) -> Result<ByteString, Failure> {
        let arbiter = self.arbiter(dispute.transfer_id, statement.arbiter).await?;
        let release_key = match statement.enclose_key {
            true => Some(self.key_of_sale(dispute.transfer_id).await?),
            false => None,
        };
        let evidence = Evidence { text: statement.text, release_key, files: statement.files };
        Ok(seal_evidence(&dispute.evidence_context(), &arbiter.x25519_pk, &evidence)?)
    }

    /// The keys of the arbiter: the one expected, or else the one that the server names.
    async fn arbiter(
        &self,
        transfer_id: TransferId,
        expected: Option<AilockId>,
    ) -> Result<AilockKeys, Failure> {
        let named = self.disputes(transfer_id).await?.arbiter;
        let keys =
            named.ok_or(Failure::Argument("this server has no arbiter, so nobody could read evidence"))?;
        match expected {
            Some(id) if keys.id() != id => Err(Failure::Untrusted(Untrusted::Arbiter)),
            _ => Ok(keys),
        }
    }

    /// The release key of one's own sale: the seller's own, or as the buyer was handed it. A listing's key comes only
    /// with a claim, so its buyer encloses it before another dispute freezes claims.
    async fn key_of_sale(&self, transfer_id: TransferId) -> Result<Secret32, Failure> {
        let transfer = self.review(transfer_id).await?;
        let missing = Failure::Argument("no key was handed over in this sale");
        let release_id = transfer.release_id.ok_or_else(|| missing.clone())?;
        if transfer.seller == *self.session.id() {
            return self.own_release(release_id).await.map(|(_, _, key)| key);
        }
        if transfer.listing.is_some() {
            return self.claimed_key(transfer_id).await;
        }
        let envelope = transfer.envelope.as_ref().ok_or_else(|| missing.clone())?;
        let offered = transfer.offer.body.manifest_hash;
        let manifest_hash = offered.or(transfer.manifest_hash).ok_or(missing)?;
        let seller = self.keys_of(&transfer.seller).await?.ed25519_pk;
        self.open_delivery(transfer_id, envelope, seller, transfer.offer_hash, manifest_hash)
    }

    /// Rules on a dispute as the arbiter. Both parties read the explanation.
    pub async fn rule(
        &self,
        transfer_id: TransferId,
        dispute_id: BuyerDisputeId,
        ruling: Ruling,
        explanation: String,
    ) -> Result<wire::Disputes, Failure> {
        let (arbiter, at) = (*self.session.id(), self.session.now());
        let verdict = Verdict { v: V1, transfer_id, dispute_id, arbiter, ruling, explanation, at };
        let verdict = self.session.identity().sign_statement(verdict)?;
        Ok(self.persist(&Control::new(), || self.session.rule(verdict.clone())).await?)
    }

    /// One sealed chunk of what a disputed sale sold, for the arbiter.
    pub async fn disputed_chunk(
        &self,
        transfer_id: TransferId,
        file_id: FileId,
        index: u64,
    ) -> Result<B::Buf, Failure> {
        let get = || self.session.disputed_chunk(transfer_id, file_id, index);
        Ok(self.persist(&Control::new(), get).await?)
    }
}
