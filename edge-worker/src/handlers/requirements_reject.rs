//! `POST transfers-requirements-reject`: the seller sends an input back, and the buyer is told why.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, TransitionError};
use claimcheck_protocol::wire::{MAX_REASON, RejectInput};
use worker::{Request, Response};

use super::requirements::view;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::inputs::{self, Rejection};
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes [`RejectInput`], answers [`claimcheck_protocol::wire::Requirements`]. The same body again is the same
/// request, until the buyer provides another value.
pub async fn reject(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: RejectInput = extract::json(&mut request).await?;
    check_reason(&body.reason)?;
    let (transfer, seller) = sides::load_as_seller(ctx, &caller, body.transfer_id).await?;
    let held = inputs::find(&ctx.store, transfer.id).await?;
    let rejected = held.get(&body.input_id).and_then(|held| held.rejected.as_ref());
    if rejected.is_some_and(|rejection| rejection.reason == body.reason) {
        return respond::json(&view(&transfer, &held));
    }
    let now = ctx.now.seconds();
    let decide = |transfer: &StoredTransfer| decide(transfer, &body, now).map(Some);
    let transfer = transitions::apply(ctx, Actor::Ailock(seller.id()), transfer, decide).await?;
    respond::json(&view(&transfer, &inputs::find(&ctx.store, transfer.id).await?))
}

fn check_reason(reason: &str) -> Result<(), ApiError> {
    let is_line = !reason.trim().is_empty() && !reason.chars().any(char::is_control);
    if is_line && reason.len() <= MAX_REASON {
        return Ok(());
    }
    let detail = "reason must be one line of 1 to 500 bytes";
    Err(Refusal::new(ProblemCode::Unprocessable).detail(detail).into())
}

fn decide(transfer: &StoredTransfer, body: &RejectInput, now: i64) -> Result<Change, ApiError> {
    let id = body.input_id.clone();
    let status = transfer.machine.status();
    let event = ApiEvent::InputRejected { id: id.clone(), reason: body.reason.clone() };
    match transfer.machine.inputs().get(&id) {
        None => return Err(TransitionError::UnknownInput { id }.into()),
        Some(fact) if !fact.accepted => {
            return Err(TransitionError::WrongState { status, event: event.name() }.into());
        }
        Some(_) => {}
    }
    let rejection = Rejection { reason: body.reason.clone(), rejected_at: now };
    let send_back = inputs::send_back(transfer.id, &id, rejection)
        .map_err(|_| ApiError::Bug("a rejection has no canonical form"))?;
    Ok(Change::by(event).with(send_back))
}
