//! Claims: how many downloads there are, and what each call of a download needs to know.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ClaimId, FileId, LinkId, ReleaseId, TransferId};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::packet::ServiceRecord;
use claimcheck_protocol::transfer::{ClaimsEnd, Status};
use serde::Deserialize;

use super::transfers::ClaimsState;
use super::{Query, Store, StoreError, sql};

/// A claim of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claim {
    /// The claim.
    pub id: ClaimId,
    /// The sale.
    pub transfer_id: TransferId,
    /// The buyer.
    pub holder_ailock_id: AilockId,
    /// What may be downloaded.
    pub release_id: ReleaseId,
    /// Goes into the receipt.
    pub nonce: Bytes32,
    /// Unix seconds from which on neither ticket nor chunk is given.
    pub expires_at: i64,
    /// Unix seconds of the first chunk under it.
    pub first_chunk_at: Option<i64>,
    /// Unix seconds at which it was given back.
    pub cancelled_at: Option<i64>,
}

/// A claim that would begin.
#[derive(Debug, Clone, Copy)]
pub struct NewClaim {
    /// Picked by the client, or by the server.
    pub id: ClaimId,
    /// The sale.
    pub transfer_id: TransferId,
    /// Its buyer.
    pub buyer: AilockId,
    /// Goes into the receipt.
    pub nonce: Bytes32,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds.
    pub expires_at: i64,
    /// Whether it begins only where no other claim of the sale is running.
    pub only_if_none_runs: bool,
}

/// Columns of [`Claim`], for a `select` from `claims`.
macro_rules! claim_columns {
    () => {
        "select id, transfer_id, holder_ailock_id, release_id, nonce, expires_at, first_chunk_at, cancelled_at \
         from claims "
    };
}

/// A claim of a transfer by its id. A link's claim is not found here.
pub async fn find(store: &Store, id: ClaimId) -> Result<Option<Claim>, StoreError> {
    store.first(sql(concat!(claim_columns!(), "where id = ?1 and transfer_id is not null")).bind(id)).await
}

/// The newest claim of a transfer that is neither given back nor over.
pub async fn find_running(
    store: &Store,
    transfer_id: TransferId,
    now: i64,
) -> Result<Option<Claim>, StoreError> {
    let query = sql(concat!(
        claim_columns!(),
        "where transfer_id = ?1 and cancelled_at is null and expires_at > ?2 order by id desc limit 1"
    ));
    store.first(query.bind(transfer_id).bind(now)).await
}

/// Every claim of a transfer, as a packet tells it, oldest first.
pub async fn service(store: &Store, transfer_id: TransferId) -> Result<Vec<ServiceRecord>, StoreError> {
    let query = sql("select id as claim_id, nonce, created_at as began_at, expires_at, first_chunk_at, \
         cancelled_at from claims where transfer_id = ?1 order by id");
    store.all(query.bind(transfer_id)).await
}

/// How many downloads of the transfer `t` count at the time given: those that were neither given back nor lapsed before
/// the first chunk. Those by its links count for the links.
macro_rules! downloads_of_sale {
    ($now:literal) => {
        concat!(
            "(select count(*) from claims c where c.transfer_id = t.id and c.cancelled_at is null \
               and (c.first_chunk_at is not null or c.expires_at > ",
            $now,
            "))"
        )
    };
}

/// How many downloads of a transfer count.
pub async fn counted(store: &Store, transfer_id: TransferId, now: i64) -> Result<u64, StoreError> {
    #[derive(Deserialize)]
    struct Row {
        counted: u64,
    }
    let query = sql(concat!(
        "select ",
        downloads_of_sale!("?2"),
        " as counted from product_transfers t where t.id = ?1"
    ));
    let row: Option<Row> = store.first(query.bind(transfer_id).bind(now)).await?;
    Ok(row.map_or(0, |row| row.counted))
}

