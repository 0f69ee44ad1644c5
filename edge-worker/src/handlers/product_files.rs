//! `GET /api/products/:id/files`: every file of a product, of all its releases, to its owner.

use claimcheck_protocol::ids::{FileId, ProductId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::ProductFiles;
use serde::Deserialize;
use worker::{Request, Response};

use super::products;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::files;
use crate::{extract, page, respond};

const DEFAULT_PAGE: u32 = 100;
const MAX_PAGE: u32 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<FileId>,
    limit: Option<u32>,
}

/// Answers a page of [`ProductFiles`].
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    let product_id: ProductId = ctx.path_param("id")?.parse().map_err(|_| ProblemCode::NotFound)?;
    products::load(ctx, &caller, product_id).await?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let mut files = files::get_product_files(&ctx.store, product_id, query.after, limit + 1).await?;
    let next = page::cut(&mut files, limit, |file| file.file_id);
    respond::json(&ProductFiles { product_id, files, next })
}
