//! The deadlines of buyers' disputes. Whether one is open, the state machine's facts say.

use claimcheck_protocol::ids::{BuyerDisputeId, TransferId};
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// A dispute of a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct StoredDispute {
    /// The dispute.
    pub id: BuyerDisputeId,
    /// Unix seconds at which it is lost unanswered; None once it is answered or closed.
    pub answer_due_at: Option<i64>,
}

/// The disputes of a transfer, oldest first.
pub async fn list(store: &Store, transfer_id: TransferId) -> Result<Vec<StoredDispute>, StoreError> {
    let query = sql("select id, answer_due_at from disputes where transfer_id = ?1 order by opened_at, id");
    store.all(query.bind(transfer_id)).await
}

/// Stores a dispute that has just been opened.
pub fn open(transfer_id: TransferId, id: BuyerDisputeId, now: i64, due: Option<i64>) -> [Query; 2] {
    let query =
        sql("insert into disputes (transfer_id, id, opened_at, answer_due_at) values (?1, ?2, ?3, ?4)");
    [query.bind(transfer_id).bind(id).bind(now).bind(due), refresh_due(transfer_id)]
}

/// The dispute waits for no answer any more.
pub fn settle(transfer_id: TransferId, id: BuyerDisputeId) -> [Query; 2] {
    let query = sql("update disputes set answer_due_at = null where transfer_id = ?1 and id = ?2");
    [query.bind(transfer_id).bind(id), refresh_due(transfer_id)]
}

/// The transfer shows the first of its disputes' deadlines.
fn refresh_due(transfer_id: TransferId) -> Query {
    sql("update product_transfers set dispute_due_at = \
         (select min(answer_due_at) from disputes where transfer_id = ?1) where id = ?1")
    .bind(transfer_id)
}
