//! What the engine and the session need of JavaScript: fetch, timers, file sources and sinks.

pub mod clock;
pub mod fetch;
pub mod sink;
pub mod source;
