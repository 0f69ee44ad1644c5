//! The signed `profile` with which an Ailock registers its keys.

use serde::{Deserialize, Serialize};

use crate::keys::{AilockId, AilockKeys, Ed25519PublicKey, X25519PublicKey};
use crate::labels;
use crate::signed::{Signed, Statement, StatementError, V1, Verified};

/// The longest display name, in bytes of UTF-8.
pub const MAX_DISPLAY_NAME: usize = 100;

/// Who an Ailock says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version.
    pub v: V1,
    /// The id, which commits to both keys.
    pub id: AilockId,
    /// What others see; may be empty.
    pub display_name: String,
    /// Unix seconds.
    pub created_at: i64,
}

impl Statement for Profile {
    const LABEL: &'static [u8] = labels::PROFILE;

    fn check(&self) -> Result<(), StatementError> {
        if self.display_name.len() > MAX_DISPLAY_NAME {
            return Err(StatementError::Invalid("display_name is longer than 100 bytes"));
        }
        if self.display_name.chars().any(char::is_control) {
            return Err(StatementError::Invalid("display_name holds a control character"));
        }
        Ok(())
    }
}

/// What is sent to register, and what is returned about an Ailock: keys and the profile they signed, as
/// `{ed25519_pk, x25519_pk, profile}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Members", into = "Members")]
pub struct Registration {
    /// Both keys.
    pub keys: AilockKeys,
    /// Signed by `ed25519_pk`.
    pub profile: Signed<Profile>,
}

/// The JSON of a [`Registration`]. Not by `flatten`, with which an error no longer names its member.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    ed25519_pk: Ed25519PublicKey,
    x25519_pk: X25519PublicKey,
    profile: Signed<Profile>,
}

impl From<Members> for Registration {
    fn from(members: Members) -> Self {
        let Members { ed25519_pk, x25519_pk, profile } = members;
        Self { keys: AilockKeys { ed25519_pk, x25519_pk }, profile }
    }
}

impl From<Registration> for Members {
    fn from(registration: Registration) -> Self {
        let AilockKeys { ed25519_pk, x25519_pk } = registration.keys;
        Self { ed25519_pk, x25519_pk, profile: registration.profile }
    }
}

impl Registration {
    /// The profile, once the id commits to the keys and the signature holds.
    pub fn verify(self) -> Result<(AilockKeys, Verified<Profile>), StatementError> {
        self.keys.check(&self.profile.body.id)?;
        let profile = self.profile.verify(&self.keys.ed25519_pk)?;
        Ok((self.keys, profile))
    }
}
