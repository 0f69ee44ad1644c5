//! `POST products-grant`: the seller hands the key over after the payment, where it was not sealed ahead.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ApiEvent, ContentState};
use claimcheck_protocol::wire::MakeGrant;
use futures_util::future::try_join;
use worker::{Request, Response};

use super::offers::{check_envelope, find_release};
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, unprocessable};
use crate::store::transfers::{Frozen, StoredTransfer};
use crate::store::{content_checks, releases};
use crate::transitions::{self, Change};
use crate::{extract, respond, sides};

/// Takes a [`MakeGrant`], answers a [`claimcheck_protocol::wire::TransferView`]. The same body again is the same
/// request.
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: MakeGrant = extract::json(&mut request).await?;
    let (transfer, seller) = sides::load_as_seller(ctx, &caller, body.transfer_id).await?;
    if transfer.listing.is_some() {
        return Err(unprocessable("the key of a listing's sale is held by the server already"));
    }
    let frozen = release_of(ctx, &transfer, &body).await?;
    let (seller_keys, buyer_keys) =
        try_join(sides::keys(&ctx.store, transfer.seller), sides::keys(&ctx.store, transfer.buyer)).await?;
    let offer = transfer.offer.clone().verify(&seller_keys.ed25519_pk)?;
    check_envelope(transfer.id, &offer, frozen, &seller_keys, buyer_keys, &body.envelope)?;
    let decide = |transfer: &StoredTransfer| Ok(decide(transfer, &body.envelope, frozen));
    let transfer = transitions::apply(ctx, Actor::Ailock(seller.id()), transfer, decide).await?;
    respond::json(&sides::view(&transfer, seller.id()))
}

/// The release of the offer, or the one that the grant names where the offer names none.
async fn release_of(ctx: &Ctx, transfer: &StoredTransfer, body: &MakeGrant) -> Result<Frozen, ApiError> {
    let wanted = match (transfer.frozen, body.release_id) {
        (Some(frozen), None) => frozen,
        (Some(frozen), Some(release_id)) if frozen.release_id == release_id => frozen,
        (Some(_), Some(_)) => return Err(unprocessable("release_id is not the one of the sale")),
        (None, None) => return Err(unprocessable("release_id must be given: the offer names none")),
        (None, Some(release_id)) => {
            let missing = || unprocessable("release_id is no completed release of this product");
            let release = releases::find(&ctx.store, release_id).await?.ok_or_else(missing)?;
            Frozen { release_id, manifest_hash: release.manifest_hash }
        }
    };
    // One that its seller has taken back since is still for those who have paid.
    if find_release(ctx, &transfer.offer.body, wanted).await?.deleted_at.is_some() {
        return Err(ProblemCode::ReleaseGone.into());
    }
    match content_checks::state(&ctx.store, wanted.release_id).await? {
        ContentState::Infected | ContentState::Rejected => Err(ProblemCode::ContentRefused.into()),
        ContentState::Pending | ContentState::Clean => Ok(wanted),
    }
}

fn decide(transfer: &StoredTransfer, envelope: &Envelope, frozen: Frozen) -> Option<Change> {
    let is_granted = transfer.grant.as_ref() == Some(envelope) && transfer.frozen == Some(frozen);
    (!is_granted).then(|| Change::by(ApiEvent::Grant).granting(envelope.clone(), frozen))
}
