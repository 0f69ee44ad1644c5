//! A seller's own account at the payment provider.

use serde::{Deserialize, Serialize};

/// `POST payments-onboard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onboard {
    /// Where the page leads back to; one that the server allows. None: the server's own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_origin: Option<String>,
}

/// Answer to `payments-onboard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnboardAnswer {
    /// The provider's page, good for one visit.
    pub url: String,
    /// Unix seconds at which it is good no more.
    pub expires_at: i64,
}

/// Whose account is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentsMode {
    /// The deployment's own: sellers have nothing to set up.
    Merchant,
    /// Each seller's own.
    Connect,
}

/// Answer to `payments-account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAccount {
    /// Whose account is paid.
    pub mode: PaymentsMode,
    /// Whether the caller has an account of its own here.
    pub has_account: bool,
    /// Whether the caller can sell at a price.
    pub charges_enabled: bool,
    /// Whether the account pays out to a bank.
    pub payouts_enabled: bool,
    /// Whether everything that the provider asked for is answered.
    pub details_submitted: bool,
}
