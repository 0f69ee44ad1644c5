//! A call that was not granted: the server's problem, or what kept it from answering.

use core::fmt;

use claimcheck_protocol::problem::{Problem, ProblemCode};

use crate::engine::{CallError, retry_after_ms};
use crate::http::{Answer, AnswerBody, NoAnswer};
use crate::proof::ProofError;

/// Why a call was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the retry policy decides on.
    pub error: CallError,
    /// The server's words, where it gave any.
    pub problem: Option<Box<Problem>>,
}

impl Refusal {
    /// The problem's stable code.
    pub const fn code(&self) -> Option<ProblemCode> {
        self.error.code()
    }

    /// The server granted the call, but its answer is not the protocol's.
    pub(super) const fn unreadable(status: u16) -> Self {
        Self { error: CallError::of_status(status), problem: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        match self.problem.as_ref().and_then(|problem| problem.detail.as_deref()) {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Refusal {}

impl From<NoAnswer> for Refusal {
    fn from(_: NoAnswer) -> Self {
        Self { error: CallError::Network, problem: None }
    }
}

impl From<ProofError> for Refusal {
    fn from(_: ProofError) -> Self {
        // No entropy, which no other attempt changes: final, like a refusal of the client itself.
        Self { error: CallError::of_status(400), problem: None }
    }
}

/// A successful answer, or the refusal that it is. `now_ms` is this machine's clock, in Unix milliseconds.
pub(super) fn accepted<Buf>(answer: Answer<Buf>, now_ms: u64) -> Result<Answer<Buf>, Refusal> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let problem: Option<Box<Problem>> = match &answer.body {
        AnswerBody::Text(text) => serde_json::from_str(text).ok(),
        AnswerBody::Bytes(_) => None,
    };
    let wait = answer.retry_after.as_deref();
    let error = CallError::Status {
        status: answer.status,
        code: problem.as_ref().map(|problem| problem.code),
        retry_after_ms: wait.and_then(|wait| retry_after_ms(wait, answer.date.as_deref(), now_ms)),
        stored_sha256: problem.as_ref().and_then(|problem| problem.stored_sha256),
    };
    Err(Refusal { error, problem })
}
