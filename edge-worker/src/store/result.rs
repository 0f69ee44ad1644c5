//! What the database answers: rows, counts, and which constraint failed.

use core::fmt;

use serde::de::DeserializeOwned;
use worker::D1Result;

/// Why a statement failed. Nothing in it goes to a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// A unique constraint or primary key; its columns as `table.column, …`.
    Unique(String),
    /// A CHECK; its name or expression.
    Check(String),
    /// A foreign key.
    ForeignKey,
    /// A row has not the shape that its struct expects.
    Unreadable(String),
    /// Anything else: the database is away, or the statement is wrong.
    Failed(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique(columns) => write!(f, "unique constraint on {columns}"),
            Self::Check(name) => write!(f, "check constraint {name}"),
            Self::ForeignKey => f.write_str("foreign key constraint"),
            Self::Unreadable(cause) => write!(f, "unreadable row: {cause}"),
            Self::Failed(cause) => f.write_str(cause),
        }
    }
}

impl core::error::Error for StoreError {}

impl StoreError {
    /// Whether a unique constraint of `table` failed.
    pub fn is_unique(&self, table: &str) -> bool {
        matches!(self, Self::Unique(columns) if columns.split('.').next() == Some(table))
    }

    pub(super) fn from_worker(error: &worker::Error) -> Self {
        match error {
            worker::Error::D1(error) => Self::from_message(&error.cause()),
            // `.all()` does not type its errors.
            worker::Error::UnknownJsError { message, .. } => Self::from_message(message),
            other => Self::Failed(<&'static str>::from(other).to_owned()),
        }
    }

    /// SQLite's message, with or without D1's words around it.
    fn from_message(message: &str) -> Self {
        let after = |mark: &str| {
            let rest = message.split_once(mark)?.1;
            Some(rest.split(": SQLITE_").next().unwrap_or(rest).trim().to_owned())
        };
        if let Some(columns) = after("UNIQUE constraint failed: ") {
            return Self::Unique(columns);
        }
        if let Some(name) = after("CHECK constraint failed: ") {
            return Self::Check(name);
        }
        if message.contains("FOREIGN KEY constraint failed") {
            return Self::ForeignKey;
        }
        Self::Failed(message.lines().next().unwrap_or_default().to_owned())
    }
}

/// What one statement did.
#[derive(Debug)]
pub struct Outcome(D1Result);

impl Outcome {
    pub(super) const fn new(result: D1Result) -> Self {
        Self(result)
    }

    /// Rows inserted, updated or deleted.
    pub fn changes(&self) -> Result<usize, StoreError> {
        let meta = self.0.meta().map_err(|error| StoreError::Unreadable(error_kind(&error)))?;
        meta.and_then(|meta| meta.changes).ok_or_else(|| StoreError::Unreadable("no count".to_owned()))
    }

    /// Rows read.
    pub fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        self.0.results().map_err(|error| StoreError::Unreadable(error_kind(&error)))
    }
}

/// Which member of a row is wrong, where serde tells; it never quotes more than the member's name and type.
fn error_kind(error: &worker::Error) -> String {
    match error {
        worker::Error::SerdeWasmBindgenError(_) => "not of the shape expected".to_owned(),
        other => <&'static str>::from(other).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_apart() {
        let parse = StoreError::from_message;
        let unique = parse("D1_ERROR: UNIQUE constraint failed: replay.id: SQLITE_CONSTRAINT");
        assert_eq!(unique, StoreError::Unique("replay.id".to_owned()));
        assert!(unique.is_unique("replay"));
        assert!(!unique.is_unique("claims"));
        assert_eq!(
            parse(
                "UNIQUE constraint failed: audit_log.transfer_id, audit_log.seq: SQLITE_CONSTRAINT (extended: …)"
            ),
            StoreError::Unique("audit_log.transfer_id, audit_log.seq".to_owned())
        );
        assert_eq!(
            parse("D1_ERROR: CHECK constraint failed: price >= 0: SQLITE_CONSTRAINT"),
            StoreError::Check("price >= 0".to_owned())
        );
        assert_eq!(parse("FOREIGN KEY constraint failed: SQLITE_CONSTRAINT"), StoreError::ForeignKey);
        assert_eq!(
            parse("D1_ERROR: no such table: x\n  at y"),
            StoreError::Failed("D1_ERROR: no such table: x".to_owned())
        );
    }
}
