//! `GET listings-show` and `POST listings-buy`: what anybody sees of a listing, and how a buyer's sale of it begins.

use claimcheck_protocol::ids::{ListingId, ProductId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::Delivery;
use claimcheck_protocol::wire::{BuyListing, ListingSale, ListingState};
use serde::Deserialize;
use worker::{Request, Response};

use super::offers::{self, Draft, check_release};
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::listings::{self, Listing};
use crate::store::transfers::{self, StoredTransfer};
use crate::transitions::BeginError;
use crate::{extract, respond, sides};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    product_id: Option<ProductId>,
    listing_id: Option<ListingId>,
}

/// Answers a [`claimcheck_protocol::wire::ListingView`]: by `product_id` the open listing, else the newest.
pub async fn show(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    let found = match (query.product_id, query.listing_id) {
        (Some(id), None) => listings::find_of_product(&ctx.store, id).await?,
        (None, Some(id)) => listings::find(&ctx.store, id).await?,
        _ => {
            let refusal = Refusal::new(ProblemCode::InvalidRequest);
            return Err(refusal.detail("give product_id or listing_id").into());
        }
    };
    respond::json(&found.ok_or(ProblemCode::NotFound)?.view(ctx.now.seconds()))
}

/// Takes a [`BuyListing`], answers a [`claimcheck_protocol::wire::TransferView`]. Where a sale of this listing to the
/// caller runs already, it is that one, whatever id the caller picked: nobody pays twice for lack of memory.
pub async fn buy(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: BuyListing = extract::json(&mut request).await?;
    let listing = listings::find(&ctx.store, body.listing_id).await?.ok_or(ProblemCode::NotFound)?;
    check_caller(&caller, &listing, &body)?;
    if let Some(transfer) = begun(ctx, &caller, &body).await? {
        return respond::json(&sides::view(&transfer, caller.id()));
    }
    require_open(&listing, ctx.now.seconds())?;
    let transfer = match begin(ctx, &caller, &listing, &body).await {
        Ok(transfer) => transfer,
        Err(BeginError::Failed(error)) => return Err(error),
        // Another call of this buyer's came between, or the id stands for another sale.
        Err(BeginError::Taken) => begun(ctx, &caller, &body).await?.ok_or(ProblemCode::IdConflict)?,
    };
    respond::json(&sides::view(&transfer, caller.id()))
}

/// Only who has the link buys: money that is paid without its secret would buy nothing.
fn check_caller(caller: &Caller, listing: &Listing, body: &BuyListing) -> Result<(), ApiError> {
    if listing.seller_ailock_id == caller.id() {
        return Err(Refusal::new(ProblemCode::Unprocessable).detail("buyer and seller are the same").into());
    }
    if jcs::sha256(&[body.auth.as_ref()]) != listing.auth_hash {
        return Err(Refusal::new(ProblemCode::Forbidden).detail("auth is not this listing's").into());
    }
    Ok(())
}

/// Refuses a listing that is closed or sold out.
pub(super) fn require_open(listing: &Listing, now: i64) -> Result<(), ApiError> {
    match listing.state(now) {
        ListingState::Open => Ok(()),
        ListingState::Closed => Err(ProblemCode::ListingClosed.into()),
        ListingState::SoldOut => Err(ProblemCode::SoldOut.into()),
    }
}

/// The sale of this id, or else the one that runs.
async fn begun(ctx: &Ctx, caller: &Caller, body: &BuyListing) -> Result<Option<StoredTransfer>, ApiError> {
    match transfers::find(&ctx.store, body.transfer_id).await? {
        Some(transfer) if is_same(&transfer, caller, body) => Ok(Some(transfer)),
        Some(_) => Err(ProblemCode::IdConflict.into()),
        None => Ok(transfers::find_running(&ctx.store, body.listing_id, caller.id()).await?),
    }
}

fn is_same(transfer: &StoredTransfer, caller: &Caller, body: &BuyListing) -> bool {
    let sale = ListingSale { listing_id: body.listing_id, sealed_secret: Some(body.sealed_secret) };
    transfer.buyer == caller.id() && transfer.listing == Some(sale)
}

async fn begin(
    ctx: &Ctx,
    caller: &Caller,
    listing: &Listing,
    body: &BuyListing,
) -> Result<StoredTransfer, BeginError> {
    let offer = listing.offer().clone();
    let verified = offer.clone().verify(&listing.seller_keys().ed25519_pk).map_err(ApiError::from)?;
    let (frozen, content) = check_release(ctx, verified.body()).await?;
    let draft = Draft {
        signed: offer,
        offer: verified,
        buyer: caller.id(),
        frozen,
        content,
        delivery: Delivery::ListingKeyHeld,
        held_envelope: None,
        listing: Some(ListingSale { listing_id: listing.id, sealed_secret: Some(body.sealed_secret) }),
    };
    offers::begin(ctx, caller, body.transfer_id, draft).await
}
