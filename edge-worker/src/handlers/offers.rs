//! `POST products-offer`: a seller offers a release to one buyer, with the key sealed ahead or not.
//!
//! The same body again is the same request; another one under a taken id is 409 `id_conflict`.

use claimcheck_protocol::audit::{Actor, CHAIN_START};
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext};
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::{Signed, StatementError, Verified};
use claimcheck_protocol::transfer::{ContentState, Delivery, Terms, Transfer, Transition};
use claimcheck_protocol::wire::{ListingSale, MakeOffer, TransferView};
use futures_util::future::try_join;
use worker::{Request, Response};

use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal, unprocessable};
use crate::store::releases::{self, Release};
use crate::store::transfers::{self, Access, Frozen, StoredTransfer};
use crate::store::{ailocks, products};
use crate::stripe::connect;
use crate::transitions::{self, BeginError};
use crate::{content_checks, extract, respond, sides};

/// The longest time that an offer stays open: 366 days.
const MAX_OFFER_SECONDS: i64 = 366 * 24 * 3600;

/// Takes a [`MakeOffer`], answers a [`TransferView`].
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeOffer = extract::json(&mut request).await?;
    respond::json(&offer(ctx, &caller, body).await?)
}

/// Stores an offer of the caller's; the same one again is the same request.
pub(super) async fn offer(ctx: &Ctx, caller: &Caller, body: MakeOffer) -> Result<TransferView, ApiError> {
    if let Some(stored) = transfers::find(&ctx.store, body.transfer_id).await? {
        return answer_again(&stored, &body, caller);
    }
    let draft = check(ctx, caller, &body).await?;
    match begin(ctx, caller, body.transfer_id, draft).await {
        Ok(transfer) => Ok(sides::view(&transfer, caller.id())),
        Err(BeginError::Failed(error)) => Err(error),
        // Another call with the same id came between.
        Err(BeginError::Taken) => match transfers::find(&ctx.store, body.transfer_id).await? {
            Some(stored) => answer_again(&stored, &body, caller),
            None => Err(Refusal::new(ProblemCode::IdConflict).detail("offer_id is taken").into()),
        },
    }
}

fn answer_again(
    stored: &StoredTransfer,
    body: &MakeOffer,
    caller: &Caller,
) -> Result<TransferView, ApiError> {
    let is_same =
        stored.seller == caller.id() && stored.offer == body.offer && stored.held_envelope == body.envelope;
    if is_same { Ok(sides::view(stored, caller.id())) } else { Err(ProblemCode::IdConflict.into()) }
}

/// An offer that passed every check.
pub(super) struct Draft {
    pub(super) signed: Signed<Offer>,
    pub(super) offer: Verified<Offer>,
    pub(super) buyer: AilockId,
    pub(super) frozen: Option<Frozen>,
    pub(super) content: ContentState,
    pub(super) delivery: Delivery,
    pub(super) held_envelope: Option<Envelope>,
    pub(super) listing: Option<ListingSale>,
}

async fn check(ctx: &Ctx, caller: &Caller, body: &MakeOffer) -> Result<Draft, ApiError> {
    if body.offer.body.seller != caller.id() {
        return Err(Refusal::new(ProblemCode::Forbidden).detail("an offer is made by its seller").into());
    }
    let Some(buyer) = body.offer.body.buyer else { return Err(unprocessable("buyer must be given here")) };
    let (seller_keys, buyer_keys) =
        try_join(sides::keys(&ctx.store, caller.id()), find_buyer(ctx, buyer)).await?;
    let offer = body.offer.clone().verify(&seller_keys.ed25519_pk)?;
    check_expiry(offer.body().expires_at, ctx.now.seconds())?;
    let product = products::find(&ctx.store, offer.body().product_id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, product.owner)?;
    connect::destination(ctx, offer.body()).await?;
    let (frozen, content) = check_release(ctx, offer.body()).await?;
    if let Some(envelope) = &body.envelope {
        let frozen = frozen.ok_or_else(|| unprocessable("an envelope needs a release"))?;
        check_envelope(body.transfer_id, &offer, frozen, &seller_keys, buyer_keys, envelope)?;
    }
    let delivery = if body.envelope.is_some() { Delivery::EnvelopeHeld } else { Delivery::OnDemand };
    let (signed, held_envelope) = (body.offer.clone(), body.envelope.clone());
    Ok(Draft { signed, offer, buyer, frozen, content, delivery, held_envelope, listing: None })
}

