//! A transfer's states: one sale to one buyer, from offer to receipt, as a pure machine without clock or I/O.
//!
//! ```text
//! from                                   event                                  to
//! (nothing)                              offer                                  offered
//! offered                                invoice, price > 0                     invoiced
//! offered                                invoice, price 0                       as payment confirmed
//! invoiced                               session completed, unpaid              payment_processing
//! payment_processing                     async payment failed                   offered
//! offered, invoiced, payment_processing  payment confirmed                      paid_pending_inputs, or paid,
//!                                                                               or delivered where a key is held
//! paid_pending_inputs                    last input accepted                    paid (or delivered)
//! paid                                   grant                                  delivered
//! delivered                              ack                                    acknowledged
//! paid_pending_inputs … acknowledged     a dispute opens                        disputed
//! disputed                               the last dispute closes harmlessly     the state before; due effects run
//! disputed                               ruled for the buyer, or unanswered     refund_pending
//! any paid state                         refunded in full, or Stripe lost       refunded
//! offered, invoiced, payment_processing  revoke / expire / cancel               revoked / expired / cancelled
//! paid …, delivered and nothing served   revoke, retention end, 72 h overdue    refund_pending
//! delivered and served, acknowledged     infected / policy revoke / retention   refund_pending / revoked / expired
//! ```
//!
//! Two layers give the promise that every order of the same Stripe events ends in the same state:
//!
//! 1. What Stripe says is first *recorded*, by joins that ignore order and repetition: a session only advances, a
//!    refunded amount only grows, a closed dispute stays closed. Facts about a payment not yet confirmed are kept
//!    under its payment_intent (a tombstone).
//! 2. Then the status *follows* from the facts and from where the API and the timers had brought the transfer.
//!
//! A transfer of price 0 has no money to give back: where the table says refund_pending it goes to `expired` when
//! time ran out (retention end, no grant in 72 h), and to `revoked` otherwise (revocation, infection, a dispute
//! ruled for the buyer).

mod apply;
mod delivered;
mod disputed;
mod disputes;
mod effect;
mod ended;
mod error;
mod event;
mod facts;
mod message;
mod paid;
mod payments;
mod sessions;
mod status;
mod step;
mod stripe;
mod stripe_ids;
mod unpaid;

pub use disputes::{DisputeOutcome, DisputeState, Disputes, StripeDispute};
pub use effect::{ClaimsEnd, Effect, Notice, Party, RefundAmount, RefundReason, Timer, Transition};
pub use error::TransitionError;
pub use event::{ApiEvent, Event, RevokeReason, Ruling, ServerEvent, StripeEvent, StripeVerdict};
pub use facts::{ContentState, Delivery, InputFact, Terms, Transfer};
pub use message::MessageType;
pub use payments::{Payment, RefundState};
pub use sessions::{Session, SessionState};
pub use status::Status;
pub use step::{DISPUTE_ANSWER_SECONDS, GRANT_SECONDS};
pub use stripe_ids::{DisputeId, PaymentIntentId, RefundId, SessionId, StripeIdError};
