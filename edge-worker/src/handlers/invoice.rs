//! `POST products-invoice`: the buyer accepts an offer. At price 0 that is all, and the key follows at once where the
//! server holds the envelope; otherwise the answer is a page to pay at.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, Session, SessionState, Status};
use claimcheck_protocol::wire::{Invoice, InvoiceAnswer};
use worker::{Request, Response};

use super::listing_buy::require_open;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::listings;
use crate::store::payments::{self, Attempt};
use crate::store::transfers::StoredTransfer;
use crate::stripe::{checkout, confirm, connect};
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes an [`Invoice`], answers an [`InvoiceAnswer`]. The same call again answers the same: the page that is open,
/// or a new one once that is known to have closed.
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: Invoice = extract::json(&mut request).await?;
    let (transfer, buyer) = sides::load_as_buyer(ctx, &caller, body.transfer_id).await?;
    check_return(ctx, body.return_origin.as_deref())?;
    let transfer = settle_closed_page(ctx, transfer).await.map_err(near_money)?;
    check_listing(ctx, &transfer).await.map_err(near_money)?;
    let now = ctx.now.seconds();
    let has_payments = ctx.stripe().is_ok();
    let destination = match connect::destination(ctx, &transfer.offer.body).await {
        Ok(destination) => Some(destination),
        // Said only where a page is to be opened: one that is open stays as good as it was.
        Err(ApiError::Refused(_)) => None,
        Err(error) => return Err(error),
    };
    let transfer = transitions::apply(ctx, Actor::Ailock(buyer.id()), transfer, |transfer| {
        let change = decide(transfer, now, has_payments)?;
        let Some(change) = change else { return Ok(None) };
        let Some(destination) = &destination else { return Err(ProblemCode::SellerNotOnboarded.into()) };
        Ok(Some(change.returning_to(body.return_origin.clone()).paying_to(destination.clone())))
    })
    .await
    .map_err(near_money)?;
    let (transfer, checkout_url) = open_page(ctx, transfer).await.map_err(near_money)?;
    respond::json(&InvoiceAnswer {
        transfer: sides::view(&transfer, buyer.id()),
        checkout_url,
        money_moved: false,
        retry_safe: true,
    })
}

/// A listing that is closed or sold out opens no new page; one that is open already may be paid.
async fn check_listing(ctx: &Ctx, transfer: &StoredTransfer) -> Result<(), ApiError> {
    let Some(sale) = transfer.listing else { return Ok(()) };
    let latest = transfer.machine.sessions().last().map(|session| session.state);
    let is_open = matches!(latest, Some(SessionState::Requested | SessionState::Open));
    if is_open || !transfer.machine.status().awaits_payment() {
        return Ok(());
    }
    let listing = listings::find(&ctx.store, sale.listing_id).await?;
    require_open(&listing.ok_or(ApiError::Bug("a sale of a listing without its listing"))?, ctx.now.seconds())
}

/// Refuses to send anybody back to an origin that is not allowed.
pub(super) fn check_return(ctx: &Ctx, origin: Option<&str>) -> Result<(), ApiError> {
    match origin {
        Some(origin) if !ctx.config.payments.may_return_to(origin, &ctx.issuer) => {
            Err(Refusal::new(ProblemCode::Unprocessable)
                .detail("return_origin is not one that this server sends buyers back to")
                .money(false, true)
                .into())
        }
        _ => Ok(()),
    }
}

/// A page whose time is over counts as open until Stripe has said what became of it.
async fn settle_closed_page(ctx: &Ctx, transfer: StoredTransfer) -> Result<StoredTransfer, ApiError> {
    let latest = transfer.machine.sessions().last();
    let may_be_closed =
        latest.is_some_and(|session| matches!(session.state, SessionState::Requested | SessionState::Open));
    if !may_be_closed || !transfer.machine.status().awaits_payment() {
        return Ok(transfer);
    }
    let attempts = payments::of_transfer(&ctx.store, transfer.id).await?;
    match attempts.last() {
        Some(attempt) if attempt.expires_at <= ctx.now.seconds() => confirm::payment(ctx, transfer).await,
        _ => Ok(transfer),
    }
}

/// The page of the attempt that is open, opened now where it is not yet.
async fn open_page(
    ctx: &Ctx,
    transfer: StoredTransfer,
) -> Result<(StoredTransfer, Option<String>), ApiError> {
    let Some(Session { attempt, state: SessionState::Requested | SessionState::Open, .. }) =
        transfer.machine.sessions().last()
    else {
        return Ok((transfer, None));
    };
    if transfer.machine.status() != Status::Invoiced {
        return Ok((transfer, None));
    }
    let attempt = *attempt;
    let stored = find_attempt(ctx, &transfer, attempt).await?;
    if let Some(url) = stored.checkout_url {
        return Ok((transfer, Some(url)));
    }
    let transfer = checkout::open(ctx, transfer, &stored).await?;
    let url = find_attempt(ctx, &transfer, attempt).await?.checkout_url;
    Ok((transfer, url))
}

async fn find_attempt(ctx: &Ctx, transfer: &StoredTransfer, attempt: u32) -> Result<Attempt, ApiError> {
    let attempts = payments::of_transfer(&ctx.store, transfer.id).await?;
    let found = attempts.into_iter().find(|stored| stored.attempt == attempt);
    found.ok_or(ApiError::Bug("an attempt to pay is not stored"))
}

fn decide(transfer: &StoredTransfer, now: i64, has_payments: bool) -> Result<Option<Change>, ApiError> {
    let offer = &transfer.offer.body;
    let status = transfer.machine.status();
    if offer.price.is_zero() && is_accepted(status) {
        return Ok(None);
    }
    if status.awaits_payment() && offer.expires_at <= now {
        return Err(ProblemCode::OfferExpired.into());
    }
    if !offer.price.is_zero() {
        // What the machine refuses is the better answer.
        transfer.machine.clone().apply(ApiEvent::Invoice)?;
        if !has_payments {
            return Err(ProblemCode::PaymentsNotConfigured.into());
        }
        let latest = transfer.machine.sessions().last().map(|session| session.state);
        if matches!(latest, Some(SessionState::Requested | SessionState::Open)) {
            return Ok(None);
        }
    }
    Ok(Some(Change::by(ApiEvent::Invoice)))
}

const fn is_accepted(status: Status) -> bool {
    matches!(status, Status::PaidPendingInputs | Status::Paid | Status::Delivered | Status::Acknowledged)
}

/// No refusal of this call has moved money, and the call may be repeated.
fn near_money(error: ApiError) -> ApiError {
    match error {
        ApiError::Refused(refusal) => refusal.money(false, true).into(),
        // Stripe did not answer a question.
        ApiError::Dependency("stripe", _) => checkout::unanswered(),
        other => other,
    }
}
