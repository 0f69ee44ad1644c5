//! One HTTP exchange, as the session asks for it and a platform carries it out.

use claimcheck_protocol::bytes::Bytes32;
use data_encoding::BASE64;

/// What a request carries.
pub enum Body<'a, Buf> {
    /// Nothing.
    Empty,
    /// `application/json`.
    Json(String),
    /// `application/x-www-form-urlencoded`.
    Form(String),
    /// Sealed bytes alone.
    Bytes(&'a Buf),
    /// A sealed chunk, with its digest beside it.
    Chunk {
        /// The bytes.
        bytes: &'a Buf,
        /// Of the bytes.
        sha256: Bytes32,
    },
}

impl<Buf> Body<'_, Buf> {
    /// The body's Content-Type, if there is a body.
    pub const fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Bytes(_) | Self::Chunk { .. } => Some("application/octet-stream"),
        }
    }

    /// The body's Repr-Digest (RFC 9530), if it is a chunk.
    pub fn repr_digest(&self) -> Option<String> {
        match self {
            Self::Chunk { sha256, .. } => Some(format!("sha-256=:{}:", BASE64.encode(sha256.as_ref()))),
            _ => None,
        }
    }
}

/// A request.
pub struct Request<'a, Buf> {
    /// Upper case.
    pub method: &'static str,
    /// Absolute.
    pub url: String,
    /// `Authorization` and `DPoP`, where the call needs them.
    pub credentials: Option<Credentials>,
    /// The body.
    pub body: Body<'a, Buf>,
    /// What a successful answer is read as.
    pub answer: AnswerKind,
}

/// A proof, and the token that it goes with.
pub struct Credentials {
    /// None at the token endpoint.
    pub token: Option<String>,
    /// A DPoP proof (RFC 9449).
    pub proof: String,
}

/// How a successful answer's body is read; a refusal's is always text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// JSON, as text.
    Text,
    /// A chunk.
    Bytes,
}

/// An answer whose body has arrived in full.
pub struct Answer<Buf> {
    /// HTTP status.
    pub status: u16,
    /// The `Date` header: the server's clock.
    pub date: Option<String>,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The body.
    pub body: AnswerBody<Buf>,
}

/// The body of an answer.
pub enum AnswerBody<Buf> {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Buf),
}

/// No answer came: the connection failed, or was cut before the body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

/// A platform's HTTP and clock.
#[expect(
    async_fn_in_trait,
    reason = "JavaScript promises are bound to their thread, so no future here is Send"
)]
pub trait Http {
    /// File bytes.
    type Buf;

    /// Carries out one exchange. Dropping the future ends the request.
    async fn send(&self, request: Request<'_, Self::Buf>) -> Result<Answer<Self::Buf>, NoAnswer>;

    /// This machine's clock, in Unix milliseconds.
    fn now_ms(&self) -> i64;
}
