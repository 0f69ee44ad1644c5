//! One function per route: extract, load, decide, persist, respond.

pub mod ailocks;
mod chunk_form;
pub mod chunk_put;
pub mod health;
pub mod metadata;
pub mod products;
pub mod register;
pub mod token;
pub mod upload_complete;
pub mod uploads;
