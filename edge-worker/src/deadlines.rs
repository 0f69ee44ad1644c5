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
use crate::store::transfers::{self, StoredTransfer};
use crate::store::{deadlines, disputes};
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
        tally.count(act(ctx, dispute.transfer_id, |_| Some(change())).await);
    }
    for id in deadlines::expired_offers(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| transfer.machine.status().awaits_payment();
        tally.count(act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::Expire))).await);
    }
    for id in deadlines::overdue_grants(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| is_past(transfer.access.grant_due_at, now);
        tally.count(
            act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::GrantOverdue))).await,
        );
    }
    for id in deadlines::ended_retentions(&ctx.store, now, MAX_OF_A_KIND).await? {
        let due = |transfer: &StoredTransfer| {
            let status = transfer.machine.status();
            is_past(transfer.access.retention_ends_at, now)
                && (status.allows_access() || status == Status::Disputed)
        };
        tally.count(
            act(ctx, id, |transfer| due(transfer).then(|| Change::by(ServerEvent::RetentionEnded))).await,
        );
    }
    tally.result()
}

/// What a run came to.
#[derive(Default)]
struct Tally {
    done: usize,
    failure: Option<ApiError>,
}

impl Tally {
    fn count(&mut self, result: Result<(), ApiError>) {
        match result {
            Ok(()) => self.done += 1,
            Err(error) => self.failure = Some(error),
        }
    }

    fn result(self) -> Result<usize, ApiError> {
        self.failure.map_or(Ok(self.done), Err)
    }
}

fn is_past(due: Option<i64>, now: i64) -> bool {
    due.is_some_and(|due| due <= now)
}

/// One transition by the server, unless another one has made it needless.
async fn act(
    ctx: &Ctx,
    id: TransferId,
    change: impl Fn(&StoredTransfer) -> Option<Change>,
) -> Result<(), ApiError> {
    let transfer =
        transfers::find(&ctx.store, id).await?.ok_or(ApiError::Bug("a transfer due does not exist"))?;
    transitions::apply(ctx, Actor::Server, transfer, |transfer| Ok(change(transfer))).await.map(drop)
}
