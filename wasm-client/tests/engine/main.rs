//! The transfer engine against a server, files and a network that fail on purpose, in virtual time.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod clock;
mod download;
mod faults;
mod files;
mod machines;
mod server;
mod upload;
mod world;
