//! One JSON line per call or run. It names routes, codes, times and the sale; never callers, addresses, bodies or
//! tokens.

use serde::Serialize;
use worker::console_log;

use claimcheck_protocol::ids::TransferId;

use crate::error::Outcome;
use crate::trace::CallNames;

/// The line of one call.
#[derive(Debug, Serialize)]
pub struct CallLine<'a> {
    /// "info", or "error" where the fault is not the caller's.
    pub level: &'static str,
    /// Names the call.
    pub request_id: &'a str,
    /// Names the caller's trace.
    pub trace_id: &'a str,
    /// Names the call in the trace.
    pub span_id: &'a str,
    /// The caller's span, if it told one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<&'a str>,
    /// The sale that it is about, if one of the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// The route's name, not the address.
    pub route: &'a str,
    /// As sent, if it is one that some route knows.
    pub method: &'a str,
    /// HTTP status.
    pub status: u16,
    /// Milliseconds, as far as the runtime's clock moves.
    pub ms: f64,
    /// Upper bound of the latency's bucket; none above them all.
    pub le: Option<u32>,
    /// D1 statements.
    pub db_statements: u32,
    /// "ok" or a code.
    pub outcome: &'static str,
    /// Whose fault, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// Why, if it is not the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// The names in the line of a part: of a call, of a run of the cron, or of what a call has left to do.
#[derive(Debug, Serialize)]
struct PartNames<'a> {
    request_id: &'a str,
    trace_id: &'a str,
    span_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<&'a str>,
}

impl<'a> PartNames<'a> {
    fn of(names: &'a CallNames) -> Self {
        let parent_id = names.parent_id.as_deref();
        Self { request_id: &names.request_id, trace_id: &names.trace_id, span_id: &names.span_id, parent_id }
    }
}

/// The line of one job that no caller waits for.
#[derive(Debug, Serialize)]
struct JobLine<'a> {
    level: &'static str,
    #[serde(flatten)]
    names: PartNames<'a>,
    job: &'static str,
    ms: f64,
    done: usize,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// Writes what a job came to: how long it took, and how many things it did.
pub fn write_job(names: &CallNames, job: &'static str, ms: f64, done: usize, outcome: Outcome) {
    write(&JobLine {
        level: level(&outcome),
        names: PartNames::of(names),
        job,
        ms,
        done,
        outcome: outcome.code,
        cause: outcome.cause,
    });
}

/// The line of one part of a call.
#[derive(Debug, Serialize)]
struct PartLine<'a> {
    level: &'static str,
    #[serde(flatten)]
    names: PartNames<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_id: Option<TransferId>,
    part: &'static str,
    ms: f64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// Writes what a part of a call came to, which does not decide the answer's status; `transfer_id` is the sale that it
/// was about, if one of the caller's.
pub fn write_part(
    names: &CallNames,
    part: &'static str,
    ms: f64,
    transfer_id: Option<TransferId>,
    outcome: Outcome,
) {
    write(&PartLine {
        level: level(&outcome),
        names: PartNames::of(names),
        transfer_id,
        part,
        ms,
        outcome: outcome.code,
        fault: outcome.fault,
        cause: outcome.cause,
    });
}

/// The line of something that an operator may want to look into.
#[derive(Debug, Serialize)]
pub struct Notice {
    level: &'static str,
    notice: &'static str,
    what: String,
}

impl Notice {
    /// With a name of this code and a code or type of another's; never with text of a caller's.
    pub fn new(notice: &'static str, what: impl Into<String>) -> Self {
        Self { level: "warning", notice, what: what.into() }
    }
}

/// The level of a line about an outcome.
pub fn level(outcome: &Outcome) -> &'static str {
    match outcome.fault {
        Some("dependency" | "bug") => "error",
        _ => "info",
    }
}

/// Writes a line.
pub fn write<T: Serialize>(line: &T) {
    if let Ok(text) = serde_json::to_string(line) {
        console_log!("{text}");
    }
}
