//! Calls to others, stored in the batch that asks for them and made afterwards, until they succeed.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::transfer::SessionId;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};
use crate::stripe::StripeCall;

/// Seconds for which a run has a call to itself; longer than any call lasts.
const TAKEN_SECONDS: i64 = 120;

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

/// A call to be stored.
#[derive(Debug)]
pub struct NewCall<'a> {
    /// What is called.
    pub kind: StripeKind,
    /// The sale.
    pub transfer: TransferId,
    /// The audit row of the transition that asks for it.
    pub cause_seq: u64,
    /// The same in every attempt that has no answer.
    pub key: &'a str,
    /// The call.
    pub call: &'a StripeCall,
    /// Of a refund: the session that was paid.
    pub session: Option<&'a SessionId>,
    /// Unix seconds; it is due at once.
    pub now: i64,
}

/// Stores a call. The same key again is the same call. What went on to a seller's account is asked back from there,
/// with the fee that was kept of it.
pub fn insert(new: &NewCall<'_>) -> Result<Query, NotCanonical> {
    let query = sql(
        "insert into outbox (kind, transfer_id, cause_seq, idempotency_key, request, next_attempt_at, created_at) \
         select ?1, ?2, ?3, ?4, coalesce((select json_set(?5, '$.form', json_extract(?5, '$.form') || \
         '&reverse_transfer=true' || iif(c.fee_amount > 0, '&refund_application_fee=true', '')) \
         from connect_charges c join payment_intents p on p.id = c.payment_id where p.session_id = ?7), ?5), ?6, ?6 \
         where true on conflict (idempotency_key) do nothing",
    );
    Ok(query
        .bind(new.kind.as_str())
        .bind(new.transfer)
        .bind(new.cause_seq)
        .bind(new.key)
        .bind(Param::try_from(JsonText(new.call))?)
        .bind(new.now)
        .bind(new.session.map(SessionId::as_str)))
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

/// Takes a call for itself for a while: changes no row where another run has taken it.
pub fn take(id: u32, attempts: u32, now: i64) -> Query {
    sql("update outbox set attempts = attempts + 1, next_attempt_at = ?3 \
         where id = ?1 and attempts = ?2 and next_attempt_at is not null")
    .bind(id)
    .bind(attempts)
    .bind(now + TAKEN_SECONDS)
}

/// It succeeded, or there is nothing left to do.
pub fn done(id: u32, now: i64) -> Query {
    sql("update outbox set done_at = ?2, next_attempt_at = null, last_error = null where id = ?1")
        .bind(id)
        .bind(now)
}

/// It is given up.
pub fn forget(id: u32) -> Query {
    sql("delete from outbox where id = ?1 and done_at is null").bind(id)
}

/// Seconds until the second attempt; each further one waits twice as long.
const FIRST_DELAY: i64 = 30;
/// Longest time between two attempts, in seconds.
const LONGEST_DELAY: i64 = 21_600;

/// Seconds until the next attempt, when `made` came before the one that failed now.
pub fn delay(made: u32) -> i64 {
    (FIRST_DELAY << made.min(16)).min(LONGEST_DELAY)
}

/// It is to be made again at `at`, under `key`.
pub fn again(id: u32, code: &str, key: &str, at: i64) -> Query {
    sql("update outbox set last_error = ?2, idempotency_key = ?3, next_attempt_at = ?4 where id = ?1")
        .bind(id)
        .bind(code)
        .bind(key)
        .bind(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_waits_longer_up_to_a_bound() {
        let delays: Vec<i64> = (0..12).map(delay).collect();
        assert_eq!(delays[..4], [30, 60, 120, 240]);
        assert_eq!(delays[10..], [21_600, 21_600]);
        assert_eq!(delay(u32::MAX), 21_600);
    }
}
