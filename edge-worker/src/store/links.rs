//! Download links. No counter: the rows of `claims` are counted whenever it matters.

use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::ids::{FileId, LinkId, ReleaseId, TransferId};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::wire::{DownloadLink, LinkState, MakeLink, WRAPPED_KEY_LEN};
use serde::Deserialize;

use super::link_claims::MAX_BEGUN;
use super::{Query, Store, StoreError, sql};

/// The constraint that fails where an owner has as many open links as it may.
pub const NO_ROOM: &str = "expires_at > created_at";

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
    /// Claims that ever began.
    pub begun: u32,
    /// 1 where it has a sale whose access takes no new claim.
    pub sale_closed: u8,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds from which on no claim begins: not later than its sale's retention.
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
        } else if self.expires_at <= now || self.sale_closed != 0 {
            LinkState::Expired
        } else if self.downloads_left() == 0 || self.begun >= MAX_BEGUN {
            LinkState::UsedUp
        } else {
            LinkState::Open
        }
    }

    /// How many more may begin.
    pub fn downloads_left(&self) -> u32 {
        self.max_downloads.saturating_sub(self.used)
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
        concat!(
            "select l.immutable_id, l.user_id, l.digital_file_id, l.order_id, l.release_id, l.max_downloads, \
             l.created_at, min(l.expires_at, coalesce(t.retention_ends_at, l.expires_at)) as expires_at, l.revoked_at, \
             l.has_password, l.auth_hash, l.wrapped_key, b.sealed_name, b.body_hash, \
             (select count(*) from claims c where c.link_id = l.immutable_id and c.cancelled_at is null \
               and (c.first_chunk_at is not null or c.expires_at > ?1)) as used, \
             (select count(*) from claims c where c.link_id = l.immutable_id) as begun, \
             t.id is not null and (t.claims_state <> 'open' or t.status not in ('delivered', 'acknowledged')) as sale_closed, \
             exists (select 1 from content_checks k where k.release_id = l.release_id \
               and (k.malware_scan = 'infected' or k.moderation = 'rejected')) as refused \
             from download_links l join link_bodies b on b.link_id = l.immutable_id \
             left join product_transfers t on t.id = l.order_id "
        )
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
    /// Open links that the owner may have.
    pub allowed: u64,
}

/// Makes a link. Fails on a unique constraint of `download_links` if its id or its token is taken, and on [`NO_ROOM`]
/// if the owner has as many open links as it may: the link would then end when it begins.
pub fn create_download_link(link: &NewLink<'_>) -> [Query; 2] {
    let body = link.body;
    let insert = sql("insert into download_links (immutable_id, digital_file_id, user_id, order_id, \
         access_token, max_downloads, expires_at, created_at, updated_at, release_id, wrapped_key, auth_hash, \
         has_password) select ?1, ?2, ?3, ?4, ?5, ?6, \
         case when (select count(*) from download_links where user_id = ?3 and revoked_at is null and expires_at > ?8) < ?13 \
         then ?7 else ?8 end, ?8, ?8, ?9, ?10, ?11, ?12")
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
    .bind(body.has_password)
    .bind(link.allowed);
    let rest = sql("insert into link_bodies (link_id, body_hash, sealed_name) values (?1, ?2, ?3)")
        .bind(body.link_id)
        .bind(link.body_hash)
        .bind(body.sealed_name.as_ref());
    [insert, rest]
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

/// How many open links an owner has.
pub async fn count_open(store: &Store, owner: AilockId, now: i64) -> Result<u64, StoreError> {
    let query = sql("select count(*) as count from download_links \
         where user_id = ?1 and revoked_at is null and expires_at > ?2");
    Ok(store.first::<Count>(query.bind(owner).bind(now)).await?.map_or(0, |row| row.count))
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
