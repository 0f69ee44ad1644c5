//! Revocations, cancellations, disputes and verdicts.

use serde::{Deserialize, Serialize};

use crate::dispute::Dispute;
use crate::ids::{BuyerDisputeId, TransferId};
use crate::keys::AilockKeys;
use crate::revoke::Revoke;
use crate::signed::Signed;
use crate::transfer::DisputeState;
use crate::verdict::Verdict;
use crate::wire::TransferView;

/// `POST products-revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeRevoke {
    /// Signed by the caller: the seller, or the operator.
    pub revoke: Signed<Revoke>,
}

/// `POST transfers-cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelTransfer {
    /// The caller is its seller or its buyer.
    pub transfer_id: TransferId,
}

/// `POST products-dispute`: one step of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeDispute {
    /// Signed by the caller: the buyer, or in an answer the seller.
    pub dispute: Signed<Dispute>,
}

/// `POST disputes-verdict`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeVerdict {
    /// Signed by the caller: the arbiter.
    pub verdict: Signed<Verdict>,
}

/// Where one of the buyer's disputes stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeView {
    /// The dispute.
    pub dispute_id: BuyerDisputeId,
    /// Open, or how it closed.
    pub state: DisputeState,
    /// Unix seconds at which it is lost unless the seller answers; null once answered or closed.
    pub answer_due_at: Option<i64>,
}

/// Answer to `products-dispute`, with GET as with POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputes {
    /// As it stands now.
    pub transfer: TransferView,
    /// Whom evidence is sealed to; null where the deployment has no arbiter.
    pub arbiter: Option<AilockKeys>,
    /// The buyer's, oldest first.
    pub disputes: Vec<DisputeView>,
}
