//! `POST /token`: an access token for an Ailock that signs an assertion, bound to the key of the proof beside it.

use claimcheck_protocol::auth::access_token::{self, AccessTokenClaims, SCOPE};
use claimcheck_protocol::auth::assertion::{ASSERTION_TYPE, ClientAssertion, PresentedAssertion};
use claimcheck_protocol::auth::dpop::{self, Call, Proof};
use claimcheck_protocol::auth::token_endpoint::{
    GRANT_TYPE, TOKEN_TYPE, TokenAnswer, TokenErrorCode, TokenRequest,
};
use claimcheck_protocol::bytes::Bytes;
use worker::{Request, Response};

use crate::auth::PROOF_KIND;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::replay::{self, Once};
use crate::store::{StoreError, ailocks};
use crate::{extract, random, respond};

const FORM: &str = "application/x-www-form-urlencoded";
const MAX_FORM: usize = 16 * 1024;
/// The parameter by which a client authenticates.
const ASSERTION: &str = "client_assertion";
const RATE: &str = "RATE_TOKEN";
const ASSERTION_KIND: &str = "assertion";

const fn refuse(code: TokenErrorCode, description: &'static str) -> ApiError {
    ApiError::Token(code, description)
}

/// Answers a [`TokenAnswer`], or an OAuth error.
pub async fn issue(mut request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let form = read_form(&mut request).await?;
    let proof = verify_proof(&request, ctx)?;
    let assertion = authenticate(&form, ctx).await?;
    use_up(ctx, &proof, &assertion).await?;
    let jti = Bytes(random::make_bytes::<16>()?).to_base64url();
    let claims =
        AccessTokenClaims::issue(&ctx.issuer, assertion.ailock_id, proof.jkt, jti, ctx.now.seconds());
    let keys = ctx.server_keys()?;
    respond::json(&TokenAnswer {
        access_token: keys.sign_jwt(access_token::unsigned(keys.kid(), &claims))?,
        token_type: TOKEN_TYPE.to_owned(),
        expires_in: access_token::LIFETIME.unsigned_abs(),
        scope: SCOPE.to_owned(),
    })
}

async fn read_form(request: &mut Request) -> Result<TokenRequest, ApiError> {
    let invalid = |description| move |_| refuse(TokenErrorCode::InvalidRequest, description);
    extract::require_type(request, FORM)
        .map_err(invalid("the body must be application/x-www-form-urlencoded"))?;
    let body =
        extract::body(request, MAX_FORM).await.map_err(invalid("the body is too large or incomplete"))?;
    let form = parse_form(&body).ok_or_else(|| unreadable(request, &body))?;
    if form.grant_type != GRANT_TYPE {
        return Err(refuse(TokenErrorCode::UnsupportedGrantType, "grant_type must be client_credentials"));
    }
    if form.client_assertion_type != ASSERTION_TYPE {
        return Err(refuse(TokenErrorCode::InvalidClient, "client_assertion_type must be jwt-bearer"));
    }
    if form.scope.as_deref().is_some_and(|scope| scope != SCOPE) {
        return Err(refuse(TokenErrorCode::InvalidScope, "the only scope is claimcheck"));
    }
    Ok(form)
}

/// Why a form cannot be read: it may lack an assertion since the client authenticates by the Authorization header.
fn unreadable(request: &Request, body: &[u8]) -> ApiError {
    let has_assertion = fields(body).is_none_or(|fields| fields.iter().any(|(name, _)| name == ASSERTION));
    match extract::header(request, "authorization") {
        Some(authorization) if !has_assertion => ApiError::TokenScheme(challenge(&authorization)),
        _ => refuse(TokenErrorCode::InvalidRequest, "a parameter is missing or given twice"),
    }
}

/// The challenge of the scheme that a client used.
fn challenge(authorization: &str) -> &'static str {
    let scheme = authorization.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    match scheme.as_str() {
        "dpop" => "DPoP",
        "bearer" => "Bearer realm=\"claimcheck\"",
        _ => "Basic realm=\"claimcheck\"",
    }
}

