//! Identifiers that Stripe gives. Their text is opaque; only its shape is checked.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest identifier: Stripe promises at most 255 characters.
const MAX_LEN: usize = 255;

/// A string is empty, longer than 255 bytes, or holds something besides letters, digits, `_` and `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StripeIdError;

impl fmt::Display for StripeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier as Stripe gives them")
    }
}

impl core::error::Error for StripeIdError {}

fn check(text: String) -> Result<String, StripeIdError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_LEN).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text)
    } else {
        Err(StripeIdError)
    }
}

macro_rules! stripe_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = StripeIdError;

            fn try_from(text: String) -> Result<Self, StripeIdError> {
                check(text).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = StripeIdError;

            fn from_str(text: &str) -> Result<Self, StripeIdError> {
                check(text.to_owned()).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

stripe_id!(
    /// A Checkout Session (`cs_…`).
    SessionId);
stripe_id!(
    /// A PaymentIntent (`pi_…`): one payment, with its refunds and disputes.
    PaymentIntentId);
stripe_id!(
    /// A refund (`re_…`).
    RefundId);
stripe_id!(
    /// A dispute: Stripe's (`dp_…`), or the id that a buyer picked for its own.
    DisputeId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_text_of_bounded_length_parses() {
        let long = "a".repeat(255);
        for good in ["cs_test_a1B2", "pi_3", "a-b", long.as_str()] {
            assert_eq!(good.parse::<SessionId>().unwrap().as_str(), good);
        }
        for bad in ["", " pi_1", "pi 1", "pi_1\n", "pi/1", "pí", &"a".repeat(256)] {
            assert_eq!(bad.parse::<SessionId>(), Err(StripeIdError), "{bad:?}");
        }
        assert!(serde_json::from_str::<PaymentIntentId>("\"a b\"").is_err());
    }
}
