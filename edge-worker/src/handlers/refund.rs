//! `POST transfers-refund`: the seller pays back, a part or all that remains.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, Status};
use claimcheck_protocol::wire::{RefundPart, RefundTransfer};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::outbox;
use crate::store::transfers::StoredTransfer;
use crate::stripe::StripeCall;
use crate::transitions::{self, Change, part_key};
use crate::{extract, respond, sides};

/// The longest name of a part; with the sale's it fits into an Idempotency-Key.
const MAX_REFUND_ID: usize = 64;

/// Takes a [`RefundTransfer`], answers a [`claimcheck_protocol::wire::TransferView`]. The same call again is the same
/// refund; it is made at Stripe right after the answer.
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: RefundTransfer = extract::json(&mut request).await?;
    let (transfer, seller) = sides::load_as_seller(ctx, &caller, body.transfer_id).await?;
    ctx.stripe()?;
    let is_made = match &body.part {
        Some(part) => is_made(ctx, &transfer, part).await?,
        None => matches!(transfer.machine.status(), Status::RefundPending | Status::Refunded),
    };
    let transfer = if is_made {
        transfer
    } else {
        let amount = body.part.as_ref().map(|part| part.amount);
        let name = body.part.as_ref().map(|part| part.refund_id.to_string());
        transitions::apply(ctx, Actor::Ailock(seller.id()), transfer, |transfer| {
            // Once: the state after it is not the one that was decided on.
            let asked = matches!(transfer.machine.status(), Status::RefundPending | Status::Refunded);
            let change = Change::by(ApiEvent::RefundAsked { part: amount }).refunding(name.clone());
            Ok((!asked || amount.is_some()).then_some(change))
        })
        .await
        .map_err(near_money)?
    };
    respond::json(&sides::view(&transfer, seller.id()))
}

/// Whether this part was asked for already; another amount under its name is refused.
async fn is_made(ctx: &Ctx, transfer: &StoredTransfer, part: &RefundPart) -> Result<bool, ApiError> {
    if part.refund_id.as_str().len() > MAX_REFUND_ID {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("refund_id is too long").into());
    }
    let key = part_key(transfer, part.refund_id.as_str());
    match outbox::find_by_key(&ctx.store, &key).await? {
        None => Ok(false),
        Some(call) if asks_for(&call, part) => Ok(true),
        Some(_) => Err(ProblemCode::IdConflict.into()),
    }
}

fn asks_for(call: &StripeCall, part: &RefundPart) -> bool {
    call.form.split('&').any(|pair| pair == format!("amount={}", part.amount))
}

fn near_money(error: ApiError) -> ApiError {
    match error {
        ApiError::Refused(refusal) => refusal.money(false, true).into(),
        other => other,
    }
}
