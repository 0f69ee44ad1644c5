//! Claims, the download they allow, and the receipt that ends it.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::envelope::Envelope;
use crate::ids::{ClaimId, ReleaseId, TransferId};
use crate::keys::AilockKeys;
use crate::manifest::Manifest;
use crate::offer::Offer;
use crate::receipt::{Countersign, Receipt};
use crate::signed::Signed;
use crate::wire::{ListingKey, TransferView};

/// `POST products-claim`, or GET with the same members as query parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The caller is its buyer.
    pub transfer_id: TransferId,
    /// Picked by the client; the same id again renews the ticket. Without one, the running claim is renewed, or a
    /// new one begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_id: Option<ClaimId>,
}

/// Answer to `products-claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimAnswer {
    /// The claim.
    pub claim_id: ClaimId,
    /// The transfer.
    pub transfer_id: TransferId,
    /// The release to download.
    pub release_id: ReleaseId,
    /// A `claim+jwt`, bound to the key of the proof of this call.
    pub ticket: String,
    /// Seconds that the ticket lives.
    pub expires_in: u64,
    /// Unix seconds at which the claim itself ends.
    pub claim_expires_at: i64,
    /// For the receipt.
    pub nonce: Bytes32,
    /// The offer as it was signed.
    pub offer: Signed<Offer>,
    /// The release key sealed to the buyer; null for a listing's sale.
    pub envelope: Option<Envelope>,
    /// For a listing's sale: the release key wrapped by the link's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingKey>,
    /// The seller's keys, to be held against the id in the offer.
    pub seller_keys: AilockKeys,
}

/// `GET products-download-manifest`, with a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadManifest {
    /// As it was signed.
    pub manifest: Signed<Manifest>,
    /// Bytes of every chunk but a file's last.
    pub chunk_size: u64,
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Tickets and chunks are given.
    Active,
    /// Given back before the first chunk; it counts no more.
    Cancelled,
}

/// `POST claims-cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelClaim {
    /// The claim.
    pub claim_id: ClaimId,
}

/// Answer to `claims-cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelClaimAnswer {
    /// The claim.
    pub claim_id: ClaimId,
    /// Cancelled.
    pub state: ClaimState,
}

/// `POST products-ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Signed by the buyer.
    pub receipt: Signed<Receipt>,
}

/// Answer to `products-ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckAnswer {
    /// Acknowledged.
    pub transfer: TransferView,
    /// The server's signature beneath the receipt.
    pub countersign: Signed<Countersign>,
}
