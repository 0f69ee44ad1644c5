//! What a handler is given beside the request: the books, the time, the settings and the name of the call.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::problem::ProblemCode;
use worker::{Bucket, Env, Headers, Request, Response, Url};

use crate::clock::{self, Now};
use crate::config::Config;
use crate::error::{ApiError, Refusal};
use crate::server_key::ServerKeys;
use crate::store::Store;
use crate::store::link_log::Visitor;
use crate::stripe::Stripe;
use crate::trace::CallNames;

/// The binding of the database.
pub const DATABASE: &str = "DB";
const BLOBS: &str = "BLOBS";
const PAGE: &str = "ASSETS";
const MISSING: &str = "is not bound";
const RATE_WINDOW_SECONDS: &str = "60";
/// The origin of background work where none is configured. It has no address, and only development configures none.
const LOCAL_ORIGIN: &str = "http://localhost";

/// Where a call comes from; kept in audit rows as a salted hash only, never logged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallOrigin {
    /// `CF-Connecting-IP`, which the edge sets.
    pub ip: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
}

/// One call.
pub struct Ctx {
    /// Its names.
    pub names: CallNames,
    /// Where it comes from.
    pub origin: CallOrigin,
    /// The address that was called.
    pub url: Url,
    /// The method, as sent.
    pub method: String,
    /// The issuer of tokens: an origin without a slash at the end.
    pub issuer: String,
    /// The deployment's settings.
    pub config: Rc<Config>,
    /// The time, the same throughout the call.
    pub now: Now,
    /// The database.
    pub store: Store,
    /// What stands for `:name` in the route's path.
    pub path_params: BTreeMap<&'static str, String>,
    /// Whether this call has written calls to others into the outbox, to be made once it is answered.
    pub has_calls: Cell<bool>,
    /// The sale that the call turned out to be about, for the log.
    pub transfer: Cell<Option<TransferId>>,
    /// What is kept of the caller, once the call turned out to be by a link.
    pub visitor: OnceCell<Visitor>,
    /// What a call to others carries on: of the call, or of the part that is being worked at.
    traceparent: RefCell<String>,
    env: Env,
}

fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).ok().flatten()
}

impl Ctx {
    /// For a request.
    pub async fn make(request: &Request, env: Env, names: CallNames) -> Result<Self, ApiError> {
        let config = Config::load(&env)?;
        let url = request.url().map_err(|_| ApiError::from(ProblemCode::InvalidRequest))?;
        let issuer = config.issuer(&url);
        let headers = request.headers();
        let origin =
            CallOrigin { ip: header(headers, "cf-connecting-ip"), user_agent: header(headers, "user-agent") };
        let method = request.inner().method();
        Ok(Self { origin, method, ..Self::open(env, names, config, url, issuer).await? })
    }

    /// For work that no request waits for, which is the server's own: a job of the cron, or what a call has left to
    /// do after its answer. The names are a part's of that run, or of that call.
    pub async fn named(env: Env, names: CallNames) -> Result<Self, ApiError> {
        let config = Config::load(&env)?;
        let issuer = config.public_origin.clone().unwrap_or_else(|| LOCAL_ORIGIN.to_owned());
        let url = Url::parse(&issuer).map_err(|_| ApiError::Bug("PUBLIC_ORIGIN is no address"))?;
        Self::open(env, names, config, url, issuer).await
    }

    /// Nobody's call yet.
    async fn open(
        env: Env,
        names: CallNames,
        config: Rc<Config>,
        url: Url,
        issuer: String,
    ) -> Result<Self, ApiError> {
        let store = open_store(&env)?;
        let now = clock::now(&config, &issuer, &store).await?;
        Ok(Self {
            traceparent: RefCell::new(names.traceparent()),
            names,
            origin: CallOrigin::default(),
            url,
            method: String::new(),
            issuer,
            config,
            now,
            store,
            path_params: BTreeMap::new(),
            has_calls: Cell::new(false),
            transfer: Cell::new(None),
            visitor: OnceCell::new(),
            env,
        })
    }

    /// Stripe, as this deployment is set up.
    pub fn stripe(&self) -> Result<Stripe, ApiError> {
        Stripe::from_env(&self.env, &self.config, self.traceparent.borrow().clone())
    }

    /// From here on calls to others are of this part of the call.
    pub fn enter(&self, part: &CallNames) {
        self.traceparent.replace(part.traceparent());
    }

    /// The secrets that Stripe signs webhooks with: the previous one is there while a rotation lasts, and what happens
    /// in sellers' accounts comes by an endpoint of its own.
    pub fn webhook_secrets(&self) -> Vec<String> {
        let secret = |name: &str| self.env.secret(name).ok().map(|value| value.to_string());
        ["STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS", "STRIPE_CONNECT_WEBHOOK_SECRET"]
            .into_iter()
            .filter_map(secret)
            .collect()
    }

    /// The bucket of sealed chunks.
    pub fn blobs(&self) -> Result<Bucket, ApiError> {
        open_bucket(&self.env)
    }

    /// The page that every address of it begins as; none where the deployment serves no page.
    pub async fn page_shell(&self) -> Result<Option<Response>, ApiError> {
        let Ok(page) = self.env.assets(PAGE) else { return Ok(None) };
        let shell = self.url.join("/").map_err(|_| ApiError::Bug("the address has no root"))?;
        Ok(Some(page.fetch(shell, None).await?))
    }

    /// The server's signing key.
    pub fn server_keys(&self) -> Result<Rc<ServerKeys>, ApiError> {
        ServerKeys::load(&self.env)
    }

    /// The value of `:name` in the route's path.
    pub fn path_param(&self, name: &str) -> Result<&str, ApiError> {
        self.path_params.get(name).map(String::as_str).ok_or(ApiError::Bug("the route has no such parameter"))
    }

    /// The address that was called as the client sees it, without the query: what a proof is for.
    pub fn public_uri(&self) -> String {
        format!("{}{}", self.issuer, self.url.path())
    }

    /// Counts a call against a rate-limit binding of wrangler.toml. It is about right and per location: abuse
    /// control, never a quota. A deployment without the binding has no such limit.
    pub async fn limit_rate(&self, binding: &str, key: &str) -> Result<(), ApiError> {
        let Ok(limiter) = self.env.rate_limiter(binding) else { return Ok(()) };
        if limiter.limit(key.to_owned()).await?.success {
            return Ok(());
        }
        Err(Refusal::new(ProblemCode::RateLimited).header("retry-after", RATE_WINDOW_SECONDS).into())
    }
}

/// The bucket of a deployment.
pub fn open_bucket(env: &Env) -> Result<Bucket, ApiError> {
    env.bucket(BLOBS).map_err(|_| ApiError::Setting(BLOBS, MISSING))
}

/// The database of a deployment.
pub fn open_store(env: &Env) -> Result<Store, ApiError> {
    env.d1(DATABASE).map(Store::new).map_err(|_| ApiError::Setting(DATABASE, MISSING))
}
