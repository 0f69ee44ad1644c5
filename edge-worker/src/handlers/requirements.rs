//! `GET products-requirements`: what the frozen offer of a sale asks of its buyer, and what is there.

use claimcheck_protocol::ids::{ProductId, TransferId};
use claimcheck_protocol::policy::RequiredInput;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{InputState, Requirement, Requirements};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::inputs::{self, Inputs};
use crate::store::transfers::StoredTransfer;
use crate::{extract, respond, sides};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    transfer_id: Option<TransferId>,
    product_id: Option<ProductId>,
}

/// Answers [`Requirements`].
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let id = match extract::query(ctx)? {
        Query { transfer_id: Some(id), product_id: None } => id,
        Query { transfer_id: None, product_id: Some(id) } => {
            inputs::newest_purchase(&ctx.store, id, caller.id()).await?.ok_or(ProblemCode::NotFound)?
        }
        _ => {
            let detail = "exactly one of transfer_id and product_id must be given";
            return Err(Refusal::new(ProblemCode::InvalidRequest).detail(detail).into());
        }
    };
    let (transfer, _) = sides::load(ctx, &caller, id).await?;
    let held = inputs::find(&ctx.store, id).await?;
    respond::json(&view(&transfer, &held))
}

/// What both sides see.
pub(super) fn view(transfer: &StoredTransfer, held: &Inputs) -> Requirements {
    let offer = &transfer.offer.body;
    Requirements {
        transfer_id: transfer.id,
        product_id: transfer.product_id,
        status: transfer.machine.status(),
        offer_hash: transfer.offer_hash,
        seller: transfer.seller,
        buyer: transfer.buyer,
        requirements: offer.required_inputs.iter().map(|input| requirement(input, held)).collect(),
        missing: transfer.machine.missing_inputs(None),
    }
}

fn requirement(input: &RequiredInput, held: &Inputs) -> Requirement {
    let found = held.get(&input.id);
    let rejected = found.and_then(|held| held.rejected.as_ref());
    let state = match (found, rejected) {
        (None, _) => InputState::Missing,
        (Some(_), None) => InputState::Provided,
        (Some(_), Some(_)) => InputState::Rejected,
    };
    Requirement {
        input: input.clone(),
        state,
        reason: rejected.map(|rejection| rejection.reason.clone()),
        provided: found.map(|held| held.statement.clone()),
    }
}
