//! Checkout: the one call that opens a payment page for an attempt, and what is stored of the answer.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::StripeEvent;

use super::connect::Destination;
use super::feed::{self, Source};
use super::objects::Session;
use super::{CallError, StripeCall};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::payments::{self, Attempt};
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};

/// Seconds that a page is open at most; Stripe allows a day.
const LONGEST_OPEN: i64 = 86_400;
/// Seconds that a page is open at least; Stripe asks for half an hour, from the moment the call arrives.
const SHORTEST_OPEN: i64 = 1_860;
/// Letters of a title that Stripe shows.
const MAX_NAME: usize = 250;

/// When the page of an attempt begun now closes: with the offer, as far as Stripe allows.
pub fn page_closes_at(transfer: &StoredTransfer, now: i64) -> i64 {
    transfer.offer.body.expires_at.clamp(now + SHORTEST_OPEN, now + LONGEST_OPEN - 60)
}

/// The call for a transfer; the page leads back to `origin`. Price and currency are the signed offer's; the money goes
/// on to `destination`, where there is one.
pub fn call(
    transfer: &StoredTransfer,
    origin: &str,
    expires_at: i64,
    destination: Option<&Destination>,
) -> StripeCall {
    let (id, offer) = (transfer.id.to_string(), &transfer.offer.body);
    let name: String = offer.title.chars().take(MAX_NAME).collect();
    let name = if name.trim().is_empty() { id.clone() } else { name };
    let page = |result: &str| format!("{origin}/sales/{id}?checkout={result}");
    let mut parameters = vec![
        ("mode", "payment".to_owned()),
        ("line_items[0][quantity]", "1".to_owned()),
        ("line_items[0][price_data][currency]", offer.currency.to_string()),
        ("line_items[0][price_data][unit_amount]", offer.price.to_string()),
        ("line_items[0][price_data][product_data][name]", name.clone()),
        ("success_url", page("success")),
        ("cancel_url", page("cancel")),
        ("expires_at", expires_at.to_string()),
        ("client_reference_id", id.clone()),
        ("metadata[transfer_id]", id.clone()),
        ("metadata[title]", name),
        ("payment_intent_data[metadata][transfer_id]", id),
    ];
    if let Some(Destination { account, fee }) = destination {
        parameters.push(("payment_intent_data[transfer_data][destination]", account.clone()));
        if !fee.is_zero() {
            parameters.push(("payment_intent_data[application_fee_amount]", fee.to_string()));
        }
    }
    StripeCall::new("/v1/checkout/sessions", &parameters)
}

/// Makes the stored call of an attempt and stores what Stripe answers. Nothing is charged by it.
pub async fn open(
    ctx: &Ctx,
    transfer: StoredTransfer,
    attempt: &Attempt,
) -> Result<StoredTransfer, ApiError> {
    match ctx.stripe()?.post::<Session>(attempt.call(), &attempt.idempotency_key).await {
        Ok(session) => store(ctx, transfer, attempt.attempt, session).await,
        Err(CallError::Unanswered { cause }) => {
            crate::log::write(&crate::log::Notice::new("stripe_unanswered", cause));
            Err(unanswered())
        }
        Err(CallError::Refused { code }) => {
            let event = StripeEvent::SessionRefused { attempt: attempt.attempt };
            feed::apply(ctx, transfer, &event, Source::Answer).await?;
            let detail = format!("the payment provider says {code}");
            Err(Refusal::new(ProblemCode::PaymentRefused).detail(detail).money(false, true).into())
        }
    }
}

/// Stripe does not answer; the same call may be made again.
pub fn unanswered() -> ApiError {
    Refusal::new(ProblemCode::Unavailable)
        .detail("the payment provider does not answer; nothing was charged")
        .money(false, true)
        .header("retry-after", "2")
        .into()
}

/// Stores the session, then what Stripe has said about it in the meantime.
async fn store(
    ctx: &Ctx,
    transfer: StoredTransfer,
    attempt: u32,
    session: Session,
) -> Result<StoredTransfer, ApiError> {
    let (Some(url), Some(expires_at)) = (session.url.clone(), session.expires_at) else {
        // The page was closed before its answer arrived: what became of it is asked for.
        return Err(unanswered());
    };
    let now = ctx.now.seconds();
    let event = StripeEvent::SessionCreated { attempt, session: session.id.clone() };
    let transfer = transitions::apply(ctx, Actor::Stripe, transfer, |transfer| {
        let is_known = transfer.machine.sessions().iter().any(|known| known.id.as_ref() == Some(&session.id));
        if is_known {
            return Ok(None);
        }
        let page = (url.as_str(), expires_at, session.livemode);
        let row = payments::opened(transfer.id, attempt, &session.id, page, now);
        Ok(Some(Change::by(event.clone()).with(row)))
    })
    .await?;
    feed::apply_waiting(ctx, transfer, session.id.as_str(), session.livemode).await
}
