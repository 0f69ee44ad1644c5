//! What a seller asks of a buyer, and what the buyer provided.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::ids::{ProductId, TransferId};
use crate::inputs::BuyerInput;
use crate::keys::AilockId;
use crate::policy::RequiredInput;
use crate::signed::Signed;
use crate::transfer::Status;

/// The longest reason for a rejection, in bytes of UTF-8.
pub const MAX_REASON: usize = 500;

/// Whether an input is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputState {
    /// The buyer has not provided it.
    Missing,
    /// The server holds it.
    Provided,
    /// The seller sent it back.
    Rejected,
}

/// One required input of an offer, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// As the offer has it.
    pub input: RequiredInput,
    /// Whether it is there.
    pub state: InputState,
    /// Why the seller sent it back; the server reads it.
    pub reason: Option<String>,
    /// What the buyer signed last.
    pub provided: Option<Signed<BuyerInput>>,
}

/// `GET products-requirements?transfer_id=` or `?product_id=`: the latter is the caller's newest purchase of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// The sale.
    pub transfer_id: TransferId,
    /// What is sold.
    pub product_id: ProductId,
    /// Where it stands.
    pub status: Status,
    /// Its offer.
    pub offer_hash: Bytes32,
    /// To whom values are sealed.
    pub seller: AilockId,
    /// Who provides them.
    pub buyer: AilockId,
    /// In the offer's order.
    pub requirements: Vec<Requirement>,
    /// Ids that the sale waits for, sorted.
    pub missing: Vec<String>,
}

/// `POST transfers-requirements-submit`. Answers [`Requirements`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitInputs {
    /// The caller is its buyer.
    pub transfer_id: TransferId,
    /// At least one; each signed by the caller, no id twice.
    pub inputs: Vec<Signed<BuyerInput>>,
}

/// `POST transfers-requirements-reject`. Answers [`Requirements`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectInput {
    /// The caller is its seller.
    pub transfer_id: TransferId,
    /// The input.
    pub input_id: String,
    /// For the buyer; 1 to 500 bytes.
    pub reason: String,
}
