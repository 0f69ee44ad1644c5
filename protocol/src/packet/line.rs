//! One line of a verifier's report.

use serde::Serialize;

use super::Pins;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It holds.
    Proved,
    /// The packet neither proves nor disproves it.
    NotProved,
    /// The packet contradicts it, or was altered.
    False,
}

/// A claim and what the packet says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// One sentence.
    pub claim: String,
    /// Whether it holds.
    pub verdict: Finding,
    /// By what, or why not.
    pub why: String,
}

impl Line {
    /// A claim that holds, and by what.
    pub fn proved(claim: &str, why: impl Into<String>) -> Self {
        Self { claim: claim.to_owned(), verdict: Finding::Proved, why: why.into() }
    }

    /// A claim that is neither proved nor disproved, and why not.
    pub fn unproved(claim: &str, why: impl Into<String>) -> Self {
        Self { claim: claim.to_owned(), verdict: Finding::NotProved, why: why.into() }
    }

    /// A claim that is contradicted, and by what.
    pub fn is_false(claim: &str, why: impl Into<String>) -> Self {
        Self { claim: claim.to_owned(), verdict: Finding::False, why: why.into() }
    }

    /// What the server alone knows: proved by `why` where one of its keys is known from elsewhere.
    pub(super) fn by_the_servers_word(claim: &str, why: impl Into<String>, pins: &Pins) -> Self {
        if pins.is_empty() {
            return Self::unproved(claim, format!("{}, but nobody vouches for its key", why.into()));
        }
        Self::proved(claim, why)
    }

    /// Proved by `why` where the check passed, false for the reason it gives otherwise.
    pub(super) fn of(claim: &str, why: impl Into<String>, check: Result<(), String>) -> Self {
        match check {
            Ok(()) => Self::proved(claim, why),
            Err(reason) => Self::is_false(claim, reason),
        }
    }
}

/// Refuses what is not as it must be.
pub(super) fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// The reason of a refused statement.
pub(super) fn reason(error: impl ToString) -> String {
    error.to_string()
}
