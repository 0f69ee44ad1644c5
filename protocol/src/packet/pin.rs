//! The server's keys as a verifier knows them from elsewhere.

use core::fmt;

use serde::Deserialize;

use crate::auth::jwk::PublicJwk;
use crate::bytes::Bytes32;
use crate::keys::Ed25519PublicKey;

/// A text is neither a key's name nor a JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinError;

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither the name (kid) of a key nor a JWK Set")
    }
}

impl core::error::Error for PinError {}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<PublicJwk>,
}

/// Names (RFC 7638 thumbprints) of the keys that are trusted to be the server's. None: whatever the packet encloses is
/// only checked against itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins(Vec<Bytes32>);

impl Pins {
    /// Reads one `kid`, or a JWK Set (RFC 7517) as the server publishes it.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let text = text.trim();
        if let Ok(kid) = Bytes32::from_base64url(text) {
            return Ok(Self(vec![kid]));
        }
        let set: KeySet = serde_json::from_str(text).map_err(|_| PinError)?;
        Ok(Self(set.keys.iter().map(PublicJwk::thumbprint).collect()))
    }

    /// Whether anything is pinned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this key is pinned.
    pub fn holds(&self, key: &Ed25519PublicKey) -> bool {
        self.0.contains(&PublicJwk::Ed25519(*key).thumbprint())
    }
}
