//! Offers, invoices, grants, and the transfer that they move.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::envelope::Envelope;
use crate::ids::{ProductId, ReleaseId, TransferId};
use crate::keys::AilockId;
use crate::money::Amount;
use crate::offer::Offer;
use crate::receipt::{Countersign, Receipt};
use crate::signed::Signed;
use crate::transfer::{ClaimsEnd, RefundId, RefundState, Status, Transfer};
use crate::wire::ListingSale;

/// `POST products-offer`: one offer to one buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeOffer {
    /// Picked by the client.
    pub transfer_id: TransferId,
    /// Signed by the caller; `buyer` is the one who may accept.
    pub offer: Signed<Offer>,
    /// The release key sealed ahead, so that delivery does not wait for the seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Envelope>,
}

/// `POST products-invoice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// The caller is its buyer.
    pub transfer_id: TransferId,
    /// The web origin that the payment page leads back to; the server's own, unless it allows another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_origin: Option<String>,
}

/// `POST transfers-refund`: the seller pays back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundTransfer {
    /// The caller is its seller.
    pub transfer_id: TransferId,
    /// A part, in minor units; without one, all that remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<RefundPart>,
}

/// A part of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundPart {
    /// Picked by the client, 1 to 64 letters, digits, `_` or `-`: the same again is the same refund.
    pub refund_id: RefundId,
    /// Minor units.
    pub amount: Amount,
}

/// Money on its way back to the buyer, or there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundView {
    /// How far it has come.
    pub state: RefundProgress,
    /// What the payment provider has said to have given back, in minor units.
    pub refunded: Amount,
    /// How often a refund did not reach the buyer. It is asked for again after each.
    pub failures: u32,
}

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundProgress {
    /// All of it was asked for.
    Pending,
    /// A part is back; access stays.
    Partial,
    /// All of it is back.
    Complete,
}

impl RefundView {
    /// What a transfer's payments say; none where no money goes back.
    pub fn of(transfer: &Transfer) -> Option<Self> {
        let payments = || transfer.payments().values().filter(|payment| payment.confirmed_by.is_some());
        let refunded = Amount::checked_sum(payments().map(|payment| payment.refunded)).unwrap_or(Amount::MAX);
        let failed = payments().flat_map(|payment| payment.refunds.values());
        let failures = failed.filter(|state| **state == RefundState::Failed).count();
        let price = transfer.terms().price;
        let is_owed = payments().any(|payment| payment.requests > 0 && !payment.is_returned(price));
        let state = if is_owed {
            RefundProgress::Pending
        } else if payments().any(|payment| payment.refunded_in_full) {
            RefundProgress::Complete
        } else if !refunded.is_zero() || failures > 0 {
            RefundProgress::Partial
        } else {
            return None;
        };
        Some(Self { state, refunded, failures: u32::try_from(failures).unwrap_or(u32::MAX) })
    }
}

/// Answer to `products-invoice`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceAnswer {
    /// As it stands now; at price 0 it is paid already.
    pub transfer: TransferView,
    /// Where to pay; null at price 0.
    pub checkout_url: Option<String>,
    /// Whether this call moved money (it never does: the payment page may).
    pub money_moved: bool,
    /// Whether the call may be repeated without paying twice (it always may).
    pub retry_safe: bool,
}

/// `POST products-grant`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeGrant {
    /// The caller is its seller.
    pub transfer_id: TransferId,
    /// The release, where the offer names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_id: Option<ReleaseId>,
    /// The release key sealed to the buyer.
    pub envelope: Envelope,
}

/// A transfer, to its seller or its buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferView {
    /// The transfer.
    pub transfer_id: TransferId,
    /// Where it stands.
    pub status: Status,
    /// The product.
    pub product_id: ProductId,
    /// The release that the offer froze, or else the grant.
    pub release_id: Option<ReleaseId>,
    /// Its manifest.
    pub manifest_hash: Option<Bytes32>,
    /// Who sells.
    pub seller: AilockId,
    /// Who buys.
    pub buyer: AilockId,
    /// The offer as it was signed.
    pub offer: Signed<Offer>,
    /// SHA-256(JCS(offer)).
    pub offer_hash: Bytes32,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of the last change.
    pub updated_at: i64,
    /// Unix seconds at which access ends, once delivered.
    pub access_ends_at: Option<i64>,
    /// Why access ended, if it did before or at that time.
    pub access_ended: Option<ClaimsEnd>,
    /// To the buyer, once delivered: the release key sealed to it.
    pub envelope: Option<Envelope>,
    /// Where it is a listing's sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingSale>,
    /// Once money goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundView>,
    /// Once acknowledged.
    pub receipt: Option<Signed<Receipt>>,
    /// Once acknowledged.
    pub countersign: Option<Signed<Countersign>>,
}

/// `GET transfers`: the caller's own, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfers {
    /// At most one page.
    pub transfers: Vec<TransferView>,
    /// Give it as `after` for the next page.
    pub next: Option<TransferId>,
}
