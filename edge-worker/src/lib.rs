//! Claimcheck's Worker: takes and hands over sealed files, keeps the books of each sale, and can open nothing.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accept;
mod attempts;
pub mod audit;
pub mod auth;
pub mod blobs;
pub mod body_bytes;
pub mod byte_range;
pub mod call_out;
pub mod chunk_index;
pub mod chunk_map;
pub mod chunk_response;
pub mod clock;
pub mod config;
pub mod content_checks;
pub mod context;
pub mod cors;
pub mod deadlines;
pub mod error;
pub mod extract;
pub mod filing;
pub mod handlers;
pub mod health;
pub mod json_place;
pub mod limits;
pub mod log;
pub mod metrics;
mod notes;
pub mod outbox;
pub mod page;
pub mod random;
pub mod repr_digest;
pub mod respond;
pub mod retention;
pub mod router;
pub mod scheduled;
pub mod server_key;
pub mod sides;
pub mod store;
pub mod stripe;
pub mod sweep;
pub mod tally;
pub mod trace;
pub mod transitions;
pub mod upload_rules;
pub mod visitor;
pub mod webhooks;

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

/// Answers one request. Every failure becomes a problem document, so this never returns an error.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    Ok(router::answer(request, env, &context).await)
}

/// Runs on the cron of wrangler.toml.
#[event(scheduled)]
async fn on_schedule(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    scheduled::run(env).await;
}
