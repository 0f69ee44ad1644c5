//! FLOE (c2sp.org/FLOE, ePrint 2025/2275): sealing and opening files segment by segment, on any [`Bulk`] backend.
//!
//! `claimcheck_protocol::floe` has the byte layout. Segments are independent of each other: they are sealed and opened
//! in parallel and in any order, and any one can be read alone.
//!
//! [`Bulk`]: crate::bulk::Bulk

use core::fmt;

use claimcheck_protocol::floe::FloeError;

use crate::bulk::BulkError;

mod kdf;
mod keys;
mod open;
mod seal;

#[cfg(test)]
mod tests;

pub use open::{OpenedSegment, Opener};
pub use seal::{SealedChunk, Sealer};

/// Why a file could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes have not the shape that the file's layout asks for: cut, swapped or mixed up on the way.
    Shape(FloeError),
    /// The header does not belong to this key and aad: another key, another file or another seller.
    WrongKey,
    /// The backend failed; [`BulkError::Rejected`] where a segment is not authentic.
    Bulk(BulkError),
    /// The system gave no entropy.
    Entropy,
}

impl From<FloeError> for Error {
    fn from(error: FloeError) -> Self {
        Self::Shape(error)
    }
}

impl From<BulkError> for Error {
    fn from(error: BulkError) -> Self {
        Self::Bulk(error)
    }
}

impl From<getrandom::Error> for Error {
    fn from(_: getrandom::Error) -> Self {
        Self::Entropy
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => error.fmt(f),
            Self::WrongKey => f.write_str("the file's header does not belong to this key, file and seller"),
            Self::Bulk(error) => error.fmt(f),
            Self::Entropy => f.write_str("the system gave no entropy"),
        }
    }
}

impl core::error::Error for Error {}
