//! When a failed call is made again: exponential backoff with full jitter, a Retry-After, and an end to patience.

use std::time::{Duration, SystemTime};

use claimcheck_protocol::problem::ProblemCode;

use super::CallError;

/// Even the luckiest draw waits this long, so that retries are no busy loop.
const SHORTEST_MS: u64 = 50;

/// How long and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most that the first retry waits, in milliseconds; doubled with each failure of the same call.
    pub base_ms: u64,
    /// The most that any retry waits, in milliseconds, unless the server asks for more.
    pub cap_ms: u64,
    /// Calls of one kind that may fail by the server's own fault (500, say) before that is final.
    pub server_faults: u32,
    /// Milliseconds that a call may have waited in all while nothing moves, before an outage is final.
    pub give_up_ms: u64,
}

impl Default for RetryPolicy {
    /// Tries every 15 seconds at least, through 15 minutes without a network.
    fn default() -> Self {
        Self { base_ms: 500, cap_ms: 15_000, server_faults: 8, give_up_ms: 15 * 60_000 }
    }
}

/// A wait before the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Milliseconds.
    pub ms: u64,
    /// Whether it waits for the network, so that news of it may end the pause.
    pub is_cut: bool,
}

enum Fault {
    /// The way to the server, or the server as a whole: it passes, and the call is not at fault.
    Outage,
    /// This call at this server: it may pass.
    Server,
    Final,
}

/// The failures of one call so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    server_faults: u32,
    /// Failures since anything got through.
    streak: u32,
    /// Pauses since anything got through.
    waited_ms: u64,
}

impl Backoff {
    /// Takes in a failure. The pause before the next try, or nothing where the failure is final.
    pub fn after(&mut self, policy: &RetryPolicy, error: &CallError, random: u32) -> Option<Pause> {
        match fault(error) {
            Fault::Final => return None,
            Fault::Server => self.server_faults += 1,
            Fault::Outage => {}
        }
        let asked_ms = retry_after(error);
        let limit_ms = match asked_ms {
            // Spread behind the time asked for: those who were refused together do not come back together.
            Some(_) => policy.base_ms,
            None => policy.base_ms.saturating_mul(1 << self.streak.min(20)).min(policy.cap_ms),
        };
        let ms = asked_ms.unwrap_or(0).saturating_add(draw(limit_ms, random));
        self.failures += 1;
        self.streak += 1;
        self.waited_ms = self.waited_ms.saturating_add(ms);
        let is_over = self.server_faults >= policy.server_faults || self.waited_ms > policy.give_up_ms;
        (!is_over).then_some(Pause { ms, is_cut: *error == CallError::Network })
    }

    /// Another call got through: there is no outage, so patience and pauses begin anew. A call that fails by the
    /// server's own fault is not helped by it.
    pub const fn got_through(&mut self) {
        self.streak = 0;
        self.waited_ms = 0;
    }

    /// Failures so far.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether it has failed since anything got through.
    pub const fn is_stalled(&self) -> bool {
        self.streak > 0
    }
}

/// Full jitter: an even draw up to `limit_ms`.
pub(super) fn draw(limit_ms: u64, random: u32) -> u64 {
    let drawn_ms = ((u128::from(limit_ms) * u128::from(random)) >> 32) as u64;
    drawn_ms.max(SHORTEST_MS)
}

fn retry_after(error: &CallError) -> Option<u64> {
    match error {
        CallError::Status { retry_after_ms, .. } => *retry_after_ms,
        CallError::Network | CallError::Cancelled => None,
    }
}

fn fault(error: &CallError) -> Fault {
    let CallError::Status { status, code, .. } = error else {
        return if *error == CallError::Network { Fault::Outage } else { Fault::Final };
    };
    match (status, code) {
        (_, Some(ProblemCode::PaymentsNotConfigured)) => Fault::Final,
        // The bytes were damaged on the way, or another change came first.
        (_, Some(ProblemCode::DigestMismatch | ProblemCode::Busy)) => Fault::Server,
        // 520 to 530: the edge cannot reach what is behind it.
        (408 | 429 | 502 | 503 | 504 | 520..=530, _) => Fault::Outage,
        (500..=599, _) => Fault::Server,
        _ => Fault::Final,
    }
}

