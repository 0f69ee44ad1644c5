//! A signed-in connection of one Ailock to one server: tokens, proofs, tickets and the server's clock.
//!
//! Here one call is made *once*, apart from what a refusal of its credentials mends (a stale token, a clock that is
//! off). Whether a failed call is made again is decided by [`crate::engine::RetryPolicy`] alone.

mod attachments;
mod clock;
mod disputes;
mod endpoints;
mod links;
mod refusal;
mod shop;
mod ticket;
mod token;
mod uploads;

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use futures_util::lock::Mutex;
use serde::de::DeserializeOwned;

pub use refusal::Refusal;
pub use ticket::Ticket;

use crate::http::{Answer, AnswerBody, AnswerKind, Body, Credentials, Http, Request};
use crate::identity::Identity;
use crate::proof::{DpopKey, ProvedCall};
use clock::ServerClock;
use token::Token;

/// What lets a call in.
pub(crate) enum Access<'a> {
    /// Nothing.
    Public,
    /// A proof by the session's key, and no token: the call binds what it answers to that key.
    Proof,
    /// The session's access token.
    Token,
    /// A claim's ticket.
    Ticket(&'a Ticket),
}

/// One call of the API.
pub(crate) struct Call<'a, Buf> {
    pub(crate) access: Access<'a>,
    pub(crate) method: &'static str,
    /// After `/api/`, with its query; one that begins with a slash is the whole path.
    pub(crate) path: String,
    pub(crate) body: CallBody<'a, Buf>,
    pub(crate) answer: AnswerKind,
}

/// [`Body`] before it is spent on an attempt.
pub(crate) enum CallBody<'a, Buf> {
    Empty,
    Json(String),
    Chunk(&'a Buf, claimcheck_protocol::bytes::Bytes32),
    Bytes(&'a Buf),
}

/// A connection of one Ailock to one server.
pub struct Session<H> {
    http: H,
    origin: String,
    identity: Identity,
    key: DpopKey,
    clock: ServerClock,
    token: Mutex<Option<Token>>,
}

impl<H: Http> Session<H> {
    /// `origin` is the server's, `https://host[:port]`. Fails only where the system gives no entropy.
    pub fn new(http: H, origin: &str, identity: Identity) -> Result<Self, getrandom::Error> {
        Ok(Self {
            http,
            origin: origin.trim_end_matches('/').to_owned(),
            identity,
            key: DpopKey::make()?,
            clock: ServerClock::default(),
            token: Mutex::new(None),
        })
    }

    /// The server's, without a slash at its end.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The same with a key that was made before, which holds a claim.
    pub fn with_key(mut self, key: DpopKey) -> Self {
        self.key = key;
        self
    }

    /// Whose session it is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The id of whose session it is.
    pub const fn id(&self) -> &AilockId {
        self.identity.id()
    }

    /// Unix seconds by the server's clock, as well as its refusals told it.
    pub fn now(&self) -> i64 {
        self.clock.now(self.http.now_ms())
    }

    /// Unix milliseconds, for new ids.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.http.now_ms()).unwrap_or_default()
    }

    /// A call whose answer is JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call<'_, H::Buf>) -> Result<T, Refusal> {
        serde_json::from_str(&self.text(call).await?).map_err(|_| Refusal::unreadable(200))
    }

    /// A call whose answer is text.
    pub(crate) async fn text(&self, call: &Call<'_, H::Buf>) -> Result<String, Refusal> {
        let answer = self.admitted(call).await?;
        match answer.body {
            AnswerBody::Text(text) => Ok(text),
            AnswerBody::Bytes(_) => Err(Refusal::unreadable(answer.status)),
        }
    }

    /// A call whose answer is a chunk.
    pub(crate) async fn bytes(&self, call: &Call<'_, H::Buf>) -> Result<H::Buf, Refusal> {
        let answer = self.admitted(call).await?;
        match answer.body {
            AnswerBody::Bytes(bytes) => Ok(bytes),
            AnswerBody::Text(_) => Err(Refusal::unreadable(answer.status)),
        }
    }

    /// Makes the call; if its credentials are refused and can be mended, mends them and makes it once more.
    async fn admitted(&self, call: &Call<'_, H::Buf>) -> Result<Answer<H::Buf>, Refusal> {
        let answer = self.attempt(call).await?;
        let (status, date) = (answer.status, answer.date.clone());
        let refused = match refusal::accepted(answer, self.now_ms()) {
            Ok(accepted) => return Ok(accepted),
            Err(refused) => refused,
        };
        let learned = self.clock.learn(date.as_deref(), self.http.now_ms());
        if status != 401 || !self.mend(call, refused.code(), learned).await {
            return Err(refused);
        }
        refusal::accepted(self.attempt(call).await?, self.now_ms())
    }

    /// Whether another attempt may fare better. `learned`: the server's clock is better known than before.
    async fn mend(&self, call: &Call<'_, H::Buf>, code: Option<ProblemCode>, learned: bool) -> bool {
        match (code, &call.access) {
            (Some(ProblemCode::InvalidToken), Access::Token) => {
                *self.token.lock().await = None;
                true
            }
            (Some(ProblemCode::InvalidTicket), Access::Ticket(ticket)) => {
                ticket.expire().await;
                true
            }
            (Some(ProblemCode::InvalidProof), _) => learned,
            _ => false,
        }
    }

    async fn attempt(&self, call: &Call<'_, H::Buf>) -> Result<Answer<H::Buf>, Refusal> {
        let api = if call.path.starts_with('/') { "" } else { "/api/" };
        let url = format!("{}{api}{}", self.origin, call.path);
        let credentials = match call.access {
            Access::Public => None,
            Access::Proof => Some(self.prove(call.method, &url, None)?),
            Access::Token => Some(self.prove(call.method, &url, Some(self.access_token().await?))?),
            Access::Ticket(ticket) => {
                Some(self.prove(call.method, &url, Some(self.ticket(ticket).await?))?)
            }
        };
        let body = match &call.body {
            CallBody::Empty => Body::Empty,
            CallBody::Json(text) => Body::Json(text.clone()),
            CallBody::Bytes(bytes) => Body::Bytes(*bytes),
            CallBody::Chunk(bytes, sha256) => Body::Chunk { bytes: *bytes, sha256: *sha256 },
        };
        let request = Request { method: call.method, url, credentials, body, answer: call.answer };
        self.http.send(request).await.map_err(Refusal::from)
    }

    fn prove(&self, method: &str, uri: &str, token: Option<String>) -> Result<Credentials, Refusal> {
        let call = ProvedCall { method, uri, token: token.as_deref(), now: self.now() };
        let proof = self.key.sign_proof(&call)?;
        Ok(Credentials { token, proof })
    }
}
