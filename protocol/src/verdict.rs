//! The signed `verdict` of the arbiter, which closes a buyer's dispute.

use serde::{Deserialize, Serialize};

use crate::ids::{BuyerDisputeId, TransferId};
use crate::keys::AilockId;
use crate::labels;
use crate::signed::{Statement, StatementError, V1};
use crate::transfer::Ruling;

/// The longest explanation, in bytes of UTF-8.
pub const MAX_EXPLANATION: usize = 4_000;

/// For whom the arbiter rules, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Version.
    pub v: V1,
    /// The transfer.
    pub transfer_id: TransferId,
    /// The dispute that it closes.
    pub dispute_id: BuyerDisputeId,
    /// Who signs.
    pub arbiter: AilockId,
    /// For the seller or for the buyer.
    pub ruling: Ruling,
    /// Both parties read it, so nothing secret may stand in it.
    pub explanation: String,
    /// Unix seconds, by the arbiter's clock.
    pub at: i64,
}

impl Statement for Verdict {
    const LABEL: &'static [u8] = labels::VERDICT;

    fn check(&self) -> Result<(), StatementError> {
        if self.ruling == Ruling::Withdrawn {
            return Err(StatementError::Invalid("ruling must be for_seller or for_buyer"));
        }
        if self.explanation.len() > MAX_EXPLANATION {
            return Err(StatementError::Invalid("explanation is longer than 4000 bytes"));
        }
        Ok(())
    }
}
