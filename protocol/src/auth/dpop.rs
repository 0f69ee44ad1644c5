//! Proofs of possession (DPoP, RFC 9449): one JWT per call, by the key that the token is bound to.

use serde::{Deserialize, Serialize};

use super::jwk::PublicJwk;
use super::jwt::{self, Algorithm, Header, Unverified};
use super::{AuthError, CLOCK_TOLERANCE, check_jti};
use crate::bytes::Bytes32;
use crate::jcs;

mod htu;

/// `typ` of a proof.
pub const TYPE: &str = "dpop+jwt";

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofClaims {
    /// Used once, where the call changes something.
    pub jti: String,
    /// The method.
    pub htm: String,
    /// The address, without query and fragment.
    pub htu: String,
    /// Unix seconds, within [`CLOCK_TOLERANCE`] of the server's.
    pub iat: i64,
    /// SHA-256 of the access token, where one is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ath: Option<Bytes32>,
}

/// The call that a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper case, as HTTP has it.
    pub method: &'a str,
    /// The absolute address as the client sees it; query and fragment do not count.
    pub uri: &'a str,
    /// The token or ticket that goes with it; None at the token endpoint.
    pub token: Option<&'a str>,
    /// The server's time in Unix seconds.
    pub now: i64,
}

/// What is known once a proof verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Thumbprint of the key that made it.
    pub jkt: Bytes32,
    /// To be used once.
    pub jti: String,
    /// Unix seconds after which the proof is refused in any case.
    pub exp: i64,
}

/// SHA-256 of a token's ASCII bytes: the `ath` of a proof that goes with it.
pub fn token_hash(token: &str) -> Bytes32 {
    jcs::sha256(&[token.as_bytes()])
}

/// Verifies a proof for one call. That the key is the one a token is bound to is
/// [`super::access_token::Confirmation::check`].
pub fn verify(proof: &str, call: &Call<'_>) -> Result<Proof, AuthError> {
    let token = Unverified::parse(proof)?;
    if token.typ.as_deref() != Some(TYPE) {
        return Err(AuthError::WrongType);
    }
    let key = token.embedded_key()?;
    let claims: ProofClaims = token.verify(&key)?;
    check_jti(&claims.jti)?;
    if claims.htm != call.method {
        return Err(AuthError::WrongMethod);
    }
    let (Some(claimed), Some(called)) = (htu::normalise(&claims.htu), htu::normalise(call.uri)) else {
        return Err(AuthError::WrongUri);
    };
    if claimed != called {
        return Err(AuthError::WrongUri);
    }
    if claims.iat.abs_diff(call.now) > CLOCK_TOLERANCE.unsigned_abs() {
        return Err(AuthError::ClockSkew);
    }
    if let Some(access_token) = call.token
        && claims.ath != Some(token_hash(access_token))
    {
        return Err(AuthError::WrongTokenHash);
    }
    let exp = claims.iat.saturating_add(CLOCK_TOLERANCE).saturating_add(1);
    Ok(Proof { jkt: key.thumbprint(), jti: claims.jti, exp })
}

/// What is signed with the private key of `key`.
pub fn unsigned(key: PublicJwk, claims: &ProofClaims) -> Result<String, AuthError> {
    let alg = match key {
        PublicJwk::Ed25519(_) => Algorithm::Ed25519,
        PublicJwk::P256(_) => Algorithm::Es256,
    };
    jwt::unsigned(&Header { typ: TYPE, alg, kid: None, jwk: Some(key) }, claims)
}
