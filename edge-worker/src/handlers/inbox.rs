//! `GET inbox` and `POST inbox-read`: what the caller was told about its sales.
//!
//! With `wait` an answer is held back until there is something, by a few reads at growing distances. Nothing is
//! registered anywhere, so a caller that goes away leaves nothing behind.

use core::time::Duration;

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{Inbox, InboxRead, InboxReadAnswer};
use serde::Deserialize;
use worker::{Delay, Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::messages::{self, PAGE};
use crate::{extract, respond};

/// The longest wait, in seconds.
const MAX_WAIT: u32 = 25;
/// Pauses between the reads of one call, in thousandths of its wait: with the first read there are six.
const PAUSES: [u64; 5] = [40, 80, 160, 320, 400];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<u64>,
    limit: Option<u32>,
    wait: Option<u32>,
}

/// Answers an [`Inbox`]: messages after a cursor, oldest first; with `wait`, as soon as there is one.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Query { after, limit, wait } = extract::query(ctx)?;
    let (limit, wait) = (limit.unwrap_or(PAGE), wait.unwrap_or_default());
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("limit must be 1 to 100").into());
    }
    if wait > MAX_WAIT {
        return Err(Refusal::new(ProblemCode::InvalidRequest).detail("wait must be 0 to 25").into());
    }
    let after = after.unwrap_or_default();
    let mut inbox = read(ctx, &caller, after, limit).await?;
    for thousandths in PAUSES.into_iter().filter(|_| wait > 0) {
        if !inbox.messages.is_empty() {
            break;
        }
        Delay::from(Duration::from_millis(thousandths * u64::from(wait))).await;
        inbox = read(ctx, &caller, after, limit).await?;
    }
    respond::json(&inbox)
}

/// One read.
pub(super) async fn read(ctx: &Ctx, caller: &Caller, after: u64, limit: u32) -> Result<Inbox, ApiError> {
    let messages = messages::list(&ctx.store, caller.id(), after, limit).await?;
    let cursor = messages.last().map_or(after, |message| message.cursor);
    Ok(Inbox { messages, cursor })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_add_up_to_the_wait() {
        assert_eq!(PAUSES.iter().sum::<u64>(), 1000);
    }
}
