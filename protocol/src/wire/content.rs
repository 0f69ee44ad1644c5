//! What scanners and moderators found in a release.

use serde::{Deserialize, Serialize};

use crate::ids::ReleaseId;

/// What the scanner found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MalwareScan {
    /// Not scanned yet.
    Pending,
    /// Nothing.
    Clean,
    /// Malware.
    Infected,
    /// It could not be scanned.
    Failed,
}

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moderation {
    /// Not looked at yet.
    Pending,
    /// It may be sold.
    Approved,
    /// It may not.
    Rejected,
}

/// `POST content-checks`: the operator's result; what is left out stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportContent {
    /// What was checked.
    pub release_id: ReleaseId,
    /// What the scanner found.
    #[serde(default)]
    pub malware_scan: Option<MalwareScan>,
    /// What a person decided.
    #[serde(default)]
    pub moderation: Option<Moderation>,
}

/// A release's check as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentCheck {
    /// What was checked.
    pub release_id: ReleaseId,
    /// What the scanner found.
    pub malware_scan: MalwareScan,
    /// What a person decided.
    pub moderation: Moderation,
    /// Unix seconds of the last result; null before the first.
    pub checked_at: Option<i64>,
}
