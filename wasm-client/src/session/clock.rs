//! The server's clock, learned from the Date header of a refusal when this machine's clock is off.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds by which a clock may differ before it is worth correcting: well below the tolerance of a proof.
const NOISE: i64 = 5;

/// This machine's clock, corrected.
#[derive(Default)]
pub(super) struct ServerClock {
    offset: Cell<i64>,
}

impl ServerClock {
    /// Unix seconds by the server's clock, from this machine's Unix milliseconds.
    pub(super) fn now(&self, local_ms: i64) -> i64 {
        local_ms.div_euclid(1000).saturating_add(self.offset.get())
    }

    /// Takes the server's time from a Date header (RFC 9110 section 5.6.7). True if it changed what is known.
    pub(super) fn learn(&self, date: Option<&str>, local_ms: i64) -> bool {
        let parsed = date.and_then(|text| httpdate::parse_http_date(text).ok());
        let Some(server) = parsed.and_then(unix_seconds) else {
            return false;
        };
        if (server - self.now(local_ms)).abs() <= NOISE {
            return false;
        }
        self.offset.set(server - local_ms.div_euclid(1000));
        true
    }
}

fn unix_seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_off_is_learned_and_noise_is_not() {
        let clock = ServerClock::default();
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert!(clock.learn(date, (784_111_777 - 3600) * 1000));
        assert_eq!(clock.now((784_111_777 - 3600) * 1000), 784_111_777);
        assert!(
            !clock.learn(date, (784_111_777 - 3600 + 4) * 1000),
            "seconds on the way are no error of the clock"
        );
        assert!(!clock.learn(Some("yesterday"), 0) && !clock.learn(None, 0));
    }
}
