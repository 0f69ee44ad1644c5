//! Attempts to pay: one row for each Checkout Session, stored before Stripe is asked for it.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::money::{Amount, Currency};
use claimcheck_protocol::transfer::{PaymentIntentId, Session, SessionId, SessionState, Transfer};
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};
use crate::stripe::StripeCall;
use crate::stripe::connect::Destination;

/// One attempt.
#[derive(Debug, Clone, Deserialize)]
pub struct Attempt {
    /// The sale.
    pub transfer_id: TransferId,
    /// From 1.
    pub attempt: u32,
    /// Once Stripe has answered.
    pub session_id: Option<SessionId>,
    /// The payment, once it is confirmed.
    pub provider_ref: Option<PaymentIntentId>,
    /// Where the buyer pays.
    pub checkout_url: Option<String>,
    /// Unix seconds at which the page closes.
    pub expires_at: i64,
    /// Whether real money moves; known with the session.
    #[serde(deserialize_with = "flag")]
    pub livemode: Option<bool>,
    /// What is asked for, in minor units.
    pub amount: Amount,
    /// Of the amount.
    pub currency: Currency,
    /// What Stripe has been told to have given back, in minor units.
    pub refunded_amount: Amount,
    /// Of this attempt: "open", "succeeded" and so on.
    pub status: String,
    /// Of the call that opens the page.
    pub idempotency_key: String,
    request: JsonText<StripeCall>,
}

impl Attempt {
    /// The call that opens the page.
    pub const fn call(&self) -> &StripeCall {
        &self.request.0
    }
}

fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Option::<u8>::deserialize(deserializer)?.map(|number| number != 0))
}

/// Columns of [`Attempt`], for a `select` from `payment_intents` as `p`.
macro_rules! attempt_columns {
    () => {
        "select p.transfer_id, p.attempt, p.session_id, p.provider_ref, p.checkout_url, p.expires_at, p.livemode, \
         p.amount, p.currency, p.refunded_amount, p.status, p.idempotency_key, p.request from payment_intents p "
    };
}

/// The attempts of a sale, oldest first.
pub async fn of_transfer(store: &Store, id: TransferId) -> Result<Vec<Attempt>, StoreError> {
    store.all(sql(concat!(attempt_columns!(), "where p.transfer_id = ?1 order by p.attempt")).bind(id)).await
}

/// The attempt that a session is of.
pub async fn find_by_session(store: &Store, id: &SessionId) -> Result<Option<Attempt>, StoreError> {
    store.first(sql(concat!(attempt_columns!(), "where p.session_id = ?1")).bind(id.as_str())).await
}

/// The attempt that a payment was made for, once it is confirmed.
pub async fn find_by_payment(store: &Store, id: &PaymentIntentId) -> Result<Option<Attempt>, StoreError> {
    let query = sql(concat!(attempt_columns!(), "where p.provider = 'stripe' and p.provider_ref = ?1"));
    store.first(query.bind(id.as_str())).await
}

/// Attempts made from `since` on, page by page in the order of their ids, after `after`.
pub async fn made_since(
    store: &Store,
    since: i64,
    after: &str,
    limit: u32,
) -> Result<Vec<Attempt>, StoreError> {
    let query = sql(concat!(
        attempt_columns!(),
        "where p.created_at >= ?1 and p.session_id > ?2 order by p.session_id limit cast(?3 as integer)"
    ));
    store.all(query.bind(since).bind(after).bind(limit)).await
}

/// An attempt that is about to be made.
#[derive(Debug)]
pub struct NewAttempt<'a> {
    /// The sale.
    pub transfer_id: TransferId,
    /// From 1.
    pub attempt: u32,
    /// Minor units.
    pub amount: Amount,
    /// Of the amount.
    pub currency: Currency,
    /// Unix seconds at which the page is to close.
    pub expires_at: i64,
    /// The call that opens it.
    pub call: &'a StripeCall,
    /// Where the money goes on to.
    pub destination: Option<&'a Destination>,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds at which Stripe is asked what became of it.
    pub check_at: i64,
}

/// The statement's key: the sale, a dot, the attempt.
fn row_id(transfer: TransferId, attempt: u32) -> String {
    format!("{transfer}.{attempt}")
}

