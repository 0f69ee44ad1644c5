//! The signed `dispute`: what buyer and seller say in it, readable by the arbiter alone.
//!
//! ```text
//! evidence = HPKE to the arbiter, of JCS({text, release_key?})
//! info     = claimcheck/seal/evidence/v1\0 | transfer_id (16) | dispute_id (16) | the signer's id (32)
//! ```
//!
//! A dispute about the content encloses the release key, with which the arbiter opens the files for itself.

use serde::{Deserialize, Serialize};

use crate::bytes::ByteString;
use crate::ids::{BuyerDisputeId, TransferId};
use crate::keys::AilockId;
use crate::labels;
use crate::signed::{Statement, StatementError, V1};

/// The longest sealed evidence, in bytes.
pub const MAX_EVIDENCE: usize = 256 * 1024;

/// What a dispute is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeKind {
    /// The files are not what was offered.
    Content,
    /// The files cannot be had.
    Delivery,
    /// Anything else.
    Other,
}

/// Which step of a dispute a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeAct {
    /// The buyer opens it.
    Open,
    /// The seller answers, once or more often.
    Answer,
    /// The buyer takes it back.
    Withdraw,
}

/// One statement in a dispute. A member without a value is written as null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// Version.
    pub v: V1,
    /// The transfer.
    pub transfer_id: TransferId,
    /// Picked by the buyer.
    pub dispute_id: BuyerDisputeId,
    /// Who signs: the buyer, or in an answer the seller.
    pub by: AilockId,
    /// Which step it is.
    pub act: DisputeAct,
    /// What it is about; null unless it opens.
    #[serde(deserialize_with = "Option::deserialize")]
    pub kind: Option<DisputeKind>,
    /// Sealed to the arbiter; null where nothing is said, and always where it is withdrawn.
    #[serde(deserialize_with = "Option::deserialize")]
    pub evidence: Option<ByteString>,
    /// Unix seconds, by the signer's clock.
    pub at: i64,
}

impl Dispute {
    /// What its evidence is bound to, after the label of the purpose.
    pub fn evidence_context(&self) -> Vec<u8> {
        [self.transfer_id.as_bytes().as_slice(), self.dispute_id.as_bytes(), self.by.as_bytes()].concat()
    }
}

impl Statement for Dispute {
    const LABEL: &'static [u8] = labels::DISPUTE;

    fn check(&self) -> Result<(), StatementError> {
        if self.kind.is_some() != (self.act == DisputeAct::Open) {
            return Err(StatementError::Invalid(
                "kind must be given where a dispute opens, and nowhere else",
            ));
        }
        if self.act == DisputeAct::Withdraw && self.evidence.is_some() {
            return Err(StatementError::Invalid("a withdrawal has no evidence"));
        }
        if self.evidence.as_ref().is_some_and(|sealed| sealed.0.len() > MAX_EVIDENCE) {
            return Err(StatementError::Invalid("evidence is longer than 256 KiB"));
        }
        Ok(())
    }
}
