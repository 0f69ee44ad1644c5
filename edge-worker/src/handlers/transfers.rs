//! `GET transfers`: the caller's own sales, on either side.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::Transfers;
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::transfers::{self, Role};
use crate::{extract, page, respond, sides};

const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    transfer_id: Option<TransferId>,
    role: Option<Role>,
    after: Option<TransferId>,
    limit: Option<u32>,
}

/// With `transfer_id` a [`claimcheck_protocol::wire::TransferView`], else a page of [`Transfers`], newest first.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: Query = extract::query(ctx)?;
    if let Some(id) = query.transfer_id {
        let (transfer, party) = sides::load(ctx, &caller, id).await?;
        return respond::json(&sides::view(&transfer, party.id()));
    }
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("limit must be 1 to 100").into());
    }
    let mut found = transfers::list(&ctx.store, caller.id(), query.role, query.after, limit + 1).await?;
    let next = page::cut(&mut found, limit, |transfer| transfer.id);
    let transfers = found.iter().map(|transfer| sides::view(transfer, caller.id())).collect();
    respond::json(&Transfers { transfers, next })
}
