//! Failures as the plain objects that the npm package turns into errors: a stable code, a sentence, and facts.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::engine::{CallError, ChunkAt, SinkError, SourceError, TransferError};
use crate::sale::Failure;
use crate::session::Refusal;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Thrown<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    money_moved: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_safe: Option<bool>,
}

impl Thrown<'_> {
    fn into_js(self) -> JsValue {
        self.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
    }
}

/// The caller's mistake.
pub(super) fn argument(rule: &str) -> JsValue {
    Thrown { code: "invalid_argument", message: rule.to_owned(), ..Thrown::default() }.into_js()
}

/// The platform's failure.
pub(super) fn platform() -> JsValue {
    let message = Failure::Platform.to_string();
    Thrown { code: "platform", message, ..Thrown::default() }.into_js()
}

/// A failure that concerns no file by name.
pub(super) fn throw(failure: impl Into<Failure>) -> JsValue {
    throw_named(failure.into(), &[])
}

/// A failure of a transfer of files with these paths.
pub(super) fn throw_named(failure: Failure, paths: &[String]) -> JsValue {
    let message = failure.to_string();
    let path_of = |file: usize| paths.get(file).map(String::as_str);
    match &failure {
        Failure::Refused(refusal) => refused(refusal, message),
        Failure::Transfer(error) => {
            let (file, chunk) = place(error);
            let path = file.and_then(path_of);
            let message = name_file(message, file, path);
            Thrown {
                code: transfer_code(error),
                message,
                path,
                file,
                chunk,
                status: status(error),
                ..Thrown::default()
            }
        }
        Failure::Sha256Mismatch(file) => {
            let path = path_of(*file);
            Thrown {
                code: "sha256_mismatch",
                message: name_file(message, Some(*file), path),
                path,
                file: Some(*file),
                ..Thrown::default()
            }
        }
        Failure::TypeMismatch { file, declared, found } => {
            let path = path_of(*file);
            Thrown {
                code: "type_mismatch",
                message: name_file(message, Some(*file), path),
                path,
                file: Some(*file),
                declared_type: Some(declared.as_str()),
                found_type: Some(found.as_str()),
                ..Thrown::default()
            }
        }
        Failure::Untrusted(_) => Thrown { code: "untrusted", message, ..Thrown::default() },
        Failure::WrongKey => Thrown { code: "wrong_key", message, ..Thrown::default() },
        Failure::WrongLink => Thrown { code: "wrong_link", message, ..Thrown::default() },
        Failure::Argument(_) => Thrown { code: "invalid_argument", message, ..Thrown::default() },
        Failure::Platform => Thrown { code: "platform", message, ..Thrown::default() },
    }
    .into_js()
}

/// People know their files by name, not by index.
fn name_file(message: String, file: Option<usize>, path: Option<&str>) -> String {
    match (file, path) {
        (Some(file), Some(path)) => message.replacen(&format!("file {file}"), path, 1),
        _ => message,
    }
}

fn refused(refusal: &Refusal, message: String) -> Thrown<'_> {
    let problem = refusal.problem.as_ref();
    Thrown {
        code: call_code(&refusal.error),
        message,
        status: call_status(&refusal.error),
        request_id: problem.map(|problem| problem.request_id.as_str()),
        money_moved: problem.and_then(|problem| problem.money_moved),
        retry_safe: problem.and_then(|problem| problem.retry_safe),
        ..Thrown::default()
    }
}

fn place(error: &TransferError) -> (Option<usize>, Option<u64>) {
    match error {
        TransferError::Source { file, .. } | TransferError::Sink { file, .. } => (Some(*file), None),
        TransferError::Call { at, .. }
        | TransferError::ForeignChunk { at }
        | TransferError::CorruptChunk { at }
        | TransferError::Platform { at, .. } => {
            let ChunkAt { file, chunk } = *at;
            (Some(file), Some(chunk))
        }
        TransferError::Cancelled | TransferError::CommitmentMismatch | TransferError::ResumePoint => {
            (None, None)
        }
    }
}

const fn status(error: &TransferError) -> Option<u16> {
    match error {
        TransferError::Call { error, .. } => call_status(error),
        _ => None,
    }
}

const fn call_status(error: &CallError) -> Option<u16> {
    match error {
        CallError::Status { status, .. } => Some(*status),
        CallError::Network | CallError::Cancelled => None,
    }
}

fn call_code(error: &CallError) -> &'static str {
    match error {
        CallError::Network => "network",
        CallError::Cancelled => "cancelled",
        CallError::Status { code: Some(code), .. } => code.as_str(),
        CallError::Status { code: None, .. } => "internal",
    }
}

fn transfer_code(error: &TransferError) -> &'static str {
    match error {
        TransferError::Cancelled => "cancelled",
        TransferError::Source { error: SourceError::Changed, .. } => "source_changed",
        TransferError::Source { error: SourceError::Shorter, .. } => "source_shorter",
        TransferError::Source { error: SourceError::Unreadable, .. } => "source_unreadable",
        TransferError::Sink { error: SinkError::Full, .. } => "sink_full",
        TransferError::Sink { error: SinkError::Closed, .. } => "sink_closed",
        TransferError::Sink { error: SinkError::Failed, .. } => "sink_failed",
        TransferError::Call { error, .. } => call_code(error),
        TransferError::ForeignChunk { .. } => "foreign_chunk",
        TransferError::CorruptChunk { .. } => "corrupt_chunk",
        TransferError::CommitmentMismatch => "commitment_mismatch",
        TransferError::Platform { .. } => "platform",
        TransferError::ResumePoint => "invalid_argument",
    }
}
