//! What goes when an Ailock leaves: all that is its own. The books of its sales are the other side's too, and stay
//! under its id, which names nobody; what opens the origins of its audit rows goes, and the chain stays valid.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::transfer::Status;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

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

/// An Ailock's sales that are not over, at most `limit`.
pub async fn open_sales(store: &Store, id: AilockId, limit: u32) -> Result<Vec<OpenSale>, StoreError> {
    let query = sql("select id, status, to_ailock_id from product_transfers \
         where (from_ailock_id = ?1 or to_ailock_id = ?1) \
         and status not in ('refunded', 'revoked', 'expired', 'cancelled') order by id limit cast(?2 as integer)");
    store.all(query.bind(id).bind(limit)).await
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
pub fn erase(id: AilockId, now: i64) -> Vec<Query> {
    let at = |statement: &'static str| sql(statement).bind(id).bind(now);
    let of = |statement: &'static str| sql(statement).bind(id);
    vec![
        at("insert into erased_ailocks (id, ed25519_pk, x25519_pk, erased_at) \
            select id, ed25519_pk, x25519_pk, ?2 from ailocks where id = ?1 \
            on conflict (id) do update set erased_at = excluded.erased_at"),
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
        at(
            "update digital_products set title = 'Deleted', content_type = null, policy = null, updated_at = ?2 \
            where owner_ailock_id = ?1",
        ),
        at(
            "update download_links set revoked_at = coalesce(revoked_at, ?2), updated_at = ?2 where user_id = ?1",
        ),
        of(
            "delete from link_log where link_id in (select immutable_id from download_links where user_id = ?1)",
        ),
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
