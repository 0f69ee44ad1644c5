//! What scanners and moderators found in a release.

use claimcheck_protocol::ids::ReleaseId;
use claimcheck_protocol::transfer::ContentState;
use serde::Deserialize;

use super::{Store, StoreError, sql};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scan {
    Pending,
    Clean,
    Infected,
    Failed,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Moderation {
    Pending,
    Approved,
    Rejected,
}

#[derive(Deserialize)]
struct Row {
    malware_scan: Scan,
    moderation: Moderation,
}

/// The state of a release's check: pending until a scanner has found it clean, whatever else it found out.
pub async fn state(store: &Store, release_id: ReleaseId) -> Result<ContentState, StoreError> {
    let query =
        sql("select malware_scan, moderation from content_checks where release_id = ?1").bind(release_id);
    let row: Option<Row> = store.first(query).await?;
    Ok(row.map_or(ContentState::Pending, |row| match (row.malware_scan, row.moderation) {
        (Scan::Infected, _) => ContentState::Infected,
        (_, Moderation::Rejected) => ContentState::Rejected,
        (Scan::Clean, Moderation::Pending | Moderation::Approved) => ContentState::Clean,
        (Scan::Pending | Scan::Failed, Moderation::Pending | Moderation::Approved) => ContentState::Pending,
    }))
}
