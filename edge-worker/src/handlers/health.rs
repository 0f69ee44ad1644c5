//! `GET /healthz`: whether this deployment can work, and what is wrong if not.

use serde::{Deserialize, Serialize};
use worker::{Request, Response};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::respond;
use crate::store::sql;

const PROBE_KEY: &str = "healthz";

#[derive(Serialize)]
struct Health {
    ok: bool,
    database: &'static str,
    blobs: &'static str,
    server_key: &'static str,
}

#[derive(Deserialize)]
struct Migrated {
    ailocks: u32,
}

const fn word(works: bool) -> &'static str {
    if works { "ok" } else { "failing" }
}

/// 200 if everything answers, else 503 with the same members.
pub async fn show(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let migrated = sql("select count(*) as ailocks from sqlite_schema where name = 'ailocks'");
    let database = matches!(ctx.store.first::<Migrated>(migrated).await, Ok(Some(Migrated { ailocks: 1 })));
    let blobs = match ctx.blobs() {
        Ok(bucket) => bucket.head(PROBE_KEY).await.is_ok(),
        Err(_) => false,
    };
    let server_key = ctx.server_keys().is_ok();
    let ok = database && blobs && server_key;
    let health = Health { ok, database: word(database), blobs: word(blobs), server_key: word(server_key) };
    Ok(respond::json(&health)?.with_status(if ok { 200 } else { 503 }))
}
