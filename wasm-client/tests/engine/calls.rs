//! Single calls: tried again by the same policy as chunks.

use std::cell::Cell;

use claimcheck_client::driver::{Clock, Control, call};
use claimcheck_client::engine::{CallError, RetryPolicy};
use claimcheck_protocol::problem::ProblemCode;

use crate::clock::VirtualClock;
use crate::faults::Chance;

const AWAY: CallError =
    CallError::Status { status: 503, code: None, retry_after_ms: Some(90_000), stored_sha256: None };

/// Makes a call that fails with each of `errors` before it succeeds; how often it was made, and for how long.
fn make(
    errors: &[CallError],
    control: &Control,
    act: impl Fn(&Control, u32),
) -> (Result<u32, CallError>, u32, u64) {
    let clock = VirtualClock::new(Chance::new(31));
    let begun_ms = clock.now_ms();
    let made = Cell::new(0);
    let once = || async {
        let index = made.replace(made.get() + 1);
        clock.sleep(10).await;
        act(control, index);
        errors.get(index as usize).map_or(Ok(index), |error| Err(*error))
    };
    let answer = clock.block_on(call(&RetryPolicy::default(), &clock, control, once));
    (answer, made.get(), clock.now_ms() - begun_ms)
}

#[test]
fn what_may_pass_is_tried_until_it_does() {
    let errors = [CallError::Network, CallError::of_status(500), CallError::of_status(429)];
    let (answer, made, _) = make(&errors, &Control::new(), |_, _| {});
    assert_eq!((answer, made), (Ok(3), 4));
}

#[test]
fn what_is_final_is_made_once() {
    let code = Some(ProblemCode::WrongState);
    let refused = CallError::Status { status: 409, code, retry_after_ms: None, stored_sha256: None };
    let (answer, made, _) = make(&[refused], &Control::new(), |_, _| {});
    assert_eq!((answer, made), (Err(refused), 1));
}

#[test]
fn an_outage_is_given_up_in_the_end() {
    let (answer, _, ms) = make(&[CallError::Network; 10_000], &Control::new(), |_, _| {});
    assert_eq!(answer, Err(CallError::Network));
    assert!((600_000..1_200_000).contains(&ms), "{ms}");
}

#[test]
fn a_retry_after_is_waited_for() {
    let (answer, _, ms) = make(&[AWAY], &Control::new(), |_, _| {});
    assert!(answer.is_ok() && ms >= 90_000, "{ms}");
    let (answer, _, ms) = make(&[AWAY], &Control::new(), |control, _| control.retry_now());
    assert!(answer.is_ok() && ms >= 90_000, "news of the network does not overrule the server: {ms}");
}

#[test]
fn a_cancelled_call_ends_at_once() {
    let cancel = |control: &Control, index: u32| {
        if index == 1 {
            control.cancel()
        }
    };
    let (answer, made, _) = make(&[CallError::Network, AWAY, AWAY], &Control::new(), cancel);
    assert_eq!((answer, made), (Err(CallError::Cancelled), 2));

    let control = Control::new();
    control.cancel();
    let (answer, made, ms) = make(&[], &control, |_, _| {});
    assert_eq!((answer, made, ms), (Err(CallError::Cancelled), 0, 0));
}

#[test]
fn a_call_that_hangs_is_made_again() {
    let clock = VirtualClock::new(Chance::new(32));
    let made = Cell::new(0);
    let once = || async {
        if made.replace(made.get() + 1) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(())
    };
    assert_eq!(clock.block_on(call(&RetryPolicy::default(), &clock, &Control::new(), once)), Ok(()));
    assert_eq!(made.get(), 2);
}
