//! `GET /downloads/:token`: the page for browsers, and what it needs to know for programs. Neither uses anything up, so
//! a preview, a scanner or a reload costs nobody a download.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{LinkFile, LinkInfo, LinkState};
use worker::{Request, Response, ResponseBuilder};

use super::link_claims::find_by_path;
use crate::accept::prefers_page;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::links::StoredLink;
use crate::store::releases::{self, Release};
use crate::{extract, respond};

/// The page where `Accept` prefers HTML, whatever the token; else a [`LinkInfo`].
pub async fn show(request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    if extract::header(&request, "accept").is_some_and(|accept| prefers_page(&accept))
        && let Some(page) = page(ctx).await?
    {
        return Ok(page);
    }
    let link = find_by_path(ctx).await?;
    if link.state(ctx.now.seconds()) == LinkState::Revoked {
        return Err(ProblemCode::LinkGone.into());
    }
    let release = releases::find(&ctx.store, link.release_id).await?.ok_or(ProblemCode::ReleaseGone)?;
    if release.deleted_at.is_some() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    let mut response = respond::json(&info(&link, release, ctx.now.seconds()))?;
    response.headers_mut().set("vary", "Accept")?;
    Ok(response)
}

/// The page's shell with its own headers; none where the deployment serves no page.
async fn page(ctx: &Ctx) -> Result<Option<Response>, ApiError> {
    let Some(found) = ctx.page_shell().await? else { return Ok(None) };
    let headers = found.headers().clone();
    headers.set("vary", "Accept")?;
    headers.set("cache-control", "no-store")?;
    let builder = ResponseBuilder::new().with_status(found.status_code()).with_headers(headers);
    Ok(Some(builder.body(found.body().clone())))
}

fn info(link: &StoredLink, release: Release, now: i64) -> LinkInfo {
    let given = |file| link.digital_file_id.is_none_or(|only| only == file);
    let files = release.manifest.0.files.into_iter().filter(|file| given(file.file_id));
    LinkInfo {
        link_id: link.immutable_id,
        release_id: link.release_id,
        file_id: link.digital_file_id,
        manifest_hash: release.manifest_hash,
        seller: link.user_id,
        has_password: link.has_password != 0,
        max_downloads: link.max_downloads,
        downloads_left: link.downloads_left(),
        expires_at: link.expires_at,
        state: link.state(now),
        files: files
            .map(|file| LinkFile {
                file_id: file.file_id,
                size: file.plaintext_size,
                declared_type: file.declared_type,
            })
            .collect(),
    }
}
