//! What a transition asks the server to do, all in the batch that stores the new state.

use serde::{Deserialize, Serialize};

use super::facts::Transfer;
use super::message::MessageType;
use super::stripe_ids::{PaymentIntentId, SessionId};
use crate::money::Amount;

/// The outcome of an event: the state to store, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The transfer after the event.
    pub next: Transfer,
    /// In order. Never empty.
    pub effects: Vec<Effect>,
}

/// One thing to do. Calls to Stripe become outbox rows with a stored Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Put a message into an inbox.
    SendMessage {
        /// Its type.
        message: MessageType,
        /// Whose inbox.
        to: Party,
    },
    /// Tell somebody something that has no message type of its own.
    Notify {
        /// What.
        notice: Notice,
        /// Whom.
        to: Party,
    },
    /// Create a Checkout Session. The attempt number makes the Idempotency-Key: the same attempt may be asked for
    /// again and is the same session.
    CreateSession {
        /// From 1.
        attempt: u32,
    },
    /// Answer with the session that is open already.
    ReuseSession {
        /// The session.
        session: SessionId,
    },
    /// Expire a Checkout Session, so that nobody can pay it.
    ExpireSession {
        /// The session.
        session: SessionId,
    },
    /// Ask Stripe to refund. "Already refunded" as the answer counts as done.
    RequestRefund {
        /// The payment.
        payment_intent: PaymentIntentId,
        /// Why.
        reason: RefundReason,
        /// How much.
        amount: RefundAmount,
    },
    /// Hand the key to the buyer. At most once in the life of a transfer.
    CreateGrant,
    /// Stop claims and chunks until further notice.
    FreezeClaims,
    /// Let claims go on.
    UnfreezeClaims,
    /// End every claim from its next chunk on.
    EndClaims {
        /// What the buyer is told.
        reason: ClaimsEnd,
    },
    /// Refuse new claims; those that run may finish.
    StopNewClaims,
    /// Set a deadline from now on.
    StartTimer {
        /// Which.
        timer: Timer,
        /// Seconds from now.
        seconds: u32,
    },
    /// A fact was stored; nothing else follows.
    Recorded,
    /// Nothing at all changed: a repetition, or an event that came too late.
    NoEffect,
}

/// Somebody to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Who sells.
    Seller,
    /// Who buys.
    Buyer,
    /// Who runs the server.
    Operator,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The buyer owes these inputs.
    InputsNeeded {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The buyer provided these inputs.
    InputsProvided {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The seller sent this input back.
    InputRejected {
        /// Its id.
        id: String,
        /// Why.
        reason: String,
    },
    /// A payment did not come through; the buyer may try again.
    PaymentFailed,
    /// A payment came in part back; access stays.
    PartlyRefunded,
    /// The money is on its way back.
    RefundPending,
    /// The money went back.
    Refunded,
    /// A refund failed. It is asked for again where it is owed in full.
    RefundFailed,
    /// Every dispute has ended without a refund.
    DisputesClosed,
    /// The sale's time ran out.
    Expired,
    /// The sale was called off.
    Cancelled,
    /// The offer, or the access, was taken back.
    Revoked,
    /// No more copies.
    SoldOut,
    /// Stripe names a session that is none of this transfer's.
    UnknownSession,
    /// Stripe names an amount or a currency that was not asked for; nothing was confirmed.
    PaymentMismatch,
}

/// A deadline that the server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Fires [`super::ServerEvent::GrantOverdue`].
    Grant,
    /// Fires [`super::ServerEvent::RetentionEnded`].
    Retention,
    /// Fires [`super::ServerEvent::DisputeUnanswered`].
    DisputeAnswer,
}

/// How much to refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundAmount {
    /// All that remains (the amount is left out of the call). The number, from 1, makes the Idempotency-Key.
    Remaining {
        /// One more for each refund that failed.
        attempt: u32,
    },
    /// A part, in minor units. The caller's request makes the Idempotency-Key.
    Part(Amount),
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The seller took the access back before the first chunk.
    Revoked,
    /// Malware.
    Infected,
    /// Moderation refused the content.
    Rejected,
    /// The operator took it down.
    Takedown,
    /// Retention ended before the first chunk.
    RetentionEnded,
    /// No grant, or no inputs, in time.
    NotDelivered,
    /// The arbiter found for the buyer.
    RuledForBuyer,
    /// The seller did not answer a dispute.
    DisputeUnanswered,
    /// The seller pays back.
    AskedBySeller,
    /// The payment came after the sale had ended.
    LatePayment,
    /// Another payment had come first.
    SecondPayment,
    /// Refunded outside this server, and that refund failed.
    RefundedElsewhere,
}

/// Why claims end, for the buyer to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsEnd {
    /// Taken back by the seller.
    Revoked,
    /// Malware.
    Infected,
    /// Moderation refused the content.
    Rejected,
    /// The operator took it down.
    Takedown,
    /// Retention ended.
    RetentionEnded,
    /// Never granted in time.
    NotDelivered,
    /// A dispute ended in the buyer's favour.
    DisputeLost,
    /// The buyer's bank took the money back.
    Chargeback,
    /// The money went back.
    Refunded,
}

impl ClaimsEnd {
    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Infected => "infected",
            Self::Rejected => "rejected",
            Self::Takedown => "takedown",
            Self::RetentionEnded => "retention_ended",
            Self::NotDelivered => "not_delivered",
            Self::DisputeLost => "dispute_lost",
            Self::Chargeback => "chargeback",
            Self::Refunded => "refunded",
        }
    }
}
