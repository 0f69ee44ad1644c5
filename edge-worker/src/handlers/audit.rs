//! `GET transfers-audit`: the audit rows of a sale, for those whom it concerns.

use claimcheck_protocol::packet::AuditTrail;
use claimcheck_protocol::signed::V1;
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::extract::{self, OfTransfer};
use crate::store::audit;
use crate::{respond, server_key, sides};

/// Answers a signed [`AuditTrail`] in its canonical form, to both sides, and to the arbiter once there is a dispute.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let OfTransfer { transfer_id } = extract::query(ctx)?;
    let transfer = sides::load_or_arbitrate(ctx, &caller, transfer_id).await?;
    let trail = AuditTrail {
        v: V1,
        transfer_id,
        made_at: ctx.now.seconds(),
        server_keys: server_key::published(ctx).await?.iter().map(|server| server.key).collect(),
        audit_seq: transfer.audit_seq,
        audit_head: transfer.audit_head,
        rows: audit::rows(&ctx.store, transfer_id, transfer.audit_seq).await?,
        countersign: transfer.receipt.map(|pair| pair.countersign),
    };
    respond::canonical_json(&ctx.server_keys()?.sign_statement(trail)?)
}
