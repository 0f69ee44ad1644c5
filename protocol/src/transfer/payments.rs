//! What is known about each payment, also before the payment itself is seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::effect::RefundReason;
use super::stripe_ids::{RefundId, SessionId};
use crate::money::Amount;

/// How far a refund has come; failed is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Stripe has it.
    Created,
    /// It did not reach the buyer.
    Failed,
}

/// The facts under one payment_intent. Without `confirmed_by` it is a tombstone: a refund seen before its payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The session that paid it, once the payment is confirmed. Its amount is the transfer's price.
    pub confirmed_by: Option<SessionId>,
    /// The most that Stripe has said to be refunded, in minor units.
    pub refunded: Amount,
    /// Whether Stripe has said that everything is refunded.
    pub refunded_in_full: bool,
    /// Refunds by id.
    pub refunds: BTreeMap<RefundId, RefundState>,
    /// Why this server wants all of it back to the buyer, if it does.
    pub owed: Option<RefundReason>,
    /// How often this server has asked for all of it. Stays at one more than the refunds that failed.
    pub requests: u32,
}

impl Payment {
    pub(super) fn failures(&self) -> u32 {
        let failed = self.refunds.values().filter(|state| **state == RefundState::Failed).count();
        u32::try_from(failed).unwrap_or(u32::MAX)
    }

    /// Why a request for all that remains is due now, if one is. After a failure one more is due, also where the
    /// refund was made elsewhere: in that order or the other, "refunded" and "failed" then end alike, and Stripe
    /// refuses to refund twice.
    pub(super) fn request_due(&self) -> Option<RefundReason> {
        let failures = self.failures();
        if self.confirmed_by.is_none() || self.requests > failures {
            return None;
        }
        match (self.owed, self.refunded_in_full) {
            (_, true) if failures == 0 => None,
            (None, true) => Some(RefundReason::RefundedElsewhere),
            (owed, _) => owed,
        }
    }
}
