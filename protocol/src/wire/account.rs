//! Bodies about leaving.

use serde::{Deserialize, Serialize};

use crate::keys::AilockId;

/// `POST ailocks-delete`: the caller leaves, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteAilock {
    /// The caller's own id, so that nobody leaves by mistake.
    pub id: AilockId,
}

/// Answer to `ailocks-delete`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedAilock {
    /// Who has left.
    pub id: AilockId,
    /// Unix seconds.
    pub deleted_at: i64,
}
