//! `GET /healthz`: whether this deployment can work, and what is wrong if not.

use serde::Serialize;
use worker::{Request, Response};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::respond;
use crate::store::{StoreError, health};

const PROBE_KEY: &str = "healthz";
const OK: &str = "ok";
const FAILING: &str = "failing";
/// Seconds: three runs of the cron of wrangler.toml.
const LONGEST_PAUSE: i64 = 900;
/// The migrations of this build, which its build script lists.
const MIGRATIONS: &str = env!("MIGRATIONS");

/// Each member is "ok", or says what is wrong.
#[derive(Serialize)]
struct Health {
    ok: bool,
    database: String,
    migrations: String,
    blobs: String,
    server_key: String,
    cron: String,
    outbox: String,
}

/// 200 if all is well, else 503 with the same members.
pub async fn show(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let database = word(matches!(health::has_tables(&ctx.store).await, Ok(true)));
    let migrations = migrations(health::applied(&ctx.store).await);
    let blobs = match ctx.blobs() {
        Ok(bucket) => bucket.head(PROBE_KEY).await.is_ok(),
        Err(_) => false,
    };
    let server_key = word(ctx.server_keys().is_ok());
    let now = ctx.now.seconds();
    let cron = match health::last_run(&ctx.store).await {
        // Only a deployment has a cron: on a developer's machine nothing calls it.
        _ if ctx.config.public_origin.is_none() => OK.to_owned(),
        Ok(last) => cron(last, now),
        Err(_) => FAILING.to_owned(),
    };
    let outbox = match health::overdue(&ctx.store, now - LONGEST_PAUSE).await {
        Ok(0) => OK.to_owned(),
        Ok(calls) => format!("{calls} calls overdue"),
        Err(_) => FAILING.to_owned(),
    };
    let blobs = word(blobs);
    let ok = [&database, &migrations, &blobs, &server_key, &cron, &outbox].iter().all(|word| *word == OK);
    let health = Health { ok, database, migrations, blobs, server_key, cron, outbox };
    Ok(respond::json(&health)?.with_status(if ok { 200 } else { 503 }))
}

fn word(works: bool) -> String {
    if works { OK } else { FAILING }.to_owned()
}

fn migrations(applied: Result<Vec<String>, StoreError>) -> String {
    let applied = applied.unwrap_or_default();
    let is_missing = |name: &&str| !applied.iter().any(|known| known == name);
    let missing: Vec<&str> = MIGRATIONS.split(',').filter(is_missing).collect();
    if missing.is_empty() { OK.to_owned() } else { format!("missing: {}", missing.join(", ")) }
}

fn cron(last: Option<i64>, now: i64) -> String {
    match last {
        None => "has not run yet".to_owned(),
        Some(last) if now - last > LONGEST_PAUSE => format!("last ran {} s ago", now - last),
        Some(_) => OK.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_migrations_are_named() {
        let all: Vec<String> = MIGRATIONS.split(',').map(str::to_owned).collect();
        assert!(all.len() >= 6 && all[0].starts_with("0001_"), "{all:?}");
        assert_eq!(migrations(Ok(all.clone())), OK);
        assert_eq!(migrations(Ok(all[1..].to_vec())), format!("missing: {}", all[0]));
        assert!(migrations(Err(StoreError::ForeignKey)).starts_with("missing: 0001_"));
    }

    #[test]
    fn a_cron_that_pauses_is_told() {
        assert_eq!(cron(Some(100), 1000), OK);
        assert_eq!(cron(Some(99), 1000), "last ran 901 s ago");
        assert_eq!(cron(None, 1000), "has not run yet");
    }
}
