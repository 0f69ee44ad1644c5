//! Grants: the key of a sale, sealed to its buyer. A transfer has one at most.

use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::ids::{ProductId, TransferId};
use claimcheck_protocol::keys::AilockId;

use super::{Query, sql};

/// How envelopes are sealed: HPKE's suite of this protocol.
const ALGORITHM: &str = "hpke-x25519-hkdf-sha256-aes-256-gcm";

/// A grant to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The sale.
    pub transfer_id: TransferId,
    /// What is sold.
    pub product_id: ProductId,
    /// The buyer.
    pub recipient: AilockId,
    /// Verified.
    pub envelope: &'a Envelope,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds at which the transfer's retention ends.
    pub expires_at: i64,
}

/// Stores a grant; a second one of the same transfer fails the batch.
pub fn insert(grant: &Grant<'_>) -> Query {
    sql("insert into product_keys (id, transfer_id, product_id, recipient_ailock_id, key_envelope, algo, signature, \
         created_at, expires_at) values (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    .bind(grant.transfer_id)
    .bind(grant.product_id)
    .bind(grant.recipient)
    .bind(grant.envelope.sealed)
    .bind(ALGORITHM)
    .bind(grant.envelope.signature)
    .bind(grant.now)
    .bind(grant.expires_at)
}
