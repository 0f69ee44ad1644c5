//! Addresses that are told of their owner's sales.

use serde::{Deserialize, Serialize};

use crate::ids::WebhookId;

/// The type of an event that says that a transfer has another status. The others are the types of messages.
pub const TRANSFER_UPDATED: &str = "transfer_updated";

/// `POST webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeWebhook {
    /// Picked by the caller: the same id with the same body is the same request.
    pub webhook_id: WebhookId,
    /// `https`, a name and no port.
    pub url: String,
    /// Types that are wanted; empty: all.
    #[serde(default)]
    pub events: Vec<String>,
}

/// `POST webhooks-revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeWebhook {
    /// One of the caller's.
    pub webhook_id: WebhookId,
}

/// An address, to its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub webhook_id: WebhookId,
    /// Where to.
    pub url: String,
    /// Types that are wanted; empty: all.
    pub events: Vec<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Attempts that failed since the last one that succeeded.
    pub failures: u32,
    /// Unix seconds at which the server gave up; null while it is told.
    pub disabled_at: Option<i64>,
    /// `failing` or `gone`.
    pub disabled_reason: Option<String>,
    /// Unix seconds at which its owner ended it; null while it is told.
    pub revoked_at: Option<i64>,
    /// What its signatures are made with, `whsec_…`: only in the answer that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Answer to `GET webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhooks {
    /// The caller's, oldest first, without those that it has ended.
    pub webhooks: Vec<Webhook>,
}
