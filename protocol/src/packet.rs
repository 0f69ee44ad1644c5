//! The dispute `packet`: everything the server knows of one sale, signed by it, for anybody to verify offline.
//!
//! It is written as the canonical JSON of `{body, signature}`, so that one altered byte is found.

mod cases;
mod delivery;
mod line;
mod pin;
mod sale;
mod trail;
mod verify;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audit::AuditRow;
use crate::bytes::Bytes32;
use crate::dispute::Dispute;
use crate::envelope::Envelope;
use crate::ids::{ClaimId, TransferId};
use crate::keys::{AilockId, AilockKeys, Ed25519PublicKey};
use crate::labels;
use crate::manifest::Manifest;
use crate::offer::Offer;
use crate::receipt::{Countersign, Receipt};
use crate::revoke::Revoke;
use crate::signed::{Signed, Statement, StatementError, V1};
use crate::transfer::{Payment, PaymentIntentId, Status};
use crate::verdict::Verdict;

pub use line::{Finding, Line};
pub use pin::{PinError, Pins};
pub use trail::{AuditTrail, verify_trail};
use verify::{ServersWord, check_word};
pub use verify::{read, verify};

/// What the server observed of the payment. It is the server's word, as Stripe told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentFacts {
    /// The payment that was kept.
    pub paid_by: Option<PaymentIntentId>,
    /// Every payment and refund that was seen.
    pub payments: BTreeMap<PaymentIntentId, Payment>,
}

/// What the server did under one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRecord {
    /// The claim.
    pub claim_id: ClaimId,
    /// What the receipt must repeat.
    pub nonce: Bytes32,
    /// Unix seconds at which it began.
    pub began_at: i64,
    /// Unix seconds at which it ends or ended by itself.
    pub expires_at: i64,
    /// Unix seconds at which its first chunk was served.
    pub first_chunk_at: Option<i64>,
    /// Unix seconds at which it was given back unused.
    pub cancelled_at: Option<i64>,
}

/// The body of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// Version.
    pub v: V1,
    /// The sale.
    pub transfer_id: TransferId,
    /// Where it stood.
    pub status: Status,
    /// Unix seconds, by the server's clock.
    pub made_at: i64,
    /// The server's keys, the one that signs first.
    pub server_keys: Vec<Ed25519PublicKey>,
    /// Whom the server takes verdicts from.
    pub arbiter: Option<AilockId>,
    /// Whom the server takes revocations by policy from.
    pub operator: Option<AilockId>,
    /// The buyer of the transfer.
    pub buyer: AilockId,
    /// The keys of everybody who signed. An id commits to its keys.
    pub signers: Vec<AilockKeys>,
    /// By the seller.
    pub offer: Signed<Offer>,
    /// As Stripe told them.
    pub payment: PaymentFacts,
    /// By the seller; null where no release was fixed yet.
    pub manifest: Option<Signed<Manifest>>,
    /// By the seller; null before the delivery.
    pub envelope: Option<Envelope>,
    /// By the buyer.
    pub receipt: Option<Signed<Receipt>>,
    /// By the server, under the receipt.
    pub countersign: Option<Signed<Countersign>>,
    /// In the order in which they arrived.
    pub revocations: Vec<Signed<Revoke>>,
    /// In the order in which they arrived.
    pub disputes: Vec<Signed<Dispute>>,
    /// In the order in which they arrived.
    pub verdicts: Vec<Signed<Verdict>>,
    /// The number of the newest audit row, as the sale's own record has it.
    pub audit_seq: u64,
    /// The hash of the newest audit row, as the sale's own record has it.
    pub audit_head: Bytes32,
    /// The whole chain, from its first row.
    pub audit: Vec<AuditRow>,
    /// Every claim, oldest first.
    pub service: Vec<ServiceRecord>,
}

impl Packet {
    /// The keys that an id commits to, if they are here.
    pub fn keys_of(&self, id: &AilockId) -> Option<&AilockKeys> {
        self.signers.iter().find(|keys| keys.id() == *id)
    }
}

impl Statement for Packet {
    const LABEL: &'static [u8] = labels::PACKET;

    fn check(&self) -> Result<(), StatementError> {
        check_word(self)
    }
}

impl ServersWord for Packet {
    fn server_keys(&self) -> &[Ed25519PublicKey] {
        &self.server_keys
    }

    fn made_at(&self) -> i64 {
        self.made_at
    }
}
