//! Which web pages may call, and which headers they may send and read. Never with cookies: calls carry their own proof.

use worker::{Headers, Request};

use crate::config::Config;
use crate::extract;

const ALLOWED_HEADERS: &str =
    "authorization, content-type, dpop, if-range, range, repr-digest, traceparent, tracestate";
const EXPOSED_HEADERS: &str =
    "content-range, date, etag, repr-digest, retry-after, server-timing, www-authenticate, x-request-id";
const PREFLIGHT_SECONDS: &str = "86400";

/// The origin to name in the answer, if the caller's page may read it.
fn allowed_origin(config: &Config, origin: Option<&str>) -> Option<String> {
    match &config.cors_origins {
        None => Some("*".to_owned()),
        Some(list) => origin.filter(|origin| list.iter().any(|item| item == origin)).map(str::to_owned),
    }
}

/// Sets the headers of every answer.
pub fn set(headers: &Headers, config: &Config, request_origin: Option<&str>) -> worker::Result<()> {
    if config.cors_origins.is_some() {
        headers.append("vary", "Origin")?;
    }
    if let Some(origin) = allowed_origin(config, request_origin) {
        headers.set("access-control-allow-origin", &origin)?;
        headers.set("access-control-expose-headers", EXPOSED_HEADERS)?;
    }
    Ok(())
}

/// Sets the headers of the answer to a preflight.
pub fn set_preflight(headers: &Headers, methods: &str) -> worker::Result<()> {
    headers.set("access-control-allow-methods", methods)?;
    headers.set("access-control-allow-headers", ALLOWED_HEADERS)?;
    headers.set("access-control-max-age", PREFLIGHT_SECONDS)
}

/// The page that calls.
pub fn origin(request: &Request) -> Option<String> {
    extract::header(request, "origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_pages_may_read() {
        let mut config = Config::from_vars(|_| None).unwrap();
        assert_eq!(allowed_origin(&config, Some("https://a.example")), Some("*".to_owned()));
        config.cors_origins = Some(vec!["https://a.example".to_owned()]);
        assert_eq!(allowed_origin(&config, Some("https://a.example")), Some("https://a.example".to_owned()));
        assert_eq!(allowed_origin(&config, Some("https://b.example")), None);
        assert_eq!(allowed_origin(&config, Some("null")), None);
        assert_eq!(allowed_origin(&config, None), None);
    }
}
