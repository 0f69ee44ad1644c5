//! Transfers as they are stored: the machine's facts, what the offer froze, and the columns that queries need.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::envelope::{Envelope, SEALED_LEN};
use claimcheck_protocol::ids::{ListingId, OfferId, ProductId, ReleaseId, TransferId};
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::{AilockId, SignatureBytes};
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::transfer::{ClaimsEnd, Status, Transfer};
use claimcheck_protocol::wire::ListingSale;
use serde::{Deserialize, Serialize};

use super::receipts::SignedPair;
use super::{JsonText, Param, Query, Store, StoreError, sql};

/// Whether the claims of a transfer may begin and go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsState {
    /// Both, once delivered.
    Open,
    /// They may go on; none begins.
    Closing,
    /// Neither, until a dispute ends.
    Frozen,
    /// Neither any more.
    Ended,
}

/// What follows from the effects of transitions, besides the machine's own facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Whether claims may begin and go on.
    pub claims: ClaimsState,
    /// Why they ended.
    pub claims_end: Option<ClaimsEnd>,
    /// Unix seconds at which a payment without a grant goes back.
    pub grant_due_at: Option<i64>,
    /// Unix seconds at which the key was handed over.
    pub delivered_at: Option<i64>,
    /// Unix seconds at which access ends; set with `delivered_at`.
    pub retention_ends_at: Option<i64>,
    /// Unix seconds at which an unanswered dispute is lost.
    pub dispute_due_at: Option<i64>,
}

impl Access {
    /// Of a transfer at its beginning.
    pub const START: Self = Self {
        claims: ClaimsState::Open,
        claims_end: None,
        grant_due_at: None,
        delivered_at: None,
        retention_ends_at: None,
        dispute_due_at: None,
    };
}

/// The release that a sale is about, as it was when the offer or the grant froze it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen {
    /// The release.
    pub release_id: ReleaseId,
    /// SHA-256(JCS) of its manifest.
    pub manifest_hash: Bytes32,
}

/// A transfer, with its grant and receipt where there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransfer {
    /// The transfer.
    pub id: TransferId,
    /// What is sold.
    pub product_id: ProductId,
    /// Who sells.
    pub seller: AilockId,
    /// Who buys.
    pub buyer: AilockId,
    /// As it was signed.
    pub offer: Signed<Offer>,
    /// SHA-256(JCS(offer)).
    pub offer_hash: Bytes32,
    /// None until the grant where the offer names no release.
    pub frozen: Option<Frozen>,
    /// Sealed ahead by the seller.
    pub held_envelope: Option<Envelope>,
    /// The listing that it is a sale of, and its secret, sealed to the buyer.
    pub listing: Option<ListingSale>,
    /// The state machine's facts.
    pub machine: Transfer,
    /// What follows from its effects.
    pub access: Access,
    /// Number of the newest audit row.
    pub audit_seq: u64,
    /// Hash of the newest audit row.
    pub audit_head: Bytes32,
    /// What was granted.
    pub grant: Option<Envelope>,
    /// Receipt and countersignature.
    pub receipt: Option<SignedPair>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last transition.
    pub updated_at: i64,
}

#[derive(Deserialize)]
struct Row {
    id: TransferId,
    product_id: ProductId,
    from_ailock_id: AilockId,
    to_ailock_id: AilockId,
    offer: JsonText<Signed<Offer>>,
    offer_hash: Bytes32,
    release_id: Option<ReleaseId>,
    manifest_hash: Option<Bytes32>,
    held_envelope: Option<JsonText<Envelope>>,
    listing_id: Option<ListingId>,
    listing_secret: Option<Bytes<SEALED_LEN>>,
    machine: JsonText<Transfer>,
    claims_state: ClaimsState,
    claims_end: Option<ClaimsEnd>,
    grant_due_at: Option<i64>,
    delivered_at: Option<i64>,
    retention_ends_at: Option<i64>,
    dispute_due_at: Option<i64>,
    audit_seq: u64,
    audit_head: Bytes32,
    created_at: i64,
    updated_at: i64,
    key_envelope: Option<Bytes<SEALED_LEN>>,
    key_signature: Option<SignatureBytes>,
    receipt_meta: Option<JsonText<SignedPair>>,
}

