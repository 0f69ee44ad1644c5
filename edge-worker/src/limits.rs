//! How much of the deployment one Ailock may use, and how long records are kept: vars of wrangler.toml.

use claimcheck_protocol::problem::{ProblemCode, QuotaFacts, Resource};

use crate::config;
use crate::error::{ApiError, Refusal};

const DEFAULT_BYTES: u64 = 100 * 1024 * 1024 * 1024;
const DEFAULT_OPEN_UPLOADS: u64 = 200;
const DEFAULT_PRODUCTS: u64 = 10_000;
const DEFAULT_OPEN_LINKS: u64 = 1_000;
const DEFAULT_RECORD_DAYS: u64 = 180;
const DEFAULT_RUN: u64 = 25;
const DAY_SECONDS: i64 = 24 * 3600;
/// More than this in one run would be more than one invocation may ask of D1 and R2.
const MAX_RUN: u64 = 200;

/// What one Ailock may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// `QUOTA_BYTES`: sealed bytes, of open uploads and of what is stored.
    pub bytes: u64,
    /// `QUOTA_OPEN_UPLOADS`: uploads that are neither completed nor aborted.
    pub open_uploads: u64,
    /// `QUOTA_PRODUCTS`: products.
    pub products: u64,
    /// `QUOTA_OPEN_LINKS`: download links that are neither revoked nor expired.
    pub open_links: u64,
}

/// What retention takes for "long ago", and how much of it one run of the cron does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// `RECORD_DAYS`, in seconds: how long closed records are kept.
    pub record_seconds: i64,
    /// `RETENTION_RUN`: things of each kind that one run handles.
    pub run: u32,
}

/// Both, from the deployment's vars, which are trimmed and never empty.
pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<(Quotas, Keeping), ApiError> {
    let number = |name, default| config::number(&var, name, default);
    let quotas = Quotas {
        bytes: number("QUOTA_BYTES", DEFAULT_BYTES)?,
        open_uploads: number("QUOTA_OPEN_UPLOADS", DEFAULT_OPEN_UPLOADS)?,
        products: number("QUOTA_PRODUCTS", DEFAULT_PRODUCTS)?,
        open_links: number("QUOTA_OPEN_LINKS", DEFAULT_OPEN_LINKS)?,
    };
    let days = u32::try_from(number("RECORD_DAYS", DEFAULT_RECORD_DAYS)?).ok().filter(|days| *days > 0);
    let days = days.ok_or(ApiError::Setting("RECORD_DAYS", "is not a number of days"))?;
    let run = number("RETENTION_RUN", DEFAULT_RUN)?;
    let run = u32::try_from(run).ok().filter(|_| (1..=MAX_RUN).contains(&run));
    let run = run.ok_or(ApiError::Setting("RETENTION_RUN", "is not a number from 1 to 200"))?;
    Ok((quotas, Keeping { record_seconds: i64::from(days) * DAY_SECONDS, run }))
}

impl Quotas {
    /// The refusal of what would need `requested` more of a resource of which `used` is in use.
    pub fn refusal(&self, resource: Resource, used: u64, requested: u64) -> ApiError {
        let (allowed, name) = match resource {
            Resource::Bytes => (self.bytes, "bytes"),
            Resource::OpenUploads => (self.open_uploads, "open uploads"),
            Resource::Products => (self.products, "products"),
            Resource::OpenLinks => (self.open_links, "open links"),
        };
        Refusal::new(ProblemCode::QuotaExceeded)
            .detail(format!("{used} of {allowed} {name} are in use, and this needs {requested} more"))
            .quota(QuotaFacts { resource, used, requested, allowed })
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> Result<(Quotas, Keeping), ApiError> {
        from_vars(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn vars_are_numbers_within_their_bounds() {
        let (quotas, keeping) = with("", "").unwrap();
        assert_eq!((quotas.open_uploads, quotas.products), (200, 10_000));
        assert_eq!((keeping.record_seconds, keeping.run), (180 * 86_400, 25));
        assert_eq!(with("QUOTA_BYTES", "0").unwrap().0.bytes, 0);
        for (name, value) in [
            ("QUOTA_BYTES", "1 GB"),
            ("QUOTA_PRODUCTS", "-1"),
            ("RECORD_DAYS", "0"),
            ("RETENTION_RUN", "0"),
            ("RETENTION_RUN", "201"),
        ] {
            assert!(with(name, value).is_err(), "{name}={value}");
        }
    }
}
