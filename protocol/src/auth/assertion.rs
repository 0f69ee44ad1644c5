//! The assertion with which an Ailock authenticates at the token endpoint: `private_key_jwt` (RFC 7523).

use serde::{Deserialize, Serialize};

use super::jwk::PublicJwk;
use super::jwt::{self, Algorithm, Header, Unverified};
use super::{AuthError, CLOCK_TOLERANCE, MAX_LIFETIME, check_jti};
use crate::keys::{AilockId, Ed25519PublicKey};

/// `client_assertion_type` of such an assertion.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// `typ` of an assertion that is made here.
const TYPE: &str = "client-authentication+jwt";
/// `typ` that other clients set, if any.
const COMMON_TYPE: &str = "JWT";

/// What an assertion says. `aud` is one string: an array could name a second server that replays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionClaims {
    /// The Ailock.
    pub iss: AilockId,
    /// The Ailock again.
    pub sub: AilockId,
    /// The server's issuer.
    pub aud: String,
    /// Unix seconds, at most [`MAX_LIFETIME`] ahead.
    pub exp: i64,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Used once.
    pub jti: String,
}

/// An assertion that nobody has verified.
pub struct PresentedAssertion<'a> {
    token: Unverified<'a>,
    claims: AssertionClaims,
}

/// What is known once an assertion verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// Who authenticated.
    pub ailock_id: AilockId,
    /// To be used once.
    pub jti: String,
    /// Unix seconds after which the assertion is refused in any case.
    pub exp: i64,
}

impl<'a> PresentedAssertion<'a> {
    /// Reads the assertion; `Malformed` also where `aud` is an array or an id is not an Ailock's.
    pub fn parse(token: &'a str) -> Result<Self, AuthError> {
        let token = Unverified::parse(token)?;
        if !matches!(token.typ.as_deref(), None | Some(COMMON_TYPE | TYPE)) {
            return Err(AuthError::WrongType);
        }
        if token.alg == Algorithm::Es256 {
            return Err(AuthError::WrongAlgorithm);
        }
        let claims = token.unproved_claims()?;
        Ok(Self { token, claims })
    }

    /// Who says to have made it: tells whose key to verify with.
    pub const fn claimed_id(&self) -> &AilockId {
        &self.claims.iss
    }

    /// Verifies it with the registered key of [`Self::claimed_id`]. `client_id` is the form's, where it has one.
    pub fn verify(
        &self,
        key: &Ed25519PublicKey,
        client_id: Option<&str>,
        issuer: &str,
        now: i64,
    ) -> Result<ClientAssertion, AuthError> {
        let claims: AssertionClaims = self.token.verify(&PublicJwk::Ed25519(*key))?;
        if claims.sub != claims.iss || client_id.is_some_and(|id| id != claims.iss.to_string()) {
            return Err(AuthError::WrongSubject);
        }
        if claims.aud != issuer {
            return Err(AuthError::WrongAudience);
        }
        if claims.exp <= now {
            return Err(AuthError::Expired);
        }
        if claims.exp > now.saturating_add(MAX_LIFETIME) || claims.iat.is_some_and(|iat| iat >= claims.exp) {
            return Err(AuthError::LifetimeTooLong);
        }
        let latest = now.saturating_add(CLOCK_TOLERANCE);
        if claims.iat.is_some_and(|iat| iat > latest) || claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(AuthError::ClockSkew);
        }
        check_jti(&claims.jti)?;
        Ok(ClientAssertion { ailock_id: claims.iss, jti: claims.jti, exp: claims.exp })
    }
}

/// What the Ailock signs with its Ed25519 key.
pub fn unsigned(claims: &AssertionClaims) -> Result<String, AuthError> {
    jwt::unsigned(&Header { typ: TYPE, alg: Algorithm::Ed25519, kid: None, jwk: None }, claims)
}
