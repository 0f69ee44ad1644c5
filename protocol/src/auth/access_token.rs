//! Access tokens (RFC 9068): what the server issues, bound to the key of the caller's proofs (RFC 9449 section 6.1).

use serde::{Deserialize, Serialize};

use super::jwk::PublicJwk;
use super::jwt::{self, Algorithm, Header, Unverified};
use super::{AuthError, MAX_LIFETIME, check_jti};
use crate::bytes::Bytes32;
use crate::keys::{AilockId, Ed25519PublicKey};

/// `typ` of an access token.
pub const TYPE: &str = "at+jwt";
/// Seconds that a token lives.
pub const LIFETIME: i64 = MAX_LIFETIME;
/// The one scope: everything that the Ailock may do.
pub const SCOPE: &str = "claimcheck";

/// The key that whoever presents a token must prove to hold (RFC 7800).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its thumbprint.
    pub jkt: Bytes32,
}

impl Confirmation {
    /// Refuses a proof by another key.
    pub fn check(&self, jkt: &Bytes32) -> Result<(), AuthError> {
        if self.jkt == *jkt { Ok(()) } else { Err(AuthError::WrongKey) }
    }
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The server that issued it.
    pub iss: String,
    /// The caller.
    pub sub: AilockId,
    /// The server that takes it, which is the same one.
    pub aud: String,
    /// The caller.
    pub client_id: AilockId,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// Names the token.
    pub jti: String,
    /// Always [`SCOPE`].
    pub scope: String,
    /// The key it is bound to.
    pub cnf: Confirmation,
}

impl AccessTokenClaims {
    /// The claims of a token issued now.
    pub fn issue(issuer: &str, ailock_id: AilockId, jkt: Bytes32, jti: String, now: i64) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: ailock_id,
            aud: issuer.to_owned(),
            client_id: ailock_id,
            iat: now,
            exp: now.saturating_add(LIFETIME),
            jti,
            scope: SCOPE.to_owned(),
            cnf: Confirmation { jkt },
        }
    }
}

/// A key of the server, with the name it has in `/.well-known/jwks.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Its thumbprint as text.
    pub kid: String,
    /// The key.
    pub key: Ed25519PublicKey,
}

impl ServerKey {
    /// Names a key by its thumbprint.
    pub fn new(key: Ed25519PublicKey) -> Self {
        Self { kid: PublicJwk::Ed25519(key).thumbprint().to_base64url(), key }
    }

    /// The key with that name.
    pub(super) fn find(keys: &[Self], kid: Option<&str>) -> Result<PublicJwk, AuthError> {
        keys.iter()
            .find(|key| Some(key.kid.as_str()) == kid)
            .map(|key| PublicJwk::Ed25519(key.key))
            .ok_or(AuthError::UnknownKey)
    }
}

/// Verifies a token that one of the server's own keys signed.
pub fn verify(
    token: &str,
    keys: &[ServerKey],
    issuer: &str,
    now: i64,
) -> Result<AccessTokenClaims, AuthError> {
    let token = Unverified::parse(token)?;
    if token.typ.as_deref() != Some(TYPE) {
        return Err(AuthError::WrongType);
    }
    let claims: AccessTokenClaims = token.verify(&ServerKey::find(keys, token.kid.as_deref())?)?;
    if claims.iss != issuer {
        return Err(AuthError::WrongIssuer);
    }
    if claims.aud != issuer {
        return Err(AuthError::WrongAudience);
    }
    if claims.sub != claims.client_id {
        return Err(AuthError::WrongSubject);
    }
    check_jti(&claims.jti)?;
    check_life(claims.iat, claims.exp, now)?;
    Ok(claims)
}

/// The server made these times itself, so no tolerance.
pub(super) const fn check_life(iat: i64, exp: i64, now: i64) -> Result<(), AuthError> {
    if exp <= now {
        return Err(AuthError::Expired);
    }
    if exp > iat.saturating_add(MAX_LIFETIME) || exp > now.saturating_add(MAX_LIFETIME) {
        return Err(AuthError::LifetimeTooLong);
    }
    Ok(())
}

/// What the server signs with the key named `kid`.
pub fn unsigned(kid: &str, claims: &AccessTokenClaims) -> Result<String, AuthError> {
    let header = Header { typ: TYPE, alg: Algorithm::Ed25519, kid: Some(kid.to_owned()), jwk: None };
    jwt::unsigned(&header, claims)
}
