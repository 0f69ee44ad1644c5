//! One call that is no chunk (init, completion, a claim): made again as the policy says.

use core::pin::pin;

use futures_util::future::{Either, select};

use super::control::Signal;
use super::run::within;
use super::{Clock, Control};
use crate::engine::{Backoff, CallError, Pause, RetryPolicy};

/// Makes the call until it succeeds or its failure is final. Only for calls that may be repeated.
pub async fn call<V, T, F>(
    policy: &RetryPolicy,
    clock: &T,
    control: &Control,
    mut make: impl FnMut() -> F,
) -> Result<V, CallError>
where
    T: Clock,
    F: Future<Output = Result<V, CallError>>,
{
    let mut backoff = Backoff::default();
    loop {
        let answer = {
            let made = pin!(within(clock, backoff.failures(), make()));
            match select(pin!(cancelled(control)), made).await {
                Either::Left(_) => return Err(CallError::Cancelled),
                Either::Right((answer, _)) => answer,
            }
        };
        let error = match answer {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let pause = backoff.after(policy, &error, clock.random()).ok_or(error)?;
        wait(pause, clock, control).await?;
    }
}

async fn cancelled(control: &Control) {
    let mut listener = control.listen();
    while listener.next().await != Signal::Cancel {}
}

/// Waits for the end of the pause, or for news of the network where that is what it waits for.
async fn wait<T: Clock>(pause: Pause, clock: &T, control: &Control) -> Result<(), CallError> {
    let mut listener = control.listen();
    let mut over = pin!(clock.sleep(pause.ms));
    loop {
        match select(pin!(listener.next()), over.as_mut()).await {
            Either::Left((Signal::Cancel, _)) => return Err(CallError::Cancelled),
            Either::Left((Signal::RetryNow, _)) if !pause.is_cut => {}
            Either::Left((Signal::RetryNow, _)) | Either::Right(_) => return Ok(()),
        }
    }
}