/// Begins a claim if the sale gives access now and downloads are left: one statement, so no two calls can take the
/// last one. A claim given back, or lapsed before its first chunk, does not count. It changes one row if the claim
/// begins; it does not if the id exists.
pub fn begin(claim: &NewClaim) -> Query {
    sql(concat!(
        "insert into claims (id, transfer_id, release_id, holder_ailock_id, nonce, created_at, expires_at) \
         select ?1, t.id, t.release_id, t.to_ailock_id, ?2, ?3, ?4 from product_transfers t \
         where t.id = ?5 and t.to_ailock_id = ?6 and t.claims_state = 'open' \
         and t.status in ('delivered', 'acknowledged') and t.retention_ends_at > ?3 \
         and ",
        downloads_of_sale!("?3"),
        " < json_extract(t.policy, '$.max_downloads') \
         and (?7 = 0 or not exists (select 1 from claims c where c.transfer_id = t.id and c.cancelled_at is null \
           and c.expires_at > ?3)) \
         on conflict do nothing",
    ))
    .bind(claim.id)
    .bind(claim.nonce)
    .bind(claim.now)
    .bind(claim.expires_at)
    .bind(claim.transfer_id)
    .bind(claim.buyer)
    .bind(claim.only_if_none_runs)
}

/// Gives a claim back if no chunk of it was served. It changes one row if it does.
pub fn cancel(id: ClaimId, holder: AilockId, now: i64) -> Query {
    sql("update claims set cancelled_at = ?3 where id = ?1 and holder_ailock_id = ?2 \
         and first_chunk_at is null and cancelled_at is null and expires_at > ?3")
    .bind(id)
    .bind(holder)
    .bind(now)
}

/// Marks a claim as used, if it still runs and the sale, or the link, gives access. Returns whether it did; only then
/// may the first chunk be served.
pub async fn mark_used(store: &Store, id: ClaimId, now: i64) -> Result<bool, StoreError> {
    let query = sql("update claims set first_chunk_at = ?2 where id = ?1 and first_chunk_at is null \
         and cancelled_at is null and expires_at > ?2 and case when link_id is null \
           then exists (select 1 from product_transfers t \
             where t.id = claims.transfer_id and t.claims_state in ('open', 'closing')) \
           else exists (select 1 from download_links l \
             where l.immutable_id = claims.link_id and l.revoked_at is null) end");
    Ok(store.run(query.bind(id).bind(now)).await? == 1)
}

/// All that decides whether a chunk or the manifest is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Download {
    /// The link, where the claim is of one.
    pub link_id: Option<LinkId>,
    /// 1 where that link was ended, or what it gives was refused.
    pub link_gone: u8,
    /// The sale; none where the link is its owner's own.
    pub transfer_id: Option<TransferId>,
    /// Where the sale stands.
    pub status: Option<Status>,
    /// Whether its claims may go on.
    pub claims_state: Option<ClaimsState>,
    /// Why they ended.
    pub claims_end: Option<ClaimsEnd>,
    /// Unix seconds at which the claim ends.
    pub expires_at: i64,
    /// Unix seconds of the first chunk under this claim.
    pub first_chunk_at: Option<i64>,
    /// Unix seconds at which it was given back.
    pub cancelled_at: Option<i64>,
    /// 1 once the state machine has recorded that a chunk was served.
    pub served: u8,
    /// Unix seconds at which the release's chunks were deleted.
    pub release_deleted_at: Option<i64>,
    /// Bytes of plaintext of the file asked for, if the release has it.
    pub file_size: Option<u64>,
}

/// What a call about `claim`, of a sale or of a link, needs, by primary keys; `file` is the one asked for.
pub async fn find_download(
    store: &Store,
    claim: ClaimId,
    file: Option<FileId>,
) -> Result<Option<Download>, StoreError> {
    let query = sql("select c.link_id, t.id as transfer_id, \
         c.link_id is not null and (l.revoked_at is not null or exists (select 1 from content_checks k \
           where k.release_id = c.release_id and (k.malware_scan = 'infected' or k.moderation = 'rejected'))) as link_gone, \
         t.status, t.claims_state, t.claims_end, c.expires_at, c.first_chunk_at, \
         c.cancelled_at, coalesce(json_extract(t.machine, '$.chunks_served'), 0) as served, r.deleted_at as release_deleted_at, f.file_size \
         from claims c left join download_links l on l.immutable_id = c.link_id \
         left join product_transfers t on t.id = coalesce(c.transfer_id, l.order_id) \
         join releases r on r.id = c.release_id \
         left join digital_files f on f.immutable_id = ?2 and f.release_id = c.release_id \
           and f.immutable_id = coalesce(l.digital_file_id, f.immutable_id) where c.id = ?1");
    store.first(query.bind(claim).bind(file)).await
}
