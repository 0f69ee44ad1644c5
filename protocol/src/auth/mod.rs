//! Tokens and proofs: who calls, with which key, and how a server or a client reads and writes that.
//!
//! Each kind of JWT has a type of its own in the header's `typ`, so that none passes for another. Nothing here signs:
//! the `unsigned` functions make what is signed, [`jwt::attach`] joins the signature to it.

pub mod access_token;
pub mod assertion;
pub mod dpop;
pub mod jwk;
pub mod jwt;
pub mod ticket;
pub mod token_endpoint;

use core::fmt;

/// How far a client's clock may be off, in seconds, in both directions.
pub const CLOCK_TOLERANCE: i64 = 60;
/// The longest life of an assertion, an access token and a claim ticket, in seconds.
pub const MAX_LIFETIME: i64 = 300;
/// The longest `jti`, in bytes.
pub const MAX_JTI: usize = 128;

/// The rule that a token, an assertion or a proof breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthError {
    /// Not a compact JWS with the members of its kind, or too long.
    Malformed,
    /// The header's `typ` is of another kind.
    WrongType,
    /// An algorithm that is not taken here, or not the one of the key.
    WrongAlgorithm,
    /// The header asks for an extension (`crit`).
    UnknownExtension,
    /// The key is not a public Ed25519 or P-256 key, or carries private members.
    InvalidKey,
    /// No key of this server has that `kid`.
    UnknownKey,
    /// The signature does not verify.
    InvalidSignature,
    /// `iss` is not who must issue it.
    WrongIssuer,
    /// `sub` and `client_id` do not name the same one as `iss`.
    WrongSubject,
    /// `aud` is not this server, as one string.
    WrongAudience,
    /// `exp` has passed.
    Expired,
    /// `exp` is further ahead than is taken, or before `iat`.
    LifetimeTooLong,
    /// `iat` or `nbf` is ahead of the server's clock, or `iat` of a proof is behind it.
    ClockSkew,
    /// `jti` is missing, empty or too long.
    InvalidJti,
    /// `htm` is not the method of the call.
    WrongMethod,
    /// `htu` is not the address of the call.
    WrongUri,
    /// `ath` is not the hash of the access token.
    WrongTokenHash,
    /// The proof was made with another key than the token is bound to.
    WrongKey,
}

impl AuthError {
    /// The rule, for people: nothing in it comes from the token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "not a JWT of the members expected",
            Self::WrongType => "typ is of another kind",
            Self::WrongAlgorithm => "alg is not taken here",
            Self::UnknownExtension => "crit names an extension that is not known here",
            Self::InvalidKey => "the key is not a public Ed25519 or P-256 key",
            Self::UnknownKey => "kid names no key of this server",
            Self::InvalidSignature => "the signature does not verify",
            Self::WrongIssuer => "iss is not who must issue it",
            Self::WrongSubject => "iss, sub and client_id are not the same",
            Self::WrongAudience => "aud is not this server's issuer as one string",
            Self::Expired => "exp has passed",
            Self::LifetimeTooLong => "exp is too far ahead",
            Self::ClockSkew => "iat or nbf is too far from the server's time",
            Self::InvalidJti => "jti must have 1 to 128 bytes",
            Self::WrongMethod => "htm is not the method of this call",
            Self::WrongUri => "htu is not the address of this call",
            Self::WrongTokenHash => "ath is not the hash of the access token",
            Self::WrongKey => "the proof is not by the key that the token is bound to",
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for AuthError {}

/// Refuses a `jti` that is empty or too long to be kept.
fn check_jti(jti: &str) -> Result<(), AuthError> {
    if jti.is_empty() || jti.len() > MAX_JTI { Err(AuthError::InvalidJti) } else { Ok(()) }
}
