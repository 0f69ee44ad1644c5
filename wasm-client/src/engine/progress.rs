//! What a person is shown of a transfer while it runs.

use super::TransferError;

/// What a transfer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Begun from nothing; nothing is confirmed yet.
    Started,
    /// Going on from an earlier transfer; nothing new is confirmed yet.
    Resumed,
    /// Chunks are moving.
    Running,
    /// Every call has failed and waits for its next try: the network or the server is away.
    Waiting,
    /// Complete and verified.
    Ended,
    /// Ended by an error.
    Failed,
    /// Ended by the caller.
    Cancelled,
}

impl Phase {
    pub(super) const fn of_outcome(outcome: Result<(), TransferError>) -> Self {
        match outcome {
            Ok(()) => Self::Ended,
            Err(TransferError::Cancelled) => Self::Cancelled,
            Err(_) => Self::Failed,
        }
    }

    /// Whether nothing follows.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Ended | Self::Failed | Self::Cancelled)
    }
}

/// Where a transfer stands. The counts never fall, and are equal to the totals once it has ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Bytes of plaintext whose chunks the server has confirmed, or which are verified and written.
    pub bytes_done: u64,
    /// Bytes of plaintext of all files.
    pub bytes_total: u64,
    /// Chunks confirmed, or verified and written.
    pub chunks_done: u64,
    /// Chunks of all files.
    pub chunks_total: u64,
    /// Calls that were made again.
    pub retries: u64,
}

/// The counts of a running transfer.
pub(super) struct Meter {
    resumed: bool,
    moved: bool,
    bytes: (u64, u64),
    chunks: (u64, u64),
}

impl Meter {
    pub(super) const fn new(bytes_total: u64, chunks_total: u64) -> Self {
        Self { resumed: false, moved: false, bytes: (0, bytes_total), chunks: (0, chunks_total) }
    }

    /// The transfer goes on from an earlier one.
    pub(super) const fn resume(&mut self) {
        self.resumed = true;
    }

    /// Counts a chunk that an earlier transfer moved.
    pub(super) const fn had(&mut self, bytes: u64) {
        self.bytes.0 += bytes;
        self.chunks.0 += 1;
    }

    /// Counts a chunk that moved now.
    pub(super) const fn moved(&mut self, bytes: u64) {
        self.moved = true;
        self.had(bytes);
    }

    pub(super) const fn all_moved(&self) -> bool {
        self.chunks.0 == self.chunks.1
    }

    /// The phase of a transfer that has not ended.
    pub(super) const fn phase(&self, stalled: bool) -> Phase {
        match (stalled, self.moved, self.resumed) {
            (true, ..) => Phase::Waiting,
            (false, true, _) => Phase::Running,
            (false, false, true) => Phase::Resumed,
            (false, false, false) => Phase::Started,
        }
    }

    pub(super) const fn report(&self, phase: Phase, retries: u64) -> Progress {
        Progress {
            phase,
            bytes_done: self.bytes.0,
            bytes_total: self.bytes.1,
            chunks_done: self.chunks.0,
            chunks_total: self.chunks.1,
            retries,
        }
    }
}
