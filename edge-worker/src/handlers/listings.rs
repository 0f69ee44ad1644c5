//! `GET|POST listings` and `POST listings-close`: what a seller offers to anybody who has the link.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::ListingId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{CloseListing, Listings, MakeListing};
use serde::Deserialize;
use worker::{Request, Response};

use super::offers::{check_expiry, check_release};
use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal, unprocessable};
use crate::store::listings::{self, Listing};
use crate::store::products;
use crate::stripe::connect;
use crate::{extract, page, respond, sides};

const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

/// `listings` reads with GET and makes with POST.
pub async fn list_or_make(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "POST" { make(request, ctx, caller).await } else { list(ctx, caller).await }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<ListingId>,
    limit: Option<u32>,
}

/// A page of the caller's own [`Listings`], newest first.
async fn list(ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("limit must be 1 to 100").into());
    }
    let mut found = listings::list(&ctx.store, caller.id(), query.after, limit + 1).await?;
    let next = page::cut(&mut found, limit, |listing| listing.id);
    let listings = found.iter().map(|listing| listing.own_view(ctx.now.seconds())).collect();
    respond::json(&Listings { listings, next })
}

/// Takes a [`MakeListing`], answers a [`claimcheck_protocol::wire::ListingView`]. The same body again is the same
/// request.
async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeListing = extract::json(&mut request).await?;
    if let Some(stored) = listings::find(&ctx.store, body.listing_id).await? {
        return answer_again(ctx, &caller, &stored, &body);
    }
    let offer_hash = check(ctx, &caller, &body).await?;
    let insert = listings::insert(&body, offer_hash, ctx.now.seconds())
        .map_err(|_| ApiError::Bug("a listing has no canonical form"))?;
    match ctx.store.batch(insert.into()).await {
        Ok(_) => {}
        Err(error) if error.is_unique("listings") => {}
        Err(error) => return Err(error.into()),
    }
    match listings::find(&ctx.store, body.listing_id).await? {
        Some(stored) => answer_again(ctx, &caller, &stored, &body),
        None => Err(Refusal::new(ProblemCode::WrongState)
            .detail("the product has an open listing: close that one first")
            .into()),
    }
}

fn answer_again(
    ctx: &Ctx,
    caller: &Caller,
    stored: &Listing,
    body: &MakeListing,
) -> Result<Response, ApiError> {
    if stored.seller_ailock_id != caller.id() || !stored.is_of(body) {
        return Err(ProblemCode::IdConflict.into());
    }
    respond::json(&stored.own_view(ctx.now.seconds()))
}

/// Verifies the offer of a listing; its hash.
async fn check(ctx: &Ctx, caller: &Caller, body: &MakeListing) -> Result<Bytes32, ApiError> {
    if body.offer.body.seller != caller.id() {
        return Err(Refusal::new(ProblemCode::Forbidden).detail("an offer is made by its seller").into());
    }
    if body.stock == Some(0) {
        return Err(unprocessable("stock must be at least 1, or null"));
    }
    let keys = sides::keys(&ctx.store, caller.id()).await?;
    let offer = body.offer.clone().verify(&keys.ed25519_pk)?;
    if offer.body().buyer.is_some() || offer.body().release_id.is_none() {
        return Err(unprocessable("the offer of a listing names a release and no buyer"));
    }
    check_expiry(offer.body().expires_at, ctx.now.seconds())?;
    let product = products::find(&ctx.store, offer.body().product_id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, product.owner)?;
    check_release(ctx, offer.body()).await?;
    connect::destination(ctx, offer.body()).await?;
    Ok(offer.hash())
}

/// Takes a [`CloseListing`], answers a [`claimcheck_protocol::wire::ListingView`]. Sales that run go on.
pub async fn close(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let CloseListing { listing_id } = extract::json(&mut request).await?;
    Owner::of(&caller, load(ctx, listing_id).await?.seller_ailock_id)?;
    ctx.store.run(listings::close(listing_id, ctx.now.seconds())).await?;
    respond::json(&load(ctx, listing_id).await?.own_view(ctx.now.seconds()))
}

async fn load(ctx: &Ctx, id: ListingId) -> Result<Listing, ApiError> {
    listings::find(&ctx.store, id).await?.ok_or_else(|| ProblemCode::NotFound.into())
}