/// A parameter without a value counts as omitted (RFC 6749 section 3.2).
fn parse_form(body: &[u8]) -> Option<TokenRequest> {
    serde_urlencoded::from_str(&serde_urlencoded::to_string(fields(body)?).ok()?).ok()
}

fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    let mut fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    fields.retain(|(_, value)| !value.is_empty());
    Some(fields)
}

fn verify_proof(request: &Request, ctx: &Ctx) -> Result<Proof, ApiError> {
    let proof = extract::header(request, "dpop")
        .ok_or(refuse(TokenErrorCode::InvalidDpopProof, "the DPoP header is missing"))?;
    let call = Call { method: &ctx.method, uri: &ctx.public_uri(), token: None, now: ctx.now.seconds() };
    dpop::verify(&proof, &call).map_err(|error| refuse(TokenErrorCode::InvalidDpopProof, error.as_str()))
}

async fn authenticate(form: &TokenRequest, ctx: &Ctx) -> Result<ClientAssertion, ApiError> {
    let assertion = PresentedAssertion::parse(&form.client_assertion)
        .map_err(|error| refuse(TokenErrorCode::InvalidClient, error.as_str()))?;
    let id = *assertion.claimed_id();
    let registration = ailocks::find(&ctx.store, id)
        .await?
        .ok_or(refuse(TokenErrorCode::InvalidClient, "nobody is registered under this id"))?;
    let assertion = assertion
        .verify(&registration.keys.ed25519_pk, form.client_id.as_deref(), &ctx.issuer, ctx.now.seconds())
        .map_err(|error| refuse(TokenErrorCode::InvalidClient, error.as_str()))?;
    // Counted once verified: nobody uses up what is another's.
    ctx.limit_rate(RATE, &id.to_string()).await.map_err(|error| match error {
        ApiError::Refused(_) => refuse(TokenErrorCode::SlowDown, "too many calls"),
        other => other,
    })?;
    Ok(assertion)
}

/// Both at once or none: a proof that was used before does not cost the assertion, so a fresh proof may follow.
async fn use_up(ctx: &Ctx, proof: &Proof, assertion: &ClientAssertion) -> Result<(), ApiError> {
    let proof = Once::new(PROOF_KIND, proof.jkt.as_array(), &proof.jti, proof.exp);
    let owner = assertion.ailock_id.as_bytes();
    let assertion = Once::new(ASSERTION_KIND, owner, &assertion.jti, assertion.exp);
    match ctx.store.batch(vec![proof.insert(), assertion.insert()]).await {
        Ok(_) => Ok(()),
        Err(StoreError::Unique(_)) if replay::was_used(&ctx.store, &proof).await? => {
            Err(refuse(TokenErrorCode::InvalidDpopProof, "the proof was used before"))
        }
        Err(StoreError::Unique(_)) => {
            Err(refuse(TokenErrorCode::InvalidClient, "the assertion was used before"))
        }
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_without_a_value_counts_as_omitted() {
        let known = "grant_type=g&client_assertion_type=t&client_assertion=a";
        let form = parse_form(format!("{known}&scope=&client_id=&unknown=&other=1").as_bytes()).unwrap();
        assert_eq!((form.grant_type.as_str(), form.client_assertion.as_str()), ("g", "a"));
        assert_eq!((form.scope, form.client_id), (None, None));
        let asked = parse_form(format!("{known}&scope=s+t&client_id=c%20d").as_bytes()).unwrap();
        assert_eq!((asked.scope.as_deref(), asked.client_id.as_deref()), (Some("s t"), Some("c d")));
        for body in [
            "",
            "grant_type=g&client_assertion_type=t",
            "grant_type=g&client_assertion_type=t&client_assertion=",
            &format!("{known}&scope=s&scope=s"),
            &format!("{known}&grant_type=g"),
        ] {
            assert_eq!(parse_form(body.as_bytes()), None, "{body}");
        }
    }
}
