//! What `/healthz` asks the database.

use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

#[derive(Deserialize)]
struct Number {
    number: Option<i64>,
}

#[derive(Deserialize)]
struct Applied {
    name: String,
}

async fn number(store: &Store, query: Query) -> Result<Option<i64>, StoreError> {
    Ok(store.first::<Number>(query).await?.and_then(|row| row.number))
}

/// Whether it answers and has the tables of the first migration.
pub async fn has_tables(store: &Store) -> Result<bool, StoreError> {
    let tables = sql("select count(*) as number from sqlite_schema where name = 'ailocks'");
    Ok(number(store, tables).await? == Some(1))
}

/// The file names of the migrations that were applied.
pub async fn applied(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Applied> = store.all(sql("select name from d1_migrations")).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// The newest run of the cron.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LastRun {
    /// Unix seconds at which it had gone through its jobs.
    pub ended_at: i64,
    /// The jobs that failed, separated by commas.
    pub failed: String,
}

/// When the cron last went through its jobs, and which ones failed.
pub async fn last_run(store: &Store) -> Result<Option<LastRun>, StoreError> {
    store.first(sql("select ended_at, failed from cron_runs")).await
}

/// The cron has gone through its jobs.
pub fn note_run(now: i64, failed: &str) -> Query {
    sql("insert into cron_runs (id, ended_at, failed) values (1, ?1, ?2) \
         on conflict do update set ended_at = excluded.ended_at, failed = excluded.failed")
    .bind(now)
    .bind(failed)
}

/// Calls to others that were due before `since` and that nobody has taken on.
pub async fn overdue(store: &Store, since: i64) -> Result<i64, StoreError> {
    let query = sql("select count(*) as number from outbox where next_attempt_at < ?1").bind(since);
    Ok(number(store, query).await?.unwrap_or_default())
}
