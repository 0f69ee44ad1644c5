//! The calls of a transfer that run at once: each is in flight, or waits for its next try and keeps its place.

use std::collections::BTreeMap;

use super::retry::draw;
use super::{Backoff, CallError, ChunkAt, Pause, RetryPolicy};

pub(super) struct Lane {
    policy: RetryPolicy,
    width: usize,
    calls: BTreeMap<ChunkAt, Call>,
    retries: u64,
    is_stalled: bool,
}

#[derive(Default)]
struct Call {
    backoff: Backoff,
    /// Nothing while the call is in flight.
    wait: Option<Wait>,
}

struct Wait {
    until_ms: u64,
    /// As in [`Pause`].
    is_cut: bool,
}

impl Lane {
    /// At most `width` calls; none would be no transfer.
    pub(super) fn new(policy: RetryPolicy, width: usize) -> Self {
        Self { policy, width: width.max(1), calls: BTreeMap::new(), retries: 0, is_stalled: false }
    }

    pub(super) fn has_room(&self) -> bool {
        self.calls.len() < self.width
    }

    pub(super) const fn retries(&self) -> u64 {
        self.retries
    }

    /// Whether `at` is in flight.
    pub(super) fn is_in_flight(&self, at: ChunkAt) -> bool {
        self.calls.get(&at).is_some_and(|call| call.wait.is_none())
    }

    pub(super) fn begin(&mut self, at: ChunkAt) {
        self.calls.insert(at, Call::default());
    }

    /// A call whose pause is over, and its failures so far; it is in flight from now on.
    pub(super) fn begin_due(&mut self, now_ms: u64) -> Option<(ChunkAt, u32)> {
        let is_due = |call: &Call| call.wait.as_ref().is_some_and(|wait| wait.until_ms <= now_ms);
        let (at, call) = self.calls.iter_mut().find(|(_, call)| is_due(call))?;
        call.wait = None;
        self.retries += 1;
        Some((*at, call.backoff.failures()))
    }

    /// When the next pause is over.
    pub(super) fn wakes_at(&self) -> Option<u64> {
        self.calls.values().filter_map(|call| call.wait.as_ref()).map(|wait| wait.until_ms).min()
    }

    /// The call failed. Whether it is tried again, in which case it keeps its place.
    pub(super) fn fail(&mut self, at: ChunkAt, error: &CallError, now_ms: u64, random: u32) -> bool {
        let Some(call) = self.calls.get_mut(&at) else { return false };
        let pause = call.backoff.after(&self.policy, error, random);
        call.wait = pause.map(|Pause { ms, is_cut }| Wait { until_ms: now_ms.saturating_add(ms), is_cut });
        self.is_stalled |= self.calls.values().all(|call| call.backoff.is_stalled());
        pause.is_some()
    }

    /// The call got through and leaves its place. So the way is open: what waits for it comes soon.
    pub(super) fn succeed(&mut self, at: ChunkAt, now_ms: u64, random: u32) {
        self.is_stalled = false;
        self.calls.remove(&at);
        self.calls.values_mut().for_each(|call| call.backoff.got_through());
        self.cut_short(now_ms.saturating_add(draw(self.policy.base_ms, random)));
    }

    /// The network is back: what waits for it is due.
    pub(super) fn retry_now(&mut self) {
        self.cut_short(0);
    }

    fn cut_short(&mut self, until_ms: u64) {
        let waits = self.calls.values_mut().filter_map(|call| call.wait.as_mut());
        waits.filter(|wait| wait.is_cut).for_each(|wait| wait.until_ms = wait.until_ms.min(until_ms));
    }

    /// Counts a repetition that is not due to a failed call.
    pub(super) const fn count_retry(&mut self) {
        self.retries += 1;
    }

    /// Whether nothing gets through: each call failed, and none has got through since.
    pub(super) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }
}
