//! What is sent to and answered by the token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4).

use serde::{Deserialize, Serialize};

/// `grant_type` of the only grant.
pub const GRANT_TYPE: &str = "client_credentials";
/// `token_type` of every token.
pub const TOKEN_TYPE: &str = "DPoP";

/// Body of a request, as `application/x-www-form-urlencoded`. Unknown members are passed over (RFC 6749 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// [`GRANT_TYPE`].
    pub grant_type: String,
    /// [`super::assertion::ASSERTION_TYPE`].
    pub client_assertion_type: String,
    /// The assertion.
    pub client_assertion: String,
    /// The Ailock's id, where a client sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// [`super::access_token::SCOPE`], where a client asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Answer with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// A JWT, bound to the key of the request's proof.
    pub access_token: String,
    /// [`TOKEN_TYPE`].
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
    /// [`super::access_token::SCOPE`].
    pub scope: String,
}

/// Why no token is given (RFC 6749 section 5.2, RFC 9449 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenErrorCode {
    /// A parameter is missing, doubled or malformed.
    InvalidRequest,
    /// The assertion is not valid, or nobody is registered under that id.
    InvalidClient,
    /// Another grant than client credentials.
    UnsupportedGrantType,
    /// Another scope.
    InvalidScope,
    /// The proof is missing or not valid.
    InvalidDpopProof,
    /// Too many calls; Retry-After says how long to wait.
    SlowDown,
    /// The server failed.
    ServerError,
}

impl TokenErrorCode {
    /// The text on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::SlowDown => "slow_down",
            Self::ServerError => "server_error",
        }
    }

    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::SlowDown => 429,
            Self::ServerError => 500,
            _ => 400,
        }
    }
}

/// Body of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenError {
    /// What programs decide on.
    pub error: TokenErrorCode,
    /// For people.
    pub error_description: String,
}
