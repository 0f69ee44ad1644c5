//! The one error of the Worker, by whose fault it is, and the one place that turns it into an answer.

use std::borrow::Cow;

use claimcheck_protocol::auth::token_endpoint::{TokenError, TokenErrorCode};
use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::problem::{Problem, ProblemCode, QuotaFacts};
use claimcheck_protocol::signed::StatementError;
use worker::{Response, ResponseBuilder};

use crate::health::Health;
use crate::store::{StoreError, links};

/// Why a call fails.
#[derive(Debug)]
pub enum ApiError {
    /// The caller's fault, or the state of what it asks about.
    Refused(Refusal),
    /// The same at the token endpoint, which speaks OAuth.
    Token(TokenErrorCode, &'static str),
    /// There, of a client that authenticates by the Authorization header: the challenge of its scheme.
    TokenScheme(&'static str),
    /// D1, R2 or another service fails. The text is for the log only.
    Dependency(&'static str, String),
    /// Ours. The text is for the log only.
    Bug(&'static str),
    /// The deployment's: a var, secret or binding, and what is wrong with it. Its value is in neither.
    Setting(&'static str, &'static str),
    /// The deployment cannot work, as far as `/healthz` found.
    Unfit(Box<Health>),
}

/// A refusal on its way to becoming a problem document. Made from a code, then told more.
#[derive(Debug)]
pub struct Refusal {
    problem: Box<Problem>,
    headers: Vec<(&'static str, Cow<'static, str>)>,
}

impl Refusal {
    /// With a code and nothing else.
    pub fn new(code: ProblemCode) -> Self {
        Self { problem: Box::new(Problem::new(code, String::new())), headers: Vec::new() }
    }

    /// What is wrong in this call, for people. Never holds anything that the caller does not know already.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.problem.detail = Some(detail.into());
        self
    }

    /// Near money: whether this call moved any, and whether the same call may be repeated.
    #[must_use]
    pub fn money(mut self, moved: bool, retry_safe: bool) -> Self {
        self.problem.money_moved = Some(moved);
        self.problem.retry_safe = Some(retry_safe);
        self
    }

    /// With `chunk_conflict`.
    #[must_use]
    pub fn stored_sha256(mut self, hash: Bytes32) -> Self {
        self.problem.stored_sha256 = Some(hash);
        self
    }

    /// With `missing_inputs`.
    #[must_use]
    pub fn missing_inputs(mut self, ids: Vec<String>) -> Self {
        self.problem.missing_inputs = Some(ids);
        self
    }

    /// With `upload_incomplete`.
    #[must_use]
    pub fn missing_chunks(mut self, count: u64) -> Self {
        self.problem.missing_chunks = Some(count);
        self
    }

    /// With `quota_exceeded`.
    #[must_use]
    pub fn quota(mut self, facts: QuotaFacts) -> Self {
        self.problem.quota = Some(facts);
        self
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The code.
    pub fn code(&self) -> ProblemCode {
        self.problem.code
    }
}

/// What was asked for is well formed, and cannot be; `detail` says why.
pub fn unprocessable(detail: impl Into<String>) -> ApiError {
    Refusal::new(ProblemCode::Unprocessable).detail(detail).into()
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ProblemCode> for ApiError {
    fn from(code: ProblemCode) -> Self {
        Refusal::new(code).into()
    }
}

impl From<StatementError> for ApiError {
    fn from(error: StatementError) -> Self {
        Refusal::new(ProblemCode::InvalidStatement).detail(error.to_string()).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Failed(cause) => Self::Dependency("d1", cause),
            StoreError::Unreadable(cause) => Self::Dependency("d1 row", cause),
            // Retention came between the look at the release and what would have needed its chunks.
            StoreError::Check(name) if name.starts_with("releases.deleted_at") => {
                ProblemCode::ReleaseGone.into()
            }
            StoreError::Check(name) if name == links::NO_ROOM => ProblemCode::QuotaExceeded.into(),
            // A handler that expects a constraint to decide matches on it before it gets here.
            StoreError::Unique(_) | StoreError::Check(_) | StoreError::ForeignKey => {
                Self::Bug("a constraint failed that nobody expected")
            }
        }
    }
}

impl From<worker::Error> for ApiError {
    fn from(error: worker::Error) -> Self {
        // The Display of some variants holds a JavaScript stack; the variant's name says enough for the log.
        Self::Dependency("runtime", <&'static str>::from(&error).to_owned())
    }
}

/// What the log says about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// A stable code, or "ok".
    pub code: &'static str,
    /// Whose fault it is: "caller", "dependency" or "bug".
    pub fault: Option<&'static str>,
    /// More, never from the caller's input.
    pub cause: Option<String>,
}

impl Outcome {
    /// Of a call, or a part of one.
    pub fn of<T>(result: &Result<T, ApiError>) -> Self {
        match result {
            Ok(_) => Self { code: "ok", fault: None, cause: None },
            Err(error) => error.outcome(),
        }
    }
}

impl ApiError {
    /// What the log says.
    pub fn outcome(&self) -> Outcome {
        let (code, fault, cause) = match self {
            Self::Refused(refusal) => (refusal.code().as_str(), "caller", None),
            Self::Token(code, _) => (code.as_str(), "caller", None),
            Self::TokenScheme(_) => (TokenErrorCode::InvalidClient.as_str(), "caller", None),
            Self::Dependency(what, cause) => {
                (ProblemCode::Unavailable.as_str(), "dependency", Some(format!("{what}: {cause}")))
            }
            Self::Bug(what) => (ProblemCode::Internal.as_str(), "bug", Some((*what).to_owned())),
            Self::Setting(name, wrong) => {
                (ProblemCode::Internal.as_str(), "bug", Some(format!("{name} {wrong}")))
            }
            Self::Unfit(health) => (ProblemCode::Unavailable.as_str(), "dependency", Some(health.faults())),
        };
        Outcome { code, fault: Some(fault), cause }
    }

    /// The answer. What failed inside is not in it.
    pub fn into_response(self, request_id: &str) -> worker::Result<Response> {
        match self {
            Self::Token(code, description) => token_error_response(code, description),
            Self::TokenScheme(challenge) => token_scheme_response(challenge),
            Self::Unfit(health) => Ok(ResponseBuilder::new().with_status(503).from_json(&*health)?),
            other => problem_response(other.into_refusal(), request_id),
        }
    }

    /// The same as a part of an answer, with the seconds that Retry-After would say.
    pub fn into_problem(self, request_id: &str) -> (Problem, Option<u32>) {
        let Refusal { mut problem, headers } = self.into_refusal();
        request_id.clone_into(&mut problem.request_id);
        let retry_after = headers.iter().find(|(name, _)| *name == "retry-after");
        (*problem, retry_after.and_then(|(_, seconds)| seconds.parse().ok()))
    }

    fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Dependency(..) => Refusal::new(ProblemCode::Unavailable).header("retry-after", "1"),
            // Only the token endpoint speaks OAuth, and it answers for itself, as /healthz does.
            Self::Token(..) | Self::TokenScheme(_) | Self::Bug(_) | Self::Setting(..) | Self::Unfit(_) => {
                Refusal::new(ProblemCode::Internal)
            }
        }
    }
}

fn problem_response(refusal: Refusal, request_id: &str) -> worker::Result<Response> {
    let Refusal { mut problem, headers } = refusal;
    request_id.clone_into(&mut problem.request_id);
    let mut response = ResponseBuilder::new().with_status(problem.status).from_json(&*problem)?;
    let target = response.headers_mut();
    target.set("content-type", "application/problem+json")?;
    for (name, value) in headers {
        target.set(name, &value)?;
    }
    Ok(response)
}

fn token_error_response(code: TokenErrorCode, description: &str) -> worker::Result<Response> {
    let body = TokenError { error: code, error_description: description.to_owned() };
    let mut response = ResponseBuilder::new().with_status(code.status()).from_json(&body)?;
    if code == TokenErrorCode::SlowDown {
        response.headers_mut().set("retry-after", "60")?;
    }
    Ok(response)
}

/// RFC 6749 section 5.2: who used the Authorization header is answered in it.
fn token_scheme_response(challenge: &str) -> worker::Result<Response> {
    let description = "the client authenticates by client_assertion, not by the Authorization header";
    let mut response = token_error_response(TokenErrorCode::InvalidClient, description)?;
    response.headers_mut().set("www-authenticate", challenge)?;
    Ok(response)
}
