//! Claimcheck's client: everything that holds a key. It seals and opens, natively and in the browser alike.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod arbiter;
#[cfg(target_arch = "wasm32")]
mod bindings;
pub mod bulk;
pub mod driver;
pub mod engine;
pub mod envelope;
pub mod evidence;
pub mod file_type;
pub mod floe;
mod gcm;
pub mod http;
pub mod identity;
pub mod link_password;
pub mod meta;
pub mod phrase;
pub mod proof;
pub mod sale;
pub mod schedule;
pub mod seal;
pub mod sealed_name;
pub mod secret;
pub mod session;
mod sign;
#[cfg(target_arch = "wasm32")]
pub mod web;
pub mod wrapped_key;
