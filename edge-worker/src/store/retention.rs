//! Which releases nothing needs any more, and how far their deletion has come.

use claimcheck_protocol::ids::ReleaseId;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};
use crate::limits::Keeping;

/// Whether the transfer `t` has ended and no dispute about it is open. A dispute that was opened when the sale was over
/// already has no deadline, so it counts only if it was opened after `?2`.
macro_rules! sale_is_settled {
    () => {
        "t.status in ('refunded', 'revoked', 'expired', 'cancelled') \
         and not exists (select 1 from disputes d where d.transfer_id = t.id and d.opened_at > ?2 \
           and json_extract(t.machine, '$.disputes.by_buyer.\"' || d.id || '\"') in ('open', 'refunding')) \
         and not exists (select 1 from json_each(t.machine, '$.disputes.at_stripe') d \
           where json_extract(d.value, '$.state') = 'open')"
    };
}
pub(super) use sale_is_settled;

/// Whether the transfer `t` is over for good: settled, and no claim may go on. `?1` is now, `?2` as above.
macro_rules! sale_is_over {
    () => {
        concat!(
            super::retention::sale_is_settled!(),
            " and not exists (select 1 from claims c where c.transfer_id = t.id and t.claims_state <> 'ended' \
               and c.cancelled_at is null and c.expires_at > ?1)"
        )
    };
}
pub(super) use sale_is_over;

/// Sets the tombstone of releases whose retention has ended and that no sale, listing, link or claim needs, the oldest first.
pub fn end_releases(now: i64, keeping: Keeping) -> Query {
    sql(concat!(
        "update releases set deleted_at = ?1 where deleted_at is null and id in (select r.id from releases r \
         where r.deleted_at is null and r.expires_at <= ?1 \
         and not exists (select 1 from product_transfers t where t.release_id = r.id and not (",
        sale_is_over!(),
        ")) and not exists (select 1 from listings l where l.release_id = r.id and l.closed_at is null \
           and l.closes_at > ?1) \
         and not exists (select 1 from download_links l where l.release_id = r.id and l.revoked_at is null \
           and (l.expires_at > ?1 or exists (select 1 from claims c where c.link_id = l.immutable_id \
             and c.cancelled_at is null and c.expires_at > ?1))) \
         order by r.expires_at limit cast(?3 as integer))"
    ))
    .bind(now)
    .bind(now - keeping.record_seconds)
    .bind(keeping.run)
}

#[derive(Deserialize)]
struct Row {
    release_id: ReleaseId,
}

/// Sets the tombstone of attachments whose sale ended before `over_since` and needs them no more.
pub fn end_attachments(now: i64, over_since: i64, keeping: Keeping) -> Query {
    sql(concat!(
        "update attachments set deleted_at = ?1 where id in (select a.id from attachments a \
         join product_transfers t on t.id = a.transfer_id \
         where a.deleted_at is null and a.completed_at is not null and t.updated_at <= ?4 and ",
        sale_is_over!(),
        " limit cast(?3 as integer))"
    ))
    .bind(now)
    .bind(now - keeping.record_seconds)
    .bind(keeping.run)
    .bind(over_since)
}

/// Releases and attachments with a tombstone whose chunks were not seen to be gone yet, at most `limit`. The newest
/// tombstones first: those of long ago have no reservation any more, and would be passed over in every run.
pub async fn to_purge(store: &Store, limit: u32) -> Result<Vec<ReleaseId>, StoreError> {
    let query =
        sql("select v.release_id, r.deleted_at from releases r join reservations v on v.release_id = r.id \
         where r.deleted_at is not null \
         union all select v.release_id, a.deleted_at from attachments a \
         join reservations v on v.release_id = a.storage_pointer where a.deleted_at is not null \
         order by 2 desc limit cast(?1 as integer)");
    let rows: Vec<Row> = store.all(query.bind(limit)).await?;
    Ok(rows.into_iter().map(|row| row.release_id).collect())
}

/// Notes that no chunk of something with a tombstone is left, which gives its bytes back to the owner's quota.
pub fn purged(release_id: ReleaseId) -> Query {
    sql("delete from reservations where release_id = ?1 \
         and (exists (select 1 from releases where id = ?1 and deleted_at is not null) \
           or exists (select 1 from attachments where storage_pointer = ?1 and deleted_at is not null))")
    .bind(release_id)
}
