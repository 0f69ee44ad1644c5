//! Stripe: the calls that are made to it, what it says, and how that becomes events of a transfer.
//!
//! A call is stored with its exact parameters and its Idempotency-Key before it is made, so that making it again after
//! a failure is the same call. What Stripe says decides only by ids, amounts and currencies that were stored here
//! before; metadata is for people.

mod call;
mod client;
mod events;
mod rules;

pub mod checkout;
pub mod confirm;
pub mod connect;
pub mod feed;
pub mod objects;
pub mod reconcile;

pub use call::StripeCall;
pub use client::{CallError, Stripe};
pub use events::{Fact, Incoming};
pub use rules::PaymentRules;
