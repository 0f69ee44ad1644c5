//! `POST webhooks`, `GET webhooks` and `POST webhooks-revoke`: the addresses that are told of the caller's sales.

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::MessageType;
use claimcheck_protocol::webhook_signature::encode_secret;
use claimcheck_protocol::wire::{MakeWebhook, RevokeWebhook, TRANSFER_UPDATED, Webhook, Webhooks};
use worker::{Request, Response};

use crate::auth::{Caller, Owner};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::webhooks::{self, MAX_OF_AN_AILOCK, StoredWebhook};
use crate::webhooks::Target;
use crate::{extract, random, respond};

/// Seconds for which the call that made an address, made again, shows its secret again: its answer may have been lost.
const SECRET_SHOWN_SECONDS: i64 = 300;

/// `webhooks` makes with POST and lists with GET.
pub async fn list_or_make(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "POST" {
        return make(request, ctx, caller).await;
    }
    let stored = webhooks::list(&ctx.store, caller.id()).await?;
    respond::json(&Webhooks { webhooks: stored.into_iter().map(|one| one.view(None)).collect() })
}

/// Takes a [`MakeWebhook`], answers a [`Webhook`] with its secret.
async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeWebhook = extract::json(&mut request).await?;
    if Target::parse(&body.url, ctx).is_none() {
        return Err(ProblemCode::WebhookUrlNotAllowed.into());
    }
    if let Some(unknown) = body.events.iter().position(|name| !is_event(name)) {
        let detail = format!("events[{unknown}] is no type of event");
        return Err(Refusal::new(ProblemCode::Unprocessable).detail(detail).into());
    }
    let salt = Bytes(random::make_bytes()?);
    let insert = webhooks::insert(&body, caller.id(), salt, ctx.now.seconds());
    ctx.store.run(insert.map_err(|_| ApiError::Bug("a webhook has no canonical form"))?).await?;
    match webhooks::find(&ctx.store, body.webhook_id).await? {
        Some(stored) if stored.ailock_id == caller.id() && stored.is_made_by(&body) => {
            respond::json(&show(ctx, &body, stored)?)
        }
        Some(_) => Err(ProblemCode::IdConflict.into()),
        None => {
            let detail = format!("at most {MAX_OF_AN_AILOCK}");
            Err(Refusal::new(ProblemCode::QuotaExceeded).detail(detail).into())
        }
    }
}

fn is_event(name: &str) -> bool {
    name == TRANSFER_UPDATED || MessageType::ALL.iter().any(|kind| kind.as_str() == name)
}

fn show(ctx: &Ctx, body: &MakeWebhook, stored: StoredWebhook) -> Result<Webhook, ApiError> {
    let is_fresh = stored.made_at() + SECRET_SHOWN_SECONDS > ctx.now.seconds();
    let secrets = ctx.server_keys()?.webhook_secrets(body.webhook_id, stored.salt)?;
    let secret = secrets.first().filter(|_| is_fresh).map(encode_secret);
    Ok(stored.view(secret))
}

/// Takes a [`RevokeWebhook`], answers the [`Webhook`] as it is then. Again is the same request.
pub async fn revoke(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let RevokeWebhook { webhook_id } = extract::json(&mut request).await?;
    let stored = webhooks::find(&ctx.store, webhook_id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(&caller, stored.ailock_id)?;
    let now = ctx.now.seconds();
    ctx.store.batch(vec![webhooks::revoke(webhook_id, now), webhooks::forget_deliveries(webhook_id)]).await?;
    let stored = webhooks::find(&ctx.store, webhook_id).await?.ok_or(ProblemCode::NotFound)?;
    respond::json(&stored.view(None))
}
