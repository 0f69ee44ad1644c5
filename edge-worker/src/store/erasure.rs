//! What goes when an Ailock leaves: all that is its own. The books of its sales are the other side's too, and stay
//! under its id, which names nobody; what opens the origins of its audit rows goes, and the chain stays valid.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::transfer::Status;
use serde::Deserialize;

use super::retention::{sale_is_over, sale_is_settled};
use super::{Query, Store, StoreError, sql};
use crate::limits::Keeping;

/// A sale that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct OpenSale {
    /// The sale.
    pub id: TransferId,
    /// Where it stands.
    pub status: Status,
    /// Who buys.
    pub to_ailock_id: AilockId,
}

/// Whether the transfer `t` is one of `?3` that is not over; a buyer's own claims keep nobody. `?1` is now, and disputes
/// opened until `?2` about sales that were over count no more.
macro_rules! is_open_sale {
    () => {
        concat!(
            "(t.from_ailock_id = ?3 or t.to_ailock_id = ?3) and not (case when t.to_ailock_id = ?3 then ",
            sale_is_settled!(),
            " else ",
            sale_is_over!(),
            " end)"
        )
    };
}

fn of_sales(query: Query, id: AilockId, now: i64, keeping: Keeping) -> Query {
    query.bind(now).bind(now - keeping.record_seconds).bind(id)
}

/// Of an Ailock's sales that are not over, one of each status on each side: enough to see whether one forbids leaving,
/// however many there are.
pub async fn kinds_of_open_sales(
    store: &Store,
    id: AilockId,
    now: i64,
    keeping: Keeping,
) -> Result<Vec<OpenSale>, StoreError> {
    let query = sql(concat!(
        "select min(t.id) as id, t.status, t.to_ailock_id from product_transfers t where ",
        is_open_sale!(),
        " group by t.status, t.to_ailock_id = ?3"
    ));
    store.all(of_sales(query, id, now, keeping)).await
}

/// The sales themselves, at most `limit`.
pub async fn open_sales(
    store: &Store,
    id: AilockId,
    now: i64,
    keeping: Keeping,
    limit: u32,
) -> Result<Vec<OpenSale>, StoreError> {
    let query = sql(concat!(
        "select t.id, t.status, t.to_ailock_id from product_transfers t where ",
        is_open_sale!(),
        " order by t.id limit cast(?4 as integer)"
    ));
    store.all(of_sales(query, id, now, keeping).bind(limit)).await
}

#[derive(Deserialize)]
struct Row {
    erased_at: i64,
}

/// When an Ailock left last, if it has not come back.
pub async fn erased_at(store: &Store, id: AilockId) -> Result<Option<i64>, StoreError> {
    let query = sql("select erased_at from erased_ailocks where id = ?1 \
         and not exists (select 1 from ailocks where id = ?1)");
    Ok(store.first::<Row>(query.bind(id)).await?.map(|row| row.erased_at))
}

/// Everything that goes, as one batch. It fails on a CHECK while a sale of the Ailock is not over.
pub fn erase(id: AilockId, now: i64, keeping: Keeping) -> Vec<Query> {
    let at = |statement: &'static str| sql(statement).bind(id).bind(now);
    let of = |statement: &'static str| sql(statement).bind(id);
    vec![
        of_sales(
            sql(concat!(
                "insert into erased_ailocks (id, ed25519_pk, x25519_pk, erased_at) \
                 select a.id, a.ed25519_pk, a.x25519_pk, \
                 case when exists (select 1 from product_transfers t where ",
                is_open_sale!(),
                ") then 0 else ?1 end from ailocks a where a.id = ?3 \
                 on conflict (id) do update set erased_at = excluded.erased_at"
            )),
            id,
            now,
            keeping,
        ),
        of("delete from ailocks where id = ?1"),
        of("delete from attachments where completed_at is null and owner_ailock_id = ?1"),
        at("update attachments set deleted_at = coalesce(deleted_at, ?2) where owner_ailock_id = ?1"),
        of("delete from upload_files where upload_id in (select id from uploads where owner_ailock_id = ?1)"),
        at(
            "update uploads set state = 'aborted', closed_at = ?2 where owner_ailock_id = ?1 and state = 'open'",
        ),
        // From now on they are due like any other; the cron deletes them once no dispute needs them.
        at("update releases set expires_at = max(completed_at + 1, min(expires_at, cast(?2 as integer))) \
            where seller_ailock_id = ?1 and deleted_at is null"),
        // What a sale names keeps its manifest; what the seller sealed to itself, nobody will open.
        of("update releases set self_envelope = json_set(self_envelope, '$.sealed', \
            substr(replace(hex(zeroblob(54)), '0', 'A'), 1, 107)) where seller_ailock_id = ?1"),
        at("insert into deleted_products (product_id, deleted_at) select id, ?2 from digital_products \
            where owner_ailock_id = ?1 on conflict do nothing"),
        at(
            "update digital_products set title = 'Deleted', content_type = null, policy = null, release_id = null, \
            storage_pointer = null, content_hash = null, manifest = null, size = null, updated_at = ?2 \
            where owner_ailock_id = ?1",
        ),
        of(
            "delete from link_log where link_id in (select immutable_id from download_links where user_id = ?1)",
        ),
        of(
            "delete from link_bodies where link_id in (select immutable_id from download_links where user_id = ?1)",
        ),
        of(
            "delete from claims where link_id in (select immutable_id from download_links where user_id = ?1)",
        ),
        of("delete from download_links where user_id = ?1"),
        of("delete from listings where seller_ailock_id = ?1 \
            and not exists (select 1 from product_transfers t where t.listing_id = listings.id)"),
        of("update listings set wrapped_key = replace(hex(zeroblob(40)), '0', 'A'), \
            sealed_secret = substr(replace(hex(zeroblob(54)), '0', 'A'), 1, 107) where seller_ailock_id = ?1"),
        at("update listings set closed_at = min(closes_at, cast(?2 as integer)) \
            where seller_ailock_id = ?1 and closed_at is null"),
        of("update listing_sales set sealed_secret = null where transfer_id in \
            (select id from product_transfers where to_ailock_id = ?1)"),
        of("delete from webhooks where ailock_id = ?1"),
        of("delete from payment_accounts where ailock_id = ?1"),
        of("update product_transfers set held_envelope = null where from_ailock_id = ?1"),
        of("update product_transfers set buyer_inputs = null where to_ailock_id = ?1"),
        of("delete from product_keys where recipient_ailock_id = ?1"),
        of("delete from messages where to_ailock_id = ?1"),
        of(
            "delete from audit_origins where (transfer_id, seq) in (select a.transfer_id, a.seq from audit_log a \
            join product_transfers t on t.id = a.transfer_id \
            where (t.from_ailock_id = ?1 or t.to_ailock_id = ?1) and a.actor = ?1)",
        ),
    ]
}

