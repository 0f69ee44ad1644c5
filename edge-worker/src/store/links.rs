//! Download links and the claims on them. No counter: the rows of `claims` are counted whenever it matters.

use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::ids::{ClaimId, FileId, LinkId, ReleaseId, TransferId};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::wire::{DownloadLink, LinkState, MakeLink, WRAPPED_KEY_LEN};
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// A link as it is stored, with what is known of its release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StoredLink {
    /// The link.
    pub immutable_id: LinkId,
    /// Its owner.
    pub user_id: AilockId,
    /// The one file that it gives.
    pub digital_file_id: Option<FileId>,
    /// The sale that it is for.
    pub order_id: Option<TransferId>,
    /// What it gives.
    pub release_id: ReleaseId,
    /// Downloads allowed.
    pub max_downloads: u32,
    /// Claims that count now: neither given back, nor lapsed before the first chunk.
    pub used: u32,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds from which on no claim begins.
    pub expires_at: i64,
    /// Unix seconds.
    pub revoked_at: Option<i64>,
    /// 1 where a password goes into the secret.
    pub has_password: u8,
    /// Of the value that proves the secret.
    pub auth_hash: Bytes32,
    /// The key, under the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// What the one file is called.
    pub sealed_name: Option<ByteString>,
    /// Of the body that made it.
    pub body_hash: Bytes32,
    /// 1 where the release was found infected or was rejected.
    pub refused: u8,
}

impl StoredLink {
    /// Whether it takes new claims.
    pub fn state(&self, now: i64) -> LinkState {
        if self.revoked_at.is_some() || self.refused != 0 {
            LinkState::Revoked
        } else if self.expires_at <= now {
            LinkState::Expired
        } else if self.used >= self.max_downloads {
            LinkState::UsedUp
        } else {
            LinkState::Open
        }
    }

    /// As its owner sees it.
    pub fn view(&self, now: i64) -> DownloadLink {
        DownloadLink {
            link_id: self.immutable_id,
            release_id: self.release_id,
            file_id: self.digital_file_id,
            transfer_id: self.order_id,
            has_password: self.has_password != 0,
            max_downloads: self.max_downloads,
            downloads: self.used,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            state: self.state(now),
        }
    }
}

/// Columns of [`StoredLink`]; `?1` is the time.
macro_rules! link_columns {
    () => {
        "select l.immutable_id, l.user_id, l.digital_file_id, l.order_id, l.release_id, l.max_downloads, \
         l.created_at, l.expires_at, l.revoked_at, l.has_password, l.auth_hash, l.wrapped_key, b.sealed_name, b.body_hash, \
         (select count(*) from claims c where c.link_id = l.immutable_id and c.cancelled_at is null \
           and (c.first_chunk_at is not null or c.expires_at > ?1)) as used, \
         exists (select 1 from content_checks k where k.release_id = l.release_id \
           and (k.malware_scan = 'infected' or k.moderation = 'rejected')) as refused \
         from download_links l join link_bodies b on b.link_id = l.immutable_id "
    };
}

/// A link by its id, whoever owns it.
pub async fn find(store: &Store, id: LinkId, now: i64) -> Result<Option<StoredLink>, StoreError> {
    store.first(sql(concat!(link_columns!(), "where l.immutable_id = ?2")).bind(now).bind(id)).await
}

/// The link that a token, given by its hash, leads to.
pub async fn validate_download_token(
    store: &Store,
    token_hash: Bytes32,
    now: i64,
) -> Result<Option<StoredLink>, StoreError> {
    store.first(sql(concat!(link_columns!(), "where l.access_token = ?2")).bind(now).bind(token_hash)).await
}

/// An owner's links, newest first, from before `after` on.
pub async fn list(
    store: &Store,
    owner: AilockId,
    after: Option<LinkId>,
    limit: u32,
    now: i64,
) -> Result<Vec<StoredLink>, StoreError> {
    let query = sql(concat!(
        link_columns!(),
        "where l.user_id = ?2 and (?3 is null or l.immutable_id < ?3) \
         order by l.immutable_id desc limit cast(?4 as integer)"
    ));
    store.all(query.bind(now).bind(owner).bind(after).bind(limit)).await
}

