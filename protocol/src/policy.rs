//! An offer's policy: how long, how often and for whom a sale gives access. Signed with the offer, so nobody changes
//! it afterwards.

mod required_input;

use core::fmt;

use serde::{Deserialize, Serialize};

pub use required_input::{
    InputConstraints, InputError, InputFault, InputKind, InputTiming, MAX_MAX_SIZE_MB, RequiredInput,
};

/// Retention unless the seller says otherwise: 7 days, in seconds.
pub const DEFAULT_RETENTION_SECONDS: u32 = 7 * 24 * 3600;
/// The shortest retention: an hour.
pub const MIN_RETENTION_SECONDS: u32 = 3600;
/// The longest retention: 365 days.
pub const MAX_RETENTION_SECONDS: u32 = 365 * 24 * 3600;
/// Downloads of one transfer unless the seller says otherwise.
pub const DEFAULT_MAX_DOWNLOADS: u32 = 1;
/// The most downloads that a policy can grant.
pub const MAX_MAX_DOWNLOADS: u32 = 1000;

/// The terms of access. Every member is written out, so the signed body says all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Seconds from delivery until access ends and the copies made for this sale may be deleted.
    pub retention_seconds: u32,
    /// Whether the sale is to the buyer named by the transfer alone. A download link beside it is the seller's own gift.
    pub single_recipient: bool,
    /// How many claims a transfer allows its buyer. Resuming a claim is not a new one.
    pub max_downloads: u32,
    /// When retention ends: true stops running downloads too, false only refuses new claims.
    pub revoke_on_expiry: bool,
    /// Whether nobody can be invoiced before a content check of the release is clean.
    pub content_check_required: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            retention_seconds: DEFAULT_RETENTION_SECONDS,
            single_recipient: true,
            max_downloads: DEFAULT_MAX_DOWNLOADS,
            revoke_on_expiry: true,
            content_check_required: false,
        }
    }
}

/// The members of a policy that a caller chooses; the others take their default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyChoice {
    /// See [`Policy::retention_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_seconds: Option<u32>,
    /// See [`Policy::single_recipient`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_recipient: Option<bool>,
    /// See [`Policy::max_downloads`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_downloads: Option<u32>,
    /// See [`Policy::revoke_on_expiry`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_on_expiry: Option<bool>,
    /// See [`Policy::content_check_required`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_check_required: Option<bool>,
}

impl From<PolicyChoice> for Policy {
    fn from(choice: PolicyChoice) -> Self {
        let default = Self::default();
        Self {
            retention_seconds: choice.retention_seconds.unwrap_or(default.retention_seconds),
            single_recipient: choice.single_recipient.unwrap_or(default.single_recipient),
            max_downloads: choice.max_downloads.unwrap_or(default.max_downloads),
            revoke_on_expiry: choice.revoke_on_expiry.unwrap_or(default.revoke_on_expiry),
            content_check_required: choice.content_check_required.unwrap_or(default.content_check_required),
        }
    }
}

/// A member of a policy is out of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyError {
    /// The member.
    pub field: &'static str,
    /// The least that it may be.
    pub min: u32,
    /// The most that it may be.
    pub max: u32,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be from {} to {}", self.field, self.min, self.max)
    }
}

impl core::error::Error for PolicyError {}

impl Policy {
    /// Checks the bounds.
    pub fn check(&self) -> Result<(), PolicyError> {
        within("retention_seconds", self.retention_seconds, MIN_RETENTION_SECONDS, MAX_RETENTION_SECONDS)?;
        within("max_downloads", self.max_downloads, 1, MAX_MAX_DOWNLOADS)
    }
}

fn within(field: &'static str, value: u32, min: u32, max: u32) -> Result<(), PolicyError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(PolicyError { field, min, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_week_one_buyer_one_download() {
        let policy = Policy::default();
        assert_eq!(policy.check(), Ok(()));
        assert_eq!(
            serde_json::to_value(&policy).unwrap(),
            serde_json::json!({
                "retention_seconds": 604_800, "single_recipient": true, "max_downloads": 1,
                "revoke_on_expiry": true, "content_check_required": false,
            })
        );
    }

    #[test]
    fn bounds_name_the_member() {
        for (policy, field) in [
            (Policy { retention_seconds: 3599, ..Policy::default() }, "retention_seconds"),
            (Policy { retention_seconds: 31_536_001, ..Policy::default() }, "retention_seconds"),
            (Policy { max_downloads: 0, ..Policy::default() }, "max_downloads"),
            (Policy { max_downloads: 1001, ..Policy::default() }, "max_downloads"),
        ] {
            assert_eq!(policy.check().unwrap_err().field, field);
        }
        assert_eq!(
            Policy { retention_seconds: 3600, max_downloads: 1000, ..Policy::default() }.check(),
            Ok(())
        );
    }

    #[test]
    fn a_signed_policy_says_everything_and_nothing_else() {
        let full = serde_json::to_value(Policy::default()).unwrap();
        for member in ["retention_seconds", "single_recipient", "max_downloads", "revoke_on_expiry"] {
            let mut value = full.clone();
            value.as_object_mut().unwrap().remove(member);
            assert!(serde_json::from_value::<Policy>(value).is_err(), "{member} missing");
        }
        let mut value = full;
        value["grace"] = 1.into();
        assert!(serde_json::from_value::<Policy>(value).is_err());
    }

    #[test]
    fn a_choice_takes_the_rest_from_the_default() {
        let choice: PolicyChoice = serde_json::from_str(r#"{"max_downloads":3}"#).unwrap();
        assert_eq!(Policy::from(choice.clone()), Policy { max_downloads: 3, ..Policy::default() });
        assert_eq!(serde_json::to_string(&choice).unwrap(), r#"{"max_downloads":3}"#);
        assert!(serde_json::from_str::<PolicyChoice>(r#"{"max_download":3}"#).is_err());
    }
}
