//! One HTTP call to somebody else, with patience for so long and no longer.

use std::time::Duration;

use futures_util::future::{Either, select};
use worker::{AbortController, Delay, Fetch, Request};

/// The status and, where it is wanted, the body; or why there is no answer, for the log.
pub async fn send(
    request: Request,
    patience: Duration,
    wants_body: bool,
) -> Result<(u16, Vec<u8>), &'static str> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let answer = async {
        let mut response = Fetch::Request(request).send_with_signal(&signal).await?;
        let body = if wants_body { response.bytes().await? } else { Vec::new() };
        Ok::<_, worker::Error>((response.status_code(), body))
    };
    let outcome = match select(Box::pin(answer), Box::pin(Delay::from(patience))).await {
        Either::Left((answer, _)) => answer.map_err(|_| "connection"),
        Either::Right(_) => Err("timeout"),
    };
    // Whatever is still coming is not waited for.
    if !wants_body || outcome.is_err() {
        controller.abort();
    }
    outcome
}
