//! `GET|POST products-claim` and `POST claims-cancel`: the right to download, counted once and renewed freely.
//!
//! A transfer's claim belongs to the buyer's Ailock, not to one of its devices: the ticket of each call is bound to
//! the key of that call's proof, so a new session goes on where the last one stopped.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::auth::access_token::Confirmation;
use claimcheck_protocol::auth::ticket::{Source, Ticket};
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::ids::{ClaimId, TransferId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{Status, TransitionError};
use claimcheck_protocol::wire::{CancelClaim, CancelClaimAnswer, Claim, ClaimAnswer, ClaimState, ListingKey};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::claims::{self, NewClaim};
use crate::store::transfers::{ClaimsState, Frozen, StoredTransfer};
use crate::store::{listings, releases};
use crate::{extract, notes, random, respond, sides, transitions};

/// In the audit log.
const BEGUN: &str = "claim_begun";
const GIVEN_BACK: &str = "claim_cancelled";

/// How long a claim may go on where the policy lets running downloads finish after retention.
const GRACE_SECONDS: i64 = 24 * 3600;

/// Takes a [`Claim`] as a body or as query parameters, answers a [`ClaimAnswer`].
pub async fn claim(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: Claim = match ctx.method.as_str() {
        "POST" => extract::json(&mut request).await?,
        _ => extract::query(ctx)?,
    };
    respond::json(&begin_or_renew(ctx, &caller, body).await?)
}

/// A ticket for a claim of the caller's, which begins if there is none.
pub(super) async fn begin_or_renew(ctx: &Ctx, caller: &Caller, body: Claim) -> Result<ClaimAnswer, ApiError> {
    let (transfer, _) = sides::load_as_buyer(ctx, caller, body.transfer_id).await?;
    let frozen = check_access(ctx, &transfer).await?;
    let claim = match body.claim_id {
        Some(id) => named(ctx, &transfer, id).await?,
        None => running(ctx, &transfer).await?,
    };
    answer(ctx, caller, &transfer, frozen, &claim).await
}

/// Refuses where nothing can be downloaded, whatever claims there are.
async fn check_access(ctx: &Ctx, transfer: &StoredTransfer) -> Result<Frozen, ApiError> {
    let is_open = transfer.access.claims.lets_go_on(transfer.machine.status());
    let Some(frozen) = transfer.frozen.filter(|_| is_open) else { return Err(wrong_state(transfer)) };
    if !releases::is_stored(&ctx.store, frozen.release_id).await? {
        return Err(ProblemCode::ReleaseGone.into());
    }
    Ok(frozen)
}

fn wrong_state(transfer: &StoredTransfer) -> ApiError {
    TransitionError::WrongState { status: transfer.machine.status(), event: "claim" }.into()
}

/// The claim of this id, begun if there is none.
async fn named(ctx: &Ctx, transfer: &StoredTransfer, id: ClaimId) -> Result<claims::Claim, ApiError> {
    if let Some(claim) = claims::find(&ctx.store, id).await? {
        return renewed(ctx, transfer, claim);
    }
    let began = begin(ctx, transfer, &new_claim(ctx, transfer, id, false)?).await?;
    match claims::find(&ctx.store, id).await? {
        Some(claim) => renewed(ctx, transfer, claim),
        None if began => Err(ApiError::Bug("a claim that began is not there")),
        None => Err(refused(ctx, transfer.id).await?),
    }
}

/// The running claim, or a new one: calls at the same time get the same.
async fn running(ctx: &Ctx, transfer: &StoredTransfer) -> Result<claims::Claim, ApiError> {
    let now = ctx.now.seconds();
    if let Some(claim) = claims::find_running(&ctx.store, transfer.id, now).await? {
        return Ok(claim);
    }
    let id = ClaimId::from_parts(ctx.now.millis(), random::make_bytes()?);
    begin(ctx, transfer, &new_claim(ctx, transfer, id, true)?).await?;
    match claims::find_running(&ctx.store, transfer.id, now).await? {
        Some(claim) => Ok(claim),
        None => Err(refused(ctx, transfer.id).await?),
    }
}

/// Whether the claim began. If so, the sale's audit chain tells.
async fn begin(ctx: &Ctx, transfer: &StoredTransfer, claim: &NewClaim) -> Result<bool, ApiError> {
    notes::change(ctx, Actor::Ailock(transfer.buyer), transfer, BEGUN, || claims::begin(claim)).await
}

fn new_claim(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    id: ClaimId,
    only_if_none_runs: bool,
) -> Result<NewClaim, ApiError> {
    let ends = transfer.access.retention_ends_at.ok_or(ApiError::Bug("a delivery without an end"))?;
    let now = ctx.now.seconds();
    let expires_at = match transfer.machine.terms().revoke_on_expiry {
        true => ends,
        false => ends.max(now.saturating_add(GRACE_SECONDS)),
    };
    let nonce = Bytes(random::make_bytes()?);
    Ok(NewClaim {
        id,
        transfer_id: transfer.id,
        buyer: transfer.buyer,
        nonce,
        now,
        expires_at,
        only_if_none_runs,
    })
}

/// A claim that exists, if it is this buyer's for this sale and still runs.
fn renewed(ctx: &Ctx, transfer: &StoredTransfer, claim: claims::Claim) -> Result<claims::Claim, ApiError> {
    if claim.transfer_id != transfer.id || claim.holder_ailock_id != transfer.buyer {
        return Err(ProblemCode::NotFound.into());
    }
    if claim.cancelled_at.is_some() || claim.expires_at <= ctx.now.seconds() {
        return Err(ProblemCode::ClaimEnded.into());
    }
    Ok(claim)
}

/// Why no claim began, as the sale stands now: a dispute or a revocation may have come before the claim.
async fn refused(ctx: &Ctx, id: TransferId) -> Result<ApiError, ApiError> {
    let transfer = transitions::load(ctx, id).await?;
    let now = ctx.now.seconds();
    let is_over = transfer.access.retention_ends_at.is_some_and(|ends| ends <= now);
    let is_delivered = matches!(transfer.machine.status(), Status::Delivered | Status::Acknowledged);
    if is_over || !is_delivered || transfer.access.claims != ClaimsState::Open {
        return Ok(wrong_state(&transfer));
    }
    if claims::counted(&ctx.store, id, now).await? < u64::from(transfer.offer.body.policy.max_downloads) {
        // What kept it from beginning is over already.
        return Ok(Refusal::new(ProblemCode::Busy).header("retry-after", "1").into());
    }
    Ok(ProblemCode::DownloadsUsedUp.into())
}

async fn answer(
    ctx: &Ctx,
    caller: &Caller,
    transfer: &StoredTransfer,
    frozen: Frozen,
    claim: &claims::Claim,
) -> Result<ClaimAnswer, ApiError> {
    let ticket = Ticket {
        claim_id: claim.id,
        source: Source::Transfer(transfer.id),
        release_id: frozen.release_id,
        cnf: Confirmation { jkt: caller.jkt() },
    };
    let (ticket, expires_in) = ctx.issue_ticket(&ticket, claim.expires_at)?;
    Ok(ClaimAnswer {
        claim_id: claim.id,
        transfer_id: transfer.id,
        release_id: frozen.release_id,
        ticket,
        expires_in,
        claim_expires_at: claim.expires_at,
        nonce: claim.nonce,
        offer: transfer.offer.clone(),
        envelope: transfer.grant.clone(),
        listing: listing_key(ctx, transfer).await?,
        seller_keys: sides::keys(&ctx.store, transfer.seller).await?,
    })
}

/// What opens a listing's sale for its buyer. Every other sale has an envelope.
async fn listing_key(ctx: &Ctx, transfer: &StoredTransfer) -> Result<Option<ListingKey>, ApiError> {
    let Some(sale) = transfer.listing else {
        let has_envelope = transfer.grant.is_some();
        return if has_envelope { Ok(None) } else { Err(ApiError::Bug("a delivery without an envelope")) };
    };
    let listing = listings::find(&ctx.store, sale.listing_id).await?;
    let (Some(listing), Some(sealed_secret)) = (listing, sale.sealed_secret) else {
        return Err(ApiError::Bug("a sale of a listing without its listing or secret"));
    };
    Ok(Some(ListingKey { listing_id: listing.id, wrapped_key: listing.wrapped_key, sealed_secret }))
}

/// Takes a [`CancelClaim`], answers a [`CancelClaimAnswer`]: a claim of which no chunk was served counts no more.
pub async fn cancel(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let CancelClaim { claim_id } = extract::json(&mut request).await?;
    let now = ctx.now.seconds();
    let claim = claims::find(&ctx.store, claim_id).await?.ok_or(ProblemCode::NotFound)?;
    let (transfer, buyer) =
        sides::load_as_buyer(ctx, &caller, claim.transfer_id).await.map_err(|error| match error {
            // To the seller too another's claim looks like none.
            ApiError::Refused(_) => ProblemCode::NotFound.into(),
            other => other,
        })?;
    let cancel = || claims::cancel(claim_id, buyer.id(), now);
    if !notes::change(ctx, Actor::Ailock(buyer.id()), &transfer, GIVEN_BACK, cancel).await? {
        let claim = claims::find(&ctx.store, claim_id).await?.ok_or(ProblemCode::NotFound)?;
        check_cancelled(&claim, &caller)?;
    }
    respond::json(&CancelClaimAnswer { claim_id, state: ClaimState::Cancelled })
}

/// Why a claim was not given back just now; being given back before is as good.
fn check_cancelled(claim: &claims::Claim, caller: &Caller) -> Result<(), ApiError> {
    if claim.holder_ailock_id != caller.id() {
        return Err(ProblemCode::NotFound.into());
    }
    if claim.cancelled_at.is_some() {
        return Ok(());
    }
    let code = if claim.first_chunk_at.is_some() { ProblemCode::WrongState } else { ProblemCode::ClaimEnded };
    Err(code.into())
}
