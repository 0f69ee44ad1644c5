//! `POST ailocks-register`: an Ailock publishes its keys and its signed profile.
//!
//! The same profile again is the same request. A profile of the same Ailock with a later `created_at` replaces the
//! stored one; any other is 409 `id_conflict`.

use claimcheck_protocol::auth::CLOCK_TOLERANCE;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::profile::Registration;
use worker::{Request, Response};

use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::ailocks;
use crate::{extract, respond};

/// Takes and answers a [`Registration`].
pub async fn register(mut request: Request, ctx: &Ctx) -> Result<Response, ApiError> {
    let registration: Registration = extract::json(&mut request).await?;
    let (_, profile) = registration.clone().verify()?;
    let now = ctx.now.seconds();
    // A profile from the future could not be replaced for as long.
    if profile.body().created_at > now.saturating_add(CLOCK_TOLERANCE) {
        return Err(Refusal::new(ProblemCode::Unprocessable).detail("created_at is in the future").into());
    }
    let upsert =
        ailocks::upsert(&registration, now).map_err(|_| ApiError::Bug("a profile has no canonical form"))?;
    if ctx.store.run(upsert).await? == 0 {
        let stored = ailocks::find(&ctx.store, profile.body().id).await?;
        if stored.map(|stored| stored.profile.body).as_ref() != Some(profile.body()) {
            return Err(ProblemCode::IdConflict.into());
        }
    }
    respond::json(&registration)
}
