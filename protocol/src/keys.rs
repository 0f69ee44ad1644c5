//! Public keys, the id that commits to them, and the one way a signature is verified.

use core::fmt;
use core::str::FromStr;

use bech32::{Bech32m, Hrp};
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::bytes::{Bytes, Bytes32};
use crate::{jcs, labels};

/// An Ed25519 signature: R || S (RFC 8032 section 5.1.6).
pub type SignatureBytes = Bytes<64>;

/// Why a key or a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not a canonical point, or one of low or mixed order.
    InvalidKey,
    /// The signature does not verify.
    InvalidSignature,
    /// The text is not an Ailock id.
    InvalidId,
    /// The id does not commit to these keys: someone substituted a key.
    IdMismatch,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "the public key is not a canonical point of prime order",
            Self::InvalidSignature => "the signature does not verify",
            Self::InvalidId => "not an Ailock id",
            Self::IdMismatch => "the id does not belong to these keys",
        })
    }
}

impl core::error::Error for KeyError {}

/// An Ed25519 public key that is a canonical point of prime order, so no signature verifies under two keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ed25519PublicKey(Bytes32);

impl Ed25519PublicKey {
    /// Refuses encodings that are not canonical and points of low or mixed order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let point = CompressedEdwardsY(bytes).decompress().ok_or(KeyError::InvalidKey)?;
        let canonical = point.compress().to_bytes() == bytes;
        if !canonical || point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyError::InvalidKey);
        }
        Ok(Self(Bytes(bytes)))
    }

    /// The 32 bytes of the point.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_array()
    }

    /// Verifies strictly (RFC 8032 without the cofactor, refusing an R of low order).
    pub fn verify(&self, message: &[u8], signature: &SignatureBytes) -> Result<(), KeyError> {
        let key = VerifyingKey::from_bytes(self.as_bytes()).map_err(|_| KeyError::InvalidKey)?;
        key.verify_strict(message, &Signature::from_bytes(signature.as_array()))
            .map_err(|_| KeyError::InvalidSignature)
    }
}

impl fmt::Debug for Ed25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519PublicKey({})", self.0)
    }
}

impl Serialize for Ed25519PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ed25519PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes32::deserialize(deserializer)?;
        Self::from_bytes(bytes.0).map_err(de::Error::custom)
    }
}

/// An X25519 public key that is not of low order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct X25519PublicKey(Bytes32);

impl X25519PublicKey {
    /// Refuses points of low order, with which every shared secret is zero (RFC 7748 section 6.1).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        // A clamped scalar is a multiple of the cofactor, so it sends exactly the points of low order to zero.
        let product = MontgomeryPoint(bytes).mul_clamped([1; 32]);
        if product.to_bytes() == [0; 32] {
            return Err(KeyError::InvalidKey);
        }
        Ok(Self(Bytes(bytes)))
    }

    /// The 32 bytes of the u-coordinate.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_array()
    }
}

impl fmt::Debug for X25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X25519PublicKey({})", self.0)
    }
}

impl Serialize for X25519PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for X25519PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes32::deserialize(deserializer)?;
        Self::from_bytes(bytes.0).map_err(de::Error::custom)
    }
}

/// An Ailock's id: bech32m (BIP-350), prefix `ailock`, of a hash over both public keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AilockId([u8; 32]);

const HRP: Hrp = Hrp::parse_unchecked("ailock");

impl AilockId {
    /// SHA-256(`claimcheck/ailock-id/v1\0` || ed25519_pk || x25519_pk).
    pub fn derive(signing: &Ed25519PublicKey, sealing: &X25519PublicKey) -> Self {
        Self(jcs::sha256(&[labels::AILOCK_ID, signing.as_bytes(), sealing.as_bytes()]).0)
    }

    /// The 32 bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for AilockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_to_fmt::<Bech32m, _>(f, HRP, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for AilockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AilockId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text)
            .map_err(|_| KeyError::InvalidId)?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let id = Self(bytes.try_into().map_err(|_| KeyError::InvalidId)?);
        // One id has one spelling: no upper case, no stray padding bits.
        if id.to_string() == text { Ok(id) } else { Err(KeyError::InvalidId) }
    }
}

impl Serialize for AilockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AilockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Both public keys of an Ailock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AilockKeys {
    /// Verifies its signatures.
    pub ed25519_pk: Ed25519PublicKey,
    /// Receives what is sealed to it.
    pub x25519_pk: X25519PublicKey,
}

impl AilockKeys {
    /// The id that commits to these keys.
    pub fn id(&self) -> AilockId {
        AilockId::derive(&self.ed25519_pk, &self.x25519_pk)
    }

    /// Refuses keys that are not the ones `id` commits to. Every client calls it on keys that it was handed.
    pub fn check(&self, id: &AilockId) -> Result<(), KeyError> {
        if self.id() == *id { Ok(()) } else { Err(KeyError::IdMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> AilockKeys {
        AilockKeys {
            // RFC 8032 section 7.1, test 1; RFC 7748 section 6.1, Alice.
            ed25519_pk: Ed25519PublicKey::from_bytes([
                0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,
                0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07,
                0x51, 0x1a,
            ])
            .unwrap(),
            x25519_pk: X25519PublicKey::from_bytes([
                0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7,
                0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b,
                0x4e, 0x6a,
            ])
            .unwrap(),
        }
    }

    #[test]
    fn the_id_commits_to_both_keys() {
        let keys = keys();
        let id = keys.id();
        assert_eq!(keys.check(&id), Ok(()));
        let swapped = AilockKeys { x25519_pk: X25519PublicKey::from_bytes([9; 32]).unwrap(), ..keys };
        assert_eq!(swapped.check(&id), Err(KeyError::IdMismatch));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let text = keys().id().to_string();
        assert!(text.starts_with("ailock1"));
        assert!(text.to_uppercase().parse::<AilockId>().is_err());
        for position in 0..text.len() {
            let mut broken = text.clone().into_bytes();
            if let Some(byte) = broken.get_mut(position) {
                *byte = if *byte == b'q' { b'p' } else { b'q' };
            }
            assert!(String::from_utf8(broken).unwrap().parse::<AilockId>().is_err(), "position {position}");
        }
    }

    #[test]
    fn low_order_keys_are_refused() {
        assert_eq!(X25519PublicKey::from_bytes([0; 32]), Err(KeyError::InvalidKey));
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(X25519PublicKey::from_bytes(one), Err(KeyError::InvalidKey));
        assert_eq!(Ed25519PublicKey::from_bytes(one), Err(KeyError::InvalidKey), "the neutral element");
        assert_eq!(Ed25519PublicKey::from_bytes([0; 32]), Err(KeyError::InvalidKey), "a point of order four");
        assert_eq!(Ed25519PublicKey::from_bytes([0xff; 32]), Err(KeyError::InvalidKey), "not canonical");
    }
}
