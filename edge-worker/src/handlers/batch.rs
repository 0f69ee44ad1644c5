//! `POST ailock-batch`: up to twenty operations and a look into the inbox, in one call.
//!
//! Each operation is what its own endpoint does, with its own status; one that fails stops none of the others. The
//! ids in the bodies make a repeated batch the same batch.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{
    Batch, BatchAnswer, BatchOp, BatchRequest, BatchResult, ConfirmPayment, MAX_BATCH, TransferView,
};
use serde::Serialize;
use serde_json::Value;
use worker::{Request, Response};

use super::{ack, claims, inbox, offers, revoke};
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Outcome, Refusal};
use crate::store::messages;
use crate::stripe::confirm;
use crate::{clock, extract, log, respond, sides};

/// What counts the operations that are counted on their own endpoints, and asking Stripe.
const RATE_CLAIM: &str = "RATE_CLAIM";
const RATE_ACK: &str = "RATE_ACK";
const RATE_REVOKE: &str = "RATE_REVOKE";

/// Takes a [`Batch`], answers a [`BatchAnswer`].
pub async fn run(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let batch: Batch = extract::json(&mut request).await?;
    if batch.requests.len() > MAX_BATCH {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("requests has more than 20").into());
    }
    let mut results = Vec::with_capacity(batch.requests.len());
    for request in batch.requests {
        results.push(answer(ctx, &caller, request).await);
    }
    let inbox = match batch.inbox {
        Some(wanted) => Some(inbox::read(ctx, &caller, wanted.after, messages::PAGE).await?),
        None => None,
    };
    respond::json(&BatchAnswer { results, inbox })
}

async fn answer(ctx: &Ctx, caller: &Caller, request: BatchRequest) -> BatchResult {
    let BatchRequest { id, op, body } = request;
    let trace_id = ctx.names.trace_id.clone();
    let result = match ctx.names.part() {
        Ok(part) => {
            ctx.enter(&part);
            let start = clock::runtime_millis();
            let result = perform(ctx, caller, op, &body).await;
            let ms = clock::runtime_millis() - start;
            // Of several sales none is the call's.
            log::write_part(&part, op.as_str(), ms, ctx.transfer.take(), Outcome::of(&result));
            result
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(body) => {
            BatchResult { id, op, status: 200, trace_id, body: Some(body), problem: None, retry_after: None }
        }
        Err(error) => {
            let (problem, retry_after) = error.into_problem(&ctx.names.request_id);
            let status = problem.status;
            BatchResult { id, op, status, trace_id, body: None, problem: Some(problem), retry_after }
        }
    }
}

async fn perform(ctx: &Ctx, caller: &Caller, op: BatchOp, body: &Value) -> Result<Value, ApiError> {
    let bytes = serde_json::to_vec(body).map_err(|_| ApiError::Bug("JSON cannot be written again"))?;
    match op {
        BatchOp::InitProductTransfer => {
            json(&offers::offer(ctx, caller, extract::parse_json(&bytes)?).await?)
        }
        BatchOp::ConfirmPayment => json(&confirm_payment(ctx, caller, extract::parse_json(&bytes)?).await?),
        BatchOp::GetDeliveryTicket => {
            ctx.limit_rate(RATE_CLAIM, &caller.id().to_string()).await?;
            json(&claims::begin_or_renew(ctx, caller, extract::parse_json(&bytes)?).await?)
        }
        BatchOp::AckDelivery => {
            ctx.limit_rate(RATE_ACK, &caller.id().to_string()).await?;
            json(&ack::receive(ctx, caller, extract::parse_json(&bytes)?).await?)
        }
        BatchOp::RevokeAccess => {
            ctx.limit_rate(RATE_REVOKE, &caller.id().to_string()).await?;
            json(&revoke::take_back(ctx, caller, extract::parse_json(&bytes)?).await?)
        }
    }
}

/// Asks about what is not settled, so that a lost webhook holds no sale up. It moves no money and may be repeated.
async fn confirm_payment(ctx: &Ctx, caller: &Caller, body: ConfirmPayment) -> Result<TransferView, ApiError> {
    ctx.limit_rate(RATE_CLAIM, &caller.id().to_string()).await?;
    let (transfer, party) = sides::load(ctx, caller, body.transfer_id).await?;
    let transfer = confirm::payment(ctx, transfer).await.map_err(|error| match error {
        ApiError::Refused(refusal) => refusal.money(false, true).into(),
        other => other,
    })?;
    Ok(sides::view(&transfer, party.id()))
}

fn json<T: Serialize>(answer: &T) -> Result<Value, ApiError> {
    serde_json::to_value(answer).map_err(|_| ApiError::Bug("an answer has no JSON"))
}
