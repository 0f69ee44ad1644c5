//! Identifiers: TypeIDs over UUIDv7 (`product_01h455vb4pex5vsknk084sn02q`), picked by whoever creates the thing.
//!
//! The text after the prefix is the 128 bits in Crockford's base32, lower case, 26 digits, most significant first.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::{Builder, Uuid, Variant};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 26;

/// A string was not a TypeID of the prefix wanted over a UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier of the kind expected")
    }
}

impl core::error::Error for IdError {}

fn encode(prefix: &str, bytes: &[u8; 16]) -> String {
    let value = u128::from_be_bytes(*bytes);
    let mut text = String::with_capacity(prefix.len() + 1 + DIGITS);
    text.push_str(prefix);
    text.push('_');
    for position in (0..DIGITS).rev() {
        let digit = (value >> (5 * position)) & 31;
        text.extend(ALPHABET.get(digit as usize).map(|byte| char::from(*byte)));
    }
    text
}

fn decode(prefix: &str, text: &str) -> Result<[u8; 16], IdError> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(IdError)?;
    if digits.len() != DIGITS || digits.as_bytes().first().is_none_or(|first| *first > b'7') {
        return Err(IdError);
    }
    let mut value: u128 = 0;
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte).ok_or(IdError)?;
        value = (value << 5) | digit as u128;
    }
    let id = Uuid::from_u128(value);
    if id.get_version_num() != 7 || id.get_variant() != Variant::RFC4122 {
        return Err(IdError);
    }
    Ok(id.into_bytes())
}

/// UUIDv7 bytes (RFC 9562 section 5.7) from a time in Unix milliseconds and ten random bytes.
fn uuid_v7(unix_millis: u64, random: [u8; 10]) -> [u8; 16] {
    Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid().into_bytes()
}

macro_rules! type_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The prefix, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// From a time in Unix milliseconds and ten random bytes.
            pub fn from_parts(unix_millis: u64, random: [u8; 10]) -> Self {
                Self(uuid_v7(unix_millis, random))
            }

            /// The UUID's 16 bytes, as they stand in hashes and contexts.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode(Self::PREFIX, &self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                decode(Self::PREFIX, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

type_id!(
    /// A product: what a seller sells, over all its releases.
    ProductId, "product");
type_id!(
    /// A release: one immutable set of files of a product.
    ReleaseId, "release");
type_id!(
    /// A file of a release.
    FileId, "file");
type_id!(
    /// An upload in progress, of one release or one attachment.
    UploadId, "upload");
type_id!(
    /// A signed offer.
    OfferId, "offer");
type_id!(
    /// One sale to one buyer, from offer to receipt.
    TransferId, "transfer");
type_id!(
    /// A right to download, counted once.
    ClaimId, "claim");
type_id!(
    /// A download link.
    LinkId, "link");
type_id!(
    /// A public listing of a product.
    ListingId, "listing");
type_id!(
    /// A dispute that a buyer opens.
    BuyerDisputeId, "dispute");
type_id!(
    /// A message in an inbox.
    MessageId, "message");
type_id!(
    /// A file that a buyer hands to the seller.
    AttachmentId, "attachment");
type_id!(
    /// An address that is told of its owner's sales.
    WebhookId, "webhook");

impl AttachmentId {
    /// The release that an attachment is, of one file: the same 16 bytes under another prefix.
    pub const fn release_id(&self) -> ReleaseId {
        ReleaseId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_round_trips() {
        // TypeID 0.3, README: prefix_01h455vb4pex5vsknk084sn02q is 01890a5d-ac96-774b-bcce-b302099a8057.
        let id: ProductId = "product_01h455vb4pex5vsknk084sn02q".parse().unwrap();
        assert_eq!(Uuid::from_bytes(*id.as_bytes()).to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(id.to_string(), "product_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "product",
            "product_",
            "release_01h455vb4pex5vsknk084sn02q",
            "01h455vb4pex5vsknk084sn02q",
            "product_01H455VB4PEX5VSKNK084SN02Q",
            "product_81h455vb4pex5vsknk084sn02q",
            "product_01h455vb4pex5vsknk084sn02",
            "product_01h455vb4pex5vsknk084sn02qq",
            "product_01h455vb4pex5vsknk084sn02u",
            "product_00000000000000000000000000",
            " product_01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(text.parse::<ProductId>(), Err(IdError), "{text}");
        }
    }

    #[test]
    fn ids_sort_by_their_time() {
        let early = FileId::from_parts(1_700_000_000_000, [0xff; 10]);
        let late = FileId::from_parts(1_700_000_000_001, [0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse(), Ok(early));
    }
}
