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
    /// What each refund came to, in minor units, where Stripe has said it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amounts: BTreeMap<RefundId, Amount>,
    /// What will have gone back once every part is through that the seller has asked for, in minor units: what is on
    /// its way is not there to be asked for again. Failed refunds are still in it.
    #[serde(default, skip_serializing_if = "Amount::is_zero")]
    pub asked: Amount,
    /// Why this server wants all of it back to the buyer, if it does.
    pub owed: Option<RefundReason>,
    /// How often this server has asked for all of it. Stays at one more than the refunds that failed.
    pub requests: u32,
}

impl Payment {
    /// Whether all of `price` has gone back. Stripe says "refunded" before a refund fails: after a failure only what
    /// did not fail counts.
    pub fn is_returned(&self, price: Amount) -> bool {
        self.refunded_in_full && (self.failures() == 0 || self.sum(RefundState::Created) >= price)
    }

    /// The seller asks for a part.
    pub(super) fn ask(&mut self, part: Amount) {
        let sum = Amount::checked_sum([self.gone(), part, self.sum(RefundState::Failed)]);
        self.asked = sum.unwrap_or(Amount::MAX);
    }

    /// What has gone back or is on its way, in minor units.
    pub(super) fn gone(&self) -> Amount {
        if self.failures() == 0 {
            return self.refunded.max(self.asked);
        }
        let asked = self.asked.checked_sub(self.sum(RefundState::Failed)).unwrap_or(Amount::ZERO);
        self.sum(RefundState::Created).max(asked)
    }

    /// The sum of the refunds that have come so far.
    fn sum(&self, state: RefundState) -> Amount {
        let amounts = self.amounts.iter().filter(|(id, _)| self.refunds.get(*id) == Some(&state));
        Amount::checked_sum(amounts.map(|(_, amount)| *amount)).unwrap_or(Amount::MAX)
    }

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
