//! The keys that this server has signed with.

use claimcheck_protocol::auth::access_token::ServerKey;
use claimcheck_protocol::keys::Ed25519PublicKey;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// Keeps a key that is in use, once.
pub fn keep(key: &ServerKey, now: i64) -> Query {
    sql("insert into server_keys (kid, ed25519_pk, first_seen_at) values (?1, ?2, ?3) on conflict do nothing")
        .bind(key.kid.as_str())
        .bind(key.key)
        .bind(now)
}

#[derive(Deserialize)]
struct Row {
    ed25519_pk: Ed25519PublicKey,
}

/// The keys that may still vouch for what they signed, the newest first.
pub async fn trusted(store: &Store) -> Result<Vec<ServerKey>, StoreError> {
    let query = sql(
        "select ed25519_pk from server_keys where distrusted_at is null order by first_seen_at desc, kid",
    );
    let rows: Vec<Row> = store.all(query).await?;
    Ok(rows.into_iter().map(|row| ServerKey::new(row.ed25519_pk)).collect())
}
