//! Tells sales what was found in their release: at once when a result comes, and by cron where that was not finished.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::ReleaseId;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{ContentState, ServerEvent};

use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::content_checks;
use crate::transitions::{self, Change};

/// Sales that one call or run tells.
const MAX_SALES: u32 = 50;
/// Seconds after a result in which the cron looks for sales that were not told.
const LATE: i64 = 7 * 24 * 3600;

/// The state of a release's check; what is infected or rejected is refused.
pub async fn require_accepted(ctx: &Ctx, release_id: ReleaseId) -> Result<ContentState, ApiError> {
    match content_checks::state(&ctx.store, release_id).await? {
        ContentState::Infected | ContentState::Rejected => Err(ProblemCode::ContentRefused.into()),
        content @ (ContentState::Pending | ContentState::Clean) => Ok(content),
    }
}

/// Tells sales of any release. How many.
pub async fn run(ctx: &Ctx) -> Result<usize, ApiError> {
    tell(ctx, None).await
}

/// Tells a bounded number of sales, of one release or of all. How many.
pub async fn tell(ctx: &Ctx, release_id: Option<ReleaseId>) -> Result<usize, ApiError> {
    let since = ctx.now.seconds() - LATE;
    let untold = content_checks::untold(&ctx.store, release_id, since, MAX_SALES).await?;
    for sale in &untold {
        let found = content_checks::state_of(sale.malware_scan, sale.moderation);
        let transfer = transitions::load(ctx, sale.id).await?;
        transitions::apply(ctx, Actor::Server, transfer, |transfer| {
            let is_news = transfer.machine.content() != found && !transfer.machine.status().is_terminal();
            Ok(event(found).filter(|_| is_news).map(Change::by))
        })
        .await?;
    }
    Ok(untold.len())
}

const fn event(found: ContentState) -> Option<ServerEvent> {
    match found {
        ContentState::Pending => None,
        ContentState::Clean => Some(ServerEvent::ContentClean),
        ContentState::Infected => Some(ServerEvent::ContentInfected),
        ContentState::Rejected => Some(ServerEvent::ContentRejected),
    }
}
