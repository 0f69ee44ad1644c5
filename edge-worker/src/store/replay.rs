//! What may be used once. The unique constraint decides, so of any number of calls at once exactly one passes.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::AilockId;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// Something that may be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    id: Bytes32,
    expires_at: i64,
}

impl Once {
    /// `jti` of `owner` (a key or an Ailock) among things of a `kind`; `expires_at` is when it is refused anyway.
    pub fn new(kind: &str, owner: &[u8; 32], jti: &str, expires_at: i64) -> Self {
        Self { id: jcs::sha256(&[kind.as_bytes(), b"\0", owner, jti.as_bytes()]), expires_at }
    }

    /// Fails on the unique constraint of `replay` if it was used before.
    pub fn insert(&self) -> Query {
        sql("insert into replay (id, expires_at) values (?1, ?2)").bind(self.id).bind(self.expires_at)
    }

    /// The same on behalf of an Ailock. It changes no row where the Ailock is not registered.
    pub fn insert_by(&self, id: AilockId) -> Query {
        sql("insert into replay (id, expires_at) select ?1, ?2 where exists (select 1 from ailocks where id = ?3)")
            .bind(self.id)
            .bind(self.expires_at)
            .bind(id)
    }
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether it was used.
pub async fn was_used(store: &Store, once: &Once) -> Result<bool, StoreError> {
    let query = sql("select count(*) as found from replay where id = ?1").bind(once.id);
    Ok(store.first::<Found>(query).await?.is_some_and(|row| row.found > 0))
}

/// Forgets at most `limit` things that would be refused anyway.
pub fn delete_expired(now: i64, limit: u32) -> Query {
    sql("delete from replay where id in (select id from replay where expires_at < ?1 limit cast(?2 as integer))")
        .bind(now)
        .bind(limit)
}
