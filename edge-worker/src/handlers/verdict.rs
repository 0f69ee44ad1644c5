//! `POST disputes-verdict`: the arbiter's ruling closes a dispute.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::ApiEvent;
use claimcheck_protocol::wire::MakeVerdict;
use worker::{Request, Response};

use super::dispute;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::filing::{self, machine_id};
use crate::store::statements::Kind;
use crate::store::{disputes, transfers};
use crate::transitions::Change;
use crate::{extract, sides};

/// Takes a [`MakeVerdict`], answers a [`claimcheck_protocol::wire::Disputes`].
pub async fn rule(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let MakeVerdict { verdict } = extract::json(&mut request).await?;
    let body = verdict.body.clone();
    if ctx.config.arbiter != Some(caller.id()) {
        sides::load(ctx, &caller, body.transfer_id).await?;
        return Err(Refusal::new(ProblemCode::Forbidden).detail("only the arbiter rules").into());
    }
    let transfer = transfers::find(&ctx.store, body.transfer_id).await?.ok_or(ProblemCode::NotFound)?;
    let id = machine_id(body.dispute_id)?;
    let change = |_: &_| {
        let event = ApiEvent::DisputeClosed { id: id.clone(), ruling: body.ruling };
        let settle = disputes::settle(body.transfer_id, body.dispute_id);
        Ok(settle.into_iter().fold(Change::by(event), Change::with))
    };
    let transfer =
        filing::file(ctx, &caller, transfer, (Kind::Verdict, body.arbiter), &verdict, change).await?;
    dispute::respond(ctx, &transfer, caller.id()).await
}
