//! The claims on download links: which begin, whose they are, and which are given back.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ClaimId, LinkId};
use serde::Deserialize;

use super::link_log::{MAX_TRIES, TRY_SECONDS};
use super::{Query, Store, StoreError, sql};

/// Claims that one link ever begins, those given back included: each leaves rows behind.
pub const MAX_BEGUN: u32 = 100;

/// A claim of a link, or of a sale: the ids of both are of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LinkClaim {
    /// The link; none: it is a sale's.
    pub link_id: Option<LinkId>,
    /// Thumbprint of the key that holds it, where it is a link's.
    pub key_thumbprint: Option<Bytes32>,
    /// Unix seconds at which it ends.
    pub expires_at: i64,
    /// Unix seconds of the first chunk under it.
    pub first_chunk_at: Option<i64>,
    /// Unix seconds at which it was given back.
    pub cancelled_at: Option<i64>,
}

/// A claim by its id.
pub async fn find(store: &Store, id: ClaimId) -> Result<Option<LinkClaim>, StoreError> {
    let query = sql("select link_id, key_thumbprint, expires_at, first_chunk_at, cancelled_at from claims \
         where id = ?1");
    store.first(query.bind(id)).await
}

/// A claim that would begin.
#[derive(Debug, Clone, Copy)]
pub struct NewLinkClaim {
    /// Picked by the client.
    pub id: ClaimId,
    /// The link.
    pub link_id: LinkId,
    /// Of the key that will hold it.
    pub key_thumbprint: Bytes32,
    /// What every claim has, for a receipt.
    pub nonce: Bytes32,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Begins a claim if the link takes one and, where it is for a sale, that gives access: one
/// statement, so no two calls can take the last one, and no password is right once its tries are used up. A claim ends
/// with the sale's retention where the policy says that access does. It changes no row where it does not begin, or where
/// the id exists.
pub fn begin(claim: &NewLinkClaim) -> Query {
    sql(
        "insert into claims (id, link_id, release_id, key_thumbprint, nonce, created_at, expires_at) \
         select ?1, l.immutable_id, l.release_id, ?2, ?3, ?4, \
         case when json_extract(t.policy, '$.revoke_on_expiry') then min(?5, t.retention_ends_at) else ?5 end \
         from download_links l left join product_transfers t on t.id = l.order_id \
         where l.immutable_id = ?6 and l.revoked_at is null and l.expires_at > ?4 \
         and (select count(*) from claims c where c.link_id = l.immutable_id and c.cancelled_at is null \
           and (c.first_chunk_at is not null or c.expires_at > ?4)) < l.max_downloads \
         and (select count(*) from claims c where c.link_id = l.immutable_id) < ?7 \
         and (l.has_password = 0 or (select count(*) from link_log g where g.link_id = l.immutable_id \
           and g.code = 'wrong_password' and g.at > ?4 - ?8) < ?9) \
         and exists (select 1 from releases r where r.id = l.release_id and r.deleted_at is null) \
         and (l.order_id is null or (t.claims_state = 'open' and t.status in ('delivered', 'acknowledged') \
           and t.retention_ends_at > ?4)) on conflict do nothing"
    )
    .bind(claim.id)
    .bind(claim.key_thumbprint)
    .bind(claim.nonce)
    .bind(claim.now)
    .bind(claim.expires_at)
    .bind(claim.link_id)
    .bind(MAX_BEGUN)
    .bind(TRY_SECONDS)
    .bind(MAX_TRIES)
}

/// Gives a claim back if no chunk of it was served. It changes a row, and by a trigger the link's, if it did.
pub fn cancel(id: ClaimId, key_thumbprint: Bytes32, now: i64) -> Query {
    sql("update claims set cancelled_at = ?3 where id = ?1 and key_thumbprint = ?2 \
         and first_chunk_at is null and cancelled_at is null and expires_at > ?3")
    .bind(id)
    .bind(key_thumbprint)
    .bind(now)
}

/// Gives back at most `limit` claims that lapsed before their first chunk, so that the links' counts say so.
pub fn cleanup_expired(now: i64, limit: u32) -> Query {
    sql(
        "update claims set cancelled_at = expires_at where id in (select id from claims where link_id is not null \
         and first_chunk_at is null and cancelled_at is null and expires_at <= ?1 limit cast(?2 as integer))",
    )
    .bind(now)
    .bind(limit)
}
