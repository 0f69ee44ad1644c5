//! What the operator looks into: differences from the provider's books, and refunds that do not come through.

use serde::{Deserialize, Serialize};

use crate::ids::TransferId;
use crate::money::{Amount, Currency};

/// Answer to `payments-findings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Oldest first.
    pub findings: Vec<FindingView>,
    /// `after` of the next page; null on the last one.
    pub next: Option<u64>,
    /// What does not fit between database and bucket, the newest first, at most 100.
    pub storage: Vec<StorageFinding>,
    /// Refunds that are owed and have failed or hang, oldest first, at most 100.
    pub refunds: Vec<OwedRefund>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// Grows.
    pub finding_id: u64,
    /// What differs.
    pub kind: String,
    /// The session, payment or call that it is about.
    pub subject: String,
    /// The sale, where one is known.
    pub transfer_id: Option<TransferId>,
    /// What these books say.
    pub ours: Option<String>,
    /// What the provider says.
    pub theirs: Option<String>,
    /// Unix seconds at which it was first found.
    pub found_at: i64,
    /// Unix seconds at which it was last found.
    pub seen_at: i64,
}

/// A difference between database and bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageFinding {
    /// `chunks_missing` or `foreign_object`.
    pub kind: String,
    /// The release, or the first part of the object's key.
    pub subject: String,
    /// What is there, and what should be.
    pub detail: String,
    /// Unix seconds at which it was first found.
    pub found_at: i64,
    /// Unix seconds at which it was last found.
    pub seen_at: i64,
}

/// A refund that does not come through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedRefund {
    /// The sale.
    pub transfer_id: TransferId,
    /// The provider's name of the payment.
    pub payment: String,
    /// What was paid, in minor units.
    pub amount: Amount,
    /// Of the amount.
    pub currency: Currency,
    /// Refunds of this payment that have failed at the bank.
    pub failures: u32,
    /// Why the last call failed; null where it did not.
    pub last_error: Option<String>,
    /// Unix seconds of the next attempt; null where none is waiting.
    pub next_attempt_at: Option<i64>,
}
