//! Everything that can happen to a transfer.

use serde::{Deserialize, Serialize};

use super::stripe_ids::{DisputeId, PaymentIntentId, RefundId, SessionId};
use crate::money::{Amount, Currency};

/// An event, by who says so. The difference decides what happens in the wrong state: a caller of the API is refused,
/// while what the server or Stripe observed is a fact and at most has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A seller, buyer, operator or arbiter asks for something.
    Api(ApiEvent),
    /// The server's clock, scanner or download path observed something.
    Server(ServerEvent),
    /// Stripe said something, by webhook, by reconciliation or as the answer to a call.
    Stripe(StripeEvent),
}

/// What callers ask for. Authorisation is the caller's check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ApiEvent {
    /// The buyer wants to pay; at price 0, wants to have it.
    Invoice,
    /// Inputs have arrived and passed the server's checks.
    InputsAccepted {
        /// Ids of the offer's required inputs.
        ids: Vec<String>,
    },
    /// The seller sends one input back.
    InputRejected {
        /// Id of the input.
        id: String,
        /// For the buyer.
        reason: String,
    },
    /// The seller hands over an envelope.
    Grant,
    /// The buyer has handed in a receipt that verifies.
    Ack,
    /// The buyer opens a dispute.
    DisputeOpened {
        /// The dispute.
        id: DisputeId,
    },
    /// A buyer's dispute is withdrawn or ruled.
    DisputeClosed {
        /// The dispute.
        id: DisputeId,
        /// How it ended.
        ruling: Ruling,
    },
    /// The seller or the operator takes the offer or the access back.
    Revoke {
        /// Why.
        reason: RevokeReason,
    },
    /// Buyer or seller calls an unpaid sale off.
    Cancel,
    /// The seller pays back.
    RefundAsked {
        /// A part in minor units, or all that remains.
        part: Option<Amount>,
    },
}

/// How a buyer's dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// The buyer took it back.
    Withdrawn,
    /// The arbiter found for the seller.
    ForSeller,
    /// The arbiter found for the buyer.
    ForBuyer,
}

/// Why access is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// The seller wants it so: possible until the first chunk is served.
    Requested,
    /// A scan found malware.
    Infected,
    /// Moderation refused the content.
    Rejected,
    /// The operator must take it down.
    Takedown,
}

/// What the server observes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ServerEvent {
    /// The offer's `expires_at` has passed.
    Expire,
    /// The listing has no more copies. Comes before a payment that arrives too late, in the same batch.
    SoldOut,
    /// [`super::GRANT_SECONDS`] have passed since the payment.
    GrantOverdue,
    /// The policy's retention has passed since the delivery, or the release is gone.
    RetentionEnded,
    /// [`super::DISPUTE_ANSWER_SECONDS`] have passed and the seller has not answered.
    DisputeUnanswered {
        /// The dispute.
        id: DisputeId,
    },
    /// The first chunk of any claim is about to be served.
    FirstChunkServed,
    /// A content check of the release has finished clean.
    ContentClean,
    /// A content check found malware.
    ContentInfected,
    /// Moderation refused the content.
    ContentRejected,
}

