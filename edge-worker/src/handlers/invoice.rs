//! `POST products-invoice`: the buyer accepts an offer. At price 0 that is all, and the key follows at once where the
//! server holds the envelope.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, Status};
use claimcheck_protocol::wire::{Invoice, InvoiceAnswer};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes an [`Invoice`], answers an [`InvoiceAnswer`]. The same call again answers the same.
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Invoice { transfer_id } = extract::json(&mut request).await?;
    let (transfer, buyer) = sides::load_as_buyer(ctx, &caller, transfer_id).await?;
    let now = ctx.now.seconds();
    let transfer =
        transitions::apply(ctx, Actor::Ailock(buyer.id()), transfer, |transfer| decide(transfer, now))
            .await
            .map_err(near_money)?;
    respond::json(&InvoiceAnswer {
        transfer: sides::view(&transfer, buyer.id()),
        checkout_url: None,
        money_moved: false,
        retry_safe: true,
    })
}

fn decide(transfer: &StoredTransfer, now: i64) -> Result<Option<Change>, ApiError> {
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
        return Err(ProblemCode::PaymentsNotConfigured.into());
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
        other => other,
    }
}
