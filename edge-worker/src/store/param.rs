//! Values as they are bound to a statement, and JSON kept in a text column.

use claimcheck_protocol::bytes::{ByteString, Bytes};
use claimcheck_protocol::ids::{
    AttachmentId, BuyerDisputeId, ClaimId, FileId, LinkId, ListingId, MessageId, OfferId, ProductId,
    ReleaseId, TransferId, UploadId, WebhookId,
};
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::{AilockId, Ed25519PublicKey, X25519PublicKey};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use worker::wasm_bindgen::JsValue;

/// A bound value. Bytes are text, base64url.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// NULL.
    Null,
    /// An integer of at most 53 bits, which is what D1 carries exactly.
    Integer(f64),
    /// Text.
    Text(String),
}

impl From<&Param> for JsValue {
    fn from(param: &Param) -> Self {
        match param {
            Param::Null => Self::NULL,
            Param::Integer(number) => Self::from_f64(*number),
            Param::Text(text) => Self::from_str(text),
        }
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Integer(number as f64)
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::Integer(number as f64)
    }
}

impl From<u32> for Param {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Integer(if value { 1.0 } else { 0.0 })
    }
}

impl<const N: usize> From<Bytes<N>> for Param {
    fn from(bytes: Bytes<N>) -> Self {
        Self::Text(bytes.to_base64url())
    }
}

impl From<&ByteString> for Param {
    fn from(bytes: &ByteString) -> Self {
        Self::Text(bytes.to_base64url())
    }
}

impl From<Ed25519PublicKey> for Param {
    fn from(key: Ed25519PublicKey) -> Self {
        Bytes(*key.as_bytes()).into()
    }
}

impl From<X25519PublicKey> for Param {
    fn from(key: X25519PublicKey) -> Self {
        Bytes(*key.as_bytes()).into()
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids_are_text {
    ($($id:ty),* $(,)?) => {
        $(impl From<$id> for Param {
            fn from(id: $id) -> Self {
                Self::Text(id.to_string())
            }
        })*
    };
}

ids_are_text!(
    AilockId,
    AttachmentId,
    BuyerDisputeId,
    ClaimId,
    FileId,
    LinkId,
    ListingId,
    MessageId,
    OfferId,
    ProductId,
    ReleaseId,
    TransferId,
    UploadId,
    WebhookId,
);

/// A value kept as canonical JSON in a text column: bind it with `JsonText(&value)`, read it as a member of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText<T>(pub T);

impl<T: Serialize> TryFrom<JsonText<&T>> for Param {
    type Error = jcs::NotCanonical;

    fn try_from(value: JsonText<&T>) -> Result<Self, jcs::NotCanonical> {
        let bytes = jcs::to_vec(value.0)?;
        String::from_utf8(bytes).map(Self::Text).map_err(|_| jcs::NotCanonical)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for JsonText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // As a body is read: another reader would be another copy of the code of each type.
        serde_json::from_slice(text.as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_bind_as_d1_keeps_them() {
        assert_eq!(Param::from(-5_i64), Param::Integer(-5.0));
        assert_eq!(Param::from((1_u64 << 53) - 1), Param::Integer(9_007_199_254_740_991.0));
        assert_eq!(Param::from(true), Param::Integer(1.0));
        assert_eq!(Param::from(None::<i64>), Param::Null);
        assert_eq!(Param::from(Some("a")), Param::Text("a".to_owned()));
        assert_eq!(Param::from(Bytes([0xfb, 0xff])), Param::Text("-_8".to_owned()));
    }

    #[test]
    fn json_is_canonical_text_both_ways() {
        let value = serde_json::json!({"b": 1, "a": [null]});
        let param = Param::try_from(JsonText(&value)).unwrap();
        assert_eq!(param, Param::Text(r#"{"a":[null],"b":1}"#.to_owned()));
        let read: JsonText<serde_json::Value> =
            serde_json::from_value(r#"{"a":[null],"b":1}"#.into()).unwrap();
        assert_eq!(read.0, value);
    }
}
