//! One line of the route table, and how it matches a path.

use std::collections::BTreeMap;
use std::pin::Pin;

use worker::{Request, Response};

use crate::auth::{Caller, Replay, TicketHolder};
use crate::context::Ctx;
use crate::error::ApiError;

/// What a handler returns.
pub type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + 'a>>;

/// Who may call, and what answers.
#[derive(Clone, Copy)]
pub enum Access {
    /// Anybody.
    Public(for<'a> fn(Request, &'a Ctx) -> HandlerFuture<'a>),
    /// Anybody, as often as wanted, even where the deployment can answer nothing else; then it is told why.
    Probe(for<'a> fn(Result<&'a Ctx, &'a ApiError>) -> HandlerFuture<'a>),
    /// An Ailock with an access token.
    Token(for<'a> fn(Request, &'a Ctx, Caller) -> HandlerFuture<'a>),
    /// The holder of a claim ticket.
    Ticket(for<'a> fn(Request, &'a Ctx, TicketHolder) -> HandlerFuture<'a>),
}

/// Where a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// A name under `/api/` and `/.netlify/functions/`.
    Api(&'static str),
    /// A path of its own, in which `:name` stands for one segment.
    At(&'static str),
}

const API_PREFIXES: [&str; 2] = ["/api/", "/.netlify/functions/"];

impl Path {
    /// The values of the `:name` segments, if the path is this one.
    pub fn matches(&self, path: &str) -> Option<BTreeMap<&'static str, String>> {
        let pattern = match self {
            Self::Api(name) => {
                let called = API_PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix))?;
                return (called == *name).then(BTreeMap::new);
            }
            Self::At(pattern) => pattern,
        };
        let mut params = BTreeMap::new();
        let mut segments = path.split('/');
        for wanted in pattern.split('/') {
            let segment = segments.next()?;
            match wanted.strip_prefix(':') {
                Some(name) if !segment.is_empty() => params.insert(name, segment.to_owned()),
                None if wanted == segment => None,
                _ => return None,
            };
        }
        segments.next().is_none().then_some(params)
    }
}

/// A line of the table.
pub struct Route {
    /// Where.
    pub path: Path,
    /// The methods it knows, HEAD apart.
    pub methods: &'static [&'static str],
    /// Who may call, and what answers.
    pub access: Access,
    /// Whether a proof may be used once only.
    pub replay: Replay,
    /// Whether an Ailock that left may still call, while its token lasts.
    pub even_gone: bool,
    /// The rate-limit binding that counts calls.
    pub rate: Option<&'static str>,
}

pub(super) const GET: &[&str] = &["GET"];
pub(super) const POST: &[&str] = &["POST"];
pub(super) const GET_POST: &[&str] = &["GET", "POST"];
pub(super) const GET_PATCH: &[&str] = &["GET", "PATCH"];
pub(super) const PUT_POST: &[&str] = &["PUT", "POST"];

pub(super) const fn api(name: &'static str, methods: &'static [&'static str], access: Access) -> Route {
    route(Path::Api(name), methods, access)
}

pub(super) const fn at(pattern: &'static str, methods: &'static [&'static str], access: Access) -> Route {
    route(Path::At(pattern), methods, access)
}

const fn route(path: Path, methods: &'static [&'static str], access: Access) -> Route {
    Route { path, methods, access, replay: Replay::ByMethod, even_gone: false, rate: None }
}

impl Route {
    pub(super) const fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }

    pub(super) const fn even_gone(mut self) -> Self {
        self.even_gone = true;
        self
    }

    pub(super) const fn rate(mut self, binding: &'static str) -> Self {
        self.rate = Some(binding);
        self
    }

    /// The name in logs.
    pub const fn name(&self) -> &'static str {
        match self.path {
            Path::Api(name) | Path::At(name) => name,
        }
    }

    /// Whether it knows the method.
    pub fn allows(&self, method: &str) -> bool {
        self.methods.contains(&method) || method == "HEAD" && self.has_head()
    }

    /// HEAD goes wherever GET goes, unless that changes something: a HEAD must not use anything up.
    fn has_head(&self) -> bool {
        self.methods.contains(&"GET") && self.replay != Replay::Refused
    }

    /// For the Allow header.
    pub fn allow(&self) -> String {
        let head = if self.has_head() { ", HEAD" } else { "" };
        format!("{}{head}, OPTIONS", self.methods.join(", "))
    }
}

