//! The verifier of dispute packets: what a good packet proves, and that every alteration is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alterations;
mod lies;
mod trail;
mod world;
