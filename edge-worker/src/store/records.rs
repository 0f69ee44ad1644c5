//! Records that are closed: what was sealed for a sale that is over, and what was written down long ago.

use serde::Deserialize;

use super::retention::sale_is_over;
use super::{Query, Store, StoreError, sql};
use crate::limits::Keeping;

/// Addresses of the audit that one run looks at.
const ORIGINS: u32 = 1_000;
/// The sweep over the audit's addresses.
const SWEEP: &str = "origins";

/// One deletion for each kind of record. `over_since` is when a sale must have ended at the latest for what its sides
/// sealed for it to go; everything else goes after the time that `keeping` says.
pub fn closed(now: i64, over_since: i64, keeping: Keeping) -> Vec<Query> {
    let old = now - keeping.record_seconds;
    let of_sales = |query: Query| query.bind(now).bind(old).bind(keeping.run);
    let by_age = |query: Query| query.bind(old).bind(keeping.run);
    vec![
        of_sales(sql(concat!(
            "delete from product_keys where id in (select k.id from product_keys k \
             join product_transfers t on t.id = k.transfer_id where k.expires_at <= ?1 and ",
            sale_is_over!(),
            " limit cast(?3 as integer))"
        ))),
        of_sales(sql(concat!(
            "update product_transfers set held_envelope = null, buyer_inputs = null where id in (select t.id \
             from product_transfers t where (t.held_envelope is not null or t.buyer_inputs is not null) \
             and t.updated_at <= ?4 and ",
            sale_is_over!(),
            " limit cast(?3 as integer))"
        )))
        .bind(over_since),
        of_sales(sql(concat!(
            "update listing_sales set sealed_secret = null where transfer_id in (select t.id from product_transfers t \
             join listing_sales s on s.transfer_id = t.id where s.sealed_secret is not null and t.updated_at <= ?4 and ",
            sale_is_over!(),
            " limit cast(?3 as integer))"
        )))
        .bind(over_since),
        of_sales(sql(concat!(
            "delete from transfer_statements where kind in ('dispute', 'verdict') and transfer_id in (select t.id \
             from product_transfers t join transfer_statements s on s.transfer_id = t.id \
             and s.kind in ('dispute', 'verdict') where t.updated_at <= ?2 and ",
            sale_is_over!(),
            " limit cast(?3 as integer))"
        ))),
        of_sales(sql(concat!(
            "delete from claims where id in (select u.id from claims u join product_transfers t on t.id = u.transfer_id \
             where t.updated_at <= ?2 and u.expires_at <= ?2 and ",
            sale_is_over!(),
            " and not exists (select 1 from delivery_receipts where claim_id = u.id) limit cast(?3 as integer))"
        ))),
        of_sales(sql(concat!(
            "delete from outbox where id in (select o.id from outbox o left join product_transfers t on t.id = o.transfer_id \
             where o.done_at <= ?2 and (t.id is null or o.kind = 'webhook' or ",
            sale_is_over!(),
            ") limit cast(?3 as integer))"
        ))),
        by_age(sql("delete from link_log where id in (select id from link_log where at <= ?1 \
             order by at limit cast(?2 as integer))")),
        by_age(sql("delete from claims where id in (select c.id from claims c join download_links l \
             on l.immutable_id = c.link_id where min(coalesce(l.revoked_at, l.expires_at), l.expires_at) <= ?1 \
             and c.expires_at <= ?1 limit cast(?2 as integer))")),
        by_age(sql("delete from link_bodies where link_id in (select l.immutable_id from download_links l \
             join link_bodies b on b.link_id = l.immutable_id \
             where min(coalesce(l.revoked_at, l.expires_at), l.expires_at) <= ?1 limit cast(?2 as integer))")),
        by_age(sql(
            "delete from download_links where immutable_id in (select l.immutable_id from download_links l \
             where min(coalesce(l.revoked_at, l.expires_at), l.expires_at) <= ?1 \
             and not exists (select 1 from claims where link_id = l.immutable_id) \
             and not exists (select 1 from link_log where link_id = l.immutable_id) \
             and not exists (select 1 from link_bodies where link_id = l.immutable_id) limit cast(?2 as integer))",
        )),
        by_age(sql("delete from messages where cursor in (select cursor from messages where read_at <= ?1 \
             order by read_at limit cast(?2 as integer))")),
        by_age(sql(
            "delete from stripe_events where id in (select id from stripe_events where received_at <= ?1 \
             order by received_at limit cast(?2 as integer))",
        )),
    ]
}

#[derive(Deserialize)]
struct Newest {
    at: Option<i64>,
}

/// Erases what opens the origins of audit rows written before `before`; the rows, and their chain, stay. How many.
pub async fn forget_origins(store: &Store, before: i64) -> Result<usize, StoreError> {
    let seen: i64 = super::sweeps::position(store, SWEEP).await?.parse().unwrap_or_default();
    // From the last time on again: rows of that second may have been left over.
    let newest = sql("select max(at) as at from (select at from audit_log where at >= ?1 and at <= ?2 \
         order by at limit cast(?3 as integer))");
    let newest: Option<Newest> = store.first(newest.bind(seen).bind(before).bind(ORIGINS)).await?;
    let Some(newest) = newest.and_then(|row| row.at) else { return Ok(0) };
    let erase =
        sql("delete from audit_origins where (transfer_id, seq) in (select transfer_id, seq from audit_log \
         where at >= ?1 and at <= ?2)");
    let erased = store.run(erase.bind(seen).bind(newest)).await?;
    store.run(super::sweeps::advance(SWEEP, &newest.to_string(), false)).await?;
    Ok(erased)
}
