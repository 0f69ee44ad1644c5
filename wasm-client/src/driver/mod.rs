//! Carries out what a machine of [`crate::engine`] asks for, over what the platform gives: files, a server, a clock.
//!
//! Everything runs on one thread and on any executor. A future that is dropped has to stop its work: a `fetch` is
//! aborted, a timer cleared. Implementors make one attempt per call; the machine alone decides on retries.

use core::ops::Range;

use claimcheck_protocol::bytes::Bytes32;

use crate::engine::{Attempt, CallError, ChunkAt, Progress, SinkError, SourceError};

mod call;
mod control;
mod download;
mod run;
mod upload;

pub use call::call;
pub use control::Control;
pub use download::{FileToOpen, Stopped, download};
pub use upload::{FileToSend, upload};

/// A file to be sent. `Buf` is the bulk backend's buffer.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait Source {
    /// Where bytes live.
    type Buf;

    /// Exactly the bytes of `range`, which is never longer than a segment. Called for several ranges at once.
    async fn read(&self, range: Range<u64>) -> Result<Self::Buf, SourceError>;
}

/// Where a download goes. Calls come one at a time; each file's bytes come in order, and the files in order.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait Sink {
    /// Where bytes live.
    type Buf;

    /// Bytes of `file` that begin at `offset`: authentic, but not final before [`Sink::finish`].
    async fn write(&self, file: usize, offset: u64, bytes: Self::Buf) -> Result<(), SinkError>;

    /// All bytes of `file` are written, and each is authentic. Comes for an empty file too.
    async fn finish_file(&self, file: usize) -> Result<(), SinkError>;

    /// The release is what the seller committed to. Only now is it safe to show the files as complete.
    async fn finish(&self) -> Result<(), SinkError>;

    /// The download ended without success; what was written is not complete. A sink that can be resumed may keep it.
    async fn abort(&self);
}

/// Stores chunks at the server.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait PutChunk {
    /// Where bytes live.
    type Buf;

    /// One PUT of one sealed chunk, whose SHA-256 is given. The same bytes again are a success.
    async fn put_chunk(&self, at: ChunkAt, bytes: &Self::Buf, sha256: Bytes32) -> Result<(), CallError>;

    /// All sealed chunks, end to end in the order of the release. The hashes that the server computed of them.
    async fn put_all(&self, bytes: &Self::Buf) -> Result<Vec<Bytes32>, CallError>;
}

/// Fetches chunks from the server.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait GetChunk {
    /// Where bytes live.
    type Buf;

    /// One GET of one sealed chunk. The driver checks length, hash and authenticity.
    async fn get_chunk(&self, at: ChunkAt) -> Result<Self::Buf, CallError>;
}

/// Time and chance.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait Clock {
    /// Milliseconds of a clock that does not run backwards (`performance.now`).
    fn now_ms(&self) -> u64;

    /// Ends after that many milliseconds.
    async fn sleep(&self, ms: u64);

    /// An even draw, for the spreading of retries only.
    fn random(&self) -> u32;
}

/// Keeps what a later resumption needs. Where nothing can be kept, the transfer goes on all the same.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait Journal {
    /// A chunk is about to be sent for the first time; it is sent once this returns.
    async fn attempt(&self, attempt: &Attempt);

    /// A chunk is written to the sink; the SHA-256 of each of its plain segments.
    async fn written(&self, at: ChunkAt, segment_hashes: &[[u8; 32]]);
}

/// Keeps nothing.
impl Journal for () {
    async fn attempt(&self, _: &Attempt) {}
    async fn written(&self, _: ChunkAt, _: &[[u8; 32]]) {}
}

/// What a transfer runs on.
pub struct Host<'a, R, T, J, O> {
    /// [`PutChunk`] or [`GetChunk`].
    pub remote: &'a R,
    /// [`Clock`].
    pub clock: &'a T,
    /// [`Journal`].
    pub journal: &'a J,
    /// Called with each change of the progress.
    pub observer: &'a O,
    /// Cancels the transfer and wakes it.
    pub control: &'a Control,
}

/// Sees each change of a transfer's progress.
pub trait Observer {
    /// The last call has a phase that is final.
    fn progress(&self, progress: Progress);
}

impl<F: Fn(Progress)> Observer for F {
    fn progress(&self, progress: Progress) {
        self(progress);
    }
}
