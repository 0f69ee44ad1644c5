//! What a buyer provided for a sale: sealed values under the buyer's signature, and the seller's reasons for sending
//! one back.

use std::collections::BTreeMap;

use claimcheck_protocol::ids::{ProductId, TransferId};
use claimcheck_protocol::inputs::BuyerInput;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::signed::Signed;
use serde::{Deserialize, Serialize};

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// Why and when an input was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// For the buyer.
    pub reason: String,
    /// Unix seconds.
    pub rejected_at: i64,
}

/// One input as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What the buyer signed last.
    pub statement: Signed<BuyerInput>,
    /// Set while the seller waits for another value.
    pub rejected: Option<Rejection>,
}

/// By the input's id.
pub type Inputs = BTreeMap<String, Held>;

#[derive(Deserialize)]
struct Row {
    buyer_inputs: Option<JsonText<Inputs>>,
}

/// The inputs of a transfer.
pub async fn find(store: &Store, id: TransferId) -> Result<Inputs, StoreError> {
    let query = sql("select buyer_inputs from product_transfers where id = ?1").bind(id);
    let row: Option<Row> = store.first(query).await?;
    Ok(row.and_then(|row| row.buyer_inputs).map(|inputs| inputs.0).unwrap_or_default())
}

/// Puts inputs, in place of earlier ones of the same ids. Part of a transition's batch.
pub fn put(id: TransferId, statements: &[Signed<BuyerInput>]) -> Result<Query, NotCanonical> {
    let inputs: Inputs = statements
        .iter()
        .map(|statement| (statement.body.id.clone(), Held { statement: statement.clone(), rejected: None }))
        .collect();
    merge(id, &inputs)
}

#[derive(Serialize)]
struct SentBack {
    rejected: Rejection,
}

/// Notes that an input was sent back. Part of a transition's batch.
pub fn send_back(id: TransferId, input_id: &str, rejected: Rejection) -> Result<Query, NotCanonical> {
    merge(id, &BTreeMap::from([(input_id, SentBack { rejected })]))
}

/// A merge patch (RFC 7396): members of other inputs stay as they are.
fn merge<T: Serialize>(id: TransferId, patch: &T) -> Result<Query, NotCanonical> {
    let query =
        sql("update product_transfers set buyer_inputs = json_patch(coalesce(buyer_inputs, '{}'), ?2) \
         where id = ?1");
    Ok(query.bind(id).bind(Param::try_from(JsonText(patch))?))
}

#[derive(Deserialize)]
struct Newest {
    id: TransferId,
}

/// The newest sale of a product to a buyer.
pub async fn newest_purchase(
    store: &Store,
    product_id: ProductId,
    buyer: AilockId,
) -> Result<Option<TransferId>, StoreError> {
    let query = sql("select id from product_transfers where to_ailock_id = ?1 and product_id = ?2 \
         order by id desc limit 1");
    let newest: Option<Newest> = store.first(query.bind(buyer).bind(product_id)).await?;
    Ok(newest.map(|row| row.id))
}
