//! `GET|POST content-checks`: what scanners and moderators found in a release. The operator reports it; its seller reads it.

use claimcheck_protocol::ids::ReleaseId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{ContentCheck, MalwareScan, Moderation, ReportContent};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::{Caller, Owner};
use crate::content_checks::tell;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::{content_checks, releases};
use crate::{extract, respond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    release_id: ReleaseId,
}

/// Answers a [`ContentCheck`]; POST takes a [`ReportContent`] before.
pub async fn show_or_report(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "POST" {
        return report(request, ctx, caller).await;
    }
    let Query { release_id } = extract::query(ctx)?;
    load(ctx, &caller, release_id).await?;
    answer(ctx, release_id).await
}

async fn report(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: ReportContent = extract::json(&mut request).await?;
    load(ctx, &caller, body.release_id).await?;
    if ctx.config.operator != Some(caller.id()) {
        return Err(Refusal::new(ProblemCode::Forbidden).detail("only the operator reports").into());
    }
    ctx.store.run(content_checks::report(&body, ctx.now.seconds())).await?;
    tell(ctx, Some(body.release_id)).await?;
    answer(ctx, body.release_id).await
}

/// Refuses whoever neither sells the release nor operates the server.
async fn load(ctx: &Ctx, caller: &Caller, release_id: ReleaseId) -> Result<(), ApiError> {
    let release = releases::find(&ctx.store, release_id).await?.ok_or(ProblemCode::NotFound)?;
    if ctx.config.operator != Some(caller.id()) {
        Owner::of(caller, release.seller_ailock_id)?;
    }
    Ok(())
}

async fn answer(ctx: &Ctx, release_id: ReleaseId) -> Result<Response, ApiError> {
    let found = content_checks::find(&ctx.store, release_id).await?;
    respond::json(&found.unwrap_or(ContentCheck {
        release_id,
        malware_scan: MalwareScan::Pending,
        moderation: Moderation::Pending,
        checked_at: None,
    }))
}
