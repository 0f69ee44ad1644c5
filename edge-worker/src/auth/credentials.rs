//! The two headers of an authenticated call: `Authorization: DPoP <token>` and the proof in `DPoP` (RFC 9449 section 7).

use claimcheck_protocol::auth::AuthError;
use claimcheck_protocol::auth::dpop::{self, Call, Proof};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use worker::Request;

use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::extract::header;
use crate::store::StoreError;
use crate::store::replay::Once;

const ALGORITHMS: &str = "Ed25519 EdDSA ES256";
/// The kind of a proof in the replay table.
pub const PROOF_KIND: &str = "proof";

/// Whether the proof of a call may be used once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Once, unless the method is GET or HEAD. The rule for every route that has no reason for another.
    ByMethod,
    /// Once even with GET: the call changes something.
    Refused,
    /// Again and again: the call is create-once by itself and checked by a hash.
    Harmless,
}

impl Replay {
    fn is_refused(self, method: &str) -> bool {
        match self {
            Self::ByMethod => !matches!(method, "GET" | "HEAD"),
            Self::Refused => true,
            Self::Harmless => false,
        }
    }
}

/// A token or ticket, and a proof that verified for this call and that token.
pub(super) struct Credentials {
    pub token: String,
    pub proof: Proof,
}

impl Credentials {
    /// Reads and checks both headers. The token itself is still to be verified, and the proof's key held against it.
    pub fn read(request: &Request, ctx: &Ctx, bad_token: ProblemCode) -> Result<Self, ApiError> {
        let authorization = header(request, "authorization").ok_or_else(no_credentials)?;
        let (scheme, token) = authorization.split_once(' ').unwrap_or((&authorization, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            return Err(challenge(bad_token, "a bound token must be sent with the scheme DPoP"));
        }
        if !scheme.eq_ignore_ascii_case("dpop") || token.is_empty() {
            return Err(no_credentials());
        }
        let proof = read_proof(request, ctx, Some(token))?;
        Ok(Self { token: token.to_owned(), proof })
    }

    /// Makes the proof good for nothing else.
    pub async fn use_up(&self, ctx: &Ctx, replay: Replay) -> Result<(), ApiError> {
        use_up(ctx, &self.proof, replay).await
    }

    /// The same for a call of a registered Ailock: the token of one that left is good for no change any more.
    pub async fn use_up_as(&self, ctx: &Ctx, replay: Replay, id: AilockId) -> Result<(), ApiError> {
        if !replay.is_refused(&ctx.method) {
            return Ok(());
        }
        match ctx.store.run(once(&self.proof).insert_by(id)).await {
            Ok(0) => Err(challenge(ProblemCode::InvalidToken, "nobody is registered under this id any more")),
            result => used_up(result),
        }
    }
}

/// Reads and verifies the proof of this call; `token` is what goes with it, if anything does.
pub(super) fn read_proof(request: &Request, ctx: &Ctx, token: Option<&str>) -> Result<Proof, ApiError> {
    let proof = header(request, "dpop")
        .ok_or_else(|| challenge(ProblemCode::InvalidProof, "the DPoP header is missing"))?;
    let call = Call { method: &ctx.method, uri: &ctx.public_uri(), token, now: ctx.now.seconds() };
    dpop::verify(&proof, &call).map_err(refused_proof)
}

/// Makes a proof good for nothing else. The unique constraint decides among calls at the same time.
pub(super) async fn use_up(ctx: &Ctx, proof: &Proof, replay: Replay) -> Result<(), ApiError> {
    if !replay.is_refused(&ctx.method) {
        return Ok(());
    }
    used_up(ctx.store.run(once(proof).insert()).await)
}

fn once(proof: &Proof) -> Once {
    Once::new(PROOF_KIND, proof.jkt.as_array(), &proof.jti, proof.exp)
}

fn used_up(inserted: Result<usize, StoreError>) -> Result<(), ApiError> {
    match inserted {
        Ok(_) => Ok(()),
        Err(StoreError::Unique(_)) => {
            Err(challenge(ProblemCode::ProofReplayed, "make a fresh proof for each call"))
        }
        Err(other) => Err(other.into()),
    }
}

/// 401 for a token or ticket that does not verify.
pub(super) fn refused_token(code: ProblemCode) -> impl FnOnce(AuthError) -> ApiError {
    move |error| challenge(code, &error.to_string())
}

fn refused_proof(error: AuthError) -> ApiError {
    challenge(ProblemCode::InvalidProof, &error.to_string())
}

fn no_credentials() -> ApiError {
    Refusal::new(ProblemCode::AuthenticationRequired)
        .header("www-authenticate", format!("DPoP algs=\"{ALGORITHMS}\""))
        .into()
}

/// 401 with the challenge of RFC 9449 section 7.1.
fn challenge(code: ProblemCode, description: &str) -> ApiError {
    let error = match code {
        ProblemCode::InvalidProof | ProblemCode::ProofReplayed => "invalid_dpop_proof",
        _ => "invalid_token",
    };
    let value = format!("DPoP error=\"{error}\", error_description=\"{description}\", algs=\"{ALGORITHMS}\"");
    Refusal::new(code).detail(description).header("www-authenticate", value).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_calls_use_their_proof_up() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert!(Replay::ByMethod.is_refused(method), "{method}");
        }
        for method in ["GET", "HEAD"] {
            assert!(!Replay::ByMethod.is_refused(method), "{method}");
            assert!(Replay::Refused.is_refused(method), "{method}");
        }
        assert!(!Replay::Harmless.is_refused("PUT"));
    }
}