/// Rows of those who have left, and have not come back: `owner` is the column that names them.
macro_rules! has_left {
    ($owner:literal) => {
        concat!($owner, " in (select id from erased_ailocks where id not in (select id from ailocks))")
    };
}

/// Releases of those who have left of which no chunk is left and which no sale, listing or link names, at most `?1`.
macro_rules! forgotten_releases {
    () => {
        concat!(
            "(select r.id from releases r where ",
            has_left!("r.seller_ailock_id"),
            " and r.deleted_at is not null \
             and not exists (select 1 from reservations v where v.release_id = r.id) \
             and not exists (select 1 from product_transfers t where t.release_id = r.id) \
             and not exists (select 1 from claims c where c.release_id = r.id) \
             and not exists (select 1 from listings l where l.release_id = r.id) \
             and not exists (select 1 from download_links l where l.release_id = r.id) \
             order by r.id limit cast(?1 as integer))"
        )
    };
}

/// Whether the product `p` is of somebody who has left, and nothing is of it.
macro_rules! is_forgotten_product {
    () => {
        concat!(
            has_left!("p.owner_ailock_id"),
            " and not exists (select 1 from uploads u where u.product_id = p.id) \
             and not exists (select 1 from releases r where r.product_id = p.id) \
             and not exists (select 1 from digital_files f where f.product_id = p.id) \
             and not exists (select 1 from content_checks k where k.product_id = p.id) \
             and not exists (select 1 from listings l where l.product_id = p.id) \
             and not exists (select 1 from product_transfers t where t.product_id = p.id)"
        )
    };
}

/// Of those who have left: releases, uploads and products that were kept until the bucket had no chunk of them, at most
/// `run` of each. What a sale names stays.
pub fn forget_leavings(run: u32) -> Vec<Query> {
    let of = |statement: &'static str| sql(statement).bind(run);
    vec![
        of(concat!("delete from digital_files where release_id in ", forgotten_releases!())),
        of(concat!("delete from content_checks where release_id in ", forgotten_releases!())),
        of(concat!("delete from withdrawn_releases where release_id in ", forgotten_releases!())),
        of(concat!("delete from releases where id in ", forgotten_releases!())),
        of(concat!(
            "delete from uploads where id in (select u.id from uploads u where ",
            has_left!("u.owner_ailock_id"),
            " and (u.state = 'completed' or u.purged_at is not null) \
             and not exists (select 1 from reservations v where v.release_id = u.release_id) \
             and not exists (select 1 from releases r where r.upload_id = u.id) \
             and not exists (select 1 from attachments a where a.upload_id = u.id) limit cast(?1 as integer))"
        )),
        of(concat!(
            "delete from deleted_products where product_id in (select p.id from digital_products p where ",
            is_forgotten_product!(),
            " limit cast(?1 as integer))"
        )),
        of(concat!(
            "delete from digital_products where id in (select p.id from digital_products p where ",
            is_forgotten_product!(),
            " and not exists (select 1 from deleted_products d where d.product_id = p.id) limit cast(?1 as integer))"
        )),
    ]
}
