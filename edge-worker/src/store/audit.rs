//! The audit chain's rows, and apart from them what opens their origins.

use claimcheck_protocol::audit::{AuditRow, Origin};
use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::TransferId;

use super::{Query, Store, StoreError, sql};

/// Appends a row. It fails on the primary key if another transition has taken the number, and the batch with it.
pub fn insert(row: &AuditRow, hash: Bytes32) -> Query {
    let query = sql(
        "insert into audit_log (seq, transfer_id, at, actor, action, request_id, trace_id, origin_hash, \
         prev_hash, hash) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    );
    bind_row(query, row, hash)
}

/// Keeps what opens a row's `origin_hash`.
pub fn insert_origin(row: &AuditRow, salt: Bytes32, origin: &Origin) -> Query {
    let query =
        sql("insert into audit_origins (transfer_id, seq, salt, ip, user_agent) values (?1, ?2, ?3, ?4, ?5)");
    bind_origin(query, row, salt, origin)
}

/// The same two, if the statement before in the batch changed one row, and then the transfer's new head.
pub fn insert_if_changed(row: &AuditRow, hash: Bytes32, salt: Bytes32, origin: &Origin) -> [Query; 3] {
    let append = sql(
        "insert into audit_log (seq, transfer_id, at, actor, action, request_id, trace_id, origin_hash, \
         prev_hash, hash) select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 where changes() = 1",
    );
    let keep = sql("insert into audit_origins (transfer_id, seq, salt, ip, user_agent) \
         select ?1, ?2, ?3, ?4, ?5 where changes() = 1");
    let advance = sql("update product_transfers set audit_seq = ?2, audit_head = ?3 \
         where id = ?1 and changes() = 1");
    [
        bind_row(append, row, hash),
        bind_origin(keep, row, salt, origin),
        advance.bind(row.transfer_id).bind(row.seq).bind(hash),
    ]
}

fn bind_row(query: Query, row: &AuditRow, hash: Bytes32) -> Query {
    query
        .bind(row.seq)
        .bind(row.transfer_id)
        .bind(row.at)
        .bind(row.actor.to_string())
        .bind(row.action.as_str())
        .bind(row.request_id.as_str())
        .bind(row.trace_id.as_deref())
        .bind(row.origin_hash)
        .bind(row.prev_hash)
        .bind(hash)
}

fn bind_origin(query: Query, row: &AuditRow, salt: Bytes32, origin: &Origin) -> Query {
    query
        .bind(row.transfer_id)
        .bind(row.seq)
        .bind(salt)
        .bind(origin.ip.as_deref())
        .bind(origin.user_agent.as_deref())
}

/// A transfer's chain, from its first row up to number `last`. What was appended since its record was read is left out.
pub async fn rows(store: &Store, transfer_id: TransferId, last: u64) -> Result<Vec<AuditRow>, StoreError> {
    let query =
        sql("select seq, transfer_id, at, actor, action, request_id, trace_id, origin_hash, prev_hash \
         from audit_log where transfer_id = ?1 and seq <= ?2 order by seq");
    store.all(query.bind(transfer_id).bind(last)).await
}
