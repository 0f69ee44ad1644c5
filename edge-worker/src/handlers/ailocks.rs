//! `GET ailocks?id=`: the keys and profile of an Ailock. The id commits to the keys, so the client can check them.

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::ailocks;
use crate::{extract, respond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    id: AilockId,
}

/// Answers a [`claimcheck_protocol::profile::Registration`].
pub async fn show(_request: Request, ctx: &Ctx, _caller: Caller) -> Result<Response, ApiError> {
    let Query { id } = extract::query(ctx)?;
    let registration = ailocks::find(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    respond::json(&registration)
}
