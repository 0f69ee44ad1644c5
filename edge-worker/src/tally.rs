//! What became of many things, of which one that fails must not keep the others from their turn.

use crate::error::ApiError;

/// How many were done, and the last failure.
#[derive(Debug, Default)]
pub struct Tally {
    done: usize,
    failure: Option<ApiError>,
}

impl Tally {
    /// Counts what was done, or keeps the failure.
    pub fn add(&mut self, result: Result<usize, ApiError>) {
        match result {
            Ok(done) => self.done += done,
            Err(error) => self.failure = Some(error),
        }
    }

    /// How many things were done so far.
    pub const fn done(&self) -> usize {
        self.done
    }

    /// The count, or the last failure.
    pub fn result(self) -> Result<usize, ApiError> {
        self.failure.map_or(Ok(self.done), Err)
    }
}
