//! `POST payments-stripe-webhook`: what Stripe says. It is stored, with all that follows from it, before the 200.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::stripe_signature::{self, SignatureError};
use claimcheck_protocol::transfer::StripeEvent;
use serde::Serialize;
use worker::{Request, Response};

use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::accounts;
use crate::store::stripe_events::{self, NewEvent, Outcome};
use crate::stripe::feed;
use crate::stripe::{Fact, Incoming};
use crate::{extract, log, respond};

/// The largest event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;
/// The longest event id; Stripe promises at most 255 characters.
const MAX_ID: usize = 255;

#[derive(Serialize)]
struct Received {
    received: bool,
}

/// Takes an event with its `Stripe-Signature`. A refusal makes Stripe deliver it again.
pub async fn receive(mut request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let header = extract::header(&request, "stripe-signature").unwrap_or_default();
    let body = extract::body(&mut request, MAX_EVENT).await?;
    let secrets = ctx.webhook_secrets();
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    stripe_signature::verify(&secrets, &header, &body, ctx.now.seconds()).map_err(refuse)?;
    let event: Incoming = extract::parse_json(&body)?;
    if event.id.is_empty() || event.id.len() > MAX_ID {
        return Err(unreadable("id"));
    }
    if !stripe_events::is_recorded(&ctx.store, &event.id).await? {
        let outcome = take(ctx, &event).await?;
        if outcome == Outcome::Unknown {
            log::write(&log::Notice::new("stripe_event_unknown", plain(&event.kind)));
        }
    }
    respond::json(&Received { received: true })
}

async fn take(ctx: &Ctx, event: &Incoming) -> Result<Outcome, ApiError> {
    let now = ctx.now.seconds();
    match event.fact().map_err(|_| unreadable("data.object"))? {
        Fact::About(fact) => feed::take(ctx, &read(event, now, Some(fact))).await,
        Fact::Unknown => feed::take(ctx, &read(event, now, None)).await,
        Fact::Account(account) => {
            let record = stripe_events::insert(&read(event, now, None), None, Outcome::Applied)?;
            match ctx.store.batch(vec![record, accounts::said(&account, event.created, now)]).await {
                Err(error) if !error.is_unique("stripe_events") => Err(error.into()),
                _ => Ok(Outcome::Applied),
            }
        }
    }
}

fn read(event: &Incoming, now: i64, fact: Option<StripeEvent>) -> NewEvent {
    NewEvent {
        id: event.id.clone(),
        kind: event.kind.clone(),
        livemode: event.livemode,
        created_at: event.created,
        received_at: now,
        fact,
    }
}

/// A type as it may stand in the log.
fn plain(kind: &str) -> String {
    kind.chars().filter(|char| char.is_ascii_alphanumeric() || "._".contains(*char)).take(100).collect()
}

fn unreadable(member: &str) -> ApiError {
    Refusal::new(ProblemCode::InvalidRequest).detail(format!("{member} cannot be read")).into()
}

fn refuse(error: SignatureError) -> ApiError {
    let code = match error {
        SignatureError::NoSecret => ProblemCode::PaymentsNotConfigured,
        SignatureError::Malformed | SignatureError::OutsideTolerance | SignatureError::Mismatch => {
            ProblemCode::InvalidSignature
        }
    };
    Refusal::new(code).detail(error.to_string()).into()
}