macro_rules! public {
    ($handler:path) => {
        $crate::router::Access::Public(|request, ctx| Box::pin($handler(request, ctx)))
    };
}

macro_rules! probe {
    ($handler:path) => {
        $crate::router::Access::Probe(|ctx| Box::pin($handler(ctx)))
    };
}

macro_rules! token {
    ($handler:path) => {
        $crate::router::Access::Token(|request, ctx, caller| Box::pin($handler(request, ctx, caller)))
    };
}

macro_rules! ticket {
    ($handler:path) => {
        $crate::router::Access::Ticket(|request, ctx, holder| Box::pin($handler(request, ctx, holder)))
    };
}

pub(super) use {probe, public, ticket, token};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::ROUTES;

    #[test]
    fn paths_match_whole_and_give_their_parameters() {
        let api = Path::Api("inbox");
        assert!(api.matches("/api/inbox").is_some());
        assert!(api.matches("/.netlify/functions/inbox").is_some());
        for path in ["/inbox", "/api/inbox/", "/api/inbox-read", "/api//inbox", "/API/inbox", "/x/api/inbox"]
        {
            assert!(api.matches(path).is_none(), "{path}");
        }
        let files = Path::At("/api/products/:id/files");
        let params = files.matches("/api/products/p1/files").unwrap();
        assert_eq!(params.get("id").map(String::as_str), Some("p1"));
        for path in
            ["/api/products//files", "/api/products/p1", "/api/products/p1/files/", "/api/products/a/b/files"]
        {
            assert!(files.matches(path).is_none(), "{path}");
        }
    }

    #[test]
    fn no_two_routes_answer_the_same_path() {
        for (index, route) in ROUTES.iter().enumerate() {
            for other in ROUTES.iter().skip(index + 1) {
                assert_ne!(route.path, other.path);
            }
        }
    }

    #[test]
    fn head_is_allowed_where_get_changes_nothing() {
        let route = |name| ROUTES.iter().find(|route| route.name() == name).unwrap();
        for (name, allow, takes_head) in [
            ("inbox", "GET, HEAD, OPTIONS", true),
            ("listings", "GET, POST, HEAD, OPTIONS", true),
            ("products-claim", "GET, POST, OPTIONS", false),
            ("claims-cancel", "POST, OPTIONS", false),
        ] {
            assert_eq!(
                (route(name).allow().as_str(), route(name).allows("HEAD")),
                (allow, takes_head),
                "{name}"
            );
        }
    }

    fn names(keep: impl Fn(&Route) -> bool) -> Vec<&'static str> {
        ROUTES.iter().filter(|route| keep(route)).map(Route::name).collect()
    }

    #[test]
    fn only_these_are_open_to_anybody_and_only_this_takes_a_proof_twice() {
        let public = names(|route| matches!(route.access, Access::Public(_)));
        let meant = [
            "ailocks-register",
            "/token",
            "/.well-known/oauth-authorization-server",
            "/.well-known/jwks.json",
            "listings-show",
            "payments-stripe-webhook",
            "/downloads/:token",
            "/downloads/:token/claim",
            "/openapi.json",
            "features",
        ];
        assert_eq!(public, meant);
        assert_eq!(names(|route| matches!(route.access, Access::Probe(_))), ["/healthz"]);
        assert_eq!(names(|route| route.even_gone), ["ailocks-delete"]);
        assert_eq!(
            names(|route| route.replay == Replay::Harmless),
            ["products-upload-chunk", "attachments-upload-chunk"]
        );
        assert_eq!(names(|route| matches!(route.replay, Replay::Refused)), ["products-claim"]);
    }
}
