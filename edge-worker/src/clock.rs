//! The server's time, which tests can set while the Worker runs.

use serde::Deserialize;
use worker::js_sys;

use crate::config::{self, Config};
use crate::error::ApiError;
use crate::store::{Store, sql};

/// A point in time, the same one throughout a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    millis: u64,
}

impl Now {
    /// From Unix milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> u64 {
        self.millis
    }

    /// Unix seconds.
    pub const fn seconds(self) -> i64 {
        (self.millis / 1000) as i64
    }
}

/// The runtime's clock in Unix milliseconds.
pub fn runtime_millis() -> f64 {
    js_sys::Date::now()
}

#[derive(Deserialize)]
struct TestClock {
    unix_ms: u64,
}

/// The time of a request to `origin`. With `TEST_CLOCK` it is the one row of the table `test_clock`, which exists in
/// tests only; without a row it is the runtime's. A public origin with `TEST_CLOCK` is refused altogether.
pub async fn now(config: &Config, origin: &str, store: &Store) -> Result<Now, ApiError> {
    let runtime = Now::from_millis(runtime_millis() as u64);
    if !config.test_clock {
        return Ok(runtime);
    }
    if !config::is_loopback(origin) {
        return Err(ApiError::Setting("TEST_CLOCK", "is set on a public address"));
    }
    let row: Option<TestClock> = store.first(sql("select unix_ms from test_clock")).await?;
    Ok(row.map_or(runtime, |row| Now::from_millis(row.unix_ms)))
}
