//! What the cron does: bounded work that goes on at the next run.

use worker::Env;

use crate::clock;
use crate::config::Config;
use crate::context::open_store;
use crate::error::ApiError;
use crate::log::{self, RunLine};
use crate::store::replay;

/// Rows deleted in one run; at one run in five minutes this outpaces 160 changing calls a second.
const MAX_REPLAY_ROWS: u32 = 50_000;
/// The origin of a run where none is configured. A run has no address, and only development configures none.
const LOCAL_ORIGIN: &str = "http://localhost";

/// Runs every job; one that fails does not keep the others from running.
pub async fn run(env: Env) {
    report("replay", forget_replay(&env).await);
}

async fn forget_replay(env: &Env) -> Result<usize, ApiError> {
    let config = Config::parse(env)?;
    let store = open_store(env)?;
    let origin = config.public_origin.as_deref().unwrap_or(LOCAL_ORIGIN);
    let now = clock::now(&config, origin, &store).await?;
    Ok(store.run(replay::delete_expired(now.seconds(), MAX_REPLAY_ROWS)).await?)
}

fn report(job: &'static str, result: Result<usize, ApiError>) {
    log::write(&match result {
        Ok(done) => RunLine { level: "info", job, done, cause: None },
        Err(error) => RunLine { level: "error", job, done: 0, cause: error.outcome().cause },
    });
}
