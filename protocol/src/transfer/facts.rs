//! The facts of one transfer: all that the machine needs to know, and all that the server stores of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::disputes::{DisputeOutcome, DisputeState, Disputes};
use super::event::RevokeReason;
use super::payments::Payment;
use super::sessions::{Session, Sessions};
use super::status::Status;
use super::stripe_ids::PaymentIntentId;
use crate::money::{Amount, Currency};
use crate::policy::{InputTiming, Policy, RequiredInput};

/// What the signed offer fixes. Nothing here ever changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Minor units.
    pub price: Amount,
    /// Of the price.
    pub currency: Currency,
    /// Seconds from delivery to the end of access.
    pub retention_seconds: u32,
    /// Whether the end of retention stops running downloads too.
    pub revoke_on_expiry: bool,
    /// Whether an invoice waits for a clean content check.
    pub content_check_required: bool,
}

impl Terms {
    /// The terms of an offer.
    pub fn new(price: Amount, currency: Currency, policy: &Policy) -> Self {
        Self {
            price,
            currency,
            retention_seconds: policy.retention_seconds,
            revoke_on_expiry: policy.revoke_on_expiry,
            content_check_required: policy.content_check_required,
        }
    }
}

/// The result of the release's content check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentState {
    /// Not checked yet.
    Pending,
    /// Nothing found.
    Clean,
    /// Malware found.
    Infected,
    /// Refused by moderation.
    Rejected,
}

/// How the key gets to the buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The seller grants after the payment.
    OnDemand,
    /// The server holds an envelope sealed to the buyer.
    EnvelopeHeld,
    /// The server holds the listing's wrapped key.
    ListingKeyHeld,
}

/// One required input of the offer, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFact {
    /// When it is due.
    pub timing: InputTiming,
    /// Whether the sale waits for it.
    pub required: bool,
    /// Whether the server holds one that the seller has not sent back.
    pub accepted: bool,
}

/// Events that came while a dispute froze the transfer, to run when it thaws.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Due {
    pub(super) revoke: Option<RevokeReason>,
    pub(super) retention_ended: bool,
    pub(super) grant_overdue: bool,
}

/// One sale to one buyer.
///
/// The fields are private: only [`Transfer::apply`] changes them. Stored and read back as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub(super) status: Status,
    pub(super) terms: Terms,
    pub(super) content: ContentState,
    pub(super) inputs: BTreeMap<String, InputFact>,
    pub(super) delivery: Delivery,
    pub(super) sessions: Sessions,
    pub(super) payments: BTreeMap<PaymentIntentId, Payment>,
    /// Whether the sale was confirmed: by the payment in `paid_by`, or at price 0 by the invoice.
    pub(super) confirmed: bool,
    /// The payment that was kept. Every other one goes back.
    pub(super) paid_by: Option<PaymentIntentId>,
    pub(super) disputes: Disputes,
    /// Set exactly while the status is disputed.
    pub(super) before_dispute: Option<Status>,
    pub(super) due: Due,
    pub(super) grants: u32,
    pub(super) chunks_served: bool,
}

impl Transfer {
    /// A transfer at its beginning. The offer has been verified, its policy and inputs checked.
    pub(super) fn new(
        terms: Terms,
        inputs: &[RequiredInput],
        delivery: Delivery,
        content: ContentState,
    ) -> Self {
        let inputs = inputs.iter().map(|input| {
            (input.id.clone(), InputFact { timing: input.timing, required: input.required, accepted: false })
        });
        Self {
            status: Status::Offered,
            terms,
            content,
            inputs: inputs.collect(),
            delivery,
            sessions: Sessions::default(),
            payments: BTreeMap::new(),
            confirmed: false,
            paid_by: None,
            disputes: Disputes::default(),
            before_dispute: None,
            due: Due::default(),
            grants: 0,
            chunks_served: false,
        }
    }

    /// Where it stands.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// What the offer fixed.
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The content check's result.
    pub const fn content(&self) -> ContentState {
        self.content
    }

    /// How the key gets to the buyer.
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// The inputs by id.
    pub const fn inputs(&self) -> &BTreeMap<String, InputFact> {
        &self.inputs
    }

    /// Ids of the required inputs that are not there, sorted: those due before the payment, or with None all.
    pub fn missing_inputs(&self, timing: Option<InputTiming>) -> Vec<String> {
        let missing = self.inputs.iter().filter(|(_, input)| {
            input.required && !input.accepted && timing.is_none_or(|timing| timing == input.timing)
        });
        missing.map(|(id, _)| id.clone()).collect()
    }

    /// The attempts to pay, oldest first.
    pub fn sessions(&self) -> &[Session] {
        self.sessions.all()
    }

    /// The payments by payment_intent, tombstones among them.
    pub const fn payments(&self) -> &BTreeMap<PaymentIntentId, Payment> {
        &self.payments
    }

    /// Whether the sale was confirmed: by a payment, or at price 0 by the buyer.
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// The payment that was kept.
    pub const fn paid_by(&self) -> Option<&PaymentIntentId> {
        self.paid_by.as_ref()
    }

    /// All disputes.
    pub const fn disputes(&self) -> &Disputes {
        &self.disputes
    }

    /// The status that an open dispute has put aside.
    pub const fn before_dispute(&self) -> Option<Status> {
        self.before_dispute
    }

    /// How often the key was handed over: 0 or 1.
    pub const fn grants(&self) -> u32 {
        self.grants
    }

    /// Whether any chunk was served.
    pub const fn chunks_served(&self) -> bool {
        self.chunks_served
    }

    /// Whether money of the buyer has moved and has not come back: true from the first confirmed payment until
    /// Stripe says of every one that it is refunded or charged back.
    pub fn money_moved(&self) -> bool {
        self.payments.iter().any(|(id, payment)| {
            payment.confirmed_by.is_some() && !payment.refunded_in_full && !self.is_charged_back(id)
        })
    }

    /// What a refund can still give back of the payment that was kept, in minor units: neither gone back yet nor on
    /// its way.
    pub fn refundable(&self) -> Amount {
        match self.paid_by.as_ref().and_then(|id| self.payments.get(id)) {
            Some(payment) if !self.kept_is_returned() => {
                self.terms.price.checked_sub(payment.gone()).unwrap_or(Amount::ZERO)
            }
            _ => Amount::ZERO,
        }
    }

    /// Whether the buyer's bank has taken a payment back for good.
    pub fn is_charged_back(&self, payment: &PaymentIntentId) -> bool {
        self.disputes.is_at_stripe(payment, DisputeState::Closed(DisputeOutcome::Lost))
    }

    /// Whether the payment that was kept has gone back, by refund or by chargeback.
    pub(super) fn kept_is_returned(&self) -> bool {
        self.paid_by.as_ref().is_some_and(|id| {
            self.is_charged_back(id) || self.payments.get(id).is_some_and(|payment| payment.refunded_in_full)
        })
    }

    /// Whether a dispute is open that concerns this sale.
    pub(super) fn is_in_dispute(&self) -> bool {
        self.disputes.any_open(self.paid_by.as_ref())
    }

    pub(super) fn is_free(&self) -> bool {
        self.terms.price.is_zero()
    }
}
