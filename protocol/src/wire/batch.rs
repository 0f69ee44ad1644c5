//! Several operations in one call, for agents.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Inbox;
use crate::ids::TransferId;
use crate::problem::Problem;

/// The most operations of one batch.
pub const MAX_BATCH: usize = 20;

/// An operation that a batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchOp {
    /// As `products-offer`.
    InitProductTransfer,
    /// Asks the payment provider what became of a payment, and applies it: [`ConfirmPayment`].
    ConfirmPayment,
    /// As `products-claim`.
    GetDeliveryTicket,
    /// As `products-ack`.
    AckDelivery,
    /// As `products-revoke`.
    RevokeAccess,
}

impl BatchOp {
    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InitProductTransfer => "init_product_transfer",
            Self::ConfirmPayment => "confirm_payment",
            Self::GetDeliveryTicket => "get_delivery_ticket",
            Self::AckDelivery => "ack_delivery",
            Self::RevokeAccess => "revoke_access",
        }
    }
}

/// Body of `confirm_payment`. Answers the transfer as it stands then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmPayment {
    /// The caller is one of its sides.
    pub transfer_id: TransferId,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The caller's own name for it; comes back with its result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which.
    pub op: BatchOp,
    /// What its own endpoint takes.
    pub body: Value,
}

/// From where on the inbox is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchInbox {
    /// A cursor; 0 is the beginning.
    #[serde(default)]
    pub after: u64,
}

/// `POST ailock-batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// At most [`MAX_BATCH`], done one after the other.
    pub requests: Vec<BatchRequest>,
    /// Asks for the inbox as it is after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbox: Option<BatchInbox>,
}

/// What became of one operation: `body` where `status` is 200, else `problem`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchResult {
    /// As given.
    pub id: Option<String>,
    /// As given.
    pub op: BatchOp,
    /// As its own endpoint would answer.
    pub status: u16,
    /// W3C trace id of the call.
    pub trace_id: String,
    /// As its own endpoint would answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// As its own endpoint would answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Seconds after which it may be tried again: what its own endpoint says in Retry-After.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// Answer to `ailock-batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// In the order of the requests.
    pub results: Vec<BatchResult>,
    /// Where it was asked for.
    pub inbox: Option<Inbox>,
}
