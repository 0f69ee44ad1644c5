//! `GET inbox` and `POST inbox-read`: what the caller was told about its sales.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{Inbox, InboxRead, InboxReadAnswer};
use serde::Deserialize;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::messages::{self, PAGE};
use crate::{extract, respond};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<u64>,
    limit: Option<u32>,
}

/// Answers an [`Inbox`]: messages after a cursor, oldest first.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Query { after, limit } = extract::query(ctx)?;
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("limit must be 1 to 100").into());
    }
    let after = after.unwrap_or_default();
    let messages = messages::list(&ctx.store, caller.id(), after, limit).await?;
    let cursor = messages.last().map_or(after, |message| message.cursor);
    respond::json(&Inbox { messages, cursor })
}

/// Takes an [`InboxRead`], answers an [`InboxReadAnswer`].
pub async fn mark_read(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let InboxRead { message_ids } = extract::json(&mut request).await?;
    if message_ids.len() > PAGE as usize {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("message_ids has more than 100").into());
    }
    let marked = messages::mark_read(&ctx.store, caller.id(), &message_ids, ctx.now.seconds()).await?;
    respond::json(&InboxReadAnswer { marked })
}
