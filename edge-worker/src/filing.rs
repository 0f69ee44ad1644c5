//! Files a signed statement about a transfer: once, in the batch of what it causes.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::BuyerDisputeId;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::{Signed, Statement};
use claimcheck_protocol::transfer::DisputeId;

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::sides;
use crate::store::statements::{self, Kind};
use crate::store::transfers::{self, StoredTransfer};
use crate::transitions::{self, Change};

/// Verifies a statement that `by` must have made and the caller hands in, and makes the change that it causes. The
/// same statement again is the same request, whatever has happened since.
pub async fn file<T: Statement + Clone>(
    ctx: &Ctx,
    caller: &Caller,
    transfer: StoredTransfer,
    (kind, by): (Kind, AilockId),
    statement: &Signed<T>,
    change: impl Fn(&StoredTransfer) -> Result<Change, ApiError>,
) -> Result<StoredTransfer, ApiError> {
    if by != caller.id() {
        return Err(Refusal::new(ProblemCode::Unprocessable).detail("the caller did not sign this").into());
    }
    let keys = sides::keys(&ctx.store, by).await?;
    let hash = statement.clone().verify(&keys.ed25519_pk)?.hash();
    let id = transfer.id;
    if statements::is_filed(&ctx.store, id, hash).await? {
        return Ok(transfer);
    }
    let decide = |transfer: &StoredTransfer| {
        let insert = statements::insert(id, kind, by, hash, statement, transfer.audit_seq + 1)
            .map_err(|_| ApiError::Bug("a statement has no canonical form"))?;
        Ok(Some(change(transfer)?.with(insert)))
    };
    match transitions::apply(ctx, Actor::Ailock(by), transfer, decide).await {
        // Another call with the same statement may have come between; what it did is what this one wanted.
        Err(ApiError::Refused(refusal)) if statements::is_filed(&ctx.store, id, hash).await? => {
            transfers::find(&ctx.store, id).await?.ok_or(ApiError::Refused(refusal))
        }
        other => other,
    }
}

/// A buyer's dispute as the state machine names it.
pub fn machine_id(id: BuyerDisputeId) -> Result<DisputeId, ApiError> {
    id.to_string().parse().map_err(|_| ApiError::Bug("a TypeID is no identifier"))
}
