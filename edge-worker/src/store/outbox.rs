//! Calls to others, stored in the batch that asks for them and made afterwards, until they succeed.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::jcs::NotCanonical;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};
use crate::stripe::StripeCall;

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum StripeKind {
    /// A refund is made.
    #[serde(rename = "stripe_refund")]
    Refund,
    /// A payment page is closed.
    #[serde(rename = "stripe_expire_session")]
    ExpireSession,
}

impl StripeKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "stripe_refund",
            Self::ExpireSession => "stripe_expire_session",
        }
    }
}

/// A call to Stripe that is due.
#[derive(Debug, Clone, Deserialize)]
pub struct DueCall {
    /// The row.
    pub id: u32,
    /// What is called.
    pub kind: StripeKind,
    /// The sale.
    pub transfer_id: TransferId,
    /// The same in every attempt that has no answer.
    pub idempotency_key: String,
    request: JsonText<StripeCall>,
    /// Made so far.
    pub attempts: u32,
}

impl DueCall {
    /// The call.
    pub const fn call(&self) -> &StripeCall {
        &self.request.0
    }
}

/// Stores a call, due now. The same key again is the same call.
pub fn insert(
    kind: StripeKind,
    transfer: TransferId,
    cause_seq: u64,
    key: &str,
    call: &StripeCall,
    now: i64,
) -> Result<Query, NotCanonical> {
    let query = sql(
        "insert into outbox (kind, transfer_id, cause_seq, idempotency_key, request, next_attempt_at, created_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?6) on conflict (idempotency_key) do nothing",
    );
    Ok(query
        .bind(kind.as_str())
        .bind(transfer)
        .bind(cause_seq)
        .bind(key)
        .bind(Param::try_from(JsonText(call))?)
        .bind(now))
}

#[derive(Deserialize)]
struct StoredRequest {
    request: JsonText<StripeCall>,
}

/// The call that a key stands for.
pub async fn find_by_key(store: &Store, key: &str) -> Result<Option<StripeCall>, StoreError> {
    // A call that was refused goes on under its key with a dot and a number after it; a slash comes after a dot.
    let query = sql("select request from outbox where idempotency_key = ?1 \
         or (idempotency_key > ?1 || '.' and idempotency_key < ?1 || '/')");
    Ok(store.first::<StoredRequest>(query.bind(key)).await?.map(|row| row.request.0))
}

/// Calls to Stripe that are due, the longest waiting first.
pub async fn due(store: &Store, now: i64, limit: u32) -> Result<Vec<DueCall>, StoreError> {
    let query = sql("select id, kind, transfer_id, idempotency_key, request, attempts from outbox \
         where next_attempt_at <= ?1 and kind in ('stripe_refund', 'stripe_expire_session') \
         order by next_attempt_at, id limit cast(?2 as integer)");
    store.all(query.bind(now).bind(limit)).await
}

/// Takes a call for itself until `until`: changes no row where another run has taken it.
pub fn take(call: &DueCall, until: i64) -> Query {
    sql("update outbox set attempts = attempts + 1, next_attempt_at = ?3 \
         where id = ?1 and attempts = ?2 and next_attempt_at is not null")
    .bind(call.id)
    .bind(call.attempts)
    .bind(until)
}

/// It succeeded, or there is nothing left to do.
pub fn done(id: u32, now: i64) -> Query {
    sql("update outbox set done_at = ?2, next_attempt_at = null, last_error = null where id = ?1")
        .bind(id)
        .bind(now)
}

/// It is to be made again at `at`, under `key`.
pub fn again(id: u32, code: &str, key: &str, at: i64) -> Query {
    sql("update outbox set last_error = ?2, idempotency_key = ?3, next_attempt_at = ?4 where id = ?1")
        .bind(id)
        .bind(code)
        .bind(key)
        .bind(at)
}
