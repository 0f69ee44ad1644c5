//! Byte strings as they stand in JSON: base64url without padding (RFC 4648 section 5), of fixed or free length.

use core::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A string was not canonical, unpadded base64url, or not of the length wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BytesError;

impl fmt::Display for BytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not unpadded base64url of the length expected")
    }
}

impl core::error::Error for BytesError {}

/// Exactly `N` public bytes. Never holds a secret: it prints and clones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A SHA-256 hash, or another 32 public bytes.
pub type Bytes32 = Bytes<32>;

impl<const N: usize> Bytes<N> {
    /// The bytes.
    pub const fn as_array(&self) -> &[u8; N] {
        &self.0
    }

    /// Base64url without padding.
    pub fn to_base64url(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads base64url without padding; trailing bits must be zero, so each value has one spelling.
    pub fn from_base64url(text: &str) -> Result<Self, BytesError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| BytesError)?;
        Self::try_from(bytes.as_slice())
    }
}

impl<const N: usize> TryFrom<&[u8]> for Bytes<N> {
    type Error = BytesError;

    fn try_from(bytes: &[u8]) -> Result<Self, BytesError> {
        bytes.try_into().map(Self).map_err(|_| BytesError)
    }
}

impl<const N: usize> AsRef<[u8]> for Bytes<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64url())
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64url())
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64url(&text).map_err(de::Error::custom)
    }
}

/// Any number of public bytes (a ciphertext, say).
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct ByteString(pub Vec<u8>);

impl ByteString {
    /// Base64url without padding.
    pub fn to_base64url(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads canonical base64url without padding.
    pub fn from_base64url(text: &str) -> Result<Self, BytesError> {
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(|_| BytesError)
    }
}

impl AsRef<[u8]> for ByteString {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ByteString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByteString({} bytes)", self.0.len())
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64url(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(Bytes::<1>::from_base64url("AA"), Ok(Bytes([0])));
        assert_eq!(Bytes::<1>::from_base64url("AB"), Err(BytesError), "trailing bits set");
        assert_eq!(Bytes::<1>::from_base64url("AA=="), Err(BytesError), "padded");
        assert_eq!(Bytes::<2>::from_base64url("-_8"), Ok(Bytes([0xfb, 0xff])));
        assert_eq!(Bytes::<2>::from_base64url("+/8"), Err(BytesError), "the other alphabet");
        assert_eq!(Bytes::<3>::from_base64url("AA"), Err(BytesError), "wrong length");
        assert_eq!(ByteString::from_base64url(""), Ok(ByteString(vec![])));
    }
}
