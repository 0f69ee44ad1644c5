//! One function per route: extract, load, decide, persist, respond.

pub mod ack;
pub mod ailocks;
pub mod batch;
pub mod cancel;
mod chunk_form;
pub mod chunk_put;
pub mod claims;
pub mod dispute;
pub mod download;
pub mod grant;
pub mod health;
pub mod inbox;
pub mod invoice;
pub mod metadata;
pub mod offers;
pub mod packet;
pub mod products;
pub mod register;
pub mod requirements;
pub mod requirements_reject;
pub mod requirements_submit;
pub mod revoke;
pub mod token;
pub mod transfers;
pub mod upload_complete;
pub mod uploads;
pub mod verdict;
