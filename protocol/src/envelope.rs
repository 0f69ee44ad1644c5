//! The key envelope: a release key sealed to one recipient for one purpose, and signed by the seller.
//!
//! ```text
//! sealed    = enc (32) | ct (32 + 16)                    HPKE base mode, RFC 9180
//! info      = claimcheck/seal/envelope/v1\0 | context
//! context   = transfer_id (16) | offer_hash (32) | manifest_hash (32)
//!           | seller_ed25519_pk (32) | recipient_ed25519_pk (32) | recipient_x25519_pk (32)
//! signature = Ed25519(seller, claimcheck/envelope-sig/v1\0 | info | enc | ct)
//! ```
//!
//! A seller seals each release key to itself as well, so that any of its devices can grant later. There is no
//! transfer then: the release id stands in its place, and 32 zero bytes stand for the offer.

use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Bytes32};
use crate::ids::{ReleaseId, TransferId};
use crate::keys::{AilockKeys, Ed25519PublicKey, KeyError, SignatureBytes};
use crate::labels;

/// Bytes of `enc || ct`.
pub const SEALED_LEN: usize = 80;

/// An envelope as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// enc || ct.
    pub sealed: Bytes<SEALED_LEN>,
    /// By the seller.
    pub signature: SignatureBytes,
}

/// Everything that an envelope is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeContext {
    subject: [u8; 16],
    offer_hash: Bytes32,
    manifest_hash: Bytes32,
    seller: Ed25519PublicKey,
    recipient: AilockKeys,
}

impl EnvelopeContext {
    /// For the buyer of a transfer.
    pub fn for_transfer(
        transfer_id: &TransferId,
        offer_hash: Bytes32,
        manifest_hash: Bytes32,
        seller: Ed25519PublicKey,
        buyer: AilockKeys,
    ) -> Self {
        Self { subject: *transfer_id.as_bytes(), offer_hash, manifest_hash, seller, recipient: buyer }
    }

    /// For the seller itself.
    pub fn for_seller(release_id: &ReleaseId, manifest_hash: Bytes32, seller: AilockKeys) -> Self {
        Self {
            subject: *release_id.as_bytes(),
            offer_hash: Bytes([0; 32]),
            manifest_hash,
            seller: seller.ed25519_pk,
            recipient: seller,
        }
    }

    /// Whom the envelope is sealed to.
    pub const fn recipient(&self) -> &AilockKeys {
        &self.recipient
    }

    /// HPKE's `info`.
    pub fn info(&self) -> Vec<u8> {
        [
            labels::SEAL_ENVELOPE,
            &self.subject,
            self.offer_hash.as_ref(),
            self.manifest_hash.as_ref(),
            self.seller.as_bytes(),
            self.recipient.ed25519_pk.as_bytes(),
            self.recipient.x25519_pk.as_bytes(),
        ]
        .concat()
    }

    /// What the seller signs.
    pub fn signing_input(&self, sealed: &Bytes<SEALED_LEN>) -> Vec<u8> {
        [labels::ENVELOPE_SIGNATURE, &self.info(), sealed.as_ref()].concat()
    }

    /// Checks the seller's signature; whether the envelope opens, only the recipient can tell.
    pub fn verify(&self, envelope: &Envelope) -> Result<(), KeyError> {
        self.seller.verify(&self.signing_input(&envelope.sealed), &envelope.signature)
    }
}
