//! `POST products-upload-complete`: an upload becomes a release once every chunk is what the signed manifest says.

use claimcheck_protocol::envelope::EnvelopeContext;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::signed::Verified;
use claimcheck_protocol::wire::{CompleteUpload, Release, UploadFile, UploadState};
use worker::{Request, Response};

use super::uploads::load;
use crate::auth::Caller;
use crate::blobs::Blobs;
use crate::chunk_map::{self, Shortfall};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal, unprocessable};
use crate::store::StoreError;
use crate::store::releases::{self, NewRelease};
use crate::store::uploads::{self, Upload};
use crate::{extract, respond, sides};

/// Takes a [`CompleteUpload`], answers a [`Release`]. Repeated with the same manifest it answers the same.
pub async fn complete(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: CompleteUpload = extract::json_up_to(&mut request, extract::MAX_MANIFEST_JSON).await?;
    // Files are forgotten when the upload closes, so they are read first: those of an open upload are all there.
    let files = uploads::expected_files(&ctx.store, body.upload_id).await?;
    let upload = load(ctx, &caller, body.upload_id).await?;
    if upload.attachment_id.is_some() {
        return Err(unprocessable("this is the upload of an attachment"));
    }
    let keys = sides::keys(&ctx.store, caller.id()).await?;
    let signature = body.manifest.signature;
    let manifest = body.manifest.verify(&keys.ed25519_pk)?;
    if upload.state != UploadState::Open {
        return answer(ctx, &upload, &manifest).await;
    }
    check_subject(manifest.body(), &upload, &files)?;
    EnvelopeContext::for_seller(&upload.release_id, manifest.hash(), keys)
        .verify(&body.self_envelope)
        .map_err(|_| {
            Refusal::new(ProblemCode::InvalidStatement)
                .detail("the signature of self_envelope does not verify")
        })?;
    check_stored(ctx, manifest.body()).await?;
    let release = NewRelease {
        upload: &upload,
        manifest: &manifest,
        signature,
        self_envelope: &body.self_envelope,
        now: ctx.now.seconds(),
        expires_at: ctx.config.uploads.expires_at(ctx.now.seconds()),
    };
    persist(ctx, &release).await?;
    answer(ctx, &upload, &manifest).await
}

/// Refuses a manifest of another release, seller or files than the upload was opened for.
pub(super) fn check_subject(
    manifest: &Manifest,
    upload: &Upload,
    files: &[UploadFile],
) -> Result<(), ApiError> {
    if (manifest.release_id, manifest.product_id) != (upload.release_id, upload.product_id) {
        return Err(unprocessable("the manifest names another release or product than the upload"));
    }
    if manifest.seller != upload.owner_ailock_id {
        return Err(unprocessable("the manifest names another seller than the caller"));
    }
    let same = |(listed, expected): (&ManifestFile, &UploadFile)| {
        listed.file_id == expected.file_id
            && listed.header == expected.header
            && listed.segment_count == expected.segment_count
            && listed.plaintext_size == expected.plaintext_size
            && listed.declared_type == expected.declared_type
    };
    if manifest.files.len() != files.len() || !manifest.files.iter().zip(files).all(same) {
        let detail = "the manifest has not the files that the upload was opened for, in that order";
        return Err(unprocessable(detail));
    }
    Ok(())
}

/// Refuses a manifest of which not every chunk is stored.
pub(super) async fn check_stored(ctx: &Ctx, manifest: &Manifest) -> Result<(), ApiError> {
    let stored = Blobs::new(ctx.blobs()?).list(manifest.release_id).await?;
    chunk_map::check(manifest, &stored).map_err(refuse)
}

fn refuse(shortfall: Shortfall) -> ApiError {
    match shortfall {
        Shortfall::Missing(count) => Refusal::new(ProblemCode::UploadIncomplete).missing_chunks(count).into(),
        Shortfall::Differs { file_id, index } => Refusal::new(ProblemCode::Unprocessable)
            .detail(format!("chunk {index} of {file_id} is stored with other bytes than the manifest says"))
            .into(),
        Shortfall::Contradiction => unprocessable("the manifest's sizes contradict each other"),
    }
}

async fn persist(ctx: &Ctx, release: &NewRelease<'_>) -> Result<(), ApiError> {
    let queries =
        releases::complete(release).map_err(|_| ApiError::Bug("a release has no canonical form"))?;
    match ctx.store.batch(queries).await {
        // A CHECK fails where another completion or an abort came first; what is stored then is the answer.
        Ok(_) | Err(StoreError::Check(_)) => Ok(()),
        Err(error) if error.is_unique("digital_files") => {
            Err(Refusal::new(ProblemCode::IdConflict).detail("a file_id is taken by another file").into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The release that a closed upload became, if it is the one of this manifest.
async fn answer(ctx: &Ctx, upload: &Upload, manifest: &Verified<Manifest>) -> Result<Response, ApiError> {
    match releases::find(&ctx.store, upload.release_id).await? {
        Some(release) if release.manifest_hash == manifest.hash() => respond::json(&Release::from(release)),
        _ => Err(ProblemCode::UploadClosed.into()),
    }
}
