//! `POST ailocks-delete`: an Ailock leaves, and what is its own goes with it.
//!
//! Offers that nobody has paid are called off, and a buyer's access to what it has acknowledged ends. While money or
//! another's access is in play, leaving is refused.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, ServerEvent, Status};
use claimcheck_protocol::wire::{DeleteAilock, DeletedAilock};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::StoreError;
use crate::store::erasure::{self, OpenSale};
use crate::transitions::{self, Change};
use crate::{extract, respond};

/// Open sales that one call ends; a call again goes on.
const MAX_SALES: u32 = 50;

/// Takes a [`DeleteAilock`], answers a [`DeletedAilock`]. Repeated, it answers the same.
pub async fn delete(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let DeleteAilock { id } = extract::json(&mut request).await?;
    if id != caller.id() {
        return Err(Refusal::new(ProblemCode::Unprocessable).detail("id is not the caller's").into());
    }
    if let Some(deleted_at) = erasure::erased_at(&ctx.store, id).await? {
        return respond::json(&DeletedAilock { id, deleted_at });
    }
    let (now, keeping) = (ctx.now.seconds(), ctx.config.keeping);
    // First all that is refused, so that a refusal has ended nothing.
    let kinds = erasure::kinds_of_open_sales(&ctx.store, id, now, keeping).await?;
    if let Some(sale) = kinds.iter().find(|sale| end_of(sale, id).is_none()) {
        return Err(refuse(sale));
    }
    for sale in &erasure::open_sales(&ctx.store, id, now, keeping, MAX_SALES).await? {
        end(ctx, sale, id).await?;
    }
    match ctx.store.batch(erasure::erase(id, now, keeping)).await {
        Ok(_) => respond::json(&DeletedAilock { id, deleted_at: now }),
        // There are more than one call ends, or another one has just begun.
        Err(StoreError::Check(_)) => Err(ProblemCode::Busy.into()),
        Err(error) => Err(error.into()),
    }
}

/// What ends a sale when `id` leaves, if anything may.
fn end_of(sale: &OpenSale, id: AilockId) -> Option<Change> {
    match sale.status {
        Status::Offered | Status::Invoiced => Some(Change::by(ApiEvent::Cancel)),
        Status::Acknowledged if sale.to_ailock_id == id => Some(Change::by(ServerEvent::RetentionEnded)),
        _ => None,
    }
}

async fn end(ctx: &Ctx, sale: &OpenSale, id: AilockId) -> Result<(), ApiError> {
    let transfer = transitions::load(ctx, sale.id).await?;
    transitions::apply(ctx, Actor::Ailock(id), transfer, |transfer| {
        let now = OpenSale { status: transfer.machine.status(), ..*sale };
        if now.status.is_terminal() {
            return Ok(None);
        }
        end_of(&now, id).map(Some).ok_or_else(|| refuse(&now))
    })
    .await
    .map(drop)
}

fn refuse(sale: &OpenSale) -> ApiError {
    let detail = if sale.status.is_terminal() {
        format!("{} is {}, but a dispute or a download of it is open", sale.id, sale.status)
    } else {
        format!("{} is {}, which is not over", sale.id, sale.status)
    };
    Refusal::new(ProblemCode::OpenSales).detail(detail).into()
}