/// What a Retry-After header asks for, in milliseconds from now: seconds, or an HTTP-date (RFC 9110 section 10.2.3),
/// which is held against the answer's own Date, or against `now_unix_ms` where there is none.
pub fn retry_after_ms(value: &str, date: Option<&str>, now_unix_ms: u64) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let now = now.or_else(|| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(now_unix_ms)))?;
    let wait = until.duration_since(now).unwrap_or_default();
    Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: RetryPolicy =
        RetryPolicy { base_ms: 1000, cap_ms: 15_000, server_faults: 8, give_up_ms: 600_000 };

    fn refused(status: u16, code: ProblemCode) -> CallError {
        CallError::Status { status, code: Some(code), retry_after_ms: None, stored_sha256: None }
    }

    fn asked(status: u16, retry_after_ms: u64) -> CallError {
        CallError::Status { status, code: None, retry_after_ms: Some(retry_after_ms), stored_sha256: None }
    }

    fn is_retried(error: CallError) -> bool {
        Backoff::default().after(&POLICY, &error, 0).is_some()
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(is_retried(CallError::Network));
        assert!(!is_retried(CallError::Cancelled));
        for status in [408, 429, 500, 502, 503, 504, 520, 524, 599] {
            assert!(is_retried(CallError::of_status(status)), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 409, 410, 411, 413, 422] {
            assert!(!is_retried(CallError::of_status(status)), "{status}");
        }
        assert!(is_retried(refused(409, ProblemCode::Busy)));
        assert!(is_retried(refused(400, ProblemCode::DigestMismatch)));
        assert!(!is_retried(refused(409, ProblemCode::ChunkConflict)));
        assert!(!is_retried(refused(503, ProblemCode::PaymentsNotConfigured)));
        assert!(!is_retried(refused(403, ProblemCode::QuotaExceeded)));
        assert!(is_retried(asked(429, 1000)));
    }

    #[test]
    fn the_limit_doubles_up_to_the_cap() {
        let mut backoff = Backoff::default();
        let most: Vec<u64> =
            (0..7).map(|_| backoff.after(&POLICY, &CallError::Network, u32::MAX).unwrap().ms).collect();
        assert_eq!(most, [999, 1999, 3999, 7999, 14_999, 14_999, 14_999]);
        assert_eq!(backoff.after(&POLICY, &CallError::Network, 0).unwrap().ms, SHORTEST_MS);
    }

    #[test]
    fn retry_after_is_honoured_in_full() {
        let pause = Backoff::default().after(&POLICY, &asked(429, 30_000), u32::MAX / 2).unwrap();
        assert_eq!(pause, Pause { ms: 30_499, is_cut: false });
        assert_eq!(Backoff::default().after(&POLICY, &asked(503, 600_000), 0), None, "longer than patience");
    }

    #[test]
    fn a_failing_server_is_final_after_some_tries_and_an_outage_after_its_time() {
        let tries = |error, random| {
            let mut backoff = Backoff::default();
            let pauses = std::iter::from_fn(|| backoff.after(&POLICY, &error, random));
            pauses.map(|pause| pause.ms).collect::<Vec<_>>()
        };
        assert_eq!(tries(CallError::of_status(500), 0).len(), 7);
        let outage: u64 = tries(CallError::Network, u32::MAX / 2).iter().sum();
        assert!((590_000..=600_000).contains(&outage), "{outage}");
    }

    #[test]
    fn patience_begins_anew_when_a_call_gets_through() {
        let mut backoff = Backoff::default();
        for _ in 0..1000 {
            assert!(backoff.after(&POLICY, &CallError::Network, u32::MAX).is_some());
            backoff.got_through();
        }
        assert_eq!(backoff.failures(), 1000);
        assert!(backoff.after(&POLICY, &CallError::Network, u32::MAX).unwrap().ms < POLICY.base_ms);
    }

    #[test]
    fn what_gets_through_does_not_help_a_call_that_the_server_fails() {
        let mut backoff = Backoff::default();
        let tries = std::iter::from_fn(|| {
            backoff.got_through();
            backoff.after(&POLICY, &CallError::of_status(500), 0)
        });
        assert_eq!(tries.count(), 7);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after_ms("120", None, 0), Some(120_000));
        assert_eq!(retry_after_ms(" 0 ", None, 0), Some(0));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:50:37 GMT", date, 0), Some(60_000));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:48:37 GMT", date, 0), Some(0), "in the past");
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:50:37 GMT", None, 784_111_777_500), Some(59_500));
        assert_eq!(retry_after_ms("99999999999999999999999", None, 0), Some(u64::MAX));
        for nonsense in ["", "-1", "1.5", "soon", "1 2"] {
            assert_eq!(retry_after_ms(nonsense, date, 0), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn every_pause_is_within_its_limits(failures in 0u32..40, random: u32) {
            let policy = RetryPolicy { give_up_ms: u64::MAX, ..POLICY };
            let mut backoff = Backoff { streak: failures, ..Backoff::default() };
            let pause = backoff.after(&policy, &CallError::Network, random).unwrap();
            let limit = policy.cap_ms.min(policy.base_ms << failures.min(20));
            prop_assert!((SHORTEST_MS..=limit).contains(&pause.ms));
        }
    }
}
