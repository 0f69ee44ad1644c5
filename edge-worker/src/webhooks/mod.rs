//! Sellers' systems that are told of their sales (Standard Webhooks).
//!
//! What is told is written by triggers of the database, with what it tells of, in one batch; here it is delivered.

mod deliver;
mod target;

pub use deliver::run;
pub use target::{Target, WebhookRules};
