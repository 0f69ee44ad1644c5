//! `POST products-create`, `GET products` and `PATCH products`: what a seller sells.

use claimcheck_protocol::ids::{ProductId, ReleaseId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::offer::check_title;
use claimcheck_protocol::policy::Policy;
use claimcheck_protocol::problem::{ProblemCode, Resource};
use claimcheck_protocol::wire::{CreateProduct, EditProduct, Product, Products, Release};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::{products, releases};
use crate::{extract, page, respond};

const DEFAULT_PAGE: u32 = 50;
const MAX_PAGE: u32 = 100;

/// Takes a [`CreateProduct`], answers a [`Product`]. The same id with the same body is the same request.
pub async fn create(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: CreateProduct = extract::json(&mut request).await?;
    check_title(&body.title).map_err(unprocessable)?;
    check_policy(body.policy.as_ref())?;
    let body_hash = jcs::hash(&body).map_err(|_| NOT_CANONICAL)?;
    let quotas = ctx.config.quotas;
    let insert = products::create(&body, caller.id(), body_hash, ctx.now.seconds(), quotas.products)
        .map_err(|_| NOT_CANONICAL)?;
    let created = ctx.store.run(insert).await? > 0;
    if !created && !products::was_created_by(&ctx.store, body.product_id, caller.id(), body_hash).await? {
        if products::owner_of(&ctx.store, body.product_id).await?.is_some() {
            return Err(ProblemCode::IdConflict.into());
        }
        let used = products::count(&ctx.store, caller.id()).await?;
        return Err(quotas.refusal(Resource::Products, used, 1));
    }
    let (_, product) = load(ctx, &caller, body.product_id).await?;
    respond::json(&product)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    product_id: Option<ProductId>,
    release_id: Option<ReleaseId>,
    after: Option<ProductId>,
    limit: Option<u32>,
}

/// `products` reads with GET and changes with PATCH.
pub async fn show_or_edit(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "PATCH" { edit(request, ctx, caller).await } else { show(ctx, caller).await }
}

/// With `product_id` a [`Product`], with `release_id` a [`Release`], else a page of [`Products`]; the caller's own.
async fn show(ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    match (query.product_id, query.release_id) {
        (Some(product_id), None) => respond::json(&load(ctx, &caller, product_id).await?.1),
        (None, Some(release_id)) => {
            let release = releases::find(&ctx.store, release_id).await?.ok_or(ProblemCode::NotFound)?;
            Owner::of(&caller, release.seller_ailock_id)?;
            respond::json(&Release::from(release))
        }
        (None, None) => respond::json(&page(ctx, &caller, &query).await?),
        (Some(_), Some(_)) => {
            Err(Refusal::new(ProblemCode::InvalidRequest).detail("give product_id or release_id").into())
        }
    }
}

async fn page(ctx: &Ctx, caller: &Caller, query: &Query) -> Result<Products, ApiError> {
    let limit = query.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let mut products = products::list(&ctx.store, caller.id(), query.after, limit + 1).await?;
    let next = page::cut(&mut products, limit, |product| product.product_id);
    Ok(Products { products, next })
}

/// Takes an [`EditProduct`], answers the [`Product`] as it is then.
async fn edit(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: EditProduct = extract::json(&mut request).await?;
    body.title.as_deref().map_or(Ok(()), check_title).map_err(unprocessable)?;
    check_policy(body.policy.as_ref())?;
    let (owner, _) = load(ctx, &caller, body.product_id).await?;
    let update = products::edit(&body, owner, ctx.now.seconds()).map_err(|_| NOT_CANONICAL)?;
    ctx.store.run(update).await?;
    respond::json(&load(ctx, &caller, body.product_id).await?.1)
}

/// A product of the caller.
pub(super) async fn load(ctx: &Ctx, caller: &Caller, id: ProductId) -> Result<(Owner, Product), ApiError> {
    let product = products::find(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    Ok((Owner::of(caller, product.owner)?, product))
}

/// Refuses a product of another, or that never was.
pub(super) async fn load_even_deleted(ctx: &Ctx, caller: &Caller, id: ProductId) -> Result<Owner, ApiError> {
    Owner::of(caller, products::owner_of(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?)
}

const NOT_CANONICAL: ApiError = ApiError::Bug("a product has no canonical form");

fn check_policy(policy: Option<&Policy>) -> Result<(), ApiError> {
    policy.map_or(Ok(()), Policy::check).map_err(unprocessable)
}

fn unprocessable(error: impl ToString) -> ApiError {
    Refusal::new(ProblemCode::Unprocessable).detail(error.to_string()).into()
}
