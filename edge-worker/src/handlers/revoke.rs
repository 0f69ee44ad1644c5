//! `POST products-revoke`: the seller takes an offer or an access back, or the operator does by policy.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, RevokeReason};
use claimcheck_protocol::wire::{MakeRevoke, TransferView};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::filing;
use crate::store::statements::Kind;
use crate::store::transfers;
use crate::transitions::Change;
use crate::{extract, respond, sides};

/// Takes a [`MakeRevoke`], answers a [`TransferView`].
pub async fn revoke(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeRevoke = extract::json(&mut request).await?;
    respond::json(&take_back(ctx, &caller, body).await?)
}

/// Takes an offer or an access back by a statement of the caller's; the same one again is the same request.
pub(super) async fn take_back(
    ctx: &Ctx,
    caller: &Caller,
    MakeRevoke { revoke }: MakeRevoke,
) -> Result<TransferView, ApiError> {
    let body = revoke.body.clone();
    let is_operator = ctx.config.operator == Some(caller.id());
    let transfer = if is_operator {
        transfers::find(&ctx.store, body.transfer_id).await?.ok_or(ProblemCode::NotFound)?
    } else {
        sides::load_as_seller(ctx, caller, body.transfer_id).await?.0
    };
    let by_policy = body.reason != RevokeReason::Requested;
    if by_policy && !is_operator {
        return Err(forbidden("only the operator revokes for this reason"));
    }
    if !by_policy && transfer.seller != caller.id() {
        return Err(forbidden("only the seller revokes for this reason"));
    }
    let change = |_: &_| Ok(Change::by(ApiEvent::Revoke { reason: body.reason }));
    let transfer = filing::file(ctx, caller, transfer, (Kind::Revoke, body.by), &revoke, change).await?;
    Ok(sides::view(&transfer, caller.id()))
}

fn forbidden(detail: &'static str) -> ApiError {
    Refusal::new(ProblemCode::Forbidden).detail(detail).into()
}
