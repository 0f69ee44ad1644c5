//! What a deployment can do and what it allows, known before the first call.

use serde::{Deserialize, Serialize};

use super::PaymentsMode;
use crate::keys::AilockId;

/// Answer to `features`, to anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// Whose account a price goes to; null where nothing can be sold for money.
    pub payments: Option<PaymentsMode>,
    /// Who rules on disputes, and whom evidence is sealed to.
    pub arbiter: Option<AilockId>,
    /// Who may revoke by policy.
    pub operator: Option<AilockId>,
    /// What is taken as an upload.
    pub uploads: UploadLimits,
    /// What a download link may have.
    pub links: LinkLimits,
}

/// Bounds of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadLimits {
    /// Bytes of plaintext of one file.
    pub max_file_bytes: u64,
    /// Bytes of plaintext of all files of a release.
    pub max_release_bytes: u64,
    /// Bytes of every chunk but a file's last.
    pub chunk_size: u64,
    /// Sealed bytes that one call of `uploads` takes.
    pub max_body_bytes: u64,
    /// Media types, or `type/*`; null where every type is taken that is not denied.
    pub allowed_types: Option<Vec<String>>,
    /// Media types, or `type/*`, that are not taken.
    pub denied_types: Vec<String>,
    /// Days from completion until the files may be deleted, unless a sale needs them.
    pub retention_days: u32,
}

/// Bounds of a download link, and what it has unless less is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLimits {
    /// Seconds during which claims begin.
    pub max_seconds: i64,
    /// Claims.
    pub max_downloads: u32,
}
