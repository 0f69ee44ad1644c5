//! `GET /downloads/:token`: the page for browsers, and what it needs to know for programs. Neither uses anything up, so
//! a preview, a scanner or a reload costs nobody a download.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{LinkFile, LinkInfo, LinkState};
use worker::{Request, Response, ResponseBuilder};

use super::link_claims::find_by_path;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::links::StoredLink;
use crate::store::releases::{self, Release};
use crate::{extract, respond};

/// The page where `Accept` names HTML, whatever the token; else a [`LinkInfo`].
pub async fn show(request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    if wants_page(extract::header(&request, "accept").as_deref())
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

fn wants_page(accept: Option<&str>) -> bool {
    accept.is_some_and(|accept| accept.contains("text/html"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_asks_for_html_gets_the_page() {
        assert!(wants_page(Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")));
        for accept in [Some("application/json"), Some("*/*"), None] {
            assert!(!wants_page(accept), "{accept:?}");
        }
    }
}
