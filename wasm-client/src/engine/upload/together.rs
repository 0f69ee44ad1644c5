//! A small release as one body: all of its chunks are sealed first and sent by one call. Should that call fail, they are
//! sent one by one, as they are.

use claimcheck_protocol::bytes::Bytes32;

use super::{Stage, Upload, UploadAction, UploadLimits};
use crate::engine::{CallError, ChunkAt};

/// Whether the chunks go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Together {
    /// Each by itself.
    No,
    /// All of them, once all are sealed.
    Gathering,
    /// They are on their way.
    Sent,
}

impl Together {
    /// Calls of their own go out beside each other, so a few chunks gain nothing.
    pub(super) const fn of(limits: &UploadLimits, sealed_bytes: u64, chunks: u64) -> Self {
        let is_worth_it = chunks > limits.parallel as u64 && chunks <= limits.together_chunks;
        if is_worth_it && sealed_bytes <= limits.together_bytes { Self::Gathering } else { Self::No }
    }
}

impl Upload {
    /// The one call, when nothing is left to be sealed.
    pub(super) fn next_put_all(&mut self) -> Option<UploadAction> {
        let is_ready = |stage: &Stage| matches!(stage, Stage::Ready(_));
        if self.cursor.file < self.files.len() || !self.ahead.values().all(is_ready) {
            return None;
        }
        self.together = Together::Sent;
        Some(UploadAction::PutAll)
    }

    /// The server has stored chunks of these hashes, in the order of the release. It was told none of them, so they are
    /// held to what was sent.
    pub(super) fn all_stored(&mut self, hashes: &[Bytes32]) {
        if self.together != Together::Sent {
            return;
        }
        let sent = self.ahead.values().map(|stage| match stage {
            Stage::Ready(sha256) => Some(*sha256),
            _ => None,
        });
        if !sent.eq(hashes.iter().map(|hash| Some(*hash))) {
            return self.go_one_by_one();
        }
        let all: Vec<ChunkAt> = self.ahead.keys().copied().collect();
        self.ahead.clear();
        for (at, hash) in all.into_iter().zip(hashes) {
            self.adopt(at, Some(*hash));
            self.releases.push(at);
            self.meter.moved(self.plain_len(at).unwrap_or_default());
        }
        self.end_if_complete();
    }

    /// Whatever the reason, a call for each chunk finds out what can be done about it.
    pub(super) fn put_all_failed(&mut self, error: CallError) {
        match error {
            _ if self.together != Together::Sent => {}
            CallError::Cancelled => self.fail(super::TransferError::Cancelled),
            _ => self.go_one_by_one(),
        }
    }

    fn go_one_by_one(&mut self) {
        self.together = Together::No;
        self.lane.count_retry();
    }
}
