//! Why a step of a sale failed, in terms that its caller can act on.

use core::fmt;

use claimcheck_protocol::inputs::ValueFault;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::signed::StatementError;

use crate::bulk::BulkError;
use crate::engine::TransferError;
use crate::evidence::EvidenceError;
use crate::floe;
use crate::meta::SealedMetaError;
use crate::seal::{OpenError, SealError};
use crate::session::Refusal;

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server refused, or could not be reached.
    Refused(Refusal),
    /// Files stopped moving.
    Transfer(TransferError),
    /// What the server handed over is not what was signed.
    Untrusted(Untrusted),
    /// The envelope or the names do not open with one's own key.
    WrongKey,
    /// The link's secret is not the one of what is on sale there now.
    WrongLink,
    /// A file, by its index, is intact but not the one whose SHA-256 the seller gave.
    Sha256Mismatch(usize),
    /// The first bytes of a file to be sent contradict what was declared of it.
    TypeMismatch {
        /// Index of the file.
        file: usize,
        /// What it was said to be.
        declared: MediaType,
        /// What its bytes are.
        found: MediaType,
    },
    /// The caller asked for something that cannot be; the text says what.
    Argument(&'static str),
    /// No entropy or no memory.
    Platform,
}

/// What cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untrusted {
    /// Keys that the id does not commit to: somebody substituted a key.
    Keys,
    /// The offer: its signature, its parties, or its hash.
    Offer,
    /// The manifest: its signature, or that it is not the offer's.
    Manifest,
    /// The receipt: its signature, or that it is not this sale's.
    Receipt,
    /// An input: its signature, or that it is not this sale's.
    Inputs,
    /// The arbiter: not the one that evidence was meant for.
    Arbiter,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keys => "the server handed over keys that do not belong to the id: do not go on",
            Self::Offer => "the offer is not the one that the seller signed: do not pay",
            Self::Manifest => "the list of files is not the one that the seller signed",
            Self::Receipt => "the receipt is not one that the buyer signed for this sale",
            Self::Inputs => "an input is not one that the buyer signed for this sale",
            Self::Arbiter => "the server names another arbiter than the one that the evidence is for",
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Transfer(error) => error.fmt(f),
            Self::Untrusted(what) => what.fmt(f),
            Self::WrongKey => f.write_str("the delivery was not sealed for this identity"),
            Self::WrongLink => f.write_str("this link does not open what is on sale there now"),
            Self::Sha256Mismatch(file) => write!(f, "file {file} has not the SHA-256 that the seller gave"),
            Self::TypeMismatch { file, declared, found } => {
                write!(f, "file {file} is declared as {declared}, but its bytes are {found}")
            }
            Self::Argument(rule) => f.write_str(rule),
            Self::Platform => f.write_str("the platform failed: no memory or no entropy"),
        }
    }
}

impl core::error::Error for Failure {}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}

impl From<StatementError> for Failure {
    /// Of a statement that is being made here.
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Invalid(rule) => Self::Argument(rule),
            StatementError::Key(_) => Self::Platform,
        }
    }
}

impl From<ValueFault> for Failure {
    fn from(fault: ValueFault) -> Self {
        Self::Argument(fault.as_str())
    }
}

impl From<SealError> for Failure {
    fn from(_: SealError) -> Self {
        Self::Platform
    }
}

impl From<OpenError> for Failure {
    fn from(_: OpenError) -> Self {
        Self::WrongKey
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Rejected => Self::WrongKey,
            _ => Self::Argument(error.as_str()),
        }
    }
}

impl From<SealedMetaError> for Failure {
    fn from(error: SealedMetaError) -> Self {
        match error {
            SealedMetaError::Entropy => Self::Platform,
            SealedMetaError::Rejected => Self::WrongKey,
            SealedMetaError::Malformed | SealedMetaError::Invalid(_) => Self::Untrusted(Untrusted::Manifest),
        }
    }
}

impl From<floe::Error> for Failure {
    fn from(error: floe::Error) -> Self {
        match error {
            floe::Error::Bulk(BulkError::Rejected) => Self::WrongKey,
            floe::Error::Shape(_) => Self::Untrusted(Untrusted::Manifest),
            _ => Self::Platform,
        }
    }
}

impl From<getrandom::Error> for Failure {
    fn from(_: getrandom::Error) -> Self {
        Self::Platform
    }
}
