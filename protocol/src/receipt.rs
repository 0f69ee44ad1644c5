//! The buyer's signed `receipt`, and the server's `countersign` beneath it.

use serde::{Deserialize, Deserializer, Serialize};

use crate::bytes::Bytes32;
use crate::ids::{ClaimId, LinkId, TransferId};
use crate::keys::AilockId;
use crate::labels;
use crate::money::{Amount, Currency};
use crate::signed::{Statement, StatementError, V1};

/// A member that is left out where it has no value: null would be a second spelling of the same body.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    member: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(member).map(Some)
}

/// The buyer's admission that it holds the plaintext that the manifest commits to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version.
    pub v: V1,
    /// The transfer, unless the claim is a link's.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// The link, unless the claim is a transfer's.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub link_id: Option<LinkId>,
    /// The claim under which the bytes came.
    pub claim_id: ClaimId,
    /// The offer that was accepted.
    pub offer_hash: Bytes32,
    /// The manifest of the release.
    pub manifest_hash: Bytes32,
    /// The commitment, recomputed from the plaintext that the buyer holds.
    pub client_hash: Bytes32,
    /// Bytes of plaintext of all files.
    pub bytes: u64,
    /// Who signs.
    pub buyer: AilockId,
    /// Who delivered.
    pub seller: AilockId,
    /// What was paid, in minor units.
    pub price: Amount,
    /// Lower-case ISO 4217.
    pub currency: Currency,
    /// Unix seconds, by the buyer's clock.
    pub delivered_at: i64,
    /// The claim's nonce: a receipt cannot be made before the claim.
    pub nonce: Bytes32,
}

impl Statement for Receipt {
    const LABEL: &'static [u8] = labels::RECEIPT;

    fn check(&self) -> Result<(), StatementError> {
        if self.transfer_id.is_some() == self.link_id.is_some() {
            return Err(StatementError::Invalid("exactly one of transfer_id and link_id must be given"));
        }
        if self.bytes > crate::jcs::MAX_INTEGER {
            return Err(StatementError::Invalid("bytes is beyond 2^53 - 1"));
        }
        Ok(())
    }
}

/// The server's word that it saw a valid receipt, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersign {
    /// Version.
    pub v: V1,
    /// SHA-256(JCS(receipt body)).
    pub receipt_hash: Bytes32,
    /// Unix seconds, by the server's clock.
    pub received_at: i64,
    /// The server's signing key, as its JWK thumbprint (RFC 7638); the key stands in the server's JWKS.
    pub kid: String,
    /// Head of the transfer's audit chain before the receipt's own row.
    pub audit_head: Bytes32,
}

impl Statement for Countersign {
    const LABEL: &'static [u8] = labels::COUNTERSIGN;

    fn check(&self) -> Result<(), StatementError> {
        Ok(())
    }
}
