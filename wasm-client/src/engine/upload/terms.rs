//! What an upload is told, asks for and ends with.

use claimcheck_protocol::bytes::Bytes32;

use crate::engine::{CallError, ChunkAt, RetryPolicy, SourceError};
use crate::floe;

/// How much an upload does at once. It holds at most `parallel` + `ahead` sealed chunks, or `together_bytes` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Chunks being sent, those that wait for another try included.
    pub parallel: usize,
    /// Chunks being sealed, or sealed and not yet sent.
    pub ahead: usize,
    /// Chunks being read and sealed.
    pub sealing: usize,
    /// Sealed bytes of the largest release whose chunks go as one body; 0 where none does.
    pub together_bytes: u64,
    /// Chunks that such a release has at most.
    pub together_chunks: u64,
    /// When to try again.
    pub retry: RetryPolicy,
}

impl Default for UploadLimits {
    fn default() -> Self {
        let retry = RetryPolicy::default();
        Self { parallel: 5, ahead: 3, sealing: 2, together_bytes: 0, together_chunks: 0, retry }
    }
}

/// A chunk as it was sealed and about to be sent. Kept by the caller, it makes a resumption possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The chunk.
    pub at: ChunkAt,
    /// SHA-256 of the sealed bytes.
    pub sha256: Bytes32,
    /// SHA-256 of the plain segments' hashes, one after the other. It finds a file that changed between two
    /// attempts, and never leaves the seller's device.
    pub plain_sha256: Bytes32,
}

/// A chunk that the server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredChunk {
    /// The chunk.
    pub at: ChunkAt,
    /// SHA-256 of its bytes.
    pub sha256: Bytes32,
}

/// What an upload wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadAction {
    /// Read the chunk's plaintext, hash its segments, seal it, and keep it. Answer: `Sealed` or a failure.
    ReadAndSeal(ChunkAt),
    /// Read the chunk's plaintext and hash its segments; the server has the chunk. Answer: `Hashed` or a failure.
    ReadAndHash(ChunkAt),
    /// Write this down before the chunk is sent. Answer: `Remembered`.
    Remember(Attempt),
    /// Send the sealed chunk that is kept. Answer: `Stored` or `PutFailed`.
    Put {
        /// The chunk.
        at: ChunkAt,
        /// SHA-256 of the sealed bytes.
        sha256: Bytes32,
        /// How often it failed before.
        failures: u32,
    },
    /// Send all sealed chunks, which are kept, as one body in the order of the release. Answer: `AllStored` or
    /// `PutAllFailed`.
    PutAll,
    /// Forget the sealed chunk. No answer.
    Release(ChunkAt),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadEvent {
    /// The chunk is sealed and kept.
    Sealed {
        /// The chunk.
        at: ChunkAt,
        /// SHA-256 of the sealed bytes.
        sha256: Bytes32,
        /// SHA-256 of each plain segment, in order.
        segment_hashes: Vec<[u8; 32]>,
    },
    /// A chunk that the server holds is hashed.
    Hashed {
        /// The chunk.
        at: ChunkAt,
        /// SHA-256 of each plain segment, in order.
        segment_hashes: Vec<[u8; 32]>,
    },
    /// The attempt is written down.
    Remembered(ChunkAt),
    /// The server has the chunk.
    Stored(ChunkAt),
    /// The PUT failed.
    PutFailed {
        /// The chunk.
        at: ChunkAt,
        /// Why.
        error: CallError,
    },
    /// The server has all chunks, and says the SHA-256 of each.
    AllStored(Vec<Bytes32>),
    /// The one call failed.
    PutAllFailed(CallError),
    /// The file cannot be read.
    SourceFailed {
        /// The chunk that was read.
        at: ChunkAt,
        /// Why.
        error: SourceError,
    },
    /// The platform cannot seal or hash.
    SealFailed {
        /// The chunk.
        at: ChunkAt,
        /// Why.
        error: floe::Error,
    },
}

/// All chunks of a release, stored.
pub struct Uploaded {
    /// In order.
    pub files: Vec<UploadedFile>,
}

/// A file whose chunks are all stored: what the manifest says of it, but for id, header and type.
pub struct UploadedFile {
    /// FLOE segments.
    pub segment_count: u64,
    /// Bytes.
    pub plaintext_size: u64,
    /// SHA-256 of each chunk as stored.
    pub chunks: Vec<Bytes32>,
    /// Goes into the commitment only: unsalted, so it must not reach the server.
    pub plaintext_hash: [u8; 32],
}
