//! What a client can find out about the token endpoint: metadata (RFC 8414) and the server's keys (RFC 7517).

use claimcheck_protocol::auth::access_token::SCOPE;
use claimcheck_protocol::auth::jwk::PublicJwk;
use claimcheck_protocol::auth::token_endpoint::GRANT_TYPE;
use serde::Serialize;
use worker::{Request, Response};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::{respond, server_key};

const CACHE_SECONDS: u32 = 300;

#[derive(Serialize)]
struct AuthorizationServer<'a> {
    issuer: &'a str,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: [&'a str; 1],
    response_types_supported: [&'a str; 0],
    grant_types_supported: [&'a str; 1],
    token_endpoint_auth_methods_supported: [&'a str; 1],
    token_endpoint_auth_signing_alg_values_supported: [&'a str; 2],
    dpop_signing_alg_values_supported: [&'a str; 3],
}

#[derive(Serialize)]
struct JwkSet<'a> {
    keys: Vec<PublishedKey<'a>>,
}

#[derive(Serialize)]
struct PublishedKey<'a> {
    #[serde(flatten)]
    key: PublicJwk,
    kid: &'a str,
    alg: &'a str,
    #[serde(rename = "use")]
    usage: &'a str,
}

/// `GET /.well-known/oauth-authorization-server`.
pub async fn authorization_server(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let issuer = ctx.issuer.as_str();
    let metadata = AuthorizationServer {
        issuer,
        token_endpoint: format!("{issuer}/token"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        scopes_supported: [SCOPE],
        response_types_supported: [],
        grant_types_supported: [GRANT_TYPE],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["Ed25519", "EdDSA"],
        dpop_signing_alg_values_supported: ["Ed25519", "EdDSA", "ES256"],
    };
    respond::cacheable_json(&metadata, CACHE_SECONDS)
}

/// `GET /.well-known/jwks.json`: the key that signs first, and those of earlier times, which verify what they signed.
pub async fn jwks(_request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let keys = server_key::published(ctx).await?;
    let published = keys.iter().map(|key| PublishedKey {
        key: PublicJwk::Ed25519(key.key),
        kid: &key.kid,
        alg: "Ed25519",
        usage: "sig",
    });
    respond::cacheable_json(&JwkSet { keys: published.collect() }, CACHE_SECONDS)
}
