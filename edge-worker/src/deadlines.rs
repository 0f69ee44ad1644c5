//! Acts on deadlines: offers that expired, payments without a grant, retentions that ended, disputes without an answer.
//!
//! One run takes a bounded number of each, the oldest first; the next run goes on. What was acted upon is not due any
//! more, so a run that dies half-way, or two at once, do nothing twice.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::transfer::{ServerEvent, Status};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::filing::machine_id;
use crate::store::transfers::StoredTransfer;
use crate::store::{deadlines, disputes};
use crate::tally::Tally;
use crate::transitions::{self, Change};

/// Deadlines of each kind in one run: with four statements for each, all kinds stay below what one run may ask of D1.
const MAX_OF_A_KIND: u32 = 50;

/// Acts on everything that is due; how many transfers changed. What fails does not keep the others from their turn.
pub async fn run(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let mut tally = Tally::default();
    for dispute in deadlines::unanswered_disputes(&ctx.store, now, MAX_OF_A_KIND).await? {
        let id = machine_id(dispute.id)?;
        let change = || {
            let event = ServerEvent::DisputeUnanswered { id: id.clone() };
            let settle = disputes::settle(dispute.transfer_id, dispute.id);
            settle.into_iter().fold(Change::by(event), Change::with)
        };
        tally.add(act(ctx, dispute.transfer_id, |_| Some(change())).await);
    }
    for id in deadlines::expired_offers(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| transfer.machine.status().awaits_payment();
        tally.add(act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::Expire))).await);
    }
    for id in deadlines::overdue_grants(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| is_past(transfer.access.grant_due_at, now);
        tally
            .add(act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::GrantOverdue))).await);
    }
    for id in deadlines::ended_retentions(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| {
            let status = transfer.machine.status();
            is_past(transfer.access.retention_ends_at, now)
                && (status.allows_access() || status == Status::Disputed)
        };
        tally.add(
            act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::RetentionEnded))).await,
        );
    }
    tally.result()
}

fn is_past(due: Option<i64>, now: i64) -> bool {
    due.is_some_and(|due| due <= now)
}

/// One transition by the server, unless another one has made it needless. It counts as one either way.
async fn act(
    ctx: &Ctx,
    id: TransferId,
    change: impl Fn(&StoredTransfer) -> Option<Change>,
) -> Result<usize, ApiError> {
    let transfer = transitions::load(ctx, id).await?;
    transitions::apply(ctx, Actor::Server, transfer, |transfer| Ok(change(transfer))).await?;
    Ok(1)
}