/// A link that would be made.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// As it was asked for, within its bounds.
    pub body: &'a MakeLink,
    /// SHA-256(JCS) of that.
    pub body_hash: Bytes32,
    /// Who owns it.
    pub owner: AilockId,
    /// Downloads allowed.
    pub max_downloads: u32,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Makes a link. Fails on a unique constraint of `download_links` if its id or its token is taken.
pub fn create_download_link(link: &NewLink<'_>) -> [Query; 2] {
    let body = link.body;
    let insert = sql("insert into download_links (immutable_id, digital_file_id, user_id, order_id, \
         access_token, max_downloads, expires_at, created_at, updated_at, release_id, wrapped_key, auth_hash, \
         has_password) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12)")
    .bind(body.link_id)
    .bind(body.file_id)
    .bind(link.owner)
    .bind(body.transfer_id)
    .bind(body.token_hash)
    .bind(link.max_downloads)
    .bind(link.expires_at)
    .bind(link.now)
    .bind(body.release_id)
    .bind(body.wrapped_key)
    .bind(body.auth_hash)
    .bind(body.has_password);
    let rest = sql("insert into link_bodies (link_id, body_hash, sealed_name) values (?1, ?2, ?3)")
        .bind(body.link_id)
        .bind(link.body_hash)
        .bind(body.sealed_name.as_ref());
    [insert, rest]
}

/// Ends a link of this owner. Its claims end at their next chunk.
pub fn revoke(id: LinkId, owner: AilockId, now: i64) -> Query {
    sql("update download_links set revoked_at = ?3, updated_at = ?3 \
         where immutable_id = ?1 and user_id = ?2 and revoked_at is null")
    .bind(id)
    .bind(owner)
    .bind(now)
}

/// Ends every link of a sale, with whose access they end for good.
pub fn revoke_of_order(order: TransferId, now: i64) -> Query {
    sql("update download_links set revoked_at = ?2, updated_at = ?2 where order_id = ?1 and revoked_at is null")
        .bind(order)
        .bind(now)
}

/// A claim of a link.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LinkClaim {
    /// The link.
    pub link_id: LinkId,
    /// Thumbprint of the key that holds it.
    pub key_thumbprint: Bytes32,
    /// Unix seconds at which it ends.
    pub expires_at: i64,
    /// Unix seconds of the first chunk under it.
    pub first_chunk_at: Option<i64>,
    /// Unix seconds at which it was given back.
    pub cancelled_at: Option<i64>,
}

/// A claim of a link by its id. A transfer's claim is not found here.
pub async fn find_claim(store: &Store, id: ClaimId) -> Result<Option<LinkClaim>, StoreError> {
    let query = sql("select link_id, key_thumbprint, expires_at, first_chunk_at, cancelled_at from claims \
         where id = ?1 and link_id is not null");
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

/// Begins a claim if the link takes one and, where it is for a sale, that gives access: one statement, so no two calls
/// can take the last download. It changes no row where it does not begin, or where the id exists.
pub fn begin_claim(claim: &NewLinkClaim) -> Query {
    sql("insert into claims (id, link_id, release_id, key_thumbprint, nonce, created_at, expires_at) \
         select ?1, l.immutable_id, l.release_id, ?2, ?3, ?4, ?5 from download_links l \
         where l.immutable_id = ?6 and l.revoked_at is null and l.expires_at > ?4 \
         and (select count(*) from claims c where c.link_id = l.immutable_id and c.cancelled_at is null \
           and (c.first_chunk_at is not null or c.expires_at > ?4)) < l.max_downloads \
         and exists (select 1 from releases r where r.id = l.release_id and r.deleted_at is null) \
         and (l.order_id is null or exists (select 1 from product_transfers t where t.id = l.order_id \
           and t.claims_state = 'open' and t.status in ('delivered', 'acknowledged') and t.retention_ends_at > ?4)) \
         on conflict do nothing")
    .bind(claim.id)
    .bind(claim.key_thumbprint)
    .bind(claim.nonce)
    .bind(claim.now)
    .bind(claim.expires_at)
    .bind(claim.link_id)
}

/// Gives a claim back if no chunk of it was served. It changes a row, and by a trigger the link's, if it did.
pub fn cancel_claim(id: ClaimId, key_thumbprint: Bytes32, now: i64) -> Query {
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
