//! The signed `offer`: what is sold, to whom, for how much and under which policy. Nobody can change it afterwards.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::ids::{OfferId, ProductId, ReleaseId};
use crate::keys::AilockId;
use crate::labels;
use crate::money::{Amount, Currency};
use crate::policy::{Policy, RequiredInput};
use crate::signed::{Statement, StatementError, V1};

/// The longest title, in bytes of UTF-8.
pub const MAX_TITLE: usize = 200;

/// A title is 1 to 200 bytes, not blank, and on one line.
pub fn check_title(title: &str) -> Result<(), StatementError> {
    if title.trim().is_empty() || title.len() > MAX_TITLE {
        return Err(StatementError::Invalid("title must have 1 to 200 bytes"));
    }
    if title.chars().any(char::is_control) {
        return Err(StatementError::Invalid("title holds a control character"));
    }
    Ok(())
}

/// What a seller offers. A member without a value is written as null: one that is left out does not parse, so that a
/// signed body has one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Version.
    pub v: V1,
    /// The offer.
    pub offer_id: OfferId,
    /// The product.
    pub product_id: ProductId,
    /// The release that is frozen, or null where the seller delivers on demand.
    #[serde(deserialize_with = "Option::deserialize")]
    pub release_id: Option<ReleaseId>,
    /// The manifest of that release, or null with it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub manifest_hash: Option<Bytes32>,
    /// Who signs.
    pub seller: AilockId,
    /// The one who may accept, or null for anybody.
    #[serde(deserialize_with = "Option::deserialize")]
    pub buyer: Option<AilockId>,
    /// What people and the payment page see. The server reads it.
    pub title: String,
    /// Minor units; 0 gives it away.
    pub price: Amount,
    /// Lower-case ISO 4217.
    pub currency: Currency,
    /// Retention, downloads and so on.
    pub policy: Policy,
    /// What the buyer must provide.
    pub required_inputs: Vec<RequiredInput>,
    /// Unix seconds after which nobody can accept it any more.
    pub expires_at: i64,
}

impl Statement for Offer {
    const LABEL: &'static [u8] = labels::OFFER;

    fn check(&self) -> Result<(), StatementError> {
        check_title(&self.title)?;
        if self.release_id.is_some() != self.manifest_hash.is_some() {
            return Err(StatementError::Invalid("release_id and manifest_hash must be given together"));
        }
        if self.buyer == Some(self.seller) {
            return Err(StatementError::Invalid("buyer and seller are the same"));
        }
        if self.expires_at < 0 || self.expires_at as u64 > crate::jcs::MAX_INTEGER {
            return Err(StatementError::Invalid("expires_at is out of range"));
        }
        self.policy.check().map_err(|_| StatementError::Invalid("policy is out of bounds"))?;
        RequiredInput::check_all(&self.required_inputs)
            .map_err(|_| StatementError::Invalid("required_inputs are out of bounds"))?;
        self.currency
            .check_price(self.price)
            .map_err(|_| StatementError::Invalid("price is not chargeable in this currency"))
    }
}