impl From<Row> for StoredTransfer {
    fn from(row: Row) -> Self {
        let frozen = row.release_id.zip(row.manifest_hash);
        let grant = row.key_envelope.zip(row.key_signature);
        Self {
            id: row.id,
            product_id: row.product_id,
            seller: row.from_ailock_id,
            buyer: row.to_ailock_id,
            offer: row.offer.0,
            offer_hash: row.offer_hash,
            frozen: frozen.map(|(release_id, manifest_hash)| Frozen { release_id, manifest_hash }),
            held_envelope: row.held_envelope.map(|envelope| envelope.0),
            listing: row
                .listing_id
                .map(|listing_id| ListingSale { listing_id, sealed_secret: row.listing_secret }),
            machine: row.machine.0,
            access: Access {
                claims: row.claims_state,
                claims_end: row.claims_end,
                grant_due_at: row.grant_due_at,
                delivered_at: row.delivered_at,
                retention_ends_at: row.retention_ends_at,
                dispute_due_at: row.dispute_due_at,
            },
            audit_seq: row.audit_seq,
            audit_head: row.audit_head,
            grant: grant.map(|(sealed, signature)| Envelope { sealed, signature }),
            receipt: row.receipt_meta.map(|meta| meta.0),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Everything of a [`Row`], from `product_transfers` as `t`.
macro_rules! transfer_columns {
    () => {
        "select t.id, t.product_id, t.from_ailock_id, t.to_ailock_id, t.offer, t.offer_hash, t.release_id, \
         t.manifest_hash, t.held_envelope, t.listing_id, t.machine, t.claims_state, t.claims_end, t.grant_due_at, t.delivered_at, \
         t.retention_ends_at, t.dispute_due_at, t.audit_seq, t.audit_head, t.created_at, t.updated_at, \
         k.key_envelope, k.signature as key_signature, d.meta as receipt_meta, \
         s.sealed_secret as listing_secret from product_transfers t \
         left join product_keys k on k.transfer_id = t.id left join delivery_receipts d on d.transfer_id = t.id \
         left join listing_sales s on s.transfer_id = t.id "
    };
}

/// A transfer by its id.
pub async fn find(store: &Store, id: TransferId) -> Result<Option<StoredTransfer>, StoreError> {
    let query = sql(concat!(transfer_columns!(), "where t.id = ?1")).bind(id);
    Ok(store.first::<Row>(query).await?.map(StoredTransfer::from))
}

/// The running sale of a listing to this buyer; there is one at most.
pub async fn find_running(
    store: &Store,
    listing: ListingId,
    buyer: AilockId,
) -> Result<Option<StoredTransfer>, StoreError> {
    let query = sql(concat!(
        transfer_columns!(),
        "where t.listing_id = ?1 and t.to_ailock_id = ?2 and t.status in ('offered', 'invoiced', \
         'payment_processing', 'paid_pending_inputs', 'paid', 'delivered', 'acknowledged', 'disputed')"
    ));
    Ok(store.first::<Row>(query.bind(listing).bind(buyer)).await?.map(StoredTransfer::from))
}

/// Which side of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who sells.
    Seller,
    /// Who buys.
    Buyer,
}

/// An Ailock's transfers, newest first, from before `after` on; of one side or of both.
pub async fn list(
    store: &Store,
    of: AilockId,
    role: Option<Role>,
    after: Option<TransferId>,
    limit: u32,
) -> Result<Vec<StoredTransfer>, StoreError> {
    let query = match role {
        Some(Role::Seller) => sql(concat!(
            transfer_columns!(),
            "where t.from_ailock_id = ?1 and (?2 is null or t.id < ?2) order by t.id desc limit cast(?3 as integer)"
        )),
        Some(Role::Buyer) => sql(concat!(
            transfer_columns!(),
            "where t.to_ailock_id = ?1 and (?2 is null or t.id < ?2) order by t.id desc limit cast(?3 as integer)"
        )),
        // Each side by its own index; together they are sorted from at most two pages.
        None => sql(concat!(
            transfer_columns!(),
            "where t.id in (select id from (select id from product_transfers where from_ailock_id = ?1 \
             and (?2 is null or id < ?2) order by id desc limit cast(?3 as integer)) \
             union select id from (select id from product_transfers where to_ailock_id = ?1 \
             and (?2 is null or id < ?2) order by id desc limit cast(?3 as integer))) \
             order by t.id desc limit cast(?3 as integer)"
        )),
    };
    let rows: Vec<Row> = store.all(query.bind(of).bind(after).bind(limit)).await?;
    Ok(rows.into_iter().map(StoredTransfer::from).collect())
}

/// Stores a new transfer; it fails on the primary key if the id is taken, and on `offer_id` if the offer is.
pub fn insert(transfer: &StoredTransfer) -> Result<Query, NotCanonical> {
    let offer = &transfer.offer.body;
    let offer_id: OfferId = offer.offer_id;
    let query =
        sql("insert into product_transfers (id, product_id, from_ailock_id, to_ailock_id, price, currency, \
         status, policy, created_at, updated_at, offer_id, offer, offer_hash, release_id, manifest_hash, \
         held_envelope, machine, audit_seq, audit_head, listing_id) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)");
    let held =
        transfer.held_envelope.as_ref().map(|envelope| Param::try_from(JsonText(envelope))).transpose()?;
    Ok(query
        .bind(transfer.id)
        .bind(transfer.product_id)
        .bind(transfer.seller)
        .bind(transfer.buyer)
        .bind(offer.price.minor_units())
        .bind(offer.currency.as_str())
        .bind(transfer.machine.status().as_str())
        .bind(Param::try_from(JsonText(&offer.policy))?)
        .bind(transfer.created_at)
        .bind(offer_id)
        .bind(Param::try_from(JsonText(&transfer.offer))?)
        .bind(transfer.offer_hash)
        .bind(transfer.frozen.map(|frozen| frozen.release_id))
        .bind(transfer.frozen.map(|frozen| frozen.manifest_hash))
        .bind(held.unwrap_or(Param::Null))
        .bind(Param::try_from(JsonText(&transfer.machine))?)
        .bind(transfer.audit_seq)
        .bind(transfer.audit_head)
        .bind(transfer.listing.map(|sale| sale.listing_id)))
}

/// Stores what a transition changes. The audit row of `audit_seq`, first in the same batch, is the lock.
pub fn update(transfer: &StoredTransfer) -> Result<Query, NotCanonical> {
    let access = &transfer.access;
    let query = sql(
        "update product_transfers set status = ?2, machine = ?3, updated_at = ?4, audit_seq = ?5, \
         audit_head = ?6, release_id = ?7, manifest_hash = ?8, claims_state = ?9, claims_end = ?10, \
         grant_due_at = ?11, delivered_at = ?12, retention_ends_at = ?13, dispute_due_at = ?14 where id = ?1",
    );
    Ok(query
        .bind(transfer.id)
        .bind(transfer.machine.status().as_str())
        .bind(Param::try_from(JsonText(&transfer.machine))?)
        .bind(transfer.updated_at)
        .bind(transfer.audit_seq)
        .bind(transfer.audit_head)
        .bind(transfer.frozen.map(|frozen| frozen.release_id))
        .bind(transfer.frozen.map(|frozen| frozen.manifest_hash))
        .bind(access.claims.as_str())
        .bind(access.claims_end.map(ClaimsEnd::as_str))
        .bind(access.grant_due_at)
        .bind(access.delivered_at)
        .bind(access.retention_ends_at)
        .bind(access.dispute_due_at))
}

impl ClaimsState {
    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Frozen => "frozen",
            Self::Ended => "ended",
        }
    }

    /// Whether a claim that runs may go on while the sale has this status.
    pub const fn lets_go_on(self, status: Status) -> bool {
        match self {
            Self::Open => status.allows_access(),
            Self::Closing => true,
            Self::Frozen | Self::Ended => false,
        }
    }
}
