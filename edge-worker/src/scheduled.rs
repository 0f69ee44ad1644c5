//! What the cron does: bounded work that goes on at the next run.

use worker::Env;

use crate::blobs::Blobs;
use crate::clock::{self, Now};
use crate::config::Config;
use crate::context::{Ctx, open_bucket, open_store};
use crate::deadlines;
use crate::error::ApiError;
use crate::log::{self, RunLine};
use crate::outbox;
use crate::store::{Store, health, replay, uploads};
use crate::stripe::{confirm, reconcile};

/// Rows deleted in one run; at one run in five minutes this outpaces 160 changing calls a second.
const MAX_REPLAY_ROWS: u32 = 50_000;
/// Aborted uploads whose chunks one run deletes, and thousands of chunks that it deletes of each.
const MAX_PURGED_UPLOADS: u32 = 20;
const MAX_PURGED_PAGES: u32 = 4;
/// Seconds after which no PUT that saw the upload open can still be running.
const LONGEST_PUT: i64 = 3600;
/// The origin of a run where none is configured. A run has no address, and only development configures none.
const LOCAL_ORIGIN: &str = "http://localhost";

/// Runs every job; one that fails does not keep the others from running.
pub async fn run(env: Env) {
    report("replay", forget_replay(&env).await);
    report("aborted uploads", purge_aborted(&env).await);
    report("deadlines", deadlines::run(&env).await);
    report("payments", payments(&env, confirm::run).await);
    report("outbox", payments(&env, outbox::run).await);
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

/// Deletes what an abort left, and what PUTs that ran beside it stored afterwards. How many uploads are done with.
async fn purge_aborted(env: &Env) -> Result<usize, ApiError> {
    let (store, now) = open(env).await?;
    let blobs = Blobs::new(open_bucket(env)?);
    let mut done = 0;
    for upload in uploads::to_purge(&store, now.seconds() - LONGEST_PUT, MAX_PURGED_UPLOADS).await? {
        if blobs.delete(upload.release_id, MAX_PURGED_PAGES).await? {
            done += store.run(uploads::purged(upload.id, now.seconds())).await?;
        }
    }
    Ok(done)
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
