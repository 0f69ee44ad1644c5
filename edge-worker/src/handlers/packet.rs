//! `GET transfers-packet`: everything the server knows of one sale, signed by it.

use std::collections::BTreeSet;

use claimcheck_protocol::keys::AilockKeys;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::packet::{Packet, PaymentFacts};
use claimcheck_protocol::signed::{Signed, V1};
use worker::{Request, Response};

use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::extract::{self, OfTransfer};
use crate::store::statements::{self, Kind};
use crate::store::transfers::StoredTransfer;
use crate::store::{audit, claims, releases};
use crate::{respond, server_key, sides};

/// Answers a signed [`Packet`] in its canonical form, to both sides, and to the arbiter once there is a dispute.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let OfTransfer { transfer_id } = extract::query(ctx)?;
    let transfer = sides::load_or_arbitrate(ctx, &caller, transfer_id).await?;
    let packet = gather(ctx, &transfer).await?;
    respond::canonical_json(&ctx.server_keys()?.sign_statement(packet)?)
}

async fn gather(ctx: &Ctx, transfer: &StoredTransfer) -> Result<Packet, ApiError> {
    let (store, id) = (&ctx.store, transfer.id);
    let receipt = transfer.receipt.as_ref();
    let mut packet = Packet {
        v: V1,
        transfer_id: id,
        status: transfer.machine.status(),
        made_at: ctx.now.seconds(),
        server_keys: server_key::published(ctx).await?.iter().map(|server| server.key).collect(),
        arbiter: ctx.config.arbiter,
        operator: ctx.config.operator,
        buyer: transfer.buyer,
        signers: Vec::new(),
        offer: transfer.offer.clone(),
        payment: PaymentFacts {
            paid_by: transfer.machine.paid_by().cloned(),
            payments: transfer.machine.payments().clone(),
        },
        manifest: manifest(ctx, transfer).await?,
        envelope: transfer.grant.clone(),
        receipt: receipt.map(|pair| pair.receipt.clone()),
        countersign: receipt.map(|pair| pair.countersign.clone()),
        revocations: statements::list(store, id, Kind::Revoke).await?,
        disputes: statements::list(store, id, Kind::Dispute).await?,
        verdicts: statements::list(store, id, Kind::Verdict).await?,
        audit_seq: transfer.audit_seq,
        audit_head: transfer.audit_head,
        audit: audit::rows(store, id, transfer.audit_seq).await?,
        service: claims::service(store, id).await?,
    };
    packet.signers = signers(ctx, &packet).await?;
    Ok(packet)
}

async fn manifest(ctx: &Ctx, transfer: &StoredTransfer) -> Result<Option<Signed<Manifest>>, ApiError> {
    let Some(frozen) = transfer.frozen else { return Ok(None) };
    let release = releases::find(&ctx.store, frozen.release_id).await?;
    let release = release.ok_or(ApiError::Bug("a sale names a release that does not exist"))?;
    Ok(Some(Signed { body: release.manifest.0, signature: release.manifest_signature }))
}

async fn signers(ctx: &Ctx, packet: &Packet) -> Result<Vec<AilockKeys>, ApiError> {
    let parties = [packet.offer.body.seller, packet.buyer];
    let revocations = packet.revocations.iter().map(|signed| signed.body.by);
    let verdicts = packet.verdicts.iter().map(|signed| signed.body.arbiter);
    let ids: BTreeSet<_> = parties.into_iter().chain(revocations).chain(verdicts).collect();
    let mut signers = Vec::new();
    for id in ids {
        signers.push(sides::keys(&ctx.store, id).await?);
    }
    Ok(signers)
}
