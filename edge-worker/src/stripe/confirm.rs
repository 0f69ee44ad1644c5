//! Asking Stripe what became of a sale's payment, so that a lost webhook delays a sale and never loses it.

use claimcheck_protocol::transfer::StripeEvent;
use serde::Deserialize;

use super::events::session_fact;
use super::feed::{self, Source};
use super::objects::{Charge, PaymentIntent, Session};
use super::{CallError, Stripe};
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::payments::{self, Attempt};
use crate::store::transfers::{self, StoredTransfer};

/// Attempts that one run asks about.
const MAX_CHECKS: u32 = 20;
/// Seconds after its page's end by which an attempt without an answer can have no open page.
const GIVE_UP_SECONDS: i64 = 3_600;

#[derive(Deserialize)]
struct WithCharge {
    latest_charge: Option<Charge>,
}

/// Asks about every attempt whose time has come; how many there were.
pub async fn run(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let due = payments::due_checks(&ctx.store, now, MAX_CHECKS).await?;
    for check in &due {
        // First, so that one that cannot be asked about does not keep the others from it.
        ctx.store.run(payments::put_off(&check.payment_id, now)).await?;
        if let Some(transfer) = transfers::find(&ctx.store, check.transfer_id).await? {
            payment(ctx, transfer).await?;
        }
    }
    Ok(due.len())
}

/// Asks Stripe about every attempt of a transfer that is not settled, and applies what it says.
pub async fn payment(ctx: &Ctx, mut transfer: StoredTransfer) -> Result<StoredTransfer, ApiError> {
    let attempts = payments::of_transfer(&ctx.store, transfer.id).await?;
    let open = |attempt: &&Attempt| {
        matches!(attempt.status.as_str(), "requested" | "open" | "processing" | "refunding")
    };
    if !attempts.iter().any(|attempt| open(&attempt)) {
        return Ok(transfer);
    }
    let stripe = ctx.stripe()?;
    for attempt in attempts.iter().filter(open) {
        if let Some(fact) = ask(ctx, &stripe, attempt).await? {
            transfer = feed::apply(ctx, transfer, &fact, Source::Answer).await?;
        }
    }
    Ok(transfer)
}

async fn ask(ctx: &Ctx, stripe: &Stripe, attempt: &Attempt) -> Result<Option<StripeEvent>, ApiError> {
    match (&attempt.session_id, &attempt.provider_ref) {
        (_, Some(payment)) => {
            let path = format!("/v1/payment_intents/{payment}?expand%5B%5D=latest_charge");
            let charge = found(stripe.get::<WithCharge>(&path).await)?.and_then(|found| found.latest_charge);
            Ok(charge.filter(|charge| !charge.amount_refunded.is_zero()).map(|charge| {
                StripeEvent::Refunded {
                    payment_intent: payment.clone(),
                    amount_refunded: charge.amount_refunded,
                    full: charge.refunded,
                }
            }))
        }
        (Some(session), None) => {
            let path = format!("/v1/checkout/sessions/{session}");
            let Some(session) = found(stripe.get::<Session>(&path).await)? else { return Ok(None) };
            let fact = said(stripe, &session).await?;
            match fact.as_ref().and_then(|fact| feed::mismatch(attempt, fact, session.livemode)) {
                Some(finding) => feed::note(ctx, &finding).await.map(|()| None),
                None => Ok(fact),
            }
        }
        // Stripe never answered, and whatever page there might have been is closed: the next invoice begins anew.
        (None, None) if attempt.expires_at + GIVE_UP_SECONDS < ctx.now.seconds() => {
            Ok(Some(StripeEvent::SessionRefused { attempt: attempt.attempt }))
        }
        (None, None) => Ok(None),
    }
}

/// What a session says that is not open any more.
async fn said(stripe: &Stripe, session: &Session) -> Result<Option<StripeEvent>, ApiError> {
    match session.status.as_deref() {
        Some("expired") => Ok(Some(StripeEvent::SessionExpired { session: session.id.clone() })),
        Some("complete") => {
            let fact = session_fact(session);
            let (Some(StripeEvent::SessionCompletedUnpaid { .. }), Some(payment)) =
                (&fact, &session.payment_intent)
            else {
                return Ok(fact);
            };
            let path = format!("/v1/payment_intents/{payment}");
            let payment = found(stripe.get::<PaymentIntent>(&path).await)?;
            let has_failed = payment.is_some_and(|payment| {
                matches!(payment.status.as_str(), "requires_payment_method" | "canceled")
            });
            Ok(if has_failed { Some(StripeEvent::AsyncFailed { session: session.id.clone() }) } else { fact })
        }
        _ => Ok(None),
    }
}

/// An object; none where Stripe has no such thing.
fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(CallError::Refused { .. }) => Ok(None),
        Err(CallError::Unanswered { cause }) => Err(ApiError::Dependency("stripe", cause.to_owned())),
    }
}
