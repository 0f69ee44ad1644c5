//! What the deployment configures: the `[vars]` of wrangler.toml.

use std::cell::OnceCell;
use std::rc::Rc;

use claimcheck_protocol::keys::AilockId;
use worker::{Env, Url};

use crate::error::ApiError;
use crate::limits::{self, Keeping, Quotas};
use crate::stripe::PaymentRules;
use crate::upload_rules::UploadRules;
use crate::visitor::KeptAddress;
use crate::webhooks::WebhookRules;

thread_local! {
    // An isolate never sees its vars change, and every call needs most of them.
    static PARSED: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// Settings of a deployment. Secrets are not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `PUBLIC_ORIGIN`: the issuer of tokens, such as `https://files.example`. None: each request's own origin.
    pub public_origin: Option<String>,
    /// `CORS_ORIGINS`: the web origins that may call, separated by commas. None (or `*`): every origin.
    pub cors_origins: Option<Vec<String>>,
    /// What is taken as an upload.
    pub uploads: UploadRules,
    /// What one Ailock may use.
    pub quotas: Quotas,
    /// How long records are kept.
    pub keeping: Keeping,
    /// How money is taken.
    pub payments: PaymentRules,
    /// `ARBITER_AILOCK_ID`: whose verdicts are taken. None: nobody's.
    pub arbiter: Option<AilockId>,
    /// `OPERATOR_AILOCK_ID`: who may revoke by policy. None: nobody.
    pub operator: Option<AilockId>,
    /// Which addresses of sellers' systems are called.
    pub webhooks: WebhookRules,
    /// `LINK_LOG_IP`: what the logs of download links keep of an address.
    pub link_log_ip: KeptAddress,
    /// `TEST_CLOCK`: the time is what the table `test_clock` says. Only on a loopback address.
    pub test_clock: bool,
}

impl Config {
    /// Reads the vars, once in an isolate. A var that cannot be read as what it means is an error of the deployment.
    pub fn load(env: &Env) -> Result<Rc<Self>, ApiError> {
        PARSED.with(|parsed| {
            if let Some(config) = parsed.get() {
                return Ok(Rc::clone(config));
            }
            let config = Self::from_vars(|name| env.var(name).ok().map(|value| value.to_string()))?;
            Ok(Rc::clone(parsed.get_or_init(|| Rc::new(config))))
        })
    }

    pub(crate) fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ApiError> {
        let var = |name: &str| var(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let public_origin = var("PUBLIC_ORIGIN");
        if public_origin.as_deref().is_some_and(|origin| !is_origin(origin)) {
            return Err(ApiError::Setting("PUBLIC_ORIGIN", "is not an origin such as https://files.example"));
        }
        let cors_origins = var("CORS_ORIGINS")
            .filter(|text| text != "*")
            .map(|text| text.split(',').map(|origin| origin.trim().to_owned()).collect());
        let uploads = UploadRules::from_vars(var)?;
        let (quotas, keeping) = limits::from_vars(var)?;
        let payments = PaymentRules::from_vars(var)?;
        let webhooks = WebhookRules::from_vars(var)?;
        let ailock = |name| {
            let id = var(name).map(|text| text.parse()).transpose();
            id.map_err(|_| ApiError::Setting(name, "is not an Ailock id"))
        };
        let arbiter = ailock("ARBITER_AILOCK_ID")?;
        let operator = ailock("OPERATOR_AILOCK_ID")?;
        let link_log_ip = KeptAddress::from_var(var("LINK_LOG_IP").as_deref())
            .ok_or(ApiError::Setting("LINK_LOG_IP", "is not hashed, truncated, full or none"))?;
        let test_clock = var("TEST_CLOCK").is_some();
        Ok(Self {
            public_origin,
            cors_origins,
            uploads,
            quotas,
            keeping,
            payments,
            arbiter,
            operator,
            webhooks,
            link_log_ip,
            test_clock,
        })
    }

    /// The issuer of tokens at a request's address, without a slash at the end.
    pub fn issuer(&self, url: &Url) -> String {
        self.public_origin.clone().unwrap_or_else(|| url.origin().ascii_serialization())
    }
}

/// A number, such as of bytes or days; `default` where the var is not there.
pub(crate) fn number(
    var: impl Fn(&str) -> Option<String>,
    name: &'static str,
    default: u64,
) -> Result<u64, ApiError> {
    let number = var(name).map_or(Ok(default), |text| text.parse());
    number.map_err(|_| ApiError::Setting(name, "is not a number"))
}

/// Whether a text is an origin as browsers write it: scheme, host and port, no path.
pub(crate) fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

/// Whether an origin is of this machine, which no deployment is.
pub fn is_loopback(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| {
        matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) && url.username().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ApiError> {
        Config::from_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_var_is_as_good_as_none() {
        let config = config(&[("PUBLIC_ORIGIN", ""), ("TEST_CLOCK", " "), ("CORS_ORIGINS", "*")]).unwrap();
        assert_eq!(config.public_origin, None);
        assert_eq!(config.cors_origins, None);
        assert!(!config.test_clock);
        assert_eq!(config.uploads.max_file_bytes, 209_715_200);
        let url = Url::parse("http://localhost:8787/token?x").unwrap();
        assert_eq!(config.issuer(&url), "http://localhost:8787");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for origin in
            ["files.example", "https://files.example/", "https://files.example/x", "HTTPS://a", "mailto:a"]
        {
            assert!(config(&[("PUBLIC_ORIGIN", origin)]).is_err(), "{origin}");
        }
        assert!(config(&[("PUBLIC_ORIGIN", "https://files.example")]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_without_its_value() {
        for (name, value) in [
            ("PUBLIC_ORIGIN", "files.secret"),
            ("MAX_FILE_BYTES", "200secret"),
            ("RETENTION_DAYS", "0"),
            ("QUOTA_BYTES", "secret"),
            ("RECORD_DAYS", "0"),
            ("RETENTION_RUN", "201"),
            ("PAYMENTS_MODE", "secret"),
            ("STRIPE_API_BASE", "secret"),
            ("STRIPE_TIMEOUT_MS", "secret"),
            ("RETURN_ORIGINS", "secret"),
            ("WEBHOOK_DEV_ORIGINS", "secret"),
            ("WEBHOOK_TIMEOUT_MS", "secret"),
            ("ARBITER_AILOCK_ID", "secret"),
            ("OPERATOR_AILOCK_ID", "ailock1"),
            ("LINK_LOG_IP", "secret"),
        ] {
            let cause = config(&[(name, value)]).unwrap_err().outcome().cause.unwrap();
            assert!(cause.starts_with(&format!("{name} ")), "{cause}");
            assert!(!cause.contains("secret") && !cause.contains("ailock1"), "{cause}");
        }
    }

    #[test]
    fn loopback_is_only_this_machine() {
        for origin in ["http://localhost:1", "http://127.0.0.1:8787", "http://[::1]:1"] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in ["https://files.example", "http://localhost.example", "http://localhost@a.example", "x"]
        {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
