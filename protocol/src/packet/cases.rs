//! What a packet proves about revocations, disputes and verdicts.

use std::collections::BTreeSet;

use super::Packet;
use super::line::{Line, reason, require};
use crate::dispute::{Dispute, DisputeAct};
use crate::ids::BuyerDisputeId;
use crate::keys::AilockId;
use crate::revoke::Revoke;
use crate::signed::{Signed, Statement};
use crate::transfer::RevokeReason;
use crate::verdict::Verdict;

const REVOKE: &str = "A revocation was signed by whoever may revoke";
const DISPUTE: &str = "A dispute's statement was signed by the party that makes it";
const VERDICT: &str = "A verdict was signed by the server's arbiter, on a dispute of the buyer";

pub(super) fn lines(packet: &Packet) -> Vec<Line> {
    let opened: BTreeSet<_> = packet
        .disputes
        .iter()
        .filter(|statement| statement.body.act == DisputeAct::Open)
        .map(|statement| statement.body.dispute_id)
        .collect();
    let revocations = packet.revocations.iter().map(|statement| revocation(packet, statement));
    let disputes = packet.disputes.iter().map(|statement| dispute(packet, statement, &opened));
    let verdicts = packet.verdicts.iter().map(|statement| verdict(packet, statement, &opened));
    revocations.chain(disputes).chain(verdicts).collect()
}

/// By the Ailock that the body names.
fn signed_by<T: Statement + Clone>(packet: &Packet, signed: &Signed<T>, by: AilockId) -> Result<(), String> {
    let keys = packet.keys_of(&by).ok_or("the signer's keys are not enclosed")?;
    signed.clone().verify(&keys.ed25519_pk).map(drop).map_err(reason)
}

fn revocation(packet: &Packet, signed: &Signed<Revoke>) -> Line {
    let body = &signed.body;
    let check = || {
        require(body.transfer_id == packet.transfer_id, "it is about another transfer")?;
        let may = if body.reason == RevokeReason::Requested {
            Some(packet.offer.body.seller)
        } else {
            packet.operator
        };
        require(may == Some(body.by), "its signer may not revoke for this reason")?;
        signed_by(packet, signed, body.by)
    };
    Line::of(REVOKE, format!("by {}", body.by), check())
}

fn dispute(packet: &Packet, signed: &Signed<Dispute>, opened: &BTreeSet<BuyerDisputeId>) -> Line {
    let body = &signed.body;
    let check = || {
        require(body.transfer_id == packet.transfer_id, "it is about another transfer")?;
        let party = match body.act {
            DisputeAct::Open | DisputeAct::Withdraw => packet.buyer,
            DisputeAct::Answer => packet.offer.body.seller,
        };
        require(body.by == party, "it is signed by the wrong party")?;
        require(opened.contains(&body.dispute_id), "the dispute was never opened")?;
        signed_by(packet, signed, body.by)
    };
    let act = match body.act {
        DisputeAct::Open => "opened by the buyer",
        DisputeAct::Answer => "answered by the seller",
        DisputeAct::Withdraw => "withdrawn by the buyer",
    };
    Line::of(DISPUTE, format!("{}: {act}", body.dispute_id), check())
}

fn verdict(packet: &Packet, signed: &Signed<Verdict>, opened: &BTreeSet<BuyerDisputeId>) -> Line {
    let body = &signed.body;
    let check = || {
        require(body.transfer_id == packet.transfer_id, "it is about another transfer")?;
        require(packet.arbiter == Some(body.arbiter), "its signer is not the arbiter that the server names")?;
        require(opened.contains(&body.dispute_id), "the dispute was never opened")?;
        signed_by(packet, signed, body.arbiter)
    };
    Line::of(VERDICT, format!("{}: by {}", body.dispute_id, body.arbiter), check())
}
