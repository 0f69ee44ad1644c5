//! Public keys as JSON Web Keys (RFC 7517; RFC 8037 for Ed25519, RFC 7518 for P-256) and their thumbprints (RFC 7638).

use core::fmt;

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::AuthError;
use super::jwt::Algorithm;
use crate::bytes::{Bytes, Bytes32};
use crate::jcs;
use crate::keys::{Ed25519PublicKey, SignatureBytes};

const SEC1_UNCOMPRESSED: u8 = 4;

/// A public key that is a point of its curve.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicJwk {
    /// `{"kty":"OKP","crv":"Ed25519","x":…}`.
    Ed25519(Ed25519PublicKey),
    /// `{"kty":"EC","crv":"P-256","x":…,"y":…}`.
    P256(P256PublicKey),
}

/// A point of P-256.
#[derive(Clone, PartialEq, Eq)]
pub struct P256PublicKey {
    x: Bytes32,
    y: Bytes32,
    key: VerifyingKey,
}

impl P256PublicKey {
    /// From affine coordinates, big-endian; refuses a point that is not on the curve.
    pub fn from_coordinates(x: Bytes32, y: Bytes32) -> Result<Self, AuthError> {
        let point = [&[SEC1_UNCOMPRESSED], x.as_ref(), y.as_ref()].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| AuthError::InvalidKey)?;
        Ok(Self { x, y, key })
    }
}

/// The members of a JWK that matter here. Others (`use`, `kid`, `ext`, …) are passed over, as RFC 7517 asks, but any
/// private member is refused: whoever sends one has published its key.
#[derive(Deserialize)]
struct Members {
    kty: String,
    crv: Option<String>,
    x: Option<Bytes32>,
    y: Option<Bytes32>,
    d: Option<de::IgnoredAny>,
    p: Option<de::IgnoredAny>,
    q: Option<de::IgnoredAny>,
    dp: Option<de::IgnoredAny>,
    dq: Option<de::IgnoredAny>,
    qi: Option<de::IgnoredAny>,
    oth: Option<de::IgnoredAny>,
    k: Option<de::IgnoredAny>,
}

impl Members {
    const fn is_private(&self) -> bool {
        self.d.is_some()
            || self.p.is_some()
            || self.q.is_some()
            || self.dp.is_some()
            || self.dq.is_some()
            || self.qi.is_some()
            || self.oth.is_some()
            || self.k.is_some()
    }
}

impl TryFrom<Members> for PublicJwk {
    type Error = AuthError;

    fn try_from(members: Members) -> Result<Self, AuthError> {
        if members.is_private() {
            return Err(AuthError::InvalidKey);
        }
        match (members.kty.as_str(), members.crv.as_deref(), members.x, members.y) {
            ("OKP", Some("Ed25519"), Some(x), None) => {
                Ed25519PublicKey::from_bytes(x.0).map(Self::Ed25519).map_err(|_| AuthError::InvalidKey)
            }
            ("EC", Some("P-256"), Some(x), Some(y)) => P256PublicKey::from_coordinates(x, y).map(Self::P256),
            _ => Err(AuthError::InvalidKey),
        }
    }
}

impl PublicJwk {
    /// The required members in lexicographic order: what RFC 7638 hashes, and how the key is written.
    fn canonical(&self) -> String {
        match self {
            Self::Ed25519(key) => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, Bytes(*key.as_bytes()))
            }
            Self::P256(key) => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, key.x, key.y)
            }
        }
    }

    /// The SHA-256 thumbprint (`jkt`).
    pub fn thumbprint(&self) -> Bytes32 {
        jcs::sha256(&[self.canonical().as_bytes()])
    }

    /// Verifies a signature made with `algorithm`: Ed25519 strictly, ES256 as the fixed-length r || s.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &SignatureBytes,
    ) -> Result<(), AuthError> {
        match (self, algorithm) {
            (Self::Ed25519(key), Algorithm::Ed25519 | Algorithm::EdDsa) => {
                key.verify(message, signature).map_err(|_| AuthError::InvalidSignature)
            }
            (Self::P256(key), Algorithm::Es256) => {
                let signature =
                    Signature::from_slice(signature.as_ref()).map_err(|_| AuthError::InvalidSignature)?;
                key.key.verify(message, &signature).map_err(|_| AuthError::InvalidSignature)
            }
            _ => Err(AuthError::WrongAlgorithm),
        }
    }
}

impl fmt::Debug for PublicJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl Serialize for PublicJwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            kty: &'a str,
            crv: &'a str,
            x: Bytes32,
            #[serde(skip_serializing_if = "Option::is_none")]
            y: Option<Bytes32>,
        }
        match self {
            Self::Ed25519(key) => Written { kty: "OKP", crv: "Ed25519", x: Bytes(*key.as_bytes()), y: None },
            Self::P256(key) => Written { kty: "EC", crv: "P-256", x: key.x, y: Some(key.y) },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PublicJwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","kid":"other members are passed over"}"#;

    #[test]
    fn thumbprints_are_the_published_ones() {
        // RFC 8037 appendix A.3; RFC 9449 section 6.1 for the key of its examples.
        let ed25519: PublicJwk = serde_json::from_str(ED25519).unwrap();
        assert_eq!(ed25519.thumbprint().to_base64url(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let p256: PublicJwk = serde_json::from_str(P256).unwrap();
        assert_eq!(p256.thumbprint().to_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_key_survives_the_round_trip() {
        for text in [ED25519, P256] {
            let key: PublicJwk = serde_json::from_str(text).unwrap();
            let written = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<PublicJwk>(&written).unwrap(), key);
        }
    }

    #[test]
    fn private_broken_and_foreign_keys_are_refused() {
        let with = |base: &str, member: &str, value: serde_json::Value| {
            let mut key: serde_json::Map<String, serde_json::Value> = serde_json::from_str(base).unwrap();
            key.insert(member.to_owned(), value);
            serde_json::from_value::<PublicJwk>(key.into())
        };
        assert!(with(ED25519, "use", "sig".into()).is_ok());
        for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(with(ED25519, member, "AAAA".into()).is_err(), "{member}");
            assert!(with(P256, member, "AAAA".into()).is_err(), "{member}");
        }
        assert!(with(ED25519, "kty", "oct".into()).is_err());
        assert!(with(ED25519, "crv", "X25519".into()).is_err());
        assert!(with(ED25519, "x", Bytes([0; 32]).to_base64url().into()).is_err(), "low order");
        assert!(with(P256, "y", Bytes([1; 32]).to_base64url().into()).is_err(), "off the curve");
        assert!(with(P256, "crv", "secp256k1".into()).is_err());
        let doubled = ED25519.replacen('{', r#"{"x":"AAAA","#, 1);
        assert!(serde_json::from_str::<PublicJwk>(&doubled).is_err(), "a member twice");
    }
}
