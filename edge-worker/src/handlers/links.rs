//! `download-links`, `download-links-revoke` and `download-links-log`: the owner's side of download links.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::LinkId;
use claimcheck_protocol::problem::{ProblemCode, Resource};
use claimcheck_protocol::transfer::TransitionError;
use claimcheck_protocol::wire::{
    DownloadLinks, LINK_DOWNLOADS, LINK_SECONDS, LinkLog, MAX_SEALED_NAME, MakeLink, RevokeLink,
};
use claimcheck_protocol::{bytes::Bytes32, jcs};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, unprocessable};
use crate::store::links::{self, NewLink, StoredLink};
use crate::store::transfers::{ClaimsState, StoredTransfer};
use crate::store::{files, link_log, releases};
use crate::transitions::{self, Change};
use crate::{content_checks, extract, page, respond, sides};

const DEFAULT_PAGE: u32 = 50;
const MAX_PAGE: u32 = 100;

/// `download-links` makes with POST and lists with GET.
pub async fn make_or_list(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "POST" { make(request, ctx, caller).await } else { list(ctx, caller).await }
}

/// Takes a [`MakeLink`], answers a [`claimcheck_protocol::wire::DownloadLink`]. The same id with the same body is the
/// same request.
async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeLink = extract::json(&mut request).await?;
    let body_hash = jcs::hash(&body).map_err(|_| ApiError::Bug("a link has no canonical form"))?;
    let now = ctx.now.seconds();
    if let Some(stored) = links::find(&ctx.store, body.link_id, now).await? {
        return respond::json(&the_same(&stored, &caller, body_hash)?.view(now));
    }
    let (expires_in, max_downloads) = check_terms(&body)?;
    check_release(ctx, &caller, &body).await?;
    let order = find_order(ctx, &caller, &body).await?;
    let link = NewLink {
        body: &body,
        body_hash,
        owner: caller.id(),
        max_downloads,
        now,
        expires_at: now + expires_in,
        allowed: ctx.config.quotas.open_links,
    };
    let result = store(ctx, &caller, &link, order).await;
    // Whatever call came first: the link of this id is this one, or a conflict.
    let Some(stored) = links::find(&ctx.store, body.link_id, now).await? else {
        return Err(not_made(ctx, &caller, result.err()).await?);
    };
    respond::json(&the_same(&stored, &caller, body_hash)?.view(now))
}

/// Why there is no link of this id.
async fn not_made(ctx: &Ctx, caller: &Caller, error: Option<ApiError>) -> Result<ApiError, ApiError> {
    match error {
        // Its token is another link's.
        None => Ok(ProblemCode::IdConflict.into()),
        Some(ApiError::Refused(refusal)) if refusal.code() == ProblemCode::QuotaExceeded => {
            let used = links::count_open(&ctx.store, caller.id(), ctx.now.seconds()).await?;
            Ok(ctx.config.quotas.refusal(Resource::OpenLinks, used, 1))
        }
        Some(error) => Ok(error),
    }
}

fn the_same<'a>(
    stored: &'a StoredLink,
    caller: &Caller,
    body_hash: Bytes32,
) -> Result<&'a StoredLink, ApiError> {
    let is_same = stored.user_id == caller.id() && stored.body_hash == body_hash;
    if is_same { Ok(stored) } else { Err(ProblemCode::IdConflict.into()) }
}

/// Seconds and downloads, never more than a link may have.
fn check_terms(body: &MakeLink) -> Result<(i64, u32), ApiError> {
    let expires_in = body.expires_in.unwrap_or(LINK_SECONDS);
    let max_downloads = body.max_downloads.unwrap_or(LINK_DOWNLOADS);
    if !(1..=LINK_SECONDS).contains(&expires_in) {
        return Err(unprocessable("expires_in must be 1 to 86400"));
    }
    if !(1..=LINK_DOWNLOADS).contains(&max_downloads) {
        return Err(unprocessable("max_downloads must be 1 to 5"));
    }
    if body.file_id.is_some() != body.sealed_name.is_some() {
        return Err(unprocessable("sealed_name goes with file_id"));
    }
    if body.sealed_name.as_ref().is_some_and(|name| name.0.len() > MAX_SEALED_NAME) {
        return Err(unprocessable("sealed_name is too long"));
    }
    Ok((expires_in, max_downloads))
}

