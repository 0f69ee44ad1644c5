//! `POST products-ack`: the buyer's receipt, which the server checks against its books and signs beneath.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::receipt::{Countersign, Receipt};
use claimcheck_protocol::signed::{Signed, V1};
use claimcheck_protocol::transfer::ApiEvent;
use claimcheck_protocol::wire::{Ack, AckAnswer};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::server_key::ServerKeys;
use crate::store::receipts::{self, SignedPair};
use crate::store::transfers::StoredTransfer;
use crate::store::{claims, releases};
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes an [`Ack`], answers an [`AckAnswer`]. The same receipt again gets the same countersignature.
pub async fn acknowledge(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: Ack = extract::json(&mut request).await?;
    respond::json(&receive(ctx, &caller, body).await?)
}

/// Keeps a receipt of the caller's; the same one again gets the same countersignature.
pub(super) async fn receive(ctx: &Ctx, caller: &Caller, body: Ack) -> Result<AckAnswer, ApiError> {
    let Ack { receipt } = body;
    let transfer_id = receipt.body.transfer_id.ok_or_else(|| differs("transfer_id"))?;
    let (transfer, buyer) = sides::load_as_buyer(ctx, caller, transfer_id).await?;
    let keys = sides::keys(&ctx.store, buyer.id()).await?;
    let hash = receipt.clone().verify(&keys.ed25519_pk)?.hash();
    check_claim(ctx, &transfer, &receipt.body).await?;
    check_members(&transfer, &receipt.body)?;
    check_content(ctx, &transfer, &receipt.body).await?;
    let server = ctx.server_keys()?;
    let now = ctx.now.seconds();
    let transfer = transitions::apply(ctx, Actor::Ailock(buyer.id()), transfer, |transfer| {
        decide(transfer, &receipt, hash, &server, now)
    })
    .await?;
    let stored =
        transfer.receipt.as_ref().ok_or(ApiError::Bug("an acknowledged transfer without a receipt"))?;
    let countersign = stored.countersign.clone();
    Ok(AckAnswer { transfer: sides::view(&transfer, buyer.id()), countersign })
}

fn decide(
    transfer: &StoredTransfer,
    receipt: &Signed<Receipt>,
    receipt_hash: Bytes32,
    server: &ServerKeys,
    now: i64,
) -> Result<Option<Change>, ApiError> {
    if transfer.receipt.as_ref().is_some_and(|stored| stored.receipt == *receipt) {
        return Ok(None);
    }
    let countersign = server.sign_statement(Countersign {
        v: V1,
        receipt_hash,
        received_at: now,
        kid: server.kid().to_owned(),
        audit_head: transfer.audit_head,
    })?;
    let pair = SignedPair { receipt: receipt.clone(), countersign };
    let insert = receipts::insert(transfer.id, &pair, receipt_hash)
        .map_err(|_| ApiError::Bug("a receipt has no canonical form"))?;
    Ok(Some(Change::by(ApiEvent::Ack).with(insert)))
}

/// The claim is one of this sale, and something was downloaded under it.
async fn check_claim(ctx: &Ctx, transfer: &StoredTransfer, receipt: &Receipt) -> Result<(), ApiError> {
    let claim = claims::find(&ctx.store, receipt.claim_id).await?;
    let claim = claim.filter(|claim| claim.transfer_id == transfer.id).ok_or_else(|| differs("claim_id"))?;
    if claim.nonce != receipt.nonce {
        return Err(differs("nonce"));
    }
    if claim.first_chunk_at.is_none() {
        let refusal = Refusal::new(ProblemCode::Unprocessable);
        return Err(refusal.detail("nothing was downloaded under this claim").into());
    }
    Ok(())
}

/// What the receipt repeats of the sale.
fn check_members(transfer: &StoredTransfer, receipt: &Receipt) -> Result<(), ApiError> {
    let offer = &transfer.offer.body;
    let manifest_hash = transfer.frozen.map(|frozen| frozen.manifest_hash);
    let equal = [
        ("offer_hash", receipt.offer_hash == transfer.offer_hash),
        ("manifest_hash", Some(receipt.manifest_hash) == manifest_hash),
        ("buyer", receipt.buyer == transfer.buyer),
        ("seller", receipt.seller == transfer.seller),
        ("price", receipt.price == offer.price),
        ("currency", receipt.currency == offer.currency),
    ];
    match equal.into_iter().find(|(_, is_equal)| !is_equal) {
        Some((member, _)) => Err(differs(member)),
        None => Ok(()),
    }
}

/// The buyer holds what the seller committed to.
async fn check_content(ctx: &Ctx, transfer: &StoredTransfer, receipt: &Receipt) -> Result<(), ApiError> {
    let release_id =
        transfer.frozen.map(|frozen| frozen.release_id).ok_or_else(|| differs("manifest_hash"))?;
    let release = releases::find(&ctx.store, release_id).await?.ok_or(ProblemCode::ReleaseGone)?;
    let manifest = release.manifest.0;
    if receipt.bytes != manifest.plaintext_size() {
        return Err(differs("bytes"));
    }
    if receipt.client_hash != manifest.commitment {
        return Err(ProblemCode::ContentMismatch.into());
    }
    Ok(())
}

fn differs(member: &str) -> ApiError {
    Refusal::new(ProblemCode::Unprocessable).detail(format!("{member} is not the one of the sale")).into()
}
