//! Which transfers have a deadline behind them that was not acted upon yet, the oldest first.

use claimcheck_protocol::ids::{BuyerDisputeId, TransferId};
use serde::Deserialize;

use super::{Store, StoreError, sql};

#[derive(Deserialize)]
struct Row {
    id: TransferId,
}

async fn ids(store: &Store, query: super::Query) -> Result<Vec<TransferId>, StoreError> {
    let rows: Vec<Row> = store.all(query).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Unpaid transfers whose offer has expired.
pub async fn expired_offers(store: &Store, now: i64, limit: u32) -> Result<Vec<TransferId>, StoreError> {
    let query = sql(
        "select id from product_transfers where status in ('offered', 'invoiced', 'payment_processing') \
         and json_extract(offer, '$.body.expires_at') <= ?1 \
         order by json_extract(offer, '$.body.expires_at') limit cast(?2 as integer)",
    );
    ids(store, query.bind(now).bind(limit)).await
}

/// Paid transfers without grant or inputs in time. One that a dispute froze is told once.
pub async fn overdue_grants(store: &Store, now: i64, limit: u32) -> Result<Vec<TransferId>, StoreError> {
    let query = sql("select id from product_transfers where grant_due_at <= ?1 \
         and (status in ('paid', 'paid_pending_inputs') \
           or (status = 'disputed' and json_extract(machine, '$.due.grant_overdue') = 0)) \
         order by grant_due_at limit cast(?2 as integer)");
    ids(store, query.bind(now).bind(limit)).await
}

/// Delivered transfers whose retention has ended. One that a dispute froze is told once.
pub async fn ended_retentions(store: &Store, now: i64, limit: u32) -> Result<Vec<TransferId>, StoreError> {
    let query =
        sql("select id from product_transfers where status in ('delivered', 'acknowledged', 'disputed') \
         and retention_ends_at <= ?1 \
         and (status <> 'disputed' or json_extract(machine, '$.due.retention_ended') = 0) \
         order by retention_ends_at limit cast(?2 as integer)");
    ids(store, query.bind(now).bind(limit)).await
}

/// A dispute that nobody answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Unanswered {
    /// The transfer.
    pub transfer_id: TransferId,
    /// The dispute.
    pub id: BuyerDisputeId,
}

/// Disputes that nobody answered in time.
pub async fn unanswered_disputes(store: &Store, now: i64, limit: u32) -> Result<Vec<Unanswered>, StoreError> {
    let query = sql("select transfer_id, id from disputes where answer_due_at <= ?1 \
         order by answer_due_at limit cast(?2 as integer)");
    store.all(query.bind(now).bind(limit)).await
}
