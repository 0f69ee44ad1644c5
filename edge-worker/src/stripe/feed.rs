//! The way of what Stripe says into a transfer: recorded once, checked against what was stored, with all that follows
//! in one batch.
//!
//! What names a payment that is not known yet waits in `stripe_events` and is applied before that payment is
//! confirmed, in the same batch. Both sides look again after they have stored their part, so that of two that run at
//! once at least one sees the other.

use std::cell::Cell;

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::transfer::{Effect, StripeEvent};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::log;
use crate::store::findings::{self, Finding, Kind};
use crate::store::payments::{self, Attempt};
use crate::store::stripe_events::{self, NewEvent, Outcome, Waiting};
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};

/// Where Stripe said it.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// In the answer to a call.
    Answer,
    /// In an event, which is recorded with what it does.
    Event(&'a NewEvent),
}

/// Takes one event from a webhook: applies it, or records that it waits or says nothing here.
pub async fn take(ctx: &Ctx, event: &NewEvent) -> Result<Outcome, ApiError> {
    let Some(fact) = &event.fact else { return record(ctx, event, None, Outcome::Unknown).await };
    let Some(attempt) = find(ctx, fact).await? else {
        record(ctx, event, None, Outcome::Waiting).await?;
        // The session or payment may have become known just now.
        let Some(attempt) = find(ctx, fact).await? else { return Ok(Outcome::Waiting) };
        let transfer = transitions::load(ctx, attempt.transfer_id).await?;
        let reference = stripe_events::reference(fact).unwrap_or_default();
        let livemode = attempt.livemode == Some(true);
        apply_waiting(ctx, transfer, reference, livemode).await?;
        return Ok(Outcome::Applied);
    };
    if let Some(finding) = mismatch(&attempt, fact, event.livemode) {
        note(ctx, &finding).await?;
        return record(ctx, event, Some(attempt.transfer_id), Outcome::NoEffect).await;
    }
    let transfer = transitions::load(ctx, attempt.transfer_id).await?;
    apply(ctx, transfer, fact, Source::Event(event)).await?;
    Ok(Outcome::Applied)
}

/// The attempt that a fact is about, by the ids that were stored here.
async fn find(ctx: &Ctx, fact: &StripeEvent) -> Result<Option<Attempt>, ApiError> {
    Ok(match fact {
        StripeEvent::SessionCreated { session, .. }
        | StripeEvent::SessionCompletedUnpaid { session }
        | StripeEvent::PaymentConfirmed { session, .. }
        | StripeEvent::AsyncFailed { session }
        | StripeEvent::SessionExpired { session } => payments::find_by_session(&ctx.store, session).await?,
        StripeEvent::Refunded { payment_intent, .. }
        | StripeEvent::RefundCreated { payment_intent, .. }
        | StripeEvent::RefundFailed { payment_intent, .. }
        | StripeEvent::DisputeOpened { payment_intent, .. }
        | StripeEvent::DisputeClosed { payment_intent, .. } => {
            payments::find_by_payment(&ctx.store, payment_intent).await?
        }
        StripeEvent::SessionRefused { .. } => None,
    })
}

/// What keeps a fact from being acted on: another amount, currency or mode than was stored.
pub fn mismatch(attempt: &Attempt, fact: &StripeEvent, livemode: bool) -> Option<Finding> {
    let finding = |kind, ours: String, theirs: String| {
        let subject = stripe_events::reference(fact).unwrap_or_default().to_owned();
        Some(Finding { kind, subject, transfer_id: Some(attempt.transfer_id), ours, theirs })
    };
    if attempt.livemode.is_some_and(|ours| ours != livemode) {
        return finding(Kind::Livemode, (!livemode).to_string(), livemode.to_string());
    }
    match fact {
        StripeEvent::PaymentConfirmed { amount, .. } if *amount != attempt.amount => {
            finding(Kind::Amount, attempt.amount.to_string(), amount.to_string())
        }
        StripeEvent::PaymentConfirmed { currency, .. } if *currency != attempt.currency => {
            finding(Kind::Currency, attempt.currency.to_string(), currency.to_string())
        }
        StripeEvent::Refunded { amount_refunded, .. } if *amount_refunded > attempt.amount => {
            finding(Kind::Refunds, attempt.amount.to_string(), amount_refunded.to_string())
        }
        _ => None,
    }
}

