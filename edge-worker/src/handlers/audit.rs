//! `GET transfers-audit`: the audit rows of a sale, for those whom it concerns.

use claimcheck_protocol::packet::AuditTrail;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::extract::{self, OfTransfer};
use crate::store::audit;
use crate::{respond, sides};

/// Answers an [`AuditTrail`] in its canonical form, to both sides, and to the arbiter once there is a dispute.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let OfTransfer { transfer_id } = extract::query(ctx)?;
    let transfer = sides::load_or_arbitrate(ctx, &caller, transfer_id).await?;
    respond::canonical_json(&AuditTrail {
        transfer_id,
        rows: audit::rows(&ctx.store, transfer_id).await?,
        countersign: transfer.receipt.map(|pair| pair.countersign),
        server_keys: ctx.server_keys()?.public().iter().map(|server| server.key).collect(),
    })
}
