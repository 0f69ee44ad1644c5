//! What a client signs to be let in: its assertion at the token endpoint, and a proof of possession for each call.

use core::fmt;

use claimcheck_protocol::auth::assertion::{self, AssertionClaims};
use claimcheck_protocol::auth::dpop::{self, ProofClaims};
use claimcheck_protocol::auth::jwk::PublicJwk;
use claimcheck_protocol::auth::{AuthError, jwt};
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::keys::Ed25519PublicKey;
use ed25519_dalek::{Signer, SigningKey};

use crate::identity::Identity;
use crate::secret::Secret32;

/// Seconds that an assertion lives: short of the five minutes allowed, so that a clock a minute off is no matter.
const ASSERTION_LIFETIME: i64 = 120;

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// The system gives no entropy for the `jti`.
    Entropy,
    /// The claims cannot be written as a JWT.
    Claims(AuthError),
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entropy => f.write_str("the system gives no entropy"),
            Self::Claims(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ProofError {}

impl From<AuthError> for ProofError {
    fn from(error: AuthError) -> Self {
        Self::Claims(error)
    }
}

impl From<getrandom::Error> for ProofError {
    fn from(_: getrandom::Error) -> Self {
        Self::Entropy
    }
}

/// A fresh, unguessable `jti`: 16 random bytes in base64url.
fn make_jti() -> Result<String, ProofError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Bytes(bytes).to_base64url())
}

impl Identity {
    /// A client assertion (RFC 7523) for the server whose issuer is `audience`; `now` is the server's time in Unix
    /// seconds, as well as the client knows it.
    pub fn sign_assertion(&self, audience: &str, now: i64) -> Result<String, ProofError> {
        let claims = AssertionClaims {
            iss: *self.id(),
            sub: *self.id(),
            aud: audience.to_owned(),
            exp: now.saturating_add(ASSERTION_LIFETIME),
            iat: Some(now),
            nbf: None,
            jti: make_jti()?,
        };
        let unsigned = assertion::unsigned(&claims)?;
        Ok(jwt::attach(&unsigned, &self.sign_bytes(unsigned.as_bytes())))
    }
}

/// The call that a proof is for.
#[derive(Clone, Copy)]
pub struct ProvedCall<'a> {
    /// Upper case, as HTTP has it.
    pub method: &'a str,
    /// The absolute address; its query and fragment are left out of the proof.
    pub uri: &'a str,
    /// The access token or claim ticket that goes with the call; None at the token endpoint.
    pub token: Option<&'a str>,
    /// The server's time in Unix seconds, as well as the client knows it.
    pub now: i64,
}

/// An Ed25519 key of its own, to which an access token or a claim ticket is bound (RFC 9449). It says nothing about
/// the Ailock that uses it.
pub struct DpopKey {
    signing: SigningKey,
    public: PublicJwk,
}

impl DpopKey {
    /// A key for one session or one claim. Fails only where the system gives no entropy.
    pub fn make() -> Result<Self, getrandom::Error> {
        Ok(Self::from_secret(&Secret32::random()?))
    }

    /// The key of a secret that was kept, so that a claim can go on after a reload.
    #[expect(clippy::expect_used, reason = "a clamped scalar sends the base point to a point of prime order")]
    pub fn from_secret(secret: &Secret32) -> Self {
        let signing = SigningKey::from_bytes(secret.as_bytes());
        let public = Ed25519PublicKey::from_bytes(signing.verifying_key().to_bytes()).expect("prime order");
        Self { signing, public: PublicJwk::Ed25519(public) }
    }

    /// The RFC 7638 thumbprint: `jkt` of what is bound to this key.
    pub fn thumbprint(&self) -> Bytes32 {
        self.public.thumbprint()
    }

    /// The proof to send with one call. Every attempt needs a new one.
    pub fn sign_proof(&self, call: &ProvedCall<'_>) -> Result<String, ProofError> {
        let address = call.uri.split(['?', '#']).next().unwrap_or_default();
        let claims = ProofClaims {
            jti: make_jti()?,
            htm: call.method.to_owned(),
            htu: address.to_owned(),
            iat: call.now,
            ath: call.token.map(dpop::token_hash),
        };
        let unsigned = dpop::unsigned(self.public.clone(), &claims)?;
        let signature = Bytes(self.signing.sign(unsigned.as_bytes()).to_bytes());
        Ok(jwt::attach(&unsigned, &signature))
    }
}
