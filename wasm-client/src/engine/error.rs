//! Why a call or a whole transfer failed, and whose fault it is.

use core::fmt;

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::problem::ProblemCode;

use super::ChunkAt;
use crate::floe;

/// Why one call to the server failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError {
    /// No answer, or none that can be understood: cut, timed out, not resolved.
    Network,
    /// The server answered with a refusal.
    Status {
        /// HTTP status.
        status: u16,
        /// The problem's code, where the body had one.
        code: Option<ProblemCode>,
        /// What Retry-After asks for, in milliseconds.
        retry_after_ms: Option<u64>,
        /// With `chunk_conflict`: SHA-256 of the chunk that is stored.
        stored_sha256: Option<Bytes32>,
    },
    /// The caller stopped it.
    Cancelled,
}

impl CallError {
    /// A refusal with nothing but a status.
    pub const fn of_status(status: u16) -> Self {
        Self::Status { status, code: None, retry_after_ms: None, stored_sha256: None }
    }

    /// The problem's code, where the server gave one.
    pub const fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Status { code, .. } => *code,
            Self::Network | Self::Cancelled => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str("the server cannot be reached"),
            Self::Status { code: Some(code), .. } => f.write_str(code.title()),
            Self::Status { status, code: None, .. } => write!(f, "the server answered with status {status}"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl core::error::Error for CallError {}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceError {
    /// It is not the file any more that the transfer began with.
    Changed,
    /// It ends before the size announced.
    Shorter,
    /// It cannot be read: gone, locked, or without permission.
    Unreadable,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "the file was changed since the transfer began",
            Self::Shorter => "the file is shorter than announced",
            Self::Unreadable => "the file cannot be read",
        })
    }
}

impl core::error::Error for SourceError {}

/// Why a file cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkError {
    /// No room.
    Full,
    /// Closed by its owner: the tab, the dialog or the pipe is gone.
    Closed,
    /// It cannot be written for another reason.
    Failed,
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "there is no room to save the file",
            Self::Closed => "the place where the file is saved was closed",
            Self::Failed => "the file cannot be saved",
        })
    }
}

impl core::error::Error for SinkError {}

/// Why a transfer ended without success. Files and chunks are named by index, never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferError {
    /// Asked for by the caller.
    Cancelled,
    /// The seller's file.
    Source {
        /// Index of the file.
        file: usize,
        /// What is wrong with it.
        error: SourceError,
    },
    /// The place where the buyer's files are saved.
    Sink {
        /// Index of the file; the number of files, where the release as a whole could not be finished.
        file: usize,
        /// What is wrong with it.
        error: SinkError,
    },
    /// The server refused for good, or could not be reached for too long.
    Call {
        /// The chunk that was sent or fetched.
        at: ChunkAt,
        /// The last answer.
        error: CallError,
    },
    /// The server holds a chunk that this client never sent; the file has to begin anew under a new file id.
    ForeignChunk {
        /// The chunk.
        at: ChunkAt,
    },
    /// A chunk arrived damaged each time that it was fetched.
    CorruptChunk {
        /// The chunk.
        at: ChunkAt,
    },
    /// Each chunk is authentic, but together they are not what the seller committed to.
    CommitmentMismatch,
    /// The platform failed to seal or open: no memory, no entropy.
    Platform {
        /// The chunk.
        at: ChunkAt,
        /// What failed.
        error: floe::Error,
    },
    /// The place to go on from does not fit the release.
    ResumePoint,
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("cancelled"),
            Self::Source { file, error } => write!(f, "file {file}: {error}"),
            Self::Sink { file, error } => write!(f, "file {file}: {error}"),
            Self::Call { at, error } => write!(f, "{at}: {error}"),
            Self::ForeignChunk { at } => write!(f, "{at}: the server holds other bytes than were sent"),
            Self::CorruptChunk { at } => write!(f, "{at} arrives damaged from the server"),
            Self::CommitmentMismatch => f.write_str("the files are not what the seller committed to"),
            Self::Platform { at, error } => write!(f, "{at}: {error}"),
            Self::ResumePoint => f.write_str("the transfer cannot go on from the place given"),
        }
    }
}

impl core::error::Error for TransferError {}

impl fmt::Display for ChunkAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {}, chunk {}", self.file, self.chunk)
    }
}
