//! The transfer state machine against the table, in every order of events, and under random histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod disputes;
mod free;
mod histories;
mod money;
mod orders;
mod sale;
mod scenario;
mod table;
