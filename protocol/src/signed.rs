//! Signed statements: a JSON body and an Ed25519 signature over `label || SHA-256(JCS(body))`.

use core::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::jcs;
use crate::keys::{Ed25519PublicKey, KeyError, SignatureBytes};

/// A body that is signed under its own label, so a signature over one kind never passes for another.
pub trait Statement: Serialize + DeserializeOwned {
    /// The label of this kind, from [`crate::labels`].
    const LABEL: &'static [u8];

    /// Refuses a body that no honest client makes (wrong version, inconsistent numbers).
    fn check(&self) -> Result<(), StatementError>;
}

/// Why a statement is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementError {
    /// The signature, or the key it is checked with.
    Key(KeyError),
    /// The body breaks a rule; the text names the member and the rule.
    Invalid(&'static str),
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Invalid(rule) => f.write_str(rule),
        }
    }
}

impl core::error::Error for StatementError {}

impl From<KeyError> for StatementError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// A statement as it travels; nothing in it is to be believed before [`Signed::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed<T> {
    /// The claim.
    pub body: T,
    /// Over [`signing_input`] of the body.
    pub signature: SignatureBytes,
}

/// A statement whose signature and inner rules hold, with its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    body: T,
    hash: Bytes32,
}

impl<T> Verified<T> {
    /// The body.
    pub const fn body(&self) -> &T {
        &self.body
    }

    /// SHA-256(JCS(body)): `manifest_hash`, `offer_hash` and so on.
    pub const fn hash(&self) -> Bytes32 {
        self.hash
    }

    /// The body by value.
    pub fn into_body(self) -> T {
        self.body
    }
}

/// SHA-256(JCS(body)).
pub fn statement_hash<T: Statement>(body: &T) -> Result<Bytes32, StatementError> {
    jcs::hash(body).map_err(|_| StatementError::Invalid("the body has no canonical form"))
}

/// What is signed: `label || SHA-256(JCS(body))`.
pub fn signing_input<T: Statement>(body: &T) -> Result<Vec<u8>, StatementError> {
    let hash = statement_hash(body)?;
    Ok([T::LABEL, hash.as_ref()].concat())
}

impl<T: Statement> Signed<T> {
    /// Checks the body's rules and the signature by `key`. That `key` belongs to whom the body names is the
    /// caller's check ([`crate::keys::AilockKeys::check`]).
    pub fn verify(self, key: &Ed25519PublicKey) -> Result<Verified<T>, StatementError> {
        self.body.check()?;
        let hash = statement_hash(&self.body)?;
        key.verify(&[T::LABEL, hash.as_ref()].concat(), &self.signature)?;
        Ok(Verified { body: self.body, hash })
    }
}

/// The version of every body, which is 1. Another one does not parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct V1;

impl Serialize for V1 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for V1 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            _ => Err(serde::de::Error::custom("unknown version")),
        }
    }
}
