//! `GET /healthz`: whether this deployment can work, and what is wrong if not.
//!
//! It answers whoever asks, however often: a monitor that is told to wait would report that. What was found is told
//! again for a while instead of being looked at, so that asking is no way to keep the database busy.

use std::cell::RefCell;

use worker::Response;

use crate::context::Ctx;
use crate::error::ApiError;
use crate::health::Health;
use crate::respond;

/// Milliseconds for which what was found is told again.
const GOOD_FOR: u64 = 10_000;

thread_local! {
    // When it was found, and what.
    static FOUND: RefCell<Option<(u64, Health)>> = const { RefCell::new(None) };
}

/// 200 with a [`Health`] if all is well, else 503 with it.
pub async fn show(ctx: Result<&Ctx, &ApiError>) -> Result<Response, ApiError> {
    let health = match ctx {
        Ok(ctx) => look(ctx).await,
        Err(error) => Health::unable(error),
    };
    if health.ok { respond::json(&health) } else { Err(ApiError::Unfit(Box::new(health))) }
}

async fn look(ctx: &Ctx) -> Health {
    let now = ctx.now.millis();
    if let Some(health) = recent(now) {
        return health;
    }
    let health = Health::of(ctx).await;
    FOUND.set(Some((now, health.clone())));
    health
}

/// What was found lately. Of the calls that come when it has aged only the first looks anew: meanwhile the others are
/// told the old.
fn recent(now: u64) -> Option<Health> {
    FOUND.with_borrow_mut(|found| {
        let (at, health) = found.as_mut()?;
        if now.abs_diff(*at) < GOOD_FOR {
            return Some(health.clone());
        }
        *at = now;
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_ages_and_one_call_looks_anew() {
        assert_eq!(recent(50_000), None);
        let health = Health::unable(&ApiError::Bug("test"));
        FOUND.set(Some((50_000, health.clone())));
        assert_eq!(recent(59_999), Some(health.clone()));
        assert_eq!(recent(60_000), None);
        assert_eq!(recent(60_000), Some(health.clone()));
        assert_eq!(recent(1_000), None, "a clock that was set back");
    }
}
