//! `attachments-upload-init` and `-complete`: files that a buyer uploads because the offer asks for them.
//!
//! Between the two, an attachment is an upload as any other: `attachments-upload-chunk` is `products-upload-chunk`, and
//! `products-upload-status` and `-abort` serve it too.

use claimcheck_protocol::ids::AttachmentId;
use claimcheck_protocol::inputs::{ValueFault, check_file};
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::Verified;
use claimcheck_protocol::wire::{CompleteAttachment, InitAttachment, InitUpload, UploadState};
use worker::{Request, Response};

use super::requirements_submit::{check_due, find_asked};
use super::upload_complete::{check_stored, check_subject};
use super::uploads::{find_or_open, load, make_id};
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::transfers::StoredTransfer;
use crate::store::uploads::{self, NewUpload};
use crate::store::{StoreError, attachments};
use crate::{extract, respond, sides};

/// Takes an [`InitAttachment`], answers [`claimcheck_protocol::wire::UploadOpened`]. The same body again finds the same
/// upload and what it misses.
pub async fn init(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: InitAttachment = extract::json(&mut request).await?;
    let (transfer, buyer) = sides::load_as_buyer(ctx, &caller, body.transfer_id).await?;
    check_asked(&transfer, &body)?;
    let release = InitUpload {
        product_id: transfer.product_id,
        release_id: body.attachment_id.release_id(),
        files: vec![body.file.clone()],
    };
    let totals = ctx.config.uploads.check(&release)?;
    if uploads::find_by_release(&ctx.store, release.release_id).await?.is_none() {
        let arrival = check_due(&transfer, vec![body.input_id.clone()], ctx.now.seconds())?;
        transfer.machine.clone().apply(arrival)?;
    }
    let new = NewUpload {
        id: make_id(ctx)?,
        owner: buyer.id(),
        body: &release,
        body_hash: jcs::hash(&body).map_err(|_| ApiError::Bug("an upload has no canonical form"))?,
        attachment: Some(&body),
        totals,
        quotas: ctx.config.quotas,
        now: ctx.now.seconds(),
    };
    find_or_open(ctx, &new).await
}

/// Refuses a file that the offer does not ask for, or not so large, or not of this type.
fn check_asked(transfer: &StoredTransfer, body: &InitAttachment) -> Result<(), ApiError> {
    let asked = find_asked(transfer, &body.input_id)?;
    check_file(asked, &body.file.declared_type, body.file.plaintext_size).map_err(|fault| {
        let code = match fault {
            ValueFault::TooLarge => ProblemCode::TooLarge,
            ValueFault::WrongType => ProblemCode::TypeNotAllowed,
            _ => ProblemCode::Unprocessable,
        };
        Refusal::new(code).detail(fault.as_str()).into()
    })
}

/// Takes a [`CompleteAttachment`], answers an [`claimcheck_protocol::wire::Attachment`]. Repeated with the same manifest
/// it answers the same.
pub async fn complete(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: CompleteAttachment = extract::json_up_to(&mut request, extract::MAX_MANIFEST_JSON).await?;
    // Files are forgotten when the upload closes, so they are read first.
    let files = uploads::expected_files(&ctx.store, body.upload_id).await?;
    let upload = load(ctx, &caller, body.upload_id).await?;
    let keys = sides::keys(&ctx.store, caller.id()).await?;
    let signature = body.manifest.signature;
    let manifest = body.manifest.verify(&keys.ed25519_pk)?;
    let Some(id) = upload.attachment_id else {
        return Err(match upload.state {
            UploadState::Aborted => ProblemCode::UploadClosed.into(),
            _ => Refusal::new(ProblemCode::Unprocessable).detail("this is the upload of a release").into(),
        });
    };
    if upload.state == UploadState::Open {
        check_subject(manifest.body(), &upload, &files)?;
        check_stored(ctx, manifest.body()).await?;
        let queries = attachments::complete(&upload, &manifest, signature, ctx.now.seconds());
        let queries = queries.map_err(|_| ApiError::Bug("a manifest has no canonical form"))?;
        match ctx.store.batch(queries).await {
            // A CHECK fails where another completion or an abort came first; what is stored then is the answer.
            Ok(_) | Err(StoreError::Check(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    answer(ctx, id, &manifest).await
}

/// The attachment that a closed upload became, if it is the one of this manifest.
async fn answer(ctx: &Ctx, id: AttachmentId, manifest: &Verified<Manifest>) -> Result<Response, ApiError> {
    match attachments::find(&ctx.store, id).await? {
        Some(attachment) if attachment.checksum == manifest.hash() => respond::json(&attachment),
        _ => Err(ProblemCode::UploadClosed.into()),
    }
}
