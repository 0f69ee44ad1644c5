//! What a download is told, asks for and ends with.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::floe::Layout;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::signed::{StatementError, Verified};

use crate::engine::{CallError, ChunkAt, RetryPolicy, SinkError};
use crate::floe;

/// How much a download does at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadLimits {
    /// Chunks being fetched, those that wait for another try included.
    pub parallel: usize,
    /// Chunks from the first that is not written to the last that is requested: the most that memory holds.
    pub window: u64,
    /// Chunks being verified and opened, which doubles their memory for that time.
    pub opening: usize,
    /// How often a chunk that arrives damaged is fetched again.
    pub refetches: u32,
    /// When to try again.
    pub retry: RetryPolicy,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self { parallel: 10, window: 15, opening: 2, refetches: 2, retry: RetryPolicy::default() }
    }
}

/// A file to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadFile {
    /// Where its segments and chunks lie.
    pub layout: Layout,
    /// SHA-256 of each chunk as stored.
    pub chunks: Vec<Bytes32>,
}

impl DownloadFile {
    fn new(file: &ManifestFile) -> Result<Self, StatementError> {
        Ok(Self { layout: file.layout()?, chunks: file.chunks.clone() })
    }
}

/// A release to be fetched, and what it is held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadPlan {
    /// In the manifest's order.
    pub files: Vec<DownloadFile>,
    /// The commitment's salt, from the opened metadata.
    pub salt: Bytes32,
    /// What the seller signed. None where only a part of the release is fetched, which nothing but the hashes of its
    /// chunks speaks for.
    pub commitment: Option<Bytes32>,
}

impl DownloadPlan {
    /// All files of a release whose manifest is verified, its counts and sizes with it.
    pub fn of_manifest(manifest: &Verified<Manifest>, salt: Bytes32) -> Result<Self, StatementError> {
        let manifest = manifest.body();
        let files = manifest.files.iter().map(DownloadFile::new).collect::<Result<_, _>>()?;
        Ok(Self { files, salt, commitment: Some(manifest.commitment) })
    }

    /// One file of a release whose manifest is verified.
    pub fn of_file(file: &ManifestFile) -> Result<Self, StatementError> {
        Ok(Self { files: vec![DownloadFile::new(file)?], salt: Bytes([0; 32]), commitment: None })
    }
}

/// Where an interrupted download goes on.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumePoint {
    /// The first chunk that is not written. One past a file's last chunk: the file is written, but not finished.
    pub next: ChunkAt,
    /// For each file up to and with that one: SHA-256 of each plain segment that is written, in order.
    pub segment_hashes: Vec<Vec<[u8; 32]>>,
}

/// What a download wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadAction {
    /// Fetch the sealed chunk and keep it. Answer: `Fetched` or `GetFailed`.
    Get {
        /// The chunk.
        at: ChunkAt,
        /// How often that failed before.
        failures: u32,
    },
    /// Check the kept chunk's hash, open it and keep its plaintext instead. Answer: `Opened`, `Corrupt` or
    /// `OpenFailed`.
    Open {
        /// The chunk.
        at: ChunkAt,
        /// What the manifest says.
        sha256: Bytes32,
    },
    /// Write the kept plaintext and forget it. Answer: `Written` or `SinkFailed`.
    Write {
        /// The chunk.
        at: ChunkAt,
        /// Where in the file, in bytes.
        offset: u64,
    },
    /// The file is whole and authentic. Answer: `FileFinished` or `SinkFailed`.
    FinishFile(usize),
    /// The release is what the seller committed to. Answer: `Finished` or `SinkFailed`.
    Finish,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadEvent {
    /// The sealed chunk has arrived and is kept.
    Fetched(ChunkAt),
    /// The GET failed.
    GetFailed {
        /// The chunk.
        at: ChunkAt,
        /// Why.
        error: CallError,
    },
    /// The chunk is authentic and its plaintext is kept.
    Opened {
        /// The chunk.
        at: ChunkAt,
        /// SHA-256 of each plain segment, in order.
        segment_hashes: Vec<[u8; 32]>,
    },
    /// Length, hash or authenticity is wrong; nothing is kept.
    Corrupt(ChunkAt),
    /// The platform cannot open.
    OpenFailed {
        /// The chunk.
        at: ChunkAt,
        /// Why.
        error: floe::Error,
    },
    /// The plaintext is written.
    Written(ChunkAt),
    /// The file is finished.
    FileFinished(usize),
    /// The release is finished.
    Finished,
    /// The sink failed.
    SinkFailed {
        /// Index of the file; the number of files, where the release as a whole could not be finished.
        file: usize,
        /// Why.
        error: SinkError,
    },
}

/// A release on the buyer's disk, verified from the first byte to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downloaded {
    /// Recomputed from the plaintext that was written: of a whole release, the receipt's `client_hash`.
    pub commitment: Bytes32,
    /// Plaintext of all files, those of an earlier transfer included.
    pub bytes: u64,
}
