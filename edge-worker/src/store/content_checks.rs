//! What scanners and moderators found in a release.

use claimcheck_protocol::ids::{ReleaseId, TransferId};
use claimcheck_protocol::transfer::ContentState;
use claimcheck_protocol::wire::{ContentCheck, MalwareScan, Moderation, ReportContent};
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// The state of a check: pending until a scanner has found the release clean, whatever else it found out.
pub const fn state_of(malware_scan: MalwareScan, moderation: Moderation) -> ContentState {
    match (malware_scan, moderation) {
        (MalwareScan::Infected, _) => ContentState::Infected,
        (_, Moderation::Rejected) => ContentState::Rejected,
        (MalwareScan::Clean, Moderation::Pending | Moderation::Approved) => ContentState::Clean,
        (MalwareScan::Pending | MalwareScan::Failed, Moderation::Pending | Moderation::Approved) => {
            ContentState::Pending
        }
    }
}

/// A release's check, if it had any.
pub async fn find(store: &Store, release_id: ReleaseId) -> Result<Option<ContentCheck>, StoreError> {
    let query =
        sql("select release_id, malware_scan, moderation, checked_at from content_checks where id = ?1");
    store.first(query.bind(release_id)).await
}

/// The state of a release's check.
pub async fn state(store: &Store, release_id: ReleaseId) -> Result<ContentState, StoreError> {
    let found = find(store, release_id).await?;
    Ok(found.map_or(ContentState::Pending, |check| state_of(check.malware_scan, check.moderation)))
}

/// Notes a result, and keeps the one that it replaces among the reports. Nothing happens where there is no such
/// release, or where nothing changes.
pub fn report(report: &ReportContent, now: i64) -> Query {
    sql("insert into content_checks (id, release_id, product_id, malware_scan, moderation, reports, checked_at) \
         select id, id, product_id, coalesce(?2, 'pending'), coalesce(?3, 'pending'), \
         json_array(json_object('malware_scan', ?2, 'moderation', ?3, 'at', cast(?4 as integer))), ?4 \
         from releases where id = ?1 \
         on conflict (id) do update set malware_scan = coalesce(?2, malware_scan), \
         moderation = coalesce(?3, moderation), checked_at = ?4, \
         reports = json_insert(reports, '$[#]', json_extract(excluded.reports, '$[0]')) \
         where malware_scan <> coalesce(?2, malware_scan) or moderation <> coalesce(?3, moderation)")
    .bind(report.release_id)
    .bind(report.malware_scan.map(scan_name))
    .bind(report.moderation.map(moderation_name))
    .bind(now)
}

const fn scan_name(scan: MalwareScan) -> &'static str {
    match scan {
        MalwareScan::Pending => "pending",
        MalwareScan::Clean => "clean",
        MalwareScan::Infected => "infected",
        MalwareScan::Failed => "failed",
    }
}

const fn moderation_name(moderation: Moderation) -> &'static str {
    match moderation {
        Moderation::Pending => "pending",
        Moderation::Approved => "approved",
        Moderation::Rejected => "rejected",
    }
}

/// A sale that does not know yet what was found in its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Untold {
    /// The sale.
    pub id: TransferId,
    /// What the scanner found.
    pub malware_scan: MalwareScan,
    /// What a person decided.
    pub moderation: Moderation,
}

/// Sales that are not over and do not know of a result that came after `since`, at most `limit`; of one release, or of
/// all.
pub async fn untold(
    store: &Store,
    release_id: Option<ReleaseId>,
    since: i64,
    limit: u32,
) -> Result<Vec<Untold>, StoreError> {
    let query = sql("select t.id, c.malware_scan, c.moderation from content_checks c \
         join product_transfers t on t.release_id = c.id \
         where (?1 is null or c.id = ?1) and c.checked_at > ?2 \
         and t.status not in ('refund_pending', 'refunded', 'revoked', 'expired', 'cancelled') \
         and json_extract(t.machine, '$.content') <> case when c.malware_scan = 'infected' then 'infected' \
           when c.moderation = 'rejected' then 'rejected' when c.malware_scan = 'clean' then 'clean' \
           else json_extract(t.machine, '$.content') end \
         order by t.id limit cast(?3 as integer)");
    store.all(query.bind(release_id).bind(since).bind(limit)).await
}