async fn check_release(ctx: &Ctx, caller: &Caller, body: &MakeLink) -> Result<(), ApiError> {
    let release = releases::find(&ctx.store, body.release_id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, release.seller_ailock_id)?;
    let is_of_sale = body.transfer_id.is_some();
    if release.deleted_at.is_some() || (release.withdrawn_at.is_some() && !is_of_sale) {
        return Err(ProblemCode::ReleaseGone.into());
    }
    if let Some(file_id) = body.file_id
        && files::get_digital_file(&ctx.store, file_id).await? != Some(body.release_id)
    {
        return Err(ProblemCode::NotFound.into());
    }
    content_checks::require_accepted(ctx, body.release_id).await.map(drop)
}

/// The sale that the link is for: the caller's, of this release, and its buyer has access.
async fn find_order(ctx: &Ctx, caller: &Caller, body: &MakeLink) -> Result<Option<StoredTransfer>, ApiError> {
    let Some(id) = body.transfer_id else { return Ok(None) };
    let (transfer, _) = sides::load_as_seller(ctx, caller, id).await?;
    check_order(&transfer)?;
    if transfer.frozen.map(|frozen| frozen.release_id) != Some(body.release_id) {
        return Err(unprocessable("release_id is not the one of the sale"));
    }
    Ok(Some(transfer))
}

fn check_order(transfer: &StoredTransfer) -> Result<(), ApiError> {
    let status = transfer.machine.status();
    if status.allows_access() && transfer.access.claims == ClaimsState::Open {
        return Ok(());
    }
    Err(TransitionError::WrongState { status, event: "link" }.into())
}

/// Stores the link; with a sale, in a batch that holds only while the sale gives access.
async fn store(
    ctx: &Ctx,
    caller: &Caller,
    link: &NewLink<'_>,
    order: Option<StoredTransfer>,
) -> Result<(), ApiError> {
    let [insert, rest] = links::create_download_link(link);
    let Some(transfer) = order else {
        return match ctx.store.batch(vec![insert, rest]).await {
            Err(error) if !error.is_unique("download_links") => Err(error.into()),
            _ => Ok(()),
        };
    };
    let decide = |transfer: &StoredTransfer| {
        check_order(transfer)?;
        Ok(Some(Change::noting("link_created").with(insert.clone()).with(rest.clone())))
    };
    transitions::apply(ctx, Actor::Ailock(caller.id()), transfer, decide).await.map(drop)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    link_id: Option<LinkId>,
    after: Option<LinkId>,
    limit: Option<u32>,
}

/// With `link_id` a [`claimcheck_protocol::wire::DownloadLink`], else a page of [`DownloadLinks`]; the caller's own.
async fn list(ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: ListQuery = extract::query(ctx)?;
    let now = ctx.now.seconds();
    if let Some(id) = query.link_id {
        return respond::json(&load(ctx, &caller, id).await?.view(now));
    }
    let limit = query.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let mut found = links::list(&ctx.store, caller.id(), query.after, limit + 1, now).await?;
    let next = page::cut(&mut found, limit, |link| link.immutable_id);
    let links = found.iter().map(|link| link.view(now)).collect();
    respond::json(&DownloadLinks { links, next })
}

/// A link of the caller's.
async fn load(ctx: &Ctx, caller: &Caller, id: LinkId) -> Result<StoredLink, ApiError> {
    let link = links::find(&ctx.store, id, ctx.now.seconds()).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, link.user_id)?;
    Ok(link)
}

/// Takes a [`RevokeLink`], answers the [`claimcheck_protocol::wire::DownloadLink`] as it is then. Again is as good as
/// once.
pub async fn revoke(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let RevokeLink { link_id } = extract::json(&mut request).await?;
    let link = load(ctx, &caller, link_id).await?;
    let now = ctx.now.seconds();
    if link.revoked_at.is_none() {
        let revoke = links::revoke(link_id, caller.id(), now);
        match link.order_id {
            None => drop(ctx.store.run(revoke).await?),
            Some(order) => {
                let transfer = transitions::load(ctx, order).await?;
                let decide =
                    |_: &StoredTransfer| Ok(Some(Change::noting("link_revoked").with(revoke.clone())));
                transitions::apply(ctx, Actor::Ailock(caller.id()), transfer, decide).await?;
            }
        }
    }
    respond::json(&load(ctx, &caller, link_id).await?.view(now))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    link_id: LinkId,
    after: Option<u64>,
    limit: Option<u32>,
}

/// Answers a page of a [`LinkLog`].
pub async fn log(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let query: LogQuery = extract::query(ctx)?;
    load(ctx, &caller, query.link_id).await?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let mut entries = link_log::list(&ctx.store, query.link_id, query.after, limit + 1).await?;
    let next = page::cut(&mut entries, limit, |entry| entry.entry_id);
    respond::json(&LinkLog { entries, next })
}
