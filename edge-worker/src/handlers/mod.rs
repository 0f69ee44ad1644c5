//! One function per route: extract, load, decide, persist, respond.

pub mod ailocks;
pub mod health;
pub mod metadata;
pub mod register;
pub mod token;
