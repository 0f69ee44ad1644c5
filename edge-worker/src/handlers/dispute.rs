//! `products-dispute`: the buyer opens a dispute or takes it back, the seller answers, and both see where it stands.

use claimcheck_protocol::dispute::{Dispute, DisputeAct};
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::transfer::{ApiEvent, DISPUTE_ANSWER_SECONDS, Ruling, TransitionError};
use claimcheck_protocol::wire::{DisputeView, Disputes, MakeDispute};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::extract::{self, OfTransfer};
use crate::filing::{self, machine_id};
use crate::sides;
use crate::store::statements::Kind;
use crate::store::transfers::StoredTransfer;
use crate::store::{ailocks, disputes};
use crate::transitions::Change;

/// In the audit log: an answer changes no state.
const ANSWERED: &str = "dispute_answered";

/// POST takes a [`MakeDispute`], GET a transfer's id; both answer [`Disputes`].
pub async fn show_or_file(request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    if ctx.method == "POST" {
        return file(request, ctx, caller).await;
    }
    let OfTransfer { transfer_id } = extract::query(ctx)?;
    let (transfer, party) = sides::load(ctx, &caller, transfer_id).await?;
    respond(ctx, &transfer, party.id()).await
}

async fn file(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let MakeDispute { dispute } = extract::json(&mut request).await?;
    let body = &dispute.body;
    let transfer = match body.act {
        DisputeAct::Open | DisputeAct::Withdraw => {
            sides::load_as_buyer(ctx, &caller, body.transfer_id).await?.0
        }
        DisputeAct::Answer => sides::load_as_seller(ctx, &caller, body.transfer_id).await?.0,
    };
    let change = |transfer: &StoredTransfer| step(transfer, body, ctx.now.seconds());
    let transfer = filing::file(ctx, &caller, transfer, (Kind::Dispute, body.by), &dispute, change).await?;
    respond(ctx, &transfer, caller.id()).await
}

/// What a statement changes.
fn step(transfer: &StoredTransfer, body: &Dispute, now: i64) -> Result<Change, ApiError> {
    let id = machine_id(body.dispute_id)?;
    let settle = || disputes::settle(body.transfer_id, body.dispute_id);
    let (change, queries) = match body.act {
        DisputeAct::Open => {
            // A dispute about a sale that is over is recorded, and nothing waits for its answer.
            let is_over = transfer.machine.status().is_terminal();
            let due = (!is_over).then(|| now.saturating_add(DISPUTE_ANSWER_SECONDS.into()));
            let open = disputes::open(body.transfer_id, body.dispute_id, now, due);
            (Change::by(ApiEvent::DisputeOpened { id }), open)
        }
        DisputeAct::Answer if transfer.machine.disputes().is_open_by_buyer(&id) => {
            (Change::noting(ANSWERED), settle())
        }
        DisputeAct::Answer => return Err(TransitionError::DisputeNotOpen.into()),
        DisputeAct::Withdraw => {
            (Change::by(ApiEvent::DisputeClosed { id, ruling: Ruling::Withdrawn }), settle())
        }
    };
    Ok(queries.into_iter().fold(change, Change::with))
}

/// A transfer's [`Disputes`], as `viewer` may see them.
pub(super) async fn respond(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    viewer: AilockId,
) -> Result<Response, ApiError> {
    let arbiter = match ctx.config.arbiter {
        Some(id) => ailocks::find(&ctx.store, id).await?.map(|found| found.keys),
        None => None,
    };
    let states = &transfer.machine.disputes().by_buyer;
    let mut views = Vec::new();
    for dispute in disputes::list(&ctx.store, transfer.id).await? {
        let state = states.get(&machine_id(dispute.id)?).copied();
        let state = state.ok_or(ApiError::Bug("a dispute is stored that the state machine does not know"))?;
        views.push(DisputeView { dispute_id: dispute.id, state, answer_due_at: dispute.answer_due_at });
    }
    crate::respond::json(&Disputes { transfer: sides::view(transfer, viewer), arbiter, disputes: views })
}
