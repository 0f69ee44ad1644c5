//! What a packet proves about the delivery: receipt, countersignature, audit chain and service records.

use super::line::{Line, reason, require};
use super::sale::{buyer_keys, manifest_hash, offer_hash};
use super::{Packet, Pins};
use crate::audit::{self, AuditRow};
use crate::auth::jwk::PublicJwk;
use crate::bytes::Bytes32;
use crate::ids::TransferId;
use crate::keys::Ed25519PublicKey;
use crate::receipt::{Countersign, Receipt};
use crate::signed::{Signed, statement_hash};

const RECEIPT: &str = "The buyer admits to hold exactly the files of the manifest";
const COUNTERSIGN: &str = "The server saw the receipt at the time it says";
const AUDIT: &str = "The audit rows are a whole chain";
const SERVICE: &str = "The server delivered parts of the files to the buyer";
pub(super) const OLDER_KEY: &str = "it is by an older key, which is not enclosed";
pub(super) const UNVOUCHED: &str = "the signature holds, but nobody vouches for its key";

pub(super) fn lines(packet: &Packet, pins: &Pins) -> Vec<Line> {
    vec![receipt(packet), countersign(packet, pins), chain_of(packet).line(), service(packet, pins)]
}

fn receipt(packet: &Packet) -> Line {
    let Some(receipt) = &packet.receipt else { return Line::unproved(RECEIPT, "there is no receipt") };
    let check = || {
        let verified = receipt.clone().verify(&buyer_keys(packet)?.ed25519_pk).map_err(reason)?;
        repeats_the_sale(packet, verified.body())?;
        let claim = packet.service.iter().find(|record| record.claim_id == verified.body().claim_id);
        let claim = claim.ok_or("it is for a claim that the server does not know")?;
        require(claim.nonce == verified.body().nonce, "its nonce is not the claim's")?;
        require(claim.first_chunk_at.is_some(), "nothing was served under its claim")
    };
    Line::of(RECEIPT, "the hash it signs, made of the plaintext, is the seller's commitment", check())
}

fn repeats_the_sale(packet: &Packet, receipt: &Receipt) -> Result<(), String> {
    let offer = &packet.offer.body;
    let manifest = &packet.manifest.as_ref().ok_or("there is a receipt and no manifest")?.body;
    require(receipt.transfer_id == Some(packet.transfer_id), "it is for another transfer")?;
    require(receipt.buyer == packet.buyer && receipt.seller == offer.seller, "it names other parties")?;
    require(receipt.offer_hash == offer_hash(packet)?, "it is for another offer")?;
    require(receipt.manifest_hash == manifest_hash(packet)?, "it is for another manifest")?;
    require(
        receipt.price == offer.price && receipt.currency == offer.currency,
        "its price is not the offer's",
    )?;
    require(receipt.client_hash == manifest.commitment, "its content is not what the manifest commits to")?;
    require(receipt.bytes == manifest.plaintext_size(), "its size is not the manifest's")
}

fn countersign(packet: &Packet, pins: &Pins) -> Line {
    let Some(countersign) = &packet.countersign else {
        return if packet.receipt.is_some() {
            Line::is_false(COUNTERSIGN, "there is a receipt and no countersignature")
        } else {
            Line::unproved(COUNTERSIGN, "there is no receipt")
        };
    };
    let Some(key) = key_of(&packet.server_keys, countersign) else {
        return Line::unproved(COUNTERSIGN, OLDER_KEY);
    };
    let check = || {
        let receipt = packet.receipt.as_ref().ok_or("there is a countersignature and no receipt")?;
        let body = countersign.clone().verify(key).map_err(reason)?.into_body();
        require(
            body.receipt_hash == statement_hash(&receipt.body).map_err(reason)?,
            "it is for another receipt",
        )?;
        require(
            rows_before(&packet.audit, body.audit_head).is_some(),
            "the audit chain does not hold the row that was its newest",
        )
    };
    match check() {
        Ok(()) if pins.holds(key) => Line::proved(COUNTERSIGN, at(countersign.body.received_at)),
        Ok(()) => Line::unproved(COUNTERSIGN, UNVOUCHED),
        Err(why) => Line::is_false(COUNTERSIGN, why),
    }
}

/// The server's key that a countersignature names, if it is enclosed.
pub(super) fn key_of<'a>(
    keys: &'a [Ed25519PublicKey],
    countersign: &Signed<Countersign>,
) -> Option<&'a Ed25519PublicKey> {
    keys.iter().find(|key| PublicJwk::Ed25519(**key).thumbprint().to_base64url() == countersign.body.kid)
}

/// How many rows the chain had when this was its head: the next row holds it.
pub(super) fn rows_before(rows: &[AuditRow], head: Bytes32) -> Option<usize> {
    rows.iter().position(|row| row.prev_hash == head)
}

/// The audit rows of a sale, and what its own record says of the newest.
pub(super) struct Chain<'a> {
    pub(super) transfer_id: &'a TransferId,
    pub(super) rows: &'a [AuditRow],
    pub(super) seq: u64,
    pub(super) head: Bytes32,
}

const fn chain_of(packet: &Packet) -> Chain<'_> {
    Chain {
        transfer_id: &packet.transfer_id,
        rows: packet.audit.as_slice(),
        seq: packet.audit_seq,
        head: packet.audit_head,
    }
}

impl Chain<'_> {
    pub(super) fn line(&self) -> Line {
        let check = || {
            require(!self.rows.is_empty(), "there is no row")?;
            let head = audit::verify_chain(self.transfer_id, self.rows).map_err(reason)?;
            require(self.rows.len() as u64 == self.seq, "the sale's record counts other rows")?;
            require(head == self.head, "the newest row is not the one of the sale's record")
        };
        let why = format!("{} rows, each with the hash of the one before", self.rows.len());
        Line::of(AUDIT, why, check())
    }
}

fn service(packet: &Packet, pins: &Pins) -> Line {
    let first = packet.service.iter().filter_map(|record| record.first_chunk_at).min();
    match first {
        Some(time) => {
            let why = format!("by the server's word, first {}", at(time));
            Line::by_the_servers_word(SERVICE, why, pins)
        }
        None => Line::unproved(SERVICE, "the server has no record of a chunk that was served"),
    }
}

fn at(unix: i64) -> String {
    format!("at {unix} (Unix seconds, the server's clock)")
}
