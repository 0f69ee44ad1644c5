//! Whether this deployment can work: what `/healthz` looks at, and what it says of each.

use serde::Serialize;

use crate::context::{Ctx, DATABASE};
use crate::error::ApiError;
use crate::store::health::LastRun;
use crate::store::{StoreError, health};

const PROBE_KEY: &str = "healthz";
const OK: &str = "ok";
const FAILING: &str = "failing";
const NOT_LOOKED_AT: &str = "not looked at";
/// Seconds: three runs of the cron of wrangler.toml.
const LONGEST_PAUSE: i64 = 900;
/// The migrations of this build, which its build script lists.
const MIGRATIONS: &str = env!("MIGRATIONS");

/// Each member is "ok", or says what is wrong: by names, never by values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether all of it is well.
    pub ok: bool,
    config: String,
    database: String,
    migrations: String,
    blobs: String,
    server_key: String,
    cron: String,
    outbox: String,
}

impl Health {
    /// Looks at everything.
    pub async fn of(ctx: &Ctx) -> Self {
        let has_tables = health::has_tables(&ctx.store).await;
        let migrations = migrations(health::applied(&ctx.store).await);
        let blobs = match ctx.blobs() {
            Ok(bucket) => word(bucket.head(PROBE_KEY).await.is_ok()),
            Err(error) => reason(&error),
        };
        let now = ctx.now.seconds();
        let is_deployed = ctx.config.public_origin.is_some();
        let outbox = match health::overdue(&ctx.store, now - LONGEST_PAUSE).await {
            Ok(0) => OK.to_owned(),
            Ok(calls) => format!("{calls} calls overdue"),
            Err(_) => FAILING.to_owned(),
        };
        Self {
            ok: false,
            config: OK.to_owned(),
            database: word(matches!(has_tables, Ok(true))),
            migrations,
            blobs,
            server_key: ctx.server_keys().map_or_else(|error| reason(&error), |_| OK.to_owned()),
            cron: cron(health::last_run(&ctx.store).await, now, is_deployed),
            outbox,
        }
        .judged()
    }

    /// Of a deployment that is not able to begin with any call.
    pub fn unable(error: &ApiError) -> Self {
        let rest = || NOT_LOOKED_AT.to_owned();
        let (config, database) = match error {
            ApiError::Setting(DATABASE, _) => (OK.to_owned(), reason(error)),
            ApiError::Dependency(..) => (OK.to_owned(), FAILING.to_owned()),
            _ => (reason(error), rest()),
        };
        let (migrations, blobs, server_key, cron, outbox) = (rest(), rest(), rest(), rest(), rest());
        Self { ok: false, config, database, migrations, blobs, server_key, cron, outbox }
    }

    /// The members that are not well, for the log.
    pub fn faults(&self) -> String {
        let faults = self.members().into_iter().filter(|(_, word)| !matches!(*word, OK | NOT_LOOKED_AT));
        faults.map(|(name, word)| format!("{name}: {word}")).collect::<Vec<_>>().join("; ")
    }

    fn judged(mut self) -> Self {
        self.ok = self.members().iter().all(|(_, word)| *word == OK);
        self
    }

    fn members(&self) -> [(&'static str, &str); 7] {
        [
            ("config", &self.config),
            ("database", &self.database),
            ("migrations", &self.migrations),
            ("blobs", &self.blobs),
            ("server_key", &self.server_key),
            ("cron", &self.cron),
            ("outbox", &self.outbox),
        ]
    }
}

fn word(works: bool) -> String {
    if works { OK } else { FAILING }.to_owned()
}

/// What is wrong in the deployment's own settings; of others' failures nothing is told.
fn reason(error: &ApiError) -> String {
    match error {
        ApiError::Setting(name, wrong) => format!("{name} {wrong}"),
        ApiError::Bug(what) => (*what).to_owned(),
        _ => FAILING.to_owned(),
    }
}

fn migrations(applied: Result<Vec<String>, StoreError>) -> String {
    let applied = applied.unwrap_or_default();
    let is_missing = |name: &&str| !applied.iter().any(|known| known == name);
    let missing: Vec<&str> = MIGRATIONS.split(',').filter(is_missing).collect();
    if missing.is_empty() { OK.to_owned() } else { format!("missing: {}", missing.join(", ")) }
}

/// That it stays away matters in a deployment only: on a developer's machine nothing calls it.
fn cron(last: Result<Option<LastRun>, StoreError>, now: i64, is_deployed: bool) -> String {
    match last {
        Err(_) => FAILING.to_owned(),
        Ok(None) if is_deployed => "has not run yet".to_owned(),
        Ok(Some(last)) if is_deployed && now - last.ended_at > LONGEST_PAUSE => {
            format!("last ran {} s ago", now - last.ended_at)
        }
        Ok(Some(last)) if !last.failed.is_empty() => format!("failed: {}", last.failed),
        Ok(_) => OK.to_owned(),
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
    fn a_cron_that_pauses_or_fails_is_told() {
        let run = |failed: &str| Ok(Some(LastRun { ended_at: 100, failed: failed.to_owned() }));
        assert_eq!(cron(run(""), 1000, true), OK);
        assert_eq!(cron(run(""), 1001, true), "last ran 901 s ago");
        assert_eq!(cron(run(""), 1001, false), OK);
        assert_eq!(cron(run("replay, outbox"), 1000, true), "failed: replay, outbox");
        assert_eq!(cron(run("replay"), 1001, false), "failed: replay");
        assert_eq!(cron(Ok(None), 1000, true), "has not run yet");
        assert_eq!(cron(Ok(None), 1000, false), OK);
        assert_eq!(cron(Err(StoreError::ForeignKey), 1000, false), FAILING);
    }

    #[test]
    fn what_keeps_every_call_from_beginning_is_named() {
        let wrong = Health::unable(&ApiError::Setting("QUOTA_BYTES", "is not a number"));
        assert_eq!((wrong.ok, wrong.config.as_str()), (false, "QUOTA_BYTES is not a number"));
        assert_eq!(wrong.faults(), "config: QUOTA_BYTES is not a number");
        let unbound = Health::unable(&ApiError::Setting(DATABASE, "is not bound"));
        assert_eq!(unbound.faults(), "database: DB is not bound");
        let away = Health::unable(&ApiError::Dependency("d1", "its own words".to_owned()));
        assert_eq!(away.faults(), "database: failing");
    }
}
