//! Claimcheck's protocol, version 1: the identifiers, byte formats, signed statements, transfer states and
//! request and response types that the browser, the Worker and an arbiter share.
//!
//! Everything is *verified* here, so that all three give the same verdict, and nothing is *opened* here: the crate
//! does no I/O, holds no secret key and cannot decrypt. `docs/PROTOCOL.md` explains the formats to users.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod audit;
pub mod auth;
pub mod bytes;
pub mod commitment;
pub mod dispute;
pub mod envelope;
pub mod floe;
pub mod ids;
pub mod inputs;
pub mod jcs;
pub mod keys;
pub mod labels;
pub mod manifest;
pub mod media_type;
pub mod meta;
pub mod money;
pub mod offer;
pub mod packet;
pub mod policy;
pub mod problem;
pub mod profile;
pub mod receipt;
pub mod revoke;
pub mod signed;
pub mod stripe_signature;
pub mod transfer;
pub mod verdict;
pub mod webhook_signature;
pub mod wire;
