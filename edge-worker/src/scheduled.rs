//! What the cron does: bounded work that goes on at the next run.

use worker::Env;

use crate::clock::{self, Now};
use crate::config::Config;
use crate::context::{Ctx, open_store};
use crate::deadlines;
use crate::error::ApiError;
use crate::log::{self, RunLine};
use crate::store::{Store, health, link_log, links, replay};
use crate::stripe::{confirm, reconcile};
use crate::visitor::DAY_SECONDS;
use crate::webhooks;
use crate::{content_checks, outbox, retention, sweep};

/// Rows deleted in one run; at one run in five minutes this outpaces 160 changing calls a second.
const MAX_REPLAY_ROWS: u32 = 50_000;
/// Claims of links that one run gives back.
const MAX_LAPSED_CLAIMS: u32 = 5_000;
/// The origin of a run where none is configured. A run has no address, and only development configures none.
const LOCAL_ORIGIN: &str = "http://localhost";

/// Runs every job; one that fails does not keep the others from running.
pub async fn run(env: Env) {
    report("replay", forget_replay(&env).await);
    report("links", clean_links(&env).await);
    report("deadlines", deadlines::run(&env).await);
    report("content checks", background(&env, content_checks::run).await);
    report("abandoned uploads", background(&env, retention::abort_abandoned).await);
    report("aborted uploads", background(&env, retention::purge_aborted).await);
    report("expired releases", background(&env, retention::end_releases).await);
    report("deleted releases", background(&env, retention::purge_releases).await);
    report("closed records", background(&env, retention::forget_records).await);
    report("orphans", background(&env, sweep::delete_orphans).await);
    report("missing chunks", background(&env, sweep::find_missing).await);
    report("payments", payments(&env, confirm::run).await);
    report("outbox", payments(&env, outbox::run).await);
    report("webhooks", background(&env, webhooks::run).await);
    report("reconciliation", payments(&env, reconcile::run_daily).await);
    report("end", note_end(&env).await);
}

/// For `/healthz`, which says so when the cron stays away.
async fn note_end(env: &Env) -> Result<usize, ApiError> {
    let (store, now) = open(env).await?;
    Ok(store.run(health::note_run(now.seconds())).await?)
}

async fn forget_replay(env: &Env) -> Result<usize, ApiError> {
    let (store, now) = open(env).await?;
    Ok(store.run(replay::delete_expired(now.seconds(), MAX_REPLAY_ROWS)).await?)
}

/// The server's own work.
async fn background(
    env: &Env,
    job: impl AsyncFnOnce(&Ctx) -> Result<usize, ApiError>,
) -> Result<usize, ApiError> {
    job(&Ctx::background(env.clone()).await?).await
}

/// Gives back what lapsed, and forgets the salts of days that are over. How many rows changed.
async fn clean_links(env: &Env) -> Result<usize, ApiError> {
    let (store, now) = open(env).await?;
    store.run(link_log::forget_salts(now.seconds().div_euclid(DAY_SECONDS))).await?;
    Ok(store.run(links::cleanup_expired(now.seconds(), MAX_LAPSED_CLAIMS)).await?)
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

async fn open(env: &Env) -> Result<(Store, Now), ApiError> {
    let config = Config::parse(env)?;
    let store = open_store(env)?;
    let origin = config.public_origin.as_deref().unwrap_or(LOCAL_ORIGIN);
    let now = clock::now(&config, origin, &store).await?;
    Ok((store, now))
}

fn report(job: &'static str, result: Result<usize, ApiError>) {
    log::write(&match result {
        Ok(done) => RunLine { level: "info", job, done, cause: None },
        Err(error) => RunLine { level: "error", job, done: 0, cause: error.outcome().cause },
    });
}
