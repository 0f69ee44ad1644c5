//! What the cron does: bounded work that goes on at the next run.

use worker::Env;

use crate::clock;
use crate::context::Ctx;
use crate::deadlines;
use crate::error::{ApiError, Outcome};
use crate::log;
use crate::store::{health, link_claims, link_log, replay};
use crate::stripe::{confirm, reconcile};
use crate::trace::CallNames;
use crate::visitor::DAY_SECONDS;
use crate::webhooks;
use crate::{content_checks, outbox, retention, server_key, sweep};

/// Rows deleted in one run; at one run in five minutes this outpaces 160 changing calls a second.
const MAX_REPLAY_ROWS: u32 = 50_000;
/// Claims of links that one run gives back.
const MAX_LAPSED_CLAIMS: u32 = 5_000;

/// Runs every job; one that fails does not keep the others from running.
pub async fn run(env: Env) {
    let names = match CallNames::make(None) {
        Ok(names) => names,
        // Without entropy nothing here has a name, and no job could do its work.
        Err(error) => return log::write(&log::Notice::new("cron_without_names", error.outcome().code)),
    };
    let mut run = Run { env, names, failed: Vec::new() };
    run.job("replay", forget_replay).await;
    run.job("links", clean_links).await;
    run.job("deadlines", deadlines::run).await;
    run.job("content checks", content_checks::run).await;
    run.job("abandoned uploads", retention::abort_abandoned).await;
    run.job("aborted uploads", retention::purge_aborted).await;
    run.job("expired releases", retention::end_releases).await;
    run.job("deleted releases", retention::purge_releases).await;
    run.job("closed records", retention::forget_records).await;
    run.job("orphans", sweep::delete_orphans).await;
    run.job("missing chunks", sweep::find_missing).await;
    run.job("server keys", server_key::keep).await;
    run.job("payments", async |ctx| with_stripe(ctx, confirm::run).await).await;
    run.job("outbox", async |ctx| with_stripe(ctx, outbox::run).await).await;
    run.job("webhooks", webhooks::run).await;
    run.job("reconciliation", async |ctx| with_stripe(ctx, reconcile::run_daily).await).await;
    let failed = run.failed.join(", ");
    run.job("end", async |ctx| note_end(ctx, &failed).await).await;
}

/// One run: a trace of its own, in which each job is a part.
struct Run {
    env: Env,
    names: CallNames,
    failed: Vec<&'static str>,
}

impl Run {
    async fn job(&mut self, name: &'static str, job: impl AsyncFnOnce(&Ctx) -> Result<usize, ApiError>) {
        let start = clock::runtime_millis();
        let part = self.names.part().unwrap_or_else(|_| self.names.clone());
        let result = match Ctx::named(self.env.clone(), part.clone()).await {
            Ok(ctx) => job(&ctx).await,
            Err(error) => Err(error),
        };
        if result.is_err() {
            self.failed.push(name);
        }
        let done = *result.as_ref().unwrap_or(&0);
        log::write_job(&part, name, clock::runtime_millis() - start, done, Outcome::of(&result));
    }
}

/// For `/healthz`, which says so when the cron stays away or its jobs fail.
async fn note_end(ctx: &Ctx, failed: &str) -> Result<usize, ApiError> {
    Ok(ctx.store.run(health::note_run(ctx.now.seconds(), failed)).await?)
}

async fn forget_replay(ctx: &Ctx) -> Result<usize, ApiError> {
    Ok(ctx.store.run(replay::delete_expired(ctx.now.seconds(), MAX_REPLAY_ROWS)).await?)
}

/// Gives back what lapsed, and forgets the salts of days that are over. How many rows changed.
async fn clean_links(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    ctx.store.run(link_log::forget_salts(now.div_euclid(DAY_SECONDS))).await?;
    Ok(ctx.store.run(link_claims::cleanup_expired(now, MAX_LAPSED_CLAIMS)).await?)
}

/// Work with Stripe, which a deployment without a key has none of.
async fn with_stripe(
    ctx: &Ctx,
    job: impl AsyncFnOnce(&Ctx) -> Result<usize, ApiError>,
) -> Result<usize, ApiError> {
    if ctx.stripe().is_err() {
        return Ok(0);
    }
    job(ctx).await
}
