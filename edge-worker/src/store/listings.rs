//! Listings, and the copies that their sales took.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::envelope::SEALED_LEN;
use claimcheck_protocol::ids::{ListingId, ProductId, TransferId};
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::{AilockId, AilockKeys, Ed25519PublicKey, X25519PublicKey};
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire::{ListingState, ListingView, MakeListing, WRAPPED_KEY_LEN};
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// The constraint that a sale beyond the stock breaks.
pub const SOLD_OUT: &str = "sold_out";

/// A listing, with what its page shows of the release and the seller.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Listing {
    /// The listing.
    pub id: ListingId,
    /// Who sells.
    pub seller_ailock_id: AilockId,
    offer: JsonText<Signed<Offer>>,
    /// SHA-256(JCS(offer)).
    pub offer_hash: Bytes32,
    /// The release key, wrapped by the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// SHA-256 of what proves the secret.
    pub auth_hash: Bytes32,
    /// The secret, sealed to the seller.
    pub sealed_secret: Bytes<SEALED_LEN>,
    /// Copies for sale; None: any number.
    pub stock: Option<u32>,
    /// Unix seconds.
    pub created_at: i64,
    closes_at: i64,
    closed_at: Option<i64>,
    sold: u32,
    files: u32,
    plaintext_size: u64,
    ed25519_pk: Ed25519PublicKey,
    x25519_pk: X25519PublicKey,
}

impl Listing {
    /// As it was signed.
    pub const fn offer(&self) -> &Signed<Offer> {
        &self.offer.0
    }

    /// The seller's keys.
    pub const fn seller_keys(&self) -> AilockKeys {
        AilockKeys { ed25519_pk: self.ed25519_pk, x25519_pk: self.x25519_pk }
    }

    /// Whether it was made by this body.
    pub fn is_of(&self, body: &MakeListing) -> bool {
        (self.offer(), self.wrapped_key, self.auth_hash, self.sealed_secret, self.stock)
            == (&body.offer, body.wrapped_key, body.auth_hash, body.sealed_secret, body.stock)
    }

    /// Whether it can be bought now.
    pub fn state(&self, now: i64) -> ListingState {
        if self.ended_at(now).is_some() {
            ListingState::Closed
        } else if self.left() == Some(0) {
            ListingState::SoldOut
        } else {
            ListingState::Open
        }
    }

    fn ended_at(&self, now: i64) -> Option<i64> {
        self.closed_at.or_else(|| (self.closes_at <= now).then_some(self.closes_at))
    }

    fn left(&self) -> Option<u32> {
        self.stock.map(|stock| stock.saturating_sub(self.sold))
    }

    /// What anybody may see.
    pub fn view(&self, now: i64) -> ListingView {
        ListingView {
            listing_id: self.id,
            offer: self.offer().clone(),
            offer_hash: self.offer_hash,
            seller_keys: self.seller_keys(),
            auth_hash: self.auth_hash,
            state: self.state(now),
            stock: self.stock,
            left: self.left(),
            files: self.files,
            plaintext_size: self.plaintext_size,
            created_at: self.created_at,
            closed_at: self.ended_at(now),
            sealed_secret: None,
        }
    }

    /// What its seller sees.
    pub fn own_view(&self, now: i64) -> ListingView {
        ListingView { sealed_secret: Some(self.sealed_secret), ..self.view(now) }
    }
}

/// Everything of a [`Listing`], from `listings` as `l`.
macro_rules! listing_columns {
    () => {
        "select l.id, l.seller_ailock_id, l.offer, l.offer_hash, l.wrapped_key, l.auth_hash, l.sealed_secret, \
         l.stock, l.created_at, l.closes_at, l.closed_at, \
         coalesce((select max(s.copy) from listing_sales s where s.listing_id = l.id), 0) as sold, \
         (select count(*) from digital_files f where f.release_id = l.release_id) as files, r.plaintext_size, \
         a.ed25519_pk, a.x25519_pk from listings l join releases r on r.id = l.release_id \
         join ailocks a on a.id = l.seller_ailock_id "
    };
}

/// A listing by its id.
pub async fn find(store: &Store, id: ListingId) -> Result<Option<Listing>, StoreError> {
    store.first(sql(concat!(listing_columns!(), "where l.id = ?1")).bind(id)).await
}

/// The open listing of a product, else its newest.
pub async fn find_of_product(store: &Store, id: ProductId) -> Result<Option<Listing>, StoreError> {
    let query = sql(concat!(
        listing_columns!(),
        "where l.product_id = ?1 order by l.closed_at is null desc, l.created_at desc, l.id desc limit 1"
    ));
    store.first(query.bind(id)).await
}

/// At most `limit` listings of a seller, newest id first, those before `after` only.
pub async fn list(
    store: &Store,
    seller: AilockId,
    after: Option<ListingId>,
    limit: u32,
) -> Result<Vec<Listing>, StoreError> {
    let query = sql(concat!(
        listing_columns!(),
        "where l.seller_ailock_id = ?1 and (?2 is null or l.id < ?2) order by l.id desc limit cast(?3 as integer)"
    ));
    store.all(query.bind(seller).bind(after).bind(limit)).await
}

/// Stores a listing, after ending the product's last one where its date has passed. Fails on a unique constraint of
/// `listings` if the id is taken, or another listing of the product is open.
pub fn insert(body: &MakeListing, offer_hash: Bytes32, now: i64) -> Result<[Query; 2], NotCanonical> {
    let offer = &body.offer.body;
    let end = sql("update listings set closed_at = closes_at \
         where product_id = ?1 and closed_at is null and closes_at <= ?2");
    let insert =
        sql("insert into listings (id, product_id, seller_ailock_id, offer, offer_hash, release_id, \
         wrapped_key, auth_hash, sealed_secret, stock, created_at, closes_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    let insert = insert
        .bind(body.listing_id)
        .bind(offer.product_id)
        .bind(offer.seller)
        .bind(Param::try_from(JsonText(&body.offer))?)
        .bind(offer_hash)
        .bind(offer.release_id)
        .bind(body.wrapped_key)
        .bind(body.auth_hash)
        .bind(body.sealed_secret)
        .bind(body.stock)
        .bind(now)
        .bind(offer.expires_at);
    Ok([end.bind(offer.product_id).bind(now), insert])
}

/// Ends a listing; one that is over stays as it is.
pub fn close(id: ListingId, now: i64) -> Query {
    sql("update listings set closed_at = min(closes_at, cast(?2 as integer)) where id = ?1 and closed_at is null")
        .bind(id)
        .bind(now)
}

/// Notes that a transfer is a sale of a listing.
pub fn begin_sale(transfer: TransferId, listing: ListingId, sealed_secret: Bytes<SEALED_LEN>) -> Query {
    sql("insert into listing_sales (transfer_id, listing_id, sealed_secret, stock) \
         select ?1, id, ?3, stock from listings where id = ?2")
    .bind(transfer)
    .bind(listing)
    .bind(sealed_secret)
}

/// Takes the next copy for a sale that is paid. Fails on the CHECK [`SOLD_OUT`] where none is left.
pub fn take_copy(transfer: TransferId) -> Query {
    sql("update listing_sales set copy = 1 + coalesce((select max(s.copy) from listing_sales s \
         where s.listing_id = listing_sales.listing_id), 0) where transfer_id = ?1 and copy is null")
    .bind(transfer)
}
