//! An Ailock's own keys, derived from one root seed.

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::keys::{AilockId, AilockKeys, Ed25519PublicKey, SignatureBytes, X25519PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::schedule;
use crate::secret::Secret32;

/// The secret keys of an Ailock. All of them come from the seed, which the recovery phrase writes down.
pub struct Identity {
    seed: Secret32,
    signing: SigningKey,
    sealing: StaticSecret,
    keys: AilockKeys,
    id: AilockId,
}

impl Identity {
    /// A new Ailock. Fails only where the system gives no entropy.
    pub fn make() -> Result<Self, getrandom::Error> {
        Secret32::random().map(Self::from_seed)
    }

    /// The Ailock of a seed: the same seed gives the same keys and the same id, on any device.
    #[expect(clippy::expect_used, reason = "a clamped scalar sends the base point to a point of prime order")]
    pub fn from_seed(seed: Secret32) -> Self {
        let signing = SigningKey::from_bytes(schedule::derive_signing_seed(&seed).as_bytes());
        let sealing = StaticSecret::from(*schedule::derive_sealing_key(&seed).as_bytes());
        let keys = AilockKeys {
            ed25519_pk: Ed25519PublicKey::from_bytes(signing.verifying_key().to_bytes())
                .expect("prime order"),
            x25519_pk: X25519PublicKey::from_bytes(PublicKey::from(&sealing).to_bytes())
                .expect("prime order"),
        };
        Self { seed, signing, sealing, keys, id: keys.id() }
    }

    /// Both public keys.
    pub const fn keys(&self) -> &AilockKeys {
        &self.keys
    }

    /// The id that commits to both keys.
    pub const fn id(&self) -> &AilockId {
        &self.id
    }

    /// The root seed, for a recovery phrase or to be wrapped. Whoever has it is this Ailock.
    pub const fn seed(&self) -> &Secret32 {
        &self.seed
    }

    /// Signs bytes that already begin with a label, or that are a JWT's: nothing else may be signed.
    pub(crate) fn sign_bytes(&self, message: &[u8]) -> SignatureBytes {
        Bytes(self.signing.sign(message).to_bytes())
    }

    /// The X25519 private key, for HPKE alone.
    pub(crate) const fn sealing_key(&self) -> &StaticSecret {
        &self.sealing
    }
}
