//! What a packet proves about what was sold: offer, payment, manifest and envelope.

use super::line::{Line, reason, require};
use super::{Packet, Pins};
use crate::bytes::Bytes32;
use crate::envelope::EnvelopeContext;
use crate::keys::AilockKeys;
use crate::signed::statement_hash;

const OFFER: &str = "The seller signed the offer, at its price and under its policy";
const PAYMENT: &str = "The buyer has paid";
const MANIFEST: &str = "The seller signed the manifest of what was offered";
const ENVELOPE: &str = "The seller handed the key over to this buyer, for these files";

pub(super) fn lines(packet: &Packet, pins: &Pins) -> Vec<Line> {
    vec![offer(packet), payment(packet, pins), manifest(packet), envelope(packet)]
}

pub(super) fn seller_keys(packet: &Packet) -> Result<&AilockKeys, String> {
    let seller = packet.offer.body.seller;
    packet
        .keys_of(&seller)
        .ok_or_else(|| "the seller's keys are not enclosed, or not the ones of its id".to_owned())
}

pub(super) fn buyer_keys(packet: &Packet) -> Result<&AilockKeys, String> {
    let keys = packet.keys_of(&packet.buyer);
    keys.ok_or_else(|| "the buyer's keys are not enclosed, or not the ones of its id".to_owned())
}

pub(super) fn offer_hash(packet: &Packet) -> Result<Bytes32, String> {
    statement_hash(&packet.offer.body).map_err(reason)
}

pub(super) fn manifest_hash(packet: &Packet) -> Result<Bytes32, String> {
    let manifest = packet.manifest.as_ref().ok_or("no manifest is enclosed")?;
    statement_hash(&manifest.body).map_err(reason)
}

fn offer(packet: &Packet) -> Line {
    let check = || {
        packet.offer.clone().verify(&seller_keys(packet)?.ed25519_pk).map_err(reason)?;
        buyer_keys(packet)?;
        let named = packet.offer.body.buyer;
        require(named.is_none_or(|buyer| buyer == packet.buyer), "the offer is for another buyer")?;
        require(packet.buyer != packet.offer.body.seller, "buyer and seller are the same")
    };
    Line::of(OFFER, format!("{} signed it", packet.offer.body.seller), check())
}

fn payment(packet: &Packet, pins: &Pins) -> Line {
    let offer = &packet.offer.body;
    if offer.price.is_zero() {
        return Line::proved(PAYMENT, "the price is 0");
    }
    let facts = &packet.payment;
    let Some(kept) = &facts.paid_by else { return Line::unproved(PAYMENT, "the server knows of no payment") };
    let Some(payment) = facts.payments.get(kept).filter(|payment| payment.confirmed_by.is_some()) else {
        return Line::is_false(PAYMENT, "the payment that is named was never confirmed");
    };
    let price = format!("{} {}", offer.price, offer.currency.as_str());
    let Some(returned) = offer.price.checked_sub(payment.refunded) else {
        return Line::is_false(PAYMENT, "more was given back than was paid");
    };
    let since = match payment.refunded_in_full || returned.is_zero() {
        true => "; all of it has gone back since",
        false => "",
    };
    Line::by_the_servers_word(PAYMENT, format!("{price}{since}, by the server's word"), pins)
}

fn manifest(packet: &Packet) -> Line {
    let Some(manifest) = &packet.manifest else {
        return Line::unproved(MANIFEST, "no release was fixed yet");
    };
    let check = || {
        let verified = manifest.clone().verify(&seller_keys(packet)?.ed25519_pk).map_err(reason)?;
        let (body, offer) = (verified.body(), &packet.offer.body);
        require(body.seller == offer.seller, "it names another seller")?;
        require(body.product_id == offer.product_id, "it is of another product")?;
        let release = offer.release_id.is_none_or(|release| release == body.release_id);
        let hash = offer.manifest_hash.is_none_or(|hash| hash == verified.hash());
        require(release && hash, "it is not the one of the offer")
    };
    let why = if packet.offer.body.manifest_hash.is_some() {
        "the offer holds its hash"
    } else {
        "the offer left the release open"
    };
    Line::of(MANIFEST, why, check())
}

fn envelope(packet: &Packet) -> Line {
    let Some(envelope) = &packet.envelope else { return Line::unproved(ENVELOPE, "no key was handed over") };
    let check = || {
        let context = EnvelopeContext::for_transfer(
            &packet.transfer_id,
            offer_hash(packet)?,
            manifest_hash(packet)?,
            seller_keys(packet)?.ed25519_pk,
            *buyer_keys(packet)?,
        );
        context.verify(envelope).map_err(reason)
    };
    Line::of(ENVELOPE, "its signature binds the envelope to transfer, offer, manifest and buyer", check())
}
