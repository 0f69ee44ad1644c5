//! Changes beside the state machine that leave a row in a sale's audit chain all the same: a claim begun or given back.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::problem::ProblemCode;

use crate::attempts::Attempts;
use crate::audit::{Entry, Head};
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::transfers::StoredTransfer;
use crate::store::{Query, StoreError, transfers};

/// Runs a statement that changes one row or none. Where it changes one, the same batch appends `action` to the chain.
/// Returns whether it did.
pub async fn change(
    ctx: &Ctx,
    actor: Actor,
    transfer: &StoredTransfer,
    action: &'static str,
    statement: impl Fn() -> Query,
) -> Result<bool, ApiError> {
    change_with(ctx, actor, transfer, action, statement, Vec::new).await
}

/// The same with what goes into the batch besides.
pub async fn change_with(
    ctx: &Ctx,
    actor: Actor,
    transfer: &StoredTransfer,
    action: &'static str,
    statement: impl Fn() -> Query,
    more: impl Fn() -> Vec<Query>,
) -> Result<bool, ApiError> {
    let mut head = Head { seq: transfer.audit_seq, hash: transfer.audit_head };
    let mut attempts = Attempts::default();
    loop {
        let entry = Entry::make(ctx, transfer.id, head, actor, action)?;
        let batch = [statement()].into_iter().chain(entry.queries_if_changed()).chain(more()).collect();
        match ctx.store.batch(batch).await {
            Ok(outcomes) => match outcomes.first() {
                Some(outcome) => return Ok(outcome.changes()? == 1),
                None => return Err(ApiError::Bug("a batch answered nothing")),
            },
            // A transition or another such change took the row's number.
            Err(StoreError::Unique(columns)) if columns.starts_with("audit_log.") => {
                attempts.pause().await?;
                let now = transfers::find(&ctx.store, transfer.id).await?.ok_or(ProblemCode::NotFound)?;
                head = Head { seq: now.audit_seq, hash: now.audit_head };
            }
            Err(error) => return Err(error.into()),
        }
    }
}
