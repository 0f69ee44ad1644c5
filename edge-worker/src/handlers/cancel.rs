//! `POST transfers-cancel`: buyer or seller calls a sale off before it is paid.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::transfer::{ApiEvent, Status};
use claimcheck_protocol::wire::CancelTransfer;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::transfers::StoredTransfer;
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes a [`CancelTransfer`], answers a [`claimcheck_protocol::wire::TransferView`].
pub async fn cancel(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let CancelTransfer { transfer_id } = extract::json(&mut request).await?;
    let (transfer, party) = sides::load(ctx, &caller, transfer_id).await?;
    let decide = |transfer: &StoredTransfer| {
        let is_done = transfer.machine.status() == Status::Cancelled;
        Ok((!is_done).then(|| Change::by(ApiEvent::Cancel)))
    };
    let transfer = transitions::apply(ctx, Actor::Ailock(party.id()), transfer, decide).await?;
    respond::json(&sides::view(&transfer, party.id()))
}
