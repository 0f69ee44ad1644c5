//! The signed `revoke`: the seller takes an offer or an access back, or the operator does by policy.

use serde::{Deserialize, Serialize};

use crate::ids::TransferId;
use crate::keys::AilockId;
use crate::labels;
use crate::signed::{Statement, StatementError, V1};
use crate::transfer::RevokeReason;

/// That a transfer is revoked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Version.
    pub v: V1,
    /// The transfer.
    pub transfer_id: TransferId,
    /// Who signs: the seller, or the operator where the reason is one of policy.
    pub by: AilockId,
    /// Why.
    pub reason: RevokeReason,
    /// Unix seconds, by the signer's clock.
    pub at: i64,
}

impl Statement for Revoke {
    const LABEL: &'static [u8] = labels::REVOKE;

    fn check(&self) -> Result<(), StatementError> {
        Ok(())
    }
}