async fn find_buyer(ctx: &Ctx, buyer: AilockId) -> Result<AilockKeys, ApiError> {
    let registration = ailocks::find(&ctx.store, buyer).await?;
    registration.map(|found| found.keys).ok_or_else(|| unprocessable("the buyer is not registered"))
}

pub(super) fn check_expiry(expires_at: i64, now: i64) -> Result<(), ApiError> {
    if expires_at <= now {
        return Err(unprocessable("expires_at has passed"));
    }
    if expires_at > now.saturating_add(MAX_OFFER_SECONDS) {
        return Err(unprocessable("expires_at is more than 366 days ahead"));
    }
    Ok(())
}

/// The release that the offer freezes, and what its content check found.
pub(super) async fn check_release(
    ctx: &Ctx,
    offer: &Offer,
) -> Result<(Option<Frozen>, ContentState), ApiError> {
    let Some((release_id, manifest_hash)) = offer.release_id.zip(offer.manifest_hash) else {
        return Ok((None, ContentState::Pending));
    };
    let frozen = Frozen { release_id, manifest_hash };
    if find_release(ctx, offer, frozen).await?.is_gone() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    Ok((Some(frozen), content_checks::require_accepted(ctx, release_id).await?))
}

/// Holds a release against the offer: complete, of the same product and seller, and with that manifest.
pub(super) async fn find_release(ctx: &Ctx, offer: &Offer, wanted: Frozen) -> Result<Release, ApiError> {
    let found = releases::find(&ctx.store, wanted.release_id).await?;
    let of_product = found.filter(|release| {
        release.seller_ailock_id == offer.seller && release.manifest.0.product_id == offer.product_id
    });
    let Some(release) = of_product else {
        return Err(unprocessable("release_id is no completed release of this product"));
    };
    if release.manifest_hash != wanted.manifest_hash {
        return Err(unprocessable("manifest_hash is not the one of the release"));
    }
    Ok(release)
}

/// Checks the seller's signature over an envelope to the buyer.
pub(super) fn check_envelope(
    transfer_id: TransferId,
    offer: &Verified<Offer>,
    frozen: Frozen,
    seller: &AilockKeys,
    buyer: AilockKeys,
    envelope: &Envelope,
) -> Result<(), ApiError> {
    let context = EnvelopeContext::for_transfer(
        &transfer_id,
        offer.hash(),
        frozen.manifest_hash,
        seller.ed25519_pk,
        buyer,
    );
    context.verify(envelope).map_err(|error| StatementError::from(error).into())
}

/// Stores the transfer of an offer, by the one who makes it or takes it up.
pub(super) async fn begin(
    ctx: &Ctx,
    caller: &Caller,
    id: TransferId,
    draft: Draft,
) -> Result<StoredTransfer, BeginError> {
    let offer = draft.offer.body();
    let terms = Terms::new(offer.price, offer.currency, &offer.policy);
    let Transition { next, effects } =
        Transfer::offer(terms, &offer.required_inputs, draft.delivery, draft.content);
    let now = ctx.now.seconds();
    let transfer = StoredTransfer {
        id,
        product_id: offer.product_id,
        seller: offer.seller,
        buyer: draft.buyer,
        offer: draft.signed,
        offer_hash: draft.offer.hash(),
        frozen: draft.frozen,
        held_envelope: draft.held_envelope,
        listing: draft.listing,
        machine: next,
        access: Access::START,
        audit_seq: 0,
        audit_head: CHAIN_START,
        grant: None,
        receipt: None,
        created_at: now,
        updated_at: now,
    };
    transitions::begin(ctx, Actor::Ailock(caller.id()), transfer, &effects).await
}
