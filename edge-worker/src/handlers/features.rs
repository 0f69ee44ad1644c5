//! `GET /openapi.json` and `GET features`: what a program can find out about this deployment before it calls.

use claimcheck_protocol::floe::CHUNK_LEN;
use claimcheck_protocol::wire::{
    Features, LINK_DOWNLOADS, LINK_SECONDS, LinkLimits, PaymentsMode, UploadLimits,
};
use worker::{Request, Response, ResponseBuilder};

use super::release_put::MAX_BYTES;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::respond;
use crate::router::{ROUTES, openapi};

const CACHE_SECONDS: u32 = 300;

/// `GET /openapi.json`.
pub async fn document(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let document = openapi::document(ROUTES, &ctx.issuer);
    let response = ResponseBuilder::new().with_header("content-type", "application/json")?;
    let response = response.with_header("cache-control", &format!("public, max-age={CACHE_SECONDS}"))?;
    Ok(response.fixed(document.into_bytes()))
}

/// Answers [`Features`].
pub async fn show(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let config = &ctx.config;
    let mode = match config.payments.connect_fee {
        Some(_) => PaymentsMode::Connect,
        None => PaymentsMode::Merchant,
    };
    let uploads = UploadLimits {
        max_file_bytes: config.uploads.max_file_bytes,
        max_release_bytes: config.uploads.max_release_bytes,
        chunk_size: CHUNK_LEN as u64,
        max_body_bytes: MAX_BYTES,
        allowed_types: config.uploads.allowed_types.clone(),
        denied_types: config.uploads.denied_types.clone(),
        retention_days: config.uploads.retention_days,
    };
    let features = Features {
        payments: ctx.stripe().is_ok().then_some(mode),
        arbiter: config.arbiter,
        operator: config.operator,
        uploads,
        links: LinkLimits { max_seconds: LINK_SECONDS, max_downloads: LINK_DOWNLOADS },
    };
    respond::cacheable_json(&features, CACHE_SECONDS)
}
