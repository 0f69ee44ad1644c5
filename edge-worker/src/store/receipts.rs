//! Receipts of deliveries, with the server's countersignature.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::receipt::{Countersign, Receipt};
use claimcheck_protocol::signed::Signed;
use serde::{Deserialize, Serialize};

use super::{JsonText, Param, Query, sql};

/// What a receipt's row keeps in `meta`: both statements, as they were signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedPair {
    /// By the buyer.
    pub receipt: Signed<Receipt>,
    /// By the server.
    pub countersign: Signed<Countersign>,
}

/// Stores the receipt of a transfer; a second one fails the batch.
pub fn insert(
    transfer_id: TransferId,
    pair: &SignedPair,
    receipt_hash: Bytes32,
) -> Result<Query, NotCanonical> {
    let receipt = &pair.receipt.body;
    let query =
        sql("insert into delivery_receipts (id, transfer_id, client_hash, signature, delivered_at, meta, \
         claim_id, receipt_hash, received_at) values (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    Ok(query
        .bind(transfer_id)
        .bind(receipt.client_hash)
        .bind(pair.receipt.signature)
        .bind(receipt.delivered_at)
        .bind(Param::try_from(JsonText(pair))?)
        .bind(receipt.claim_id)
        .bind(receipt_hash)
        .bind(pair.countersign.body.received_at))
}
