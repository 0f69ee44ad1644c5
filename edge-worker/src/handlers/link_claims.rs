//! `POST /downloads/:token/claim`, `link-claims-cancel` and `link-claims-complete`: the downloads of a link.
//!
//! A link's claim belongs to the key that proved itself when it began. Only this key renews it, gives it back or says
//! that it is complete; nobody has to be registered.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::auth::access_token::Confirmation;
use claimcheck_protocol::auth::ticket::{Source, Ticket};
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::{ClaimId, LinkId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{
    CancelClaim, CancelClaimAnswer, ClaimLink, ClaimState, CompleteLinkClaim, LINK_SECONDS, LinkClaim,
    LinkClaimCompleted, LinkState,
};
use worker::{Request, Response};

use crate::auth::{Prover, TicketHolder};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::link_log::{self, LinkEvent, TRY_SECONDS, Visitor};
use crate::store::links::{self, NewLinkClaim, StoredLink};
use crate::store::releases;
use crate::{extract, notes, random, respond, sides, transitions, visitor};

/// The action of the row that a claim leaves in the chain of the link's sale.
const CLAIMED: &str = "link_claimed";

/// Takes a [`ClaimLink`] and a proof by the claim's key, answers a [`wire::LinkClaim`](LinkClaim).
pub async fn claim(mut request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let link = find_by_path(ctx).await?;
    let prover = Prover::authenticate(&request, ctx).await?;
    let body: ClaimLink = extract::json(&mut request).await?;
    let visitor = visitor::of_call(ctx).await?;
    let claimed = begin_or_renew(ctx, &link, prover, &body, &visitor).await;
    if let Err(ApiError::Refused(refusal)) = &claimed
        // A wrong password is on record already: that is how it is counted.
        && !(refusal.code() == ProblemCode::WrongPassword && link.has_password != 0)
    {
        track(ctx, link.immutable_id, None, LinkEvent::Refused(refusal.code()), &visitor).await?;
    }
    respond::json(&answer(ctx, prover, &link, body.claim_id, claimed?).await?)
}

/// The link that the token in the path leads to.
pub(super) async fn find_by_path(ctx: &Ctx) -> Result<StoredLink, ApiError> {
    let token = Bytes32::from_base64url(ctx.path_param("token")?).map_err(|_| ProblemCode::NotFound)?;
    let hash = jcs::sha256(&[token.as_ref()]);
    let link = links::validate_download_token(&ctx.store, hash, ctx.now.seconds()).await?;
    link.ok_or_else(|| ProblemCode::NotFound.into())
}

/// Unix seconds at which the claim ends.
async fn begin_or_renew(
    ctx: &Ctx,
    link: &StoredLink,
    prover: Prover,
    body: &ClaimLink,
    visitor: &Visitor,
) -> Result<i64, ApiError> {
    if link.state(ctx.now.seconds()) == LinkState::Revoked {
        return Err(ProblemCode::LinkGone.into());
    }
    if !releases::is_stored(&ctx.store, link.release_id).await? {
        return Err(ProblemCode::ReleaseGone.into());
    }
    if let Some(claim) = links::find_claim(&ctx.store, body.claim_id).await? {
        let ends = renewed(ctx, link, prover, &claim)?;
        track(ctx, link.immutable_id, Some(body.claim_id), LinkEvent::Resumed, visitor).await?;
        return Ok(ends);
    }
    if link.state(ctx.now.seconds()) == LinkState::Expired {
        return Err(ProblemCode::LinkGone.into());
    }
    check_auth(ctx, link, &body.auth, visitor).await?;
    begin(ctx, link, prover, body.claim_id, visitor).await
}

/// A claim that exists, if it is this link's and this key's, and still runs.
fn renewed(ctx: &Ctx, link: &StoredLink, prover: Prover, claim: &links::LinkClaim) -> Result<i64, ApiError> {
    if claim.link_id != link.immutable_id || claim.key_thumbprint != prover.jkt() {
        return Err(ProblemCode::NotFound.into());
    }
    if claim.cancelled_at.is_some() || claim.expires_at <= ctx.now.seconds() {
        return Err(ProblemCode::ClaimEnded.into());
    }
    Ok(claim.expires_at)
}

/// Holds what proves the secret, and with it the password, against what the owner left. Where there is a password each
/// wrong one costs a try; a secret of 32 random bytes needs no such limit.
async fn check_auth(ctx: &Ctx, link: &StoredLink, auth: &Bytes32, visitor: &Visitor) -> Result<(), ApiError> {
    let is_right = || equal(&jcs::sha256(&[auth.as_ref()]), &link.auth_hash);
    if link.has_password == 0 {
        return if is_right() { Ok(()) } else { Err(ProblemCode::WrongPassword.into()) };
    }
    let taken = link_log::take_try(&ctx.store, link.immutable_id, visitor, ctx.now.seconds()).await?;
    let Some(taken) = taken else {
        let refusal = Refusal::new(ProblemCode::RateLimited).header("retry-after", TRY_SECONDS.to_string());
        return Err(refusal.detail("too many wrong passwords").into());
    };
    if !is_right() {
        return Err(ProblemCode::WrongPassword.into());
    }
    ctx.store.run(link_log::give_try_back(taken)).await?;
    Ok(())
}

/// Whether two hashes are equal, in a time that does not tell where they differ.
fn equal(left: &Bytes32, right: &Bytes32) -> bool {
    let difference = left.0.iter().zip(&right.0).fold(0, |all, (left, right)| all | (left ^ right));
    core::hint::black_box(difference) == 0
}

async fn begin(
    ctx: &Ctx,
    link: &StoredLink,
    prover: Prover,
    id: ClaimId,
    visitor: &Visitor,
) -> Result<i64, ApiError> {
    let now = ctx.now.seconds();
    let claim = NewLinkClaim {
        id,
        link_id: link.immutable_id,
        key_thumbprint: prover.jkt(),
        nonce: Bytes(random::make_bytes()?),
        now,
        expires_at: now.saturating_add(LINK_SECONDS),
    };
    let record = || link_log::track_download(link.immutable_id, Some(id), LinkEvent::Claimed, visitor, now);
    match link.order_id {
        Some(order) => {
            let transfer = transitions::load(ctx, order).await?;
            let begin = || links::begin_claim(&claim);
            notes::change_with(ctx, Actor::Server, &transfer, CLAIMED, begin, || vec![record()]).await?;
        }
        None => drop(ctx.store.batch(vec![links::begin_claim(&claim), record()]).await?),
    }
    let Some(begun) = links::find_claim(&ctx.store, id).await? else { return Err(refused(ctx, link).await?) };
    renewed(ctx, link, prover, &begun)
}

/// Why no claim began.
async fn refused(ctx: &Ctx, link: &StoredLink) -> Result<ApiError, ApiError> {
    let now = ctx.now.seconds();
    let link = links::find(&ctx.store, link.immutable_id, now).await?.ok_or(ProblemCode::NotFound)?;
    Ok(match link.state(now) {
        LinkState::UsedUp => ProblemCode::DownloadsUsedUp.into(),
        LinkState::Revoked | LinkState::Expired => ProblemCode::LinkGone.into(),
        // Its sale gives no access just now, or a download was given back since.
        LinkState::Open if link.order_id.is_some() => ProblemCode::LinkGone.into(),
        LinkState::Open => Refusal::new(ProblemCode::Busy).header("retry-after", "1").into(),
    })
}

async fn answer(
    ctx: &Ctx,
    prover: Prover,
    link: &StoredLink,
    claim_id: ClaimId,
    claim_expires_at: i64,
) -> Result<LinkClaim, ApiError> {
    let ticket = Ticket {
        claim_id,
        source: Source::Link(link.immutable_id),
        release_id: link.release_id,
        cnf: Confirmation { jkt: prover.jkt() },
    };
    let (ticket, expires_in) = ctx.issue_ticket(&ticket, claim_expires_at)?;
    Ok(LinkClaim {
        claim_id,
        link_id: link.immutable_id,
        release_id: link.release_id,
        file_id: link.digital_file_id,
        ticket,
        expires_in,
        claim_expires_at,
        wrapped_key: link.wrapped_key,
        sealed_name: link.sealed_name.clone(),
        seller_keys: sides::keys(&ctx.store, link.user_id).await?,
    })
}

/// The link of a ticket whose claim is `claim_id`. A sale's claim is another route's affair.
fn check_holder(holder: &TicketHolder, claim_id: ClaimId) -> Result<LinkId, ApiError> {
    match holder.source {
        Source::Link(link_id) => holder.check_claim(claim_id).map(|()| link_id),
        Source::Transfer(_) => Err(ProblemCode::NotFound.into()),
    }
}

/// Takes a [`CancelClaim`], answers a [`CancelClaimAnswer`]: a claim of which no chunk was served counts no more.
pub async fn cancel(mut request: Request, ctx: &Ctx, holder: TicketHolder) -> Result<Response, ApiError> {
    let CancelClaim { claim_id } = extract::json(&mut request).await?;
    let link_id = check_holder(&holder, claim_id)?;
    if ctx.store.run(links::cancel_claim(claim_id, holder.cnf.jkt, ctx.now.seconds())).await? > 0 {
        let visitor = visitor::of_call(ctx).await?;
        track(ctx, link_id, Some(claim_id), LinkEvent::Cancelled, &visitor).await?;
    } else {
        let claim = links::find_claim(&ctx.store, claim_id).await?.ok_or(ProblemCode::NotFound)?;
        if claim.first_chunk_at.is_some() {
            return Err(ProblemCode::WrongState.into());
        }
        if claim.cancelled_at.is_none() {
            return Err(ProblemCode::ClaimEnded.into());
        }
    }
    respond::json(&CancelClaimAnswer { claim_id, state: ClaimState::Cancelled })
}

/// Takes a [`CompleteLinkClaim`], answers a [`LinkClaimCompleted`]: the claimant's word, which its key proves.
pub async fn complete(mut request: Request, ctx: &Ctx, holder: TicketHolder) -> Result<Response, ApiError> {
    let CompleteLinkClaim { claim_id, client_hash } = extract::json(&mut request).await?;
    let link_id = check_holder(&holder, claim_id)?;
    let now = ctx.now.seconds();
    let link = links::find(&ctx.store, link_id, now).await?.ok_or(ProblemCode::NotFound)?;
    let claim = links::find_claim(&ctx.store, claim_id).await?.ok_or(ProblemCode::NotFound)?;
    if claim.first_chunk_at.is_none() {
        let refusal = Refusal::new(ProblemCode::Unprocessable);
        return Err(refusal.detail("nothing was downloaded under this claim").into());
    }
    check_content(ctx, &link, client_hash).await?;
    let visitor = visitor::of_call(ctx).await?;
    track(ctx, link_id, Some(claim_id), LinkEvent::Completed, &visitor).await?;
    let completed_at = link_log::completed_at(&ctx.store, claim_id).await?.unwrap_or(now);
    respond::json(&LinkClaimCompleted { claim_id, completed_at })
}

/// Of a whole release, the claimant knows the commitment; of one file of it nobody but the seller could.
async fn check_content(ctx: &Ctx, link: &StoredLink, client_hash: Option<Bytes32>) -> Result<(), ApiError> {
    if link.digital_file_id.is_some() != client_hash.is_none() {
        let refusal = Refusal::new(ProblemCode::Unprocessable);
        return Err(refusal.detail("client_hash goes with a whole release").into());
    }
    let Some(client_hash) = client_hash else { return Ok(()) };
    let release = releases::find(&ctx.store, link.release_id).await?.ok_or(ProblemCode::ReleaseGone)?;
    if release.manifest.0.commitment != client_hash {
        return Err(ProblemCode::ContentMismatch.into());
    }
    Ok(())
}

/// Records what happened with a link.
pub(super) async fn track(
    ctx: &Ctx,
    link_id: LinkId,
    claim_id: Option<ClaimId>,
    event: LinkEvent,
    visitor: &Visitor,
) -> Result<(), ApiError> {
    let record = link_log::track_download(link_id, claim_id, event, visitor, ctx.now.seconds());
    ctx.store.run(record).await?;
    Ok(())
}
