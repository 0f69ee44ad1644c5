//! The disputes of a transfer: a set that fills and empties.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Ruling, StripeVerdict};
use super::stripe_ids::{DisputeId, PaymentIntentId};

/// Where a dispute stands. A closed one stays closed, and where Stripe should contradict itself the later variant
/// counts, so the order of events does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// Undecided.
    Open,
    /// Decided.
    Closed(DisputeOutcome),
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// The buyer took it back.
    Withdrawn,
    /// The arbiter found for the seller.
    RuledForSeller,
    /// Stripe: the money stays.
    Won,
    /// The arbiter found for the buyer.
    RuledForBuyer,
    /// The seller did not answer.
    Unanswered,
    /// Stripe: the money has gone back.
    Lost,
}

impl From<Ruling> for DisputeOutcome {
    fn from(ruling: Ruling) -> Self {
        match ruling {
            Ruling::Withdrawn => Self::Withdrawn,
            Ruling::ForSeller => Self::RuledForSeller,
            Ruling::ForBuyer => Self::RuledForBuyer,
        }
    }
}

impl From<StripeVerdict> for DisputeOutcome {
    fn from(verdict: StripeVerdict) -> Self {
        match verdict {
            StripeVerdict::Won => Self::Won,
            StripeVerdict::Lost => Self::Lost,
        }
    }
}

/// A dispute that the buyer's bank opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripeDispute {
    /// The payment it is about.
    pub payment_intent: PaymentIntentId,
    /// Where it stands.
    pub state: DisputeState,
}

/// All disputes, by id. The two kinds are kept apart, so an id that a buyer picks never hides one of Stripe's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputes {
    /// Opened here by the buyer.
    pub by_buyer: BTreeMap<DisputeId, DisputeState>,
    /// Opened at Stripe.
    pub at_stripe: BTreeMap<DisputeId, StripeDispute>,
}

impl Disputes {
    /// Records a buyer's dispute, or advances the one of this id.
    pub(super) fn record_buyer(&mut self, id: &DisputeId, state: DisputeState) {
        let known = self.by_buyer.entry(id.clone()).or_insert(state);
        *known = (*known).max(state);
    }

    /// Records a dispute at Stripe, or advances the one of this id. True: it was unknown.
    pub(super) fn record_stripe(
        &mut self,
        id: &DisputeId,
        payment: &PaymentIntentId,
        state: DisputeState,
    ) -> bool {
        let is_new = !self.at_stripe.contains_key(id);
        let known = self
            .at_stripe
            .entry(id.clone())
            .or_insert_with(|| StripeDispute { payment_intent: payment.clone(), state });
        known.state = known.state.max(state);
        is_new
    }

    /// Whether the buyer has an open dispute of this id.
    pub fn is_open_by_buyer(&self, id: &DisputeId) -> bool {
        self.by_buyer.get(id) == Some(&DisputeState::Open)
    }

    /// Whether a dispute is open that concerns the sale: the buyer's, or one about the payment that was kept.
    pub fn any_open(&self, kept: Option<&PaymentIntentId>) -> bool {
        self.by_buyer.values().any(|state| *state == DisputeState::Open)
            || kept.is_some_and(|payment| self.is_at_stripe(payment, DisputeState::Open))
    }

    /// Whether Stripe has a dispute about this payment in this state.
    pub fn is_at_stripe(&self, payment: &PaymentIntentId, state: DisputeState) -> bool {
        self.at_stripe.values().any(|dispute| dispute.payment_intent == *payment && dispute.state == state)
    }
}