/// What Stripe says. Session, amount, currency and livemode come from a verified webhook or an authenticated call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum StripeEvent {
    /// Answer: the session of this attempt exists.
    SessionCreated {
        /// The attempt, from [`super::Effect::CreateSession`].
        attempt: u32,
        /// Its session.
        session: SessionId,
    },
    /// Answer: the session of this attempt was refused and will never exist.
    SessionRefused {
        /// The attempt.
        attempt: u32,
    },
    /// `checkout.session.completed` with payment_status unpaid.
    SessionCompletedUnpaid {
        /// The session.
        session: SessionId,
    },
    /// `checkout.session.completed` with payment_status paid, or `checkout.session.async_payment_succeeded`.
    PaymentConfirmed {
        /// The session.
        session: SessionId,
        /// Its payment.
        payment_intent: PaymentIntentId,
        /// `amount_total`.
        amount: Amount,
        /// `currency`.
        currency: Currency,
    },
    /// `checkout.session.async_payment_failed`.
    AsyncFailed {
        /// The session.
        session: SessionId,
    },
    /// `checkout.session.expired`.
    SessionExpired {
        /// The session.
        session: SessionId,
    },
    /// `charge.refunded`.
    Refunded {
        /// The payment.
        payment_intent: PaymentIntentId,
        /// `amount_refunded`: all refunds of the charge so far, in minor units.
        amount_refunded: Amount,
        /// `refunded`: whether that is the whole charge.
        full: bool,
    },
    /// Answer to a request for a refund, or `refund.created`.
    RefundCreated {
        /// The payment.
        payment_intent: PaymentIntentId,
        /// The refund.
        refund: RefundId,
        /// What it comes to, in minor units.
        #[serde(default)]
        amount: Option<Amount>,
    },
    /// `refund.failed`.
    RefundFailed {
        /// The payment.
        payment_intent: PaymentIntentId,
        /// The refund.
        refund: RefundId,
    },
    /// `charge.dispute.created`.
    DisputeOpened {
        /// The dispute.
        id: DisputeId,
        /// The payment.
        payment_intent: PaymentIntentId,
    },
    /// `charge.dispute.closed`.
    DisputeClosed {
        /// The dispute.
        id: DisputeId,
        /// The payment.
        payment_intent: PaymentIntentId,
        /// Who keeps the money.
        verdict: StripeVerdict,
    },
}

/// How a dispute at Stripe ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StripeVerdict {
    /// `won` or `warning_closed`: the money stays.
    Won,
    /// `lost`: the money has gone back already.
    Lost,
}

impl From<ApiEvent> for Event {
    fn from(event: ApiEvent) -> Self {
        Self::Api(event)
    }
}

impl From<ServerEvent> for Event {
    fn from(event: ServerEvent) -> Self {
        Self::Server(event)
    }
}

impl From<StripeEvent> for Event {
    fn from(event: StripeEvent) -> Self {
        Self::Stripe(event)
    }
}

impl ApiEvent {
    /// The name in errors, in the audit log and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::InputsAccepted { .. } => "inputs_accepted",
            Self::InputRejected { .. } => "input_rejected",
            Self::Grant => "grant",
            Self::Ack => "ack",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeClosed { .. } => "dispute_closed",
            Self::Revoke { .. } => "revoke",
            Self::Cancel => "cancel",
            Self::RefundAsked { .. } => "refund_asked",
        }
    }
}

impl ServerEvent {
    /// The name in the audit log and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Expire => "expire",
            Self::SoldOut => "sold_out",
            Self::GrantOverdue => "grant_overdue",
            Self::RetentionEnded => "retention_ended",
            Self::DisputeUnanswered { .. } => "dispute_unanswered",
            Self::FirstChunkServed => "first_chunk_served",
            Self::ContentClean => "content_clean",
            Self::ContentInfected => "content_infected",
            Self::ContentRejected => "content_rejected",
        }
    }
}

impl StripeEvent {
    /// The name in the audit log and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SessionCreated { .. } => "session_created",
            Self::SessionRefused { .. } => "session_refused",
            Self::SessionCompletedUnpaid { .. } => "session_completed_unpaid",
            Self::PaymentConfirmed { .. } => "payment_confirmed",
            Self::AsyncFailed { .. } => "async_failed",
            Self::SessionExpired { .. } => "session_expired",
            Self::Refunded { .. } => "refunded",
            Self::RefundCreated { .. } => "refund_created",
            Self::RefundFailed { .. } => "refund_failed",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeClosed { .. } => "dispute_closed",
        }
    }
}

impl Event {
    /// The name in the audit log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Api(event) => event.name(),
            Self::Server(event) => event.name(),
            Self::Stripe(event) => event.name(),
        }
    }
}
