//! `products-upload-init`, `-status` and `-abort`: the life of an upload around its chunks.

use claimcheck_protocol::floe;
use claimcheck_protocol::ids::UploadId;
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::{ProblemCode, Resource};
use claimcheck_protocol::wire::{AbortUpload, InitUpload, UploadOpened, UploadState, UploadStatus};
use serde::Deserialize;
use worker::{Request, Response};

use super::products;
use crate::auth::{Caller, Owner};
use crate::blobs::Blobs;
use crate::chunk_map;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::StoreError;
use crate::store::uploads::{self, NewUpload, Upload};
use crate::upload_rules::Totals;
use crate::{extract, random, respond};

/// Bytes of every chunk but a file's last.
const CHUNK_SIZE: u64 = floe::CHUNK_LEN as u64;
/// Thousands of chunks that one abort deletes; the next call, or the cron, goes on.
const ABORT_PAGES: u32 = 4;

/// Takes an [`InitUpload`], answers [`UploadOpened`]. The same body again finds the same upload and what it misses.
pub async fn init(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: InitUpload = extract::json(&mut request).await?;
    let totals = ctx.config.uploads.check(&body)?;
    let (owner, _) = products::load(ctx, &caller, body.product_id).await?;
    let new = NewUpload {
        id: make_id(ctx)?,
        owner: owner.id(),
        body_hash: jcs::hash(&body).map_err(|_| ApiError::Bug("an upload has no canonical form"))?,
        body: &body,
        attachment: None,
        totals,
        quotas: ctx.config.quotas,
        now: ctx.now.seconds(),
    };
    find_or_open(ctx, &new).await
}

pub(super) fn make_id(ctx: &Ctx) -> Result<UploadId, ApiError> {
    Ok(UploadId::from_parts(ctx.now.millis(), random::make_bytes()?))
}

/// Answers [`UploadOpened`] for this upload, or for the one that the same call opened before.
pub(super) async fn find_or_open(ctx: &Ctx, new: &NewUpload<'_>) -> Result<Response, ApiError> {
    let find = || uploads::find_by_release(&ctx.store, new.body.release_id);
    let upload = match find().await? {
        Some(upload) => upload,
        None => {
            open(ctx, new).await?;
            match find().await? {
                // Not always the one above: of calls at the same time, one opens it.
                Some(upload) => upload,
                None => return Err(over_quota(ctx, new.owner, new.totals).await?),
            }
        }
    };
    if upload.owner_ailock_id != new.owner || upload.body_hash != new.body_hash {
        return Err(ProblemCode::IdConflict.into());
    }
    if upload.state == UploadState::Aborted {
        return Err(ProblemCode::UploadClosed.into());
    }
    let files = uploads::expected_files(&ctx.store, upload.id).await?;
    let stored = Blobs::new(ctx.blobs()?).list(upload.release_id).await?;
    respond::json(&UploadOpened {
        upload_id: upload.id,
        chunk_size: CHUNK_SIZE,
        prefix: upload.release_id.to_string(),
        missing: chunk_map::missing(&files, &stored),
    })
}

/// Why the owner's quotas leave no room.
async fn over_quota(ctx: &Ctx, owner: AilockId, totals: Totals) -> Result<ApiError, ApiError> {
    let used = uploads::usage(&ctx.store, owner).await?;
    let quotas = ctx.config.quotas;
    if used.bytes.saturating_add(totals.sealed_size) > quotas.bytes {
        return Ok(quotas.refusal(Resource::Bytes, used.bytes, totals.sealed_size));
    }
    if used.open_uploads >= quotas.open_uploads {
        return Ok(quotas.refusal(Resource::OpenUploads, used.open_uploads, 1));
    }
    // Something was given back between the two looks, or the product was deleted.
    Ok(ProblemCode::Busy.into())
}

async fn open(ctx: &Ctx, upload: &NewUpload<'_>) -> Result<(), ApiError> {
    let taken =
        || ApiError::from(Refusal::new(ProblemCode::IdConflict).detail("a file_id is taken by another file"));
    if uploads::is_any_file_taken(&ctx.store, &upload.body.files).await? {
        return Err(taken());
    }
    let queries = uploads::open(upload).map_err(|_| ApiError::Bug("files have no canonical form"))?;
    match ctx.store.batch(queries).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_unique("upload_files") => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    upload_id: UploadId,
}

/// Answers an [`UploadStatus`].
pub async fn status(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let Query { upload_id } = extract::query(ctx)?;
    let upload = load(ctx, &caller, upload_id).await?;
    respond::json(&status_of(ctx, upload).await?)
}

/// Takes an [`AbortUpload`], answers an [`UploadStatus`]. Repeated, it goes on deleting.
pub async fn abort(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let AbortUpload { upload_id } = extract::json(&mut request).await?;
    let mut upload = load(ctx, &caller, upload_id).await?;
    if upload.state == UploadState::Open {
        match ctx.store.batch(uploads::abort(upload.id, ctx.now.seconds())).await {
            // A CHECK fails where a completion or another abort came first.
            Ok(_) | Err(StoreError::Check(_)) => upload = load(ctx, &caller, upload_id).await?,
            Err(error) => return Err(error.into()),
        }
    }
    if upload.state == UploadState::Completed {
        return Err(ProblemCode::UploadClosed.into());
    }
    Blobs::new(ctx.blobs()?).delete(upload.release_id, ABORT_PAGES).await?;
    respond::json(&status_of(ctx, upload).await?)
}

/// An upload of the caller.
pub(super) async fn load(ctx: &Ctx, caller: &Caller, id: UploadId) -> Result<Upload, ApiError> {
    let upload = uploads::find(&ctx.store, id).await?.ok_or(ProblemCode::NotFound)?;
    Owner::of(caller, upload.owner_ailock_id)?;
    Ok(upload)
}

async fn status_of(ctx: &Ctx, upload: Upload) -> Result<UploadStatus, ApiError> {
    let files = uploads::expected_files(&ctx.store, upload.id).await?;
    let stored = Blobs::new(ctx.blobs()?).list(upload.release_id).await?;
    Ok(UploadStatus {
        upload_id: upload.id,
        release_id: upload.release_id,
        state: upload.state,
        chunk_size: CHUNK_SIZE,
        missing: chunk_map::missing(&files, &stored),
        stored: chunk_map::listed(&stored),
    })
}
