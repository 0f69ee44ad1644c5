//! Stripe's events, each once, with what became of it. What came before its payment waits here.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::transfer::StripeEvent;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// An event to be recorded.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Stripe's id.
    pub id: String,
    /// Stripe's type.
    pub kind: String,
    /// Whether real money is meant.
    pub livemode: bool,
    /// Unix seconds, by Stripe's clock.
    pub created_at: i64,
    /// Unix seconds, by ours.
    pub received_at: i64,
    /// What it says of a sale.
    pub fact: Option<StripeEvent>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed a sale.
    Applied,
    /// It is about a sale and changed nothing.
    NoEffect,
    /// Its session or payment is not known yet.
    Waiting,
    /// It says nothing about a sale.
    Unknown,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NoEffect => "no_effect",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
        }
    }
}

/// The session or payment that a fact is found by.
pub fn reference(event: &StripeEvent) -> Option<&str> {
    match event {
        StripeEvent::SessionCreated { session, .. }
        | StripeEvent::SessionCompletedUnpaid { session }
        | StripeEvent::PaymentConfirmed { session, .. }
        | StripeEvent::AsyncFailed { session }
        | StripeEvent::SessionExpired { session } => Some(session.as_str()),
        StripeEvent::Refunded { payment_intent, .. }
        | StripeEvent::RefundCreated { payment_intent, .. }
        | StripeEvent::RefundFailed { payment_intent, .. }
        | StripeEvent::DisputeOpened { payment_intent, .. }
        | StripeEvent::DisputeClosed { payment_intent, .. } => Some(payment_intent.as_str()),
        StripeEvent::SessionRefused { .. } => None,
    }
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether an event was recorded.
pub async fn is_recorded(store: &Store, id: &str) -> Result<bool, StoreError> {
    let query = sql("select count(*) as found from stripe_events where id = ?1").bind(id);
    Ok(store.first::<Found>(query).await?.is_some_and(|row| row.found > 0))
}

/// Records an event; it fails on the primary key if it was recorded before.
pub fn insert(event: &NewEvent, transfer: Option<TransferId>, outcome: Outcome) -> Result<Query, StoreError> {
    let facts = match &event.fact {
        Some(fact) => Param::try_from(JsonText(fact)).map_err(|error| unreadable(&error))?,
        None => Param::Text("{}".to_owned()),
    };
    let query = sql(
        "insert into stripe_events (id, type, livemode, provider_ref, transfer_id, outcome, created_at, \
         received_at, facts) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    );
    Ok(query
        .bind(event.id.as_str())
        .bind(event.kind.as_str())
        .bind(event.livemode)
        .bind(event.fact.as_ref().and_then(reference))
        .bind(transfer)
        .bind(outcome.as_str())
        .bind(event.created_at)
        .bind(event.received_at)
        .bind(facts))
}

fn unreadable(error: &impl ToString) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

/// An event that waits.
#[derive(Debug, Clone, Deserialize)]
pub struct Waiting {
    /// Stripe's id.
    pub id: String,
    livemode: u8,
    facts: JsonText<StripeEvent>,
}

impl Waiting {
    /// What it says.
    pub fn fact(&self) -> StripeEvent {
        self.facts.0.clone()
    }

    /// Whether real money is meant.
    pub const fn livemode(&self) -> bool {
        self.livemode != 0
    }
}

/// What waits for a session or payment, in the order of arrival.
pub async fn waiting_for(store: &Store, reference: &str) -> Result<Vec<Waiting>, StoreError> {
    let query = sql("select id, livemode, facts from stripe_events \
         where provider_ref = ?1 and outcome = 'waiting' order by received_at, id");
    store.all(query.bind(reference)).await
}

/// Notes that an event waits no more.
pub fn settled(id: &str, transfer: TransferId, outcome: Outcome) -> Query {
    sql("update stripe_events set outcome = ?3, transfer_id = ?2 where id = ?1 and outcome = 'waiting'")
        .bind(id)
        .bind(transfer)
        .bind(outcome.as_str())
}
