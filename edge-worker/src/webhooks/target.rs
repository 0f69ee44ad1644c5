//! Which addresses are called: `https`, a name of the public DNS, no port. What a name leads to is the network's matter:
//! Workers cannot reach private networks, and redirects are not followed.

use worker::Url;

use crate::config::{is_loopback, is_origin};
use crate::context::Ctx;
use crate::error::ApiError;

/// The longest address.
const MAX_URL: usize = 2048;
const DEFAULT_TIMEOUT_MILLIS: u64 = 10_000;
/// Names that lead to this machine or its network, with all below them.
const LOCAL_NAMES: [&str; 7] = ["localhost", "local", "internal", "intranet", "lan", "home", "arpa"];

/// Settings about calls to sellers' systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRules {
    /// `WEBHOOK_DEV_ORIGINS`: origins that are called whatever they are, separated by commas. They count only where the
    /// server itself is on a loopback address.
    pub dev_origins: Vec<String>,
    /// `WEBHOOK_TIMEOUT_MS`: milliseconds after which a call counts as failed.
    pub timeout_millis: u64,
}

impl WebhookRules {
    /// Reads the vars; `var` gives none for an empty one.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ApiError> {
        let dev_origins: Vec<String> = var("WEBHOOK_DEV_ORIGINS")
            .map(|text| text.split(',').map(|origin| origin.trim().to_owned()).collect())
            .unwrap_or_default();
        if !dev_origins.iter().all(|origin| is_origin(origin)) {
            return Err(ApiError::Setting("WEBHOOK_DEV_ORIGINS", "holds something that is not an origin"));
        }
        let timeout =
            var("WEBHOOK_TIMEOUT_MS").map(|text| text.parse()).unwrap_or(Ok(DEFAULT_TIMEOUT_MILLIS));
        let timeout_millis =
            timeout.map_err(|_| ApiError::Setting("WEBHOOK_TIMEOUT_MS", "is not a number"))?;
        Ok(Self { dev_origins, timeout_millis })
    }
}

/// An address that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Reads an address; none where it may not be called.
    pub fn parse(text: &str, ctx: &Ctx) -> Option<Self> {
        let dev_origins: &[String] =
            if is_loopback(&ctx.issuer) { &ctx.config.webhooks.dev_origins } else { &[] };
        parse(text, dev_origins, &ctx.issuer).map(Self)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn parse(text: &str, dev_origins: &[String], own: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let origin = url.origin().ascii_serialization();
    let is_public =
        url.scheme() == "https" && url.port().is_none() && url.domain().is_some_and(is_public_name);
    let may = is_bare && (dev_origins.contains(&origin) || (is_public && origin != own));
    may.then_some(url)
}

/// The parser has turned every way to write an IPv4 address into that address, which is no domain.
fn is_public_name(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let is_word = last.len() >= 2 && last.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    is_word && !LOCAL_NAMES.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://files.example";

    #[test]
    fn names_of_the_public_dns_are_called() {
        for good in [
            "https://a.example/x?y=1",
            "https://a.b.example.com",
            "https://xn--bcher-kva.example/",
            "https://a.example:443/",
        ] {
            assert!(parse(good, &[], OWN).is_some(), "{good}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for bad in [
            "http://a.example",
            "ftp://a.example",
            "a.example",
            "",
            "https://",
            "https://a.example:8443/",
            "https://a.example:80/",
            "https://user@a.example/",
            "https://user:pass@a.example/",
            "https://@127.0.0.1/",
            "https://a.example/#f",
            "https://localhost/",
            "https://LOCALHOST/",
            "https://localhost./",
            "https://a.localhost/",
            "https://a.example./",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://router.lan/",
            "https://a.home.arpa/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://127.0.0.1./",
            "https://0/",
            "https://169.254.169.254/",
            "https://10.0.0.1/",
            "https://192.168.0.1/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1]/",
            "https://①②⑦.0.0.1/",
            "https://127。0。0。1/",
            "https://127%2e0.0.1/",
            "https://a.example.1/",
            "https://files.example/",
            "javascript:alert(1)",
            "data:,x",
        ] {
            assert!(parse(bad, &[], OWN).is_none(), "{bad}");
        }
        assert!(parse(&format!("https://a.example/{}", "x".repeat(MAX_URL)), &[], OWN).is_none());
    }

    #[test]
    fn in_development_exact_origins_are_called_too() {
        let dev = ["http://127.0.0.1:9".to_owned(), "http://localhost:1".to_owned()];
        for (text, may) in [
            ("http://127.0.0.1:9/hook", true),
            ("http://localhost:1/", true),
            ("http://127.0.0.1:10/", false),
            ("https://127.0.0.1:9/", false),
            ("http://user@127.0.0.1:9/", false),
        ] {
            assert_eq!(parse(text, &dev, OWN).is_some(), may, "{text}");
        }
    }
}