/// Stores an attempt; one that is stored stays as it is.
pub fn insert(new: &NewAttempt<'_>) -> Result<Vec<Query>, NotCanonical> {
    let id = row_id(new.transfer_id, new.attempt);
    let attempt =
        sql("insert into payment_intents (id, provider, amount, currency, status, transfer_id, created_at, \
         attempt, expires_at, idempotency_key, request, updated_at) \
         values (?1, 'stripe', ?2, ?3, 'requested', ?4, ?5, ?6, ?7, ?8, ?9, ?5) on conflict (id) do nothing");
    let attempt = attempt
        .bind(id.clone())
        .bind(new.amount.minor_units())
        .bind(new.currency.as_str())
        .bind(new.transfer_id)
        .bind(new.now)
        .bind(new.attempt)
        .bind(new.expires_at)
        .bind(format!("checkout-{id}"))
        .bind(Param::try_from(JsonText(new.call))?);
    let check = sql("insert into payment_checks (payment_id, next_check_at) values (?1, ?2) \
         on conflict (payment_id) do nothing");
    let mut queries = vec![attempt, check.bind(id.clone()).bind(new.check_at)];
    if let Some(Destination { account, fee }) = new.destination {
        let charge =
            sql("insert into connect_charges (payment_id, account_id, fee_amount) values (?1, ?2, ?3) \
             on conflict (payment_id) do nothing");
        queries.push(charge.bind(id).bind(account.as_str()).bind(fee.minor_units()));
    }
    Ok(queries)
}

/// Notes the page that Stripe has opened.
pub fn opened(
    transfer: TransferId,
    attempt: u32,
    session: &SessionId,
    page: (&str, i64, bool),
    now: i64,
) -> Query {
    let (url, expires_at, livemode) = page;
    sql("update payment_intents set session_id = ?2, checkout_url = ?3, expires_at = ?4, livemode = ?5, \
         updated_at = ?6 where id = ?1 and session_id is null")
    .bind(row_id(transfer, attempt))
    .bind(session.as_str())
    .bind(url)
    .bind(expires_at)
    .bind(livemode)
    .bind(now)
}

/// Brings the rows of a sale to what the machine says of its sessions and payments; none where that did not change.
pub fn project(transfer: TransferId, before: &Transfer, next: &Transfer, now: i64) -> Vec<Query> {
    if before.sessions() == next.sessions() && before.payments() == next.payments() {
        return Vec::new();
    }
    next.sessions().iter().flat_map(|session| project_one(transfer, next, session, now)).collect()
}

fn project_one(transfer: TransferId, machine: &Transfer, session: &Session, now: i64) -> [Query; 2] {
    let id = row_id(transfer, session.attempt);
    let paid = machine
        .payments()
        .iter()
        .find(|(_, payment)| payment.confirmed_by.is_some() && payment.confirmed_by == session.id);
    let status = match (session.state, paid) {
        (SessionState::Requested, _) => "requested",
        (SessionState::Open, _) => "open",
        (SessionState::Expired, _) => "expired",
        (SessionState::Processing, _) => "processing",
        (SessionState::Failed, _) => "failed",
        (SessionState::Paid, Some((_, payment))) if payment.refunded_in_full => "refunded",
        (SessionState::Paid, Some((_, payment))) if payment.owed.is_some() => "refunding",
        (SessionState::Paid, _) => "succeeded",
    };
    let refunded = paid.map_or(Amount::ZERO, |(_, payment)| payment.refunded);
    let update = sql("update payment_intents set status = ?2, provider_ref = coalesce(?3, provider_ref), \
         refunded_amount = min(cast(?4 as integer), amount), updated_at = ?5 where id = ?1");
    let update = update
        .bind(id.clone())
        .bind(status)
        .bind(paid.map(|(payment, _)| payment.as_str()))
        .bind(refunded.minor_units())
        .bind(now);
    let check = if matches!(status, "requested" | "open" | "processing" | "refunding") {
        sql("insert into payment_checks (payment_id, next_check_at) values (?1, ?2) \
             on conflict (payment_id) do nothing")
        .bind(id)
        .bind(now + FIRST_CHECK_SECONDS)
    } else {
        sql("delete from payment_checks where payment_id = ?1").bind(id)
    };
    [update, check]
}

/// Seconds without news after which Stripe is asked.
pub const FIRST_CHECK_SECONDS: i64 = 600;
/// The longest time between two questions.
const LONGEST_CHECK_SECONDS: u32 = 21_600;

/// An attempt that Stripe is to be asked about.
#[derive(Debug, Clone, Deserialize)]
pub struct DueCheck {
    /// The attempt's row.
    pub payment_id: String,
    /// Its sale.
    pub transfer_id: TransferId,
}

/// Attempts whose time to be asked about has come.
pub async fn due_checks(store: &Store, now: i64, limit: u32) -> Result<Vec<DueCheck>, StoreError> {
    let query = sql("select c.payment_id, p.transfer_id from payment_checks c \
         join payment_intents p on p.id = c.payment_id where c.next_check_at <= ?1 \
         order by c.next_check_at limit cast(?2 as integer)");
    store.all(query.bind(now).bind(limit)).await
}

/// Puts the next question off: each time twice as long, but not beyond the page's end.
pub fn put_off(payment_id: &str, now: i64) -> Query {
    sql("update payment_checks set checks = checks + 1, next_check_at = cast(?2 as integer) + \
         min(cast(?3 as integer) << min(checks, 5), cast(?4 as integer)) where payment_id = ?1")
    .bind(payment_id)
    .bind(now)
    .bind(FIRST_CHECK_SECONDS)
    .bind(LONGEST_CHECK_SECONDS)
}
