//! How money is taken here: the vars of wrangler.toml about payments. Keys are secrets and not among them.

use worker::Url;

use crate::config::{is_loopback, is_origin};
use crate::error::ApiError;

const STRIPE: &str = "https://api.stripe.com";
/// A whole price in hundredths of a percent.
pub const ALL_OF_IT: u32 = 10_000;
const DEFAULT_TIMEOUT_MILLIS: u64 = 20_000;

/// Settings about payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRules {
    /// `STRIPE_API_BASE`: where Stripe's API is, without a slash at the end.
    pub api_base: String,
    /// `STRIPE_TIMEOUT_MS`: milliseconds after which a call counts as unanswered.
    pub timeout_millis: u64,
    /// `PAYMENTS_MODE` connect: what the deployment keeps of each price, in hundredths of a percent
    /// (`CONNECT_FEE_BPS`). None: merchant.
    pub connect_fee: Option<u32>,
    /// `RETURN_ORIGINS`: web origins that a buyer may be sent back to besides this server's own, separated by commas.
    pub return_origins: Vec<String>,
}

impl PaymentRules {
    /// Reads the vars; `var` gives none for an empty one.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ApiError> {
        let connect_fee = connect_fee(&var)?;
        let api_base = var("STRIPE_API_BASE").unwrap_or_else(|| STRIPE.to_owned());
        if !Url::parse(&api_base).is_ok_and(|url| is_stripe(&url, &api_base)) {
            return Err(ApiError::Setting(
                "STRIPE_API_BASE",
                "is not an https origin, nor one of this machine",
            ));
        }
        let timeout = var("STRIPE_TIMEOUT_MS").map(|text| text.parse());
        let timeout_millis = timeout
            .unwrap_or(Ok(DEFAULT_TIMEOUT_MILLIS))
            .map_err(|_| ApiError::Setting("STRIPE_TIMEOUT_MS", "is not a number"))?;
        let return_origins: Vec<String> = var("RETURN_ORIGINS")
            .map(|text| text.split(',').map(|origin| origin.trim().to_owned()).collect())
            .unwrap_or_default();
        if !return_origins.iter().all(|origin| is_origin(origin)) {
            return Err(ApiError::Setting("RETURN_ORIGINS", "holds something that is not an origin"));
        }
        Ok(Self { api_base, timeout_millis, connect_fee, return_origins })
    }

    /// Whether a buyer may be sent back to `origin` after paying; `own` is this server's.
    pub fn may_return_to(&self, origin: &str, own: &str) -> bool {
        origin == own || self.return_origins.iter().any(|allowed| allowed == origin)
    }
}

fn connect_fee(var: impl Fn(&str) -> Option<String>) -> Result<Option<u32>, ApiError> {
    match var("PAYMENTS_MODE").as_deref() {
        None | Some("merchant") => Ok(None),
        Some("connect") => {
            let fee = var("CONNECT_FEE_BPS").map_or(Ok(0), |text| text.parse());
            let fee = fee.ok().filter(|fee| *fee <= ALL_OF_IT);
            fee.map(Some).ok_or(ApiError::Setting("CONNECT_FEE_BPS", "is not a number from 0 to 10000"))
        }
        Some(_) => Err(ApiError::Setting("PAYMENTS_MODE", "must be merchant or connect")),
    }
}

/// The secret key goes there with every call, so it travels encrypted, or does not leave the machine.
fn is_stripe(url: &Url, text: &str) -> bool {
    is_origin(text)
        && match url.scheme() {
            "https" => true,
            "http" => is_loopback(text),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(vars: &[(&str, &str)]) -> Result<PaymentRules, ApiError> {
        PaymentRules::from_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn by_default_it_is_stripe_and_only_the_own_origin() {
        let rules = rules(&[]).unwrap();
        assert_eq!((rules.api_base.as_str(), rules.timeout_millis), (STRIPE, 20_000));
        assert!(rules.may_return_to("https://own.example", "https://own.example"));
        assert!(!rules.may_return_to("https://other.example", "https://own.example"));
    }

    #[test]
    fn the_key_leaves_the_machine_only_encrypted() {
        for good in ["https://api.stripe.com", "http://127.0.0.1:4242", "http://localhost:1"] {
            assert_eq!(rules(&[("STRIPE_API_BASE", good)]).unwrap().api_base, good);
        }
        for bad in ["http://api.stripe.com", "https://api.stripe.com/", "ftp://localhost", "x"] {
            assert!(rules(&[("STRIPE_API_BASE", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn sellers_are_paid_themselves_only_where_that_is_said() {
        assert_eq!(rules(&[]).unwrap().connect_fee, None);
        assert_eq!(rules(&[("PAYMENTS_MODE", "connect")]).unwrap().connect_fee, Some(0));
        let fee = |text| rules(&[("PAYMENTS_MODE", "connect"), ("CONNECT_FEE_BPS", text)]);
        assert_eq!(fee("10000").unwrap().connect_fee, Some(10_000));
        for wrong in ["10001", "-1", "2.5", "5%"] {
            assert!(fee(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn return_origins_are_exact() {
        let rules = rules(&[("RETURN_ORIGINS", "https://a.example, http://localhost:3000")]).unwrap();
        for (origin, may) in [
            ("https://a.example", true),
            ("http://localhost:3000", true),
            ("http://a.example", false),
            ("https://a.example.evil", false),
            ("https://b.example", false),
        ] {
            assert_eq!(rules.may_return_to(origin, "https://own.example"), may, "{origin}");
        }
        assert!(self::rules(&[("RETURN_ORIGINS", "https://a.example/path")]).is_err());
        assert!(self::rules(&[("PAYMENTS_MODE", "none")]).is_err());
        assert!(self::rules(&[("STRIPE_TIMEOUT_MS", "1s")]).is_err());
    }
}
