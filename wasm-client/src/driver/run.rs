//! The loop that runs a machine: begin what it asks for, wait for the first thing that happens, tell it.

use core::future::pending;
use core::pin::pin;

use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::FuturesUnordered;

use super::control::{Listener, Signal};
use super::{Clock, Host, Observer};
use crate::engine::{CallError, Machine, Step};

/// How long a call may take without an answer, in milliseconds. Five chunks at once take so long at 0.6 Mbit/s; doubled
/// with each failure, up to eightfold, so that a slower line gets its chunk through in the end.
const CALL_TIMEOUT_MS: u64 = 300_000;
const MOST_DOUBLINGS: u32 = 3;

enum Happened<E> {
    Event(E),
    Signal(Signal),
    Time,
}

/// Runs `machine` to its end. `perform` begins an action; nothing, where it is done at once and has no answer.
pub(super) async fn run<'a, M, R, T, J, O>(
    machine: &mut M,
    host: &Host<'_, R, T, J, O>,
    perform: impl Fn(M::Action) -> Option<LocalBoxFuture<'a, M::Event>>,
) where
    M: Machine,
    T: Clock,
    O: Observer,
{
    let mut tasks = FuturesUnordered::new();
    let mut listener = host.control.listen();
    let mut shown = None;
    loop {
        let wake_ms = loop {
            match machine.poll(host.clock.now_ms()) {
                Step::Do(action) => tasks.extend(perform(action)),
                Step::Wait(until_ms) => break Some(until_ms),
                Step::Done => break None,
            }
        };
        let progress = machine.progress();
        if shown.replace(progress) != Some(progress) {
            host.observer.progress(progress);
        }
        let Some(wake_ms) = wake_ms else { return };
        match next(&mut tasks, &mut listener, host.clock, wake_ms).await {
            Happened::Event(event) => machine.handle(event, host.clock.now_ms(), host.clock.random()),
            Happened::Signal(Signal::Cancel) => machine.cancel(),
            Happened::Signal(Signal::RetryNow) => machine.retry_now(),
            Happened::Time => {}
        }
    }
}

async fn next<E, T: Clock>(
    tasks: &mut FuturesUnordered<LocalBoxFuture<'_, E>>,
    listener: &mut Listener,
    clock: &T,
    wake_ms: Option<u64>,
) -> Happened<E> {
    let signal = pin!(listener.next());
    let task = pin!(async {
        match tasks.next().await {
            Some(event) => event,
            None => pending().await,
        }
    });
    let time = pin!(async {
        match wake_ms {
            Some(until_ms) => clock.sleep(until_ms.saturating_sub(clock.now_ms())).await,
            None => pending().await,
        }
    });
    match select(signal, select(task, time)).await {
        Either::Left((signal, _)) => Happened::Signal(signal),
        Either::Right((Either::Left((event, _)), _)) => Happened::Event(event),
        Either::Right((Either::Right(_), _)) => Happened::Time,
    }
}

/// Makes a call that hangs into one that failed.
pub(super) async fn within<V, T: Clock>(
    clock: &T,
    failures: u32,
    call: impl Future<Output = Result<V, CallError>>,
) -> Result<V, CallError> {
    let timeout = clock.sleep(CALL_TIMEOUT_MS << failures.min(MOST_DOUBLINGS));
    match select(pin!(call), pin!(timeout)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(CallError::Network),
    }
}