/// Notes a finding for the operator, and says so in the log.
pub async fn note(ctx: &Ctx, finding: &Finding) -> Result<(), ApiError> {
    ctx.store.run(findings::note(finding, ctx.now.seconds())).await?;
    log::write(&log::Notice::new("payment_finding", finding.kind.as_str()));
    Ok(())
}

/// Records an event with which nothing else is to be stored. A second delivery changes nothing.
async fn record(
    ctx: &Ctx,
    event: &NewEvent,
    transfer: Option<TransferId>,
    outcome: Outcome,
) -> Result<Outcome, ApiError> {
    match ctx.store.run(stripe_events::insert(event, transfer, outcome)?).await {
        Ok(_) => Ok(outcome),
        Err(error) if error.is_unique("stripe_events") => Ok(outcome),
        Err(error) => Err(error.into()),
    }
}

/// Applies a fact that is known to fit the transfer, after all that waits for its payment.
pub async fn apply(
    ctx: &Ctx,
    transfer: StoredTransfer,
    fact: &StripeEvent,
    source: Source<'_>,
) -> Result<StoredTransfer, ApiError> {
    let payment = match fact {
        StripeEvent::PaymentConfirmed { payment_intent, .. } => Some(payment_intent),
        _ => None,
    };
    let waiting = match payment {
        Some(payment) => stripe_events::waiting_for(&ctx.store, payment.as_str()).await?,
        None => Vec::new(),
    };
    let (id, livemode) = (transfer.id, livemode_of(ctx, fact).await?);
    let earlier: Vec<Waiting> =
        waiting.into_iter().filter(|event| livemode.is_none_or(|ours| ours == event.livemode())).collect();
    let changed = Cell::new(false);
    let transfer = transitions::apply(ctx, Actor::Stripe, transfer, |transfer| {
        changed.set(false);
        let facts = earlier.iter().map(Waiting::fact).collect::<Vec<_>>();
        if earlier.is_empty() && !changes(transfer, fact)? {
            return Ok(None);
        }
        changed.set(true);
        let mut change = Change::by(fact.clone()).after(facts);
        for event in &earlier {
            change = change.with(stripe_events::settled(&event.id, id, Outcome::Applied));
        }
        if let Source::Event(event) = source {
            change = change.with(stripe_events::insert(event, Some(id), Outcome::Applied)?);
        }
        Ok(Some(change))
    })
    .await?;
    if let (false, Source::Event(event)) = (changed.get(), source) {
        record(ctx, event, Some(id), Outcome::NoEffect).await?;
    }
    match payment {
        Some(payment) => apply_waiting(ctx, transfer, payment.as_str(), livemode == Some(true)).await,
        None => Ok(transfer),
    }
}

async fn livemode_of(ctx: &Ctx, fact: &StripeEvent) -> Result<Option<bool>, ApiError> {
    match fact {
        StripeEvent::PaymentConfirmed { session, .. } => {
            Ok(payments::find_by_session(&ctx.store, session).await?.and_then(|attempt| attempt.livemode))
        }
        _ => Ok(None),
    }
}

fn changes(transfer: &StoredTransfer, fact: &StripeEvent) -> Result<bool, ApiError> {
    Ok(transfer.machine.clone().apply(fact.clone())?.effects != [Effect::NoEffect])
}

/// Applies what waits for a session or payment that is known by now.
pub async fn apply_waiting(
    ctx: &Ctx,
    mut transfer: StoredTransfer,
    reference: &str,
    livemode: bool,
) -> Result<StoredTransfer, ApiError> {
    for event in stripe_events::waiting_for(&ctx.store, reference).await? {
        let (id, fact) = (transfer.id, event.fact());
        let attempt = find(ctx, &fact).await?;
        if let Some(finding) = attempt.and_then(|attempt| mismatch(&attempt, &fact, event.livemode())) {
            note(ctx, &finding).await?;
            ctx.store.run(stripe_events::settled(&event.id, id, Outcome::NoEffect)).await?;
            continue;
        }
        if event.livemode() != livemode {
            continue;
        }
        transfer = Box::pin(apply(ctx, transfer, &fact, Source::Answer)).await?;
        ctx.store.run(stripe_events::settled(&event.id, id, Outcome::Applied)).await?;
    }
    Ok(transfer)
}
