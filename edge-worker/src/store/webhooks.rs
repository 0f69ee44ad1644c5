//! Addresses that are told of sales, and what they are still to be told.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::WebhookId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::wire::{MakeWebhook, Webhook};
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// The most that one Ailock has at a time.
pub const MAX_OF_AN_AILOCK: u32 = 10;

/// An address as it is stored.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredWebhook {
    /// Whose it is.
    pub ailock_id: AilockId,
    /// Goes into its secret.
    pub salt: Bytes32,
    id: WebhookId,
    url: String,
    events: JsonText<Vec<String>>,
    failures: u32,
    disabled_at: Option<i64>,
    disabled_reason: Option<String>,
    revoked_at: Option<i64>,
    created_at: i64,
}

impl StoredWebhook {
    /// What its owner sees.
    pub fn view(self, secret: Option<String>) -> Webhook {
        Webhook {
            webhook_id: self.id,
            url: self.url,
            events: self.events.0,
            created_at: self.created_at,
            failures: self.failures,
            disabled_at: self.disabled_at,
            disabled_reason: self.disabled_reason,
            revoked_at: self.revoked_at,
            secret,
        }
    }

    /// Whether it was made by this body.
    pub fn is_made_by(&self, body: &MakeWebhook) -> bool {
        self.url == body.url && self.events.0 == body.events
    }

    /// Unix seconds at which it was made.
    pub const fn made_at(&self) -> i64 {
        self.created_at
    }
}

/// Columns of [`StoredWebhook`].
macro_rules! webhook_columns {
    () => {
        "select id, ailock_id, url, events, salt, failures, disabled_at, disabled_reason, revoked_at, created_at \
         from webhooks "
    };
}

/// An address by its id, whoever owns it.
pub async fn find(store: &Store, id: WebhookId) -> Result<Option<StoredWebhook>, StoreError> {
    store.first(sql(concat!(webhook_columns!(), "where id = ?1")).bind(id)).await
}

/// Those of an Ailock that it has not ended, oldest first.
pub async fn list(store: &Store, owner: AilockId) -> Result<Vec<StoredWebhook>, StoreError> {
    let query = sql(concat!(webhook_columns!(), "where ailock_id = ?1 and revoked_at is null order by id"));
    store.all(query.bind(owner)).await
}

/// Stores an address, unless its id is taken or the owner has [`MAX_OF_AN_AILOCK`].
pub fn insert(body: &MakeWebhook, owner: AilockId, salt: Bytes32, now: i64) -> Result<Query, NotCanonical> {
    let query = sql("insert into webhooks (id, ailock_id, url, events, salt, created_at) \
         select ?1, ?2, ?3, ?4, ?5, ?6 where (select count(*) from webhooks where ailock_id = ?2 \
         and revoked_at is null) < cast(?7 as integer) on conflict (id) do nothing");
    Ok(query
        .bind(body.webhook_id)
        .bind(owner)
        .bind(body.url.as_str())
        .bind(Param::try_from(JsonText(&body.events))?)
        .bind(salt)
        .bind(now)
        .bind(MAX_OF_AN_AILOCK))
}

/// Its owner ends it.
pub fn revoke(id: WebhookId, now: i64) -> Query {
    sql("update webhooks set revoked_at = ?2 where id = ?1 and revoked_at is null").bind(id).bind(now)
}

/// The server gives it up.
pub fn disable(id: WebhookId, reason: &str, now: i64) -> Query {
    sql("update webhooks set disabled_at = ?3, disabled_reason = ?2 where id = ?1 and disabled_at is null")
        .bind(id)
        .bind(reason)
        .bind(now)
}

/// Forgets what it was still to be told.
pub fn forget_deliveries(id: WebhookId) -> Query {
    sql("delete from outbox where kind = 'webhook' and done_at is null \
         and idempotency_key > ?1 || '/' and idempotency_key < ?1 || '0'")
    .bind(id)
}

/// An attempt succeeded.
pub fn succeeded(id: WebhookId) -> Query {
    sql("update webhooks set failures = 0, failing_since = null where id = ?1 and failures > 0").bind(id)
}

/// An attempt failed.
pub fn failed(id: WebhookId, now: i64) -> Query {
    sql("update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, ?2) where id = ?1")
        .bind(id)
        .bind(now)
}

/// Something that an address is to be told.
#[derive(Debug, Clone, Deserialize)]
pub struct DueDelivery {
    /// The row of the outbox.
    pub id: u32,
    /// The row's key.
    pub idempotency_key: String,
    /// Attempts so far.
    pub attempts: u32,
    /// The address.
    pub webhook_id: WebhookId,
    /// Where it is.
    pub url: String,
    /// Goes into its secret.
    pub salt: Bytes32,
    /// Attempts that failed since the last one that succeeded, of any event.
    pub failures: u32,
    /// The first of them, in Unix seconds.
    pub failing_since: Option<i64>,
    /// The same in every attempt.
    pub event_id: String,
    /// JSON, the same bytes in every attempt.
    pub body: String,
}

/// What is due, the longest waiting first.
pub async fn due(store: &Store, now: i64, limit: u32) -> Result<Vec<DueDelivery>, StoreError> {
    let query =
        sql("select o.id, o.idempotency_key, o.attempts, w.id as webhook_id, w.url, w.salt, w.failures, \
         w.failing_since, json_extract(o.request, '$.event_id') as event_id, \
         json_extract(o.request, '$.body') as body \
         from outbox o join webhooks w on w.id = json_extract(o.request, '$.webhook_id') \
         where o.next_attempt_at <= ?1 and o.kind = 'webhook' \
         order by o.next_attempt_at, o.id limit cast(?2 as integer)");
    store.all(query.bind(now).bind(limit)).await
}
