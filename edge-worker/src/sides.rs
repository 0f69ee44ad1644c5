//! A transfer as one of its sides may see it, and the refusals of everybody else.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{ListingSale, RefundView, TransferView};

use crate::auth::{Buyer, Caller, Party, Seller};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::transfers::{self, StoredTransfer};
use crate::store::{Store, ailocks};

/// A transfer of the caller's; anybody else's looks like none.
pub async fn load(ctx: &Ctx, caller: &Caller, id: TransferId) -> Result<(StoredTransfer, Party), ApiError> {
    let transfer = transfers::find(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    let party = Party::of(caller, transfer.seller, transfer.buyer)?;
    ctx.transfer.set(Some(id));
    Ok((transfer, party))
}

/// A transfer in which the caller buys. Its seller is told that it is the buyer's turn.
pub async fn load_as_buyer(
    ctx: &Ctx,
    caller: &Caller,
    id: TransferId,
) -> Result<(StoredTransfer, Buyer), ApiError> {
    match load(ctx, caller, id).await? {
        (transfer, Party::Buyer(buyer)) => Ok((transfer, buyer)),
        (_, Party::Seller(_)) => {
            Err(Refusal::new(ProblemCode::Forbidden).detail("only the buyer may").into())
        }
    }
}

/// A transfer in which the caller sells. Its buyer is told that it is the seller's turn.
pub async fn load_as_seller(
    ctx: &Ctx,
    caller: &Caller,
    id: TransferId,
) -> Result<(StoredTransfer, Seller), ApiError> {
    match load(ctx, caller, id).await? {
        (transfer, Party::Seller(seller)) => Ok((transfer, seller)),
        (_, Party::Buyer(_)) => {
            Err(Refusal::new(ProblemCode::Forbidden).detail("only the seller may").into())
        }
    }
}

/// A transfer as the arbiter sees it: one that its buyer disputes, or once did. Any other looks like none.
pub async fn load_as_arbiter(ctx: &Ctx, caller: &Caller, id: TransferId) -> Result<StoredTransfer, ApiError> {
    let transfer = transfers::find(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    if ctx.config.arbiter == Some(caller.id()) && !transfer.machine.disputes().by_buyer.is_empty() {
        return Ok(transfer);
    }
    Err(ProblemCode::NotFound.into())
}

/// A transfer of the caller's, or one that it may arbitrate.
pub async fn load_or_arbitrate(
    ctx: &Ctx,
    caller: &Caller,
    id: TransferId,
) -> Result<StoredTransfer, ApiError> {
    match load(ctx, caller, id).await {
        Ok((transfer, _)) => Ok(transfer),
        Err(ApiError::Refused(_)) => load_as_arbiter(ctx, caller, id).await,
        Err(other) => Err(other),
    }
}

/// The keys of an Ailock that takes part in something, so it is registered, or was until it left.
pub async fn keys(store: &Store, id: AilockId) -> Result<AilockKeys, ApiError> {
    ailocks::keys(store, id).await?.ok_or(ApiError::Bug("a side of a transfer was never registered"))
}

/// What `viewer`, who is one of the sides, sees. The envelope is the buyer's alone.
pub fn view(transfer: &StoredTransfer, viewer: AilockId) -> TransferView {
    let receipt = transfer.receipt.as_ref();
    TransferView {
        transfer_id: transfer.id,
        status: transfer.machine.status(),
        product_id: transfer.product_id,
        release_id: transfer.frozen.map(|frozen| frozen.release_id),
        manifest_hash: transfer.frozen.map(|frozen| frozen.manifest_hash),
        seller: transfer.seller,
        buyer: transfer.buyer,
        offer: transfer.offer.clone(),
        offer_hash: transfer.offer_hash,
        created_at: transfer.created_at,
        updated_at: transfer.updated_at,
        access_ends_at: transfer.access.retention_ends_at,
        access_ended: transfer.access.claims_end,
        envelope: transfer.grant.clone().filter(|_| viewer == transfer.buyer),
        listing: transfer.listing.map(|sale| ListingSale {
            sealed_secret: sale.sealed_secret.filter(|_| viewer == transfer.buyer),
            ..sale
        }),
        refund: RefundView::of(&transfer.machine),
        receipt: receipt.map(|pair| pair.receipt.clone()),
        countersign: receipt.map(|pair| pair.countersign.clone()),
    }
}
