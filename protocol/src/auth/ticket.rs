//! Claim tickets: what opens the manifest and the chunks of one claim, bound to a key of the one who claimed.

use serde::{Deserialize, Serialize};

use super::access_token::{Confirmation, ServerKey, check_life};
use super::jwt::{self, Algorithm, Header, Unverified};
use super::{AuthError, MAX_LIFETIME};
use crate::bytes::Bytes32;
use crate::ids::{ClaimId, LinkId, ReleaseId, TransferId};

/// `typ` of a ticket.
pub const TYPE: &str = "claim+jwt";
/// Seconds that a ticket lives. The claim lives longer: repeating the call that gave it renews it.
pub const LIFETIME: i64 = MAX_LIFETIME;

/// What the claim was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A sale.
    Transfer(TransferId),
    /// A download link.
    Link(LinkId),
}

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketClaims {
    /// The server that issued it.
    pub iss: String,
    /// The claim.
    pub sub: ClaimId,
    /// The server that takes it, which is the same one.
    pub aud: String,
    /// The sale, unless it is a link's claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// The link, unless it is a sale's claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_id: Option<LinkId>,
    /// The release to download.
    pub release_id: ReleaseId,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// The key it is bound to.
    pub cnf: Confirmation,
}

/// A ticket that verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The claim, whose row decides whether it is still active.
    pub claim_id: ClaimId,
    /// What the claim was made on.
    pub source: Source,
    /// The release to download.
    pub release_id: ReleaseId,
    /// The key it is bound to.
    pub cnf: Confirmation,
}

impl TicketClaims {
    /// The claims of a ticket issued now, which lives until `claim_expires_at` at most.
    pub fn issue(issuer: &str, ticket: &Ticket, claim_expires_at: i64, now: i64) -> Self {
        let (transfer_id, link_id) = match ticket.source {
            Source::Transfer(id) => (Some(id), None),
            Source::Link(id) => (None, Some(id)),
        };
        Self {
            iss: issuer.to_owned(),
            sub: ticket.claim_id,
            aud: issuer.to_owned(),
            transfer_id,
            link_id,
            release_id: ticket.release_id,
            iat: now,
            exp: now.saturating_add(LIFETIME).min(claim_expires_at),
            cnf: ticket.cnf,
        }
    }
}

/// Verifies a ticket that one of the server's own keys signed, presented with a proof by the key `jkt`.
pub fn verify(
    token: &str,
    keys: &[ServerKey],
    issuer: &str,
    jkt: &Bytes32,
    now: i64,
) -> Result<Ticket, AuthError> {
    let token = Unverified::parse(token)?;
    if token.typ.as_deref() != Some(TYPE) {
        return Err(AuthError::WrongType);
    }
    let claims: TicketClaims = token.verify(&ServerKey::find(keys, token.kid.as_deref())?)?;
    if claims.iss != issuer {
        return Err(AuthError::WrongIssuer);
    }
    if claims.aud != issuer {
        return Err(AuthError::WrongAudience);
    }
    check_life(claims.iat, claims.exp, now)?;
    claims.cnf.check(jkt)?;
    let source = match (claims.transfer_id, claims.link_id) {
        (Some(id), None) => Source::Transfer(id),
        (None, Some(id)) => Source::Link(id),
        _ => return Err(AuthError::Malformed),
    };
    Ok(Ticket { claim_id: claims.sub, source, release_id: claims.release_id, cnf: claims.cnf })
}

/// What the server signs with the key named `kid`.
pub fn unsigned(kid: &str, claims: &TicketClaims) -> Result<String, AuthError> {
    let header = Header { typ: TYPE, alg: Algorithm::Ed25519, kid: Some(kid.to_owned()), jwk: None };
    jwt::unsigned(&header, claims)
}
