//! `POST transfers-requirements-submit`: the buyer hands in sealed values. The server, which cannot read them, checks
//! who signed, for which sale and input, how long they are and whether they are due.

use std::collections::BTreeSet;

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::inputs::{BuyerInput, SEALED_KEY_LEN, ValueFault, max_sealed_len};
use claimcheck_protocol::policy::{InputTiming, RequiredInput};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::transfer::{ApiEvent, Status, TransitionError};
use claimcheck_protocol::wire::{Requirements, SubmitInputs};
use worker::{Request, Response};

use super::requirements::view;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal, unprocessable};
use crate::store::attachments;
use crate::store::inputs::{self, Inputs};
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Bytes of sealed values that one sale keeps: they share a row, which D1 limits.
const MAX_SEALED: usize = 700_000;

/// Takes [`SubmitInputs`], answers [`Requirements`]. The same body again is the same request.
pub async fn submit(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: SubmitInputs = extract::json(&mut request).await?;
    let (transfer, buyer) = sides::load_as_buyer(ctx, &caller, body.transfer_id).await?;
    let keys = sides::keys(&ctx.store, buyer.id()).await?;
    check_ids(&body.inputs)?;
    for input in &body.inputs {
        check_input(&transfer, &input.body)?;
        input.clone().verify(&keys.ed25519_pk)?;
        check_attachment(ctx, &input.body).await?;
    }
    if let Some(answer) = repeated(ctx, &transfer, &body).await? {
        return respond::json(&answer);
    }
    let now = ctx.now.seconds();
    let decide = |transfer: &StoredTransfer| decide(transfer, &body, now).map(Some);
    match transitions::apply(ctx, Actor::Ailock(buyer.id()), transfer.clone(), decide).await {
        Ok(transfer) => respond::json(&view(&transfer, &inputs::find(&ctx.store, transfer.id).await?)),
        // The same call may have come first.
        Err(refused) => {
            let (transfer, _) = sides::load_as_buyer(ctx, &caller, body.transfer_id).await?;
            let answer = repeated(ctx, &transfer, &body).await?.ok_or(refused)?;
            respond::json(&answer)
        }
    }
}

fn check_ids(inputs: &[Signed<BuyerInput>]) -> Result<(), ApiError> {
    let distinct: BTreeSet<&str> = inputs.iter().map(|input| input.body.id.as_str()).collect();
    if inputs.is_empty() || distinct.len() != inputs.len() {
        return Err(unprocessable("inputs must hold at least one, and no id twice"));
    }
    Ok(())
}

/// Refuses what is another sale's, or not what the offer asks for.
fn check_input(transfer: &StoredTransfer, input: &BuyerInput) -> Result<(), ApiError> {
    let named = (input.transfer_id, input.offer_hash, input.buyer);
    if named != (transfer.id, transfer.offer_hash, transfer.buyer) {
        return Err(unprocessable("an input names another sale than this one"));
    }
    let asked = find_asked(transfer, &input.id)?;
    let limit = match (max_sealed_len(asked), input.attachment) {
        (Some(limit), None) => limit,
        (None, Some(_)) => SEALED_KEY_LEN,
        (Some(_), Some(_)) => return Err(unprocessable(ValueFault::NotAText.as_str())),
        (None, None) => return Err(unprocessable(ValueFault::NotAFile.as_str())),
    };
    if input.sealed.0.len() > limit {
        let detail = format!("the sealed value of {} has at most {limit} bytes", asked.id);
        return Err(Refusal::new(ProblemCode::TooLarge).detail(detail).into());
    }
    Ok(())
}

/// Refuses an attachment that was not uploaded for this input, whosever it is, as if there were none.
async fn check_attachment(ctx: &Ctx, input: &BuyerInput) -> Result<(), ApiError> {
    let Some(named) = &input.attachment else { return Ok(()) };
    if attachments::is_stored(&ctx.store, (input.transfer_id, &input.id), named).await? {
        return Ok(());
    }
    let detail = format!("no completed attachment of {} is stored under this id and hash", input.id);
    Err(Refusal::new(ProblemCode::NotFound).detail(detail).into())
}

pub(super) fn find_asked<'a>(transfer: &'a StoredTransfer, id: &str) -> Result<&'a RequiredInput, ApiError> {
    let asked = transfer.offer.body.required_inputs.iter().find(|asked| asked.id == id);
    asked.ok_or_else(|| TransitionError::UnknownInput { id: id.to_owned() }.into())
}

/// The answer where every value is held already. A value that the seller sent back is not taken again.
async fn repeated(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    body: &SubmitInputs,
) -> Result<Option<Requirements>, ApiError> {
    let held = inputs::find(&ctx.store, transfer.id).await?;
    let same = |input: &Signed<BuyerInput>| {
        held.get(&input.body.id).filter(|held| held.statement == *input).map(|held| held.rejected.is_none())
    };
    let found: Vec<Option<bool>> = body.inputs.iter().map(same).collect();
    if found.contains(&Some(false)) {
        return Err(Refusal::new(ProblemCode::WrongState)
            .detail("the seller sent this very value back: another one is wanted")
            .into());
    }
    if found.iter().all(Option::is_some) {
        return Ok(Some(view(transfer, &held)));
    }
    check_total(&held, body)?;
    Ok(None)
}

fn check_total(held: &Inputs, body: &SubmitInputs) -> Result<(), ApiError> {
    let replaced = |id: &str| body.inputs.iter().any(|input| input.body.id == id);
    let kept = held.iter().filter(|(id, _)| !replaced(id)).map(|(_, held)| &held.statement);
    let total: usize = kept.chain(&body.inputs).map(|input| input.body.sealed.0.len()).sum();
    if total > MAX_SEALED {
        let detail = format!("the values of one sale have at most {MAX_SEALED} sealed bytes");
        return Err(Refusal::new(ProblemCode::TooLarge).detail(detail).into());
    }
    Ok(())
}

/// Refuses a value that is not due: one for after the payment comes after it, and what is provided stays, once the
/// buyer has gone to pay, unless the seller sends it back.
pub(super) fn check_due(transfer: &StoredTransfer, ids: Vec<String>, now: i64) -> Result<ApiEvent, ApiError> {
    let status = transfer.machine.status();
    if status.awaits_payment() && transfer.offer.body.expires_at <= now {
        return Err(ProblemCode::OfferExpired.into());
    }
    let event = ApiEvent::InputsAccepted { ids: ids.clone() };
    let is_early = |timing| status.awaits_payment() && timing == InputTiming::PostPaymentPreGrant;
    let facts = ids.iter().filter_map(|id| transfer.machine.inputs().get(id));
    for fact in facts {
        if is_early(fact.timing) || (fact.accepted && status != Status::Offered) {
            return Err(TransitionError::WrongState { status, event: event.name() }.into());
        }
    }
    Ok(event)
}

fn decide(transfer: &StoredTransfer, body: &SubmitInputs, now: i64) -> Result<Change, ApiError> {
    let ids = body.inputs.iter().map(|input| input.body.id.clone()).collect();
    let event = check_due(transfer, ids, now)?;
    let put = inputs::put(transfer.id, &body.inputs)
        .map_err(|_| ApiError::Bug("an input has no canonical form"))?;
    Ok(Change::by(event).with(put))
}
