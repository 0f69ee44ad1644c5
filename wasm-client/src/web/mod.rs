//! What the client needs of JavaScript: fetch, timers, file sources and sinks, and a place for the seed.

pub mod clock;
pub mod device;
pub mod fetch;
pub mod sink;
pub mod source;
