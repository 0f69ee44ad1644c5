//! Delivers what is due: after the answer that caused it, and by cron until it is taken or given up.

use std::collections::BTreeSet;
use std::time::Duration;

use claimcheck_protocol::ids::WebhookId;
use claimcheck_protocol::webhook_signature;
use worker::wasm_bindgen::JsValue;
use worker::{Headers, Method, Request, RequestInit, RequestRedirect};

use super::target::Target;
use crate::call_out;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::log;
use crate::store::outbox;
use crate::store::webhooks::{self, DueDelivery};

/// Deliveries of one run.
const MAX_DELIVERIES: u32 = 20;
/// Attempts to deliver one event; with the delays between them they span a day and a half.
const MAX_ATTEMPTS: u32 = 14;
/// An address is given up once this many attempts in a row have failed,
const MAX_FAILURES: u32 = 12;
/// and for this many seconds.
const FAILING_SECONDS: i64 = 86_400;
const GONE: u16 = 410;

/// Delivers what is due now; how many deliveries were taken on. An address that fails is not tried again in the run.
pub async fn run(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let mut failing: BTreeSet<WebhookId> = BTreeSet::new();
    let mut taken = 0;
    for due in webhooks::due(&ctx.store, now, MAX_DELIVERIES).await? {
        let take = outbox::take(due.id, due.attempts, now);
        if failing.contains(&due.webhook_id) || ctx.store.run(take).await? == 0 {
            continue;
        }
        taken += 1;
        match deliver(ctx, &due).await? {
            Ok(()) => {
                let queries = vec![outbox::done(due.id, now), webhooks::succeeded(due.webhook_id)];
                ctx.store.batch(queries).await?;
            }
            Err(failure) => {
                failing.insert(due.webhook_id);
                note(ctx, &due, failure).await?;
            }
        }
    }
    Ok(taken)
}

/// Why a delivery failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The address answers that it is there no more.
    Gone,
    /// It may be tried again.
    Other(&'static str),
}

async fn deliver(ctx: &Ctx, due: &DueDelivery) -> Result<Result<(), Failure>, ApiError> {
    // Whether it may be called is asked again: the settings may have changed since it was made.
    let Some(target) = Target::parse(&due.url, ctx) else { return Ok(Err(Failure::Other("not_allowed"))) };
    let request = request(ctx, due, &target)?;
    let patience = Duration::from_millis(ctx.config.webhooks.timeout_millis);
    Ok(match call_out::send(request, patience, false).await {
        Ok((200..300, _)) => Ok(()),
        Ok((GONE, _)) => Err(Failure::Gone),
        // A redirect too: it is not followed.
        Ok(_) => Err(Failure::Other("status")),
        Err(cause) => Err(Failure::Other(cause)),
    })
}

fn request(ctx: &Ctx, due: &DueDelivery, target: &Target) -> Result<Request, ApiError> {
    let now = ctx.now.seconds();
    let secrets = ctx.server_keys()?.webhook_secrets(due.webhook_id, due.salt)?;
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("user-agent", "claimcheck-webhooks")?;
    headers.set("webhook-id", &due.event_id)?;
    headers.set("webhook-timestamp", &now.to_string())?;
    let signature = webhook_signature::sign(&secrets, &due.event_id, now, &due.body);
    headers.set("webhook-signature", &signature)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(JsValue::from_str(&due.body)));
    Ok(Request::new_with_init(target.as_str(), &init)?)
}

/// Puts the delivery off, or gives it or the whole address up.
async fn note(ctx: &Ctx, due: &DueDelivery, failure: Failure) -> Result<(), ApiError> {
    let now = ctx.now.seconds();
    let Failure::Other(code) = failure else { return give_up(ctx, due, "gone").await };
    log::write(&log::Notice::new("webhook_fails", code));
    let next = if due.attempts + 1 >= MAX_ATTEMPTS {
        outbox::forget(due.id)
    } else {
        outbox::again(due.id, code, &due.idempotency_key, now + outbox::delay(due.attempts))
    };
    ctx.store.batch(vec![webhooks::failed(due.webhook_id, now), next]).await?;
    let has_failed_long = due.failing_since.is_some_and(|since| since + FAILING_SECONDS <= now);
    if due.failures + 1 >= MAX_FAILURES && has_failed_long {
        return give_up(ctx, due, "failing").await;
    }
    Ok(())
}

/// Calls the address no more, and says so to its owner in the list.
async fn give_up(ctx: &Ctx, due: &DueDelivery, reason: &'static str) -> Result<(), ApiError> {
    log::write(&log::Notice::new("webhook_disabled", reason));
    let queries = vec![
        webhooks::disable(due.webhook_id, reason, ctx.now.seconds()),
        webhooks::forget_deliveries(due.webhook_id),
    ];
    ctx.store.batch(queries).await?;
    Ok(())
}
