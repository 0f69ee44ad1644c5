//! Sealing to an Ailock: HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
//!
//! ```text
//! info   = claimcheck/seal/<purpose>/v1\0 | context
//! sealed = enc (32) | ct (plaintext + 16)                 no aad, one message per key
//! ```

use core::fmt;

use claimcheck_protocol::keys::X25519PublicKey;
use claimcheck_protocol::labels;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable, HpkeError, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::identity::Identity;

/// Bytes of the encapsulated key.
const ENC_LEN: usize = 32;
/// Bytes by which the sealed form is longer than what it holds.
pub const OVERHEAD: usize = ENC_LEN + 16;

/// What is sealed to an Ailock, apart from a release key, which goes into an [envelope](crate::envelope).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A buyer's inputs, to the seller.
    Inputs,
    /// Evidence in a dispute, to the arbiter.
    Evidence,
    /// A listing's secret, to the buyer itself.
    ListingSecret,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Inputs => labels::SEAL_INPUTS,
            Self::Evidence => labels::SEAL_EVIDENCE,
            Self::ListingSecret => labels::SEAL_LISTING_SECRET,
        }
    }
}

/// Something could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// The identity is not the one that the context names as the sealer.
    WrongSealer,
    /// The cipher failed, which it does not for a recipient's key that was checked.
    Cipher,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongSealer => "the context names another sealer",
            Self::Cipher => "the cipher failed",
        })
    }
}

impl core::error::Error for SealError {}

impl From<HpkeError> for SealError {
    fn from(_: HpkeError) -> Self {
        Self::Cipher
    }
}

/// Something sealed could not be opened. Deliberately does not say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not sealed to this Ailock for this purpose, or altered")
    }
}

impl core::error::Error for OpenError {}

impl From<HpkeError> for OpenError {
    fn from(_: HpkeError) -> Self {
        Self
    }
}

/// Seals `plaintext` to `recipient` for `purpose`, bound to `context`.
pub fn seal_to(
    purpose: Purpose,
    context: &[u8],
    recipient: &X25519PublicKey,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    seal(&[purpose.label(), context].concat(), recipient, plaintext)
}

/// Opens what [`seal_to`] sealed to `recipient` for the same purpose and context.
pub fn open_from(
    purpose: Purpose,
    context: &[u8],
    recipient: &Identity,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open(&[purpose.label(), context].concat(), recipient, sealed)
}

pub(crate) fn seal(info: &[u8], recipient: &X25519PublicKey, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_with(&mut UnwrapErr(SysRng), info, recipient, plaintext, &[])
}

pub(crate) fn open(
    info: &[u8],
    recipient: &Identity,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open_with(info, recipient.sealing_key().as_bytes(), sealed, &[])
}

pub(crate) fn seal_with(
    rng: &mut impl CryptoRng,
    info: &[u8],
    recipient: &X25519PublicKey,
    plaintext: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, SealError> {
    let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient.as_bytes())?;
    let (enc, ct) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &recipient,
        info,
        plaintext,
        aad,
        rng,
    )?;
    Ok([enc.to_bytes().as_slice(), &ct].concat())
}

fn open_with(
    info: &[u8],
    recipient: &[u8; 32],
    sealed: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (enc, ct) = sealed.split_first_chunk::<ENC_LEN>().ok_or(OpenError)?;
    let plaintext = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &<X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(recipient)?,
        &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc)?,
        info,
        ct,
        aad,
    )?;
    Ok(Zeroizing::new(plaintext))
}

#[cfg(test)]
pub(crate) mod tests;
