//! Listings: offers to anybody who has the link, and what their buyers hand in.

use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Bytes32};
use crate::envelope::SEALED_LEN;
use crate::ids::{ListingId, TransferId};
use crate::keys::AilockKeys;
use crate::offer::Offer;
use crate::signed::Signed;
use crate::wire::WRAPPED_KEY_LEN;

/// `POST listings`: an offer to anybody. A product has one open listing at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeListing {
    /// Picked by the client.
    pub listing_id: ListingId,
    /// Signed by the caller; `buyer` is null, and the release is given. Nobody can buy after its `expires_at`.
    pub offer: Signed<Offer>,
    /// The release key, wrapped by the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// SHA-256 of what proves the link's secret.
    pub auth_hash: Bytes32,
    /// The link's secret, sealed to the seller itself.
    pub sealed_secret: Bytes<SEALED_LEN>,
    /// Copies for sale; null for any number.
    #[serde(default)]
    pub stock: Option<u32>,
}

/// `POST listings-close`: nobody buys any more. A payment page that is open may still be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseListing {
    /// The caller is its seller.
    pub listing_id: ListingId,
}

/// `POST listings-buy`: a sale of the listing to the caller. Where one runs already, that one is the answer. It has
/// no `Debug`: `auth` is for the server alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyListing {
    /// Picked by the client.
    pub transfer_id: TransferId,
    /// What is bought.
    pub listing_id: ListingId,
    /// Proves the link's secret, and opens nothing.
    pub auth: Bytes32,
    /// The link's secret, sealed to the buyer itself, for its other devices.
    pub sealed_secret: Bytes<SEALED_LEN>,
}

/// Whether a listing can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// It can.
    Open,
    /// Its seller closed it, or its date has passed.
    Closed,
    /// No copies are left.
    SoldOut,
}

/// A listing, to anybody who knows its product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingView {
    /// The listing.
    pub listing_id: ListingId,
    /// As it was signed.
    pub offer: Signed<Offer>,
    /// SHA-256(JCS(offer)).
    pub offer_hash: Bytes32,
    /// The seller's keys, to be held against the id in the link.
    pub seller_keys: AilockKeys,
    /// SHA-256 of what proves the link's secret: a client sees whether its link is this listing's.
    pub auth_hash: Bytes32,
    /// Whether it can be bought now.
    pub state: ListingState,
    /// Copies for sale at the beginning; null for any number.
    pub stock: Option<u32>,
    /// Copies that are left.
    pub left: Option<u32>,
    /// Files of the release.
    pub files: u32,
    /// Bytes of plaintext of all files.
    pub plaintext_size: u64,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds at which its seller closed it, or its date passed.
    pub closed_at: Option<i64>,
    /// To the seller: the link's secret, sealed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_secret: Option<Bytes<SEALED_LEN>>,
}

/// `GET listings`: the caller's own, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listings {
    /// At most one page.
    pub listings: Vec<ListingView>,
    /// Give it as `after` for the next page.
    pub next: Option<ListingId>,
}

/// That a transfer is of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingSale {
    /// The listing.
    pub listing_id: ListingId,
    /// The link's secret, sealed to the buyer itself, which alone gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_secret: Option<Bytes<SEALED_LEN>>,
}

/// In the answer to a claim: the key, for whoever has the link's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingKey {
    /// The listing.
    pub listing_id: ListingId,
    /// The release key, wrapped by the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// The link's secret, sealed to the buyer itself.
    pub sealed_secret: Bytes<SEALED_LEN>,
}
