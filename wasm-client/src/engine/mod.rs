//! The transfer engine: machines that say what to read, seal, send, fetch and write next, and do none of it.
//!
//! A machine is told the time, a random number and what happened ([`Machine::handle`]), and answers with what to do
//! ([`Machine::poll`]). `driver` carries it out. So every order of faults can be tried without a network or a clock.

mod download;
mod error;
mod lane;
mod progress;
mod retry;
mod upload;

pub use download::{
    Download, DownloadAction, DownloadEvent, DownloadFile, DownloadLimits, DownloadPlan, Downloaded,
    ResumePoint,
};
pub use error::{CallError, SinkError, SourceError, TransferError};
pub use progress::{Phase, Progress};
pub use retry::{Backoff, Pause, RetryPolicy, retry_after_ms};
pub use upload::{
    Attempt, StoredChunk, Upload, UploadAction, UploadEvent, UploadLimits, Uploaded, UploadedFile,
};

/// A chunk of a release: the file's index in the manifest's order, and the chunk's index in the file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkAt {
    /// Index of the file.
    pub file: usize,
    /// Index of the chunk in the file.
    pub chunk: u64,
}

/// What a machine wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<A> {
    /// Begin this, beside what is running, and ask again.
    Do(A),
    /// Nothing until an event arrives, or until this time in milliseconds if there is one.
    Wait(Option<u64>),
    /// The transfer has ended; drop what is still running.
    Done,
}

/// A transfer without its I/O. Times are milliseconds of any clock that does not run backwards.
pub trait Machine {
    /// Something to do.
    type Action;
    /// Something that happened.
    type Event;

    /// The next step. Ask until it is [`Step::Wait`] or [`Step::Done`].
    fn poll(&mut self, now_ms: u64) -> Step<Self::Action>;

    /// Takes in what happened. `random` is drawn evenly for each event; it spreads retries.
    fn handle(&mut self, event: Self::Event, now_ms: u64, random: u32);

    /// Hands out no more work and ends as cancelled, unless it has ended already.
    fn cancel(&mut self);

    /// The network is back: what waits for it is tried at once.
    fn retry_now(&mut self);

    /// Where the transfer stands.
    fn progress(&self) -> Progress;
}
