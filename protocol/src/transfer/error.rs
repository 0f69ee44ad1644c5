//! Why the machine refuses a caller. Nothing has changed then.

use core::fmt;

use super::status::Status;
use crate::money::Amount;
use crate::problem::ProblemCode;

/// A refusal of an [`super::ApiEvent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransitionError {
    /// The event does not exist in this state.
    WrongState {
        /// Where the transfer stands.
        status: Status,
        /// What was asked.
        event: &'static str,
    },
    /// An invoice before the inputs that are due before it.
    MissingInputs {
        /// Their ids, sorted.
        ids: Vec<String>,
    },
    /// The offer asks for no such input.
    UnknownInput {
        /// The id.
        id: String,
    },
    /// An invoice while a required content check is not finished.
    ContentCheckPending,
    /// An invoice for content that did not pass its check.
    ContentRefused,
    /// A dispute of this id exists already.
    DisputeExists,
    /// No open dispute of the buyer has this id.
    DisputeNotOpen,
    /// A refund of a transfer that nobody paid for.
    NothingPaid,
    /// A refund of a part while the buyer's bank disputes the payment: Stripe would refuse it.
    DisputedAtStripe,
    /// A refund of 0, or of more than is left.
    RefundOutOfBounds {
        /// What is left, in minor units.
        remaining: Amount,
    },
}

impl TransitionError {
    /// The problem that a caller of the API gets.
    pub const fn code(&self) -> ProblemCode {
        match self {
            Self::WrongState { .. } => ProblemCode::WrongState,
            Self::MissingInputs { .. } => ProblemCode::MissingInputs,
            Self::UnknownInput { .. } => ProblemCode::UnknownInput,
            Self::ContentCheckPending => ProblemCode::ContentCheckPending,
            Self::ContentRefused => ProblemCode::ContentRefused,
            Self::DisputeExists => ProblemCode::IdConflict,
            Self::DisputeNotOpen => ProblemCode::DisputeNotOpen,
            Self::NothingPaid => ProblemCode::NothingPaid,
            Self::DisputedAtStripe => ProblemCode::DisputedAtStripe,
            Self::RefundOutOfBounds { .. } => ProblemCode::RefundOutOfBounds,
        }
    }
}

impl fmt::Display for TransitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongState { status, event } => {
                write!(f, "{event} is not possible while the transfer is {status}")
            }
            Self::MissingInputs { ids } => write!(f, "inputs are missing: {}", ids.join(", ")),
            Self::UnknownInput { .. } => f.write_str("the offer asks for no such input"),
            Self::ContentCheckPending => f.write_str("the content check has not finished"),
            Self::ContentRefused => f.write_str("the content did not pass its check"),
            Self::DisputeExists => f.write_str("a dispute of this id exists"),
            Self::DisputeNotOpen => f.write_str("no open dispute of the buyer has this id"),
            Self::DisputedAtStripe => {
                f.write_str("a part cannot be refunded while the bank disputes the payment")
            }
            Self::NothingPaid => f.write_str("nothing was paid for this transfer"),
            Self::RefundOutOfBounds { remaining } => write!(f, "a refund must be from 1 to {remaining}"),
        }
    }
}

impl core::error::Error for TransitionError {}
