//! What the cron does: bounded work that goes on at the next run.

use worker::Env;

use crate::context::Ctx;
use crate::deadlines;
use crate::error::ApiError;
use crate::log::{self, RunLine};
use crate::store::{health, link_claims, link_log, replay};
use crate::stripe::{confirm, reconcile};
use crate::visitor::DAY_SECONDS;
use crate::webhooks;
use crate::{content_checks, outbox, retention, server_key, sweep};

/// Rows deleted in one run; at one run in five minutes this outpaces 160 changing calls a second.
const MAX_REPLAY_ROWS: u32 = 50_000;
/// Claims of links that one run gives back.
const MAX_LAPSED_CLAIMS: u32 = 5_000;

/// Runs every job; one that fails does not keep the others from running.
pub async fn run(env: Env) {
    report("replay", background(&env, forget_replay).await);
    report("links", background(&env, clean_links).await);
    report("deadlines", background(&env, deadlines::run).await);
    report("content checks", background(&env, content_checks::run).await);
    report("abandoned uploads", background(&env, retention::abort_abandoned).await);
    report("aborted uploads", background(&env, retention::purge_aborted).await);
    report("expired releases", background(&env, retention::end_releases).await);
    report("deleted releases", background(&env, retention::purge_releases).await);
    report("closed records", background(&env, retention::forget_records).await);
    report("orphans", background(&env, sweep::delete_orphans).await);
    report("missing chunks", background(&env, sweep::find_missing).await);
    report("server keys", background(&env, server_key::keep).await);
    report("payments", payments(&env, confirm::run).await);
    report("outbox", payments(&env, outbox::run).await);
    report("webhooks", background(&env, webhooks::run).await);
    report("reconciliation", payments(&env, reconcile::run_daily).await);
    report("end", background(&env, note_end).await);
}

/// For `/healthz`, which says so when the cron stays away.
async fn note_end(ctx: &Ctx) -> Result<usize, ApiError> {
    Ok(ctx.store.run(health::note_run(ctx.now.seconds())).await?)
}

async fn forget_replay(ctx: &Ctx) -> Result<usize, ApiError> {
    Ok(ctx.store.run(replay::delete_expired(ctx.now.seconds(), MAX_REPLAY_ROWS)).await?)
}

/// The server's own work.
async fn background(
    env: &Env,
    job: impl AsyncFnOnce(&Ctx) -> Result<usize, ApiError>,
) -> Result<usize, ApiError> {
    job(&Ctx::background(env.clone()).await?).await
}

/// Gives back what lapsed, and forgets the salts of days that are over. How many rows changed.
async fn clean_links(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    ctx.store.run(link_log::forget_salts(now.div_euclid(DAY_SECONDS))).await?;
    Ok(ctx.store.run(link_claims::cleanup_expired(now, MAX_LAPSED_CLAIMS)).await?)
}

/// Work with Stripe, which a deployment without a key has none of.
async fn payments(
    env: &Env,
    job: impl AsyncFnOnce(&Ctx) -> Result<usize, ApiError>,
) -> Result<usize, ApiError> {
    let ctx = Ctx::background(env.clone()).await?;
    if ctx.stripe().is_err() {
        return Ok(0);
    }
    job(&ctx).await
}

fn report(job: &'static str, result: Result<usize, ApiError>) {
    log::write(&match result {
        Ok(done) => RunLine { level: "info", job, done, cause: None },
        Err(error) => RunLine { level: "error", job, done: 0, cause: error.outcome().cause },
    });
}
