//! FLOE over the native backend: against its published answers, another implementation, and everything that must be
//! refused. Browsers and Node run the frozen vectors, from `src/floe/tests.rs`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod files;
mod interop;
mod keys;
mod published;
mod refusals;
mod wycheproof;
