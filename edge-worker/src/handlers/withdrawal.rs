//! `POST releases-delete` and `POST products-delete`: a seller takes back what it no longer sells.
//!
//! From then on nothing new begins with it: its listings close, its own links end, and offers that nobody has paid are
//! called off. Who has paid keeps what was paid for; the chunks go when the last sale needs them no more.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::ApiEvent;
use claimcheck_protocol::wire::{DeleteProduct, DeleteRelease, Deleted};
use worker::{Request, Response};

use super::products;
use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::releases;
use crate::store::withdrawal::{self, Subject};
use crate::transitions::{self, Change};
use crate::{extract, respond};

/// Offers that one call calls off; a call again goes on.
const MAX_OFFERS: u32 = 50;

/// Takes a [`DeleteRelease`], answers [`Deleted`]. Repeated, it answers the same.
pub async fn release(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let DeleteRelease { release_id } = extract::json(&mut request).await?;
    let release = releases::find(&ctx.store, release_id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(&caller, release.seller_ailock_id)?;
    withdraw(ctx, &caller, Subject::Release(release_id)).await
}

/// Takes a [`DeleteProduct`], answers [`Deleted`]. Repeated, it answers the same.
pub async fn product(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let DeleteProduct { product_id } = extract::json(&mut request).await?;
    products::load_even_deleted(ctx, &caller, product_id).await?;
    if withdrawal::undelivered(&ctx.store, product_id).await? > 0 {
        return Err(Refusal::new(ProblemCode::OpenSales).detail("a paid sale has no release yet").into());
    }
    withdraw(ctx, &caller, Subject::Product(product_id)).await
}

async fn withdraw(ctx: &Ctx, caller: &Caller, subject: Subject) -> Result<Response, ApiError> {
    // First of all, so that no offer is made behind those that are called off.
    ctx.store.batch(withdrawal::withdraw(subject, ctx.now.seconds())).await?;
    let offers = withdrawal::open_offers(&ctx.store, subject, MAX_OFFERS + 1).await?;
    for id in offers.iter().take(MAX_OFFERS as usize) {
        let transfer = transitions::load(ctx, *id).await?;
        transitions::apply(ctx, Actor::Ailock(caller.id()), transfer, |transfer| {
            // It may have been paid in this moment, and then goes on.
            let is_open = withdrawal::is_open_offer(transfer.machine.status());
            Ok(is_open.then(|| Change::by(ApiEvent::Cancel)))
        })
        .await?;
    }
    if offers.len() > MAX_OFFERS as usize {
        return Err(Refusal::new(ProblemCode::Busy).detail("more offers are still open").into());
    }
    let open_sales = withdrawal::open_sales(&ctx.store, subject).await?;
    respond::json(&Deleted { open_sales })
}
