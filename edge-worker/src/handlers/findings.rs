//! `GET payments-findings`: what the operator is to look into.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::Findings;
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::findings::{self, PAGE};
use crate::store::sweeps;
use crate::{extract, page, respond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<u64>,
    limit: Option<u32>,
}

/// Answers [`Findings`], to the operator only.
pub async fn list(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.config.operator != Some(caller.id()) {
        return Err(Refusal::new(ProblemCode::Forbidden).detail("only the operator may").into());
    }
    let Query { after, limit } = extract::query(ctx)?;
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
    let mut found = findings::list(&ctx.store, after.unwrap_or_default(), limit + 1).await?;
    let next = page::cut(&mut found, limit, |finding| finding.finding_id);
    let refunds = findings::owed_refunds(&ctx.store).await?;
    let storage = sweeps::findings(&ctx.store, PAGE).await?;
    respond::json(&Findings { findings: found, next, storage, refunds })
}
