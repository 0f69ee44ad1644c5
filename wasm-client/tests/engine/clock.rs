//! A clock that jumps to the next sleeper when nothing else can happen, and the executor that lets it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use claimcheck_client::driver::Clock;

use crate::faults::Chance;

/// A day: no test may take longer, by its own clock.
const LONGEST_MS: u64 = 86_400_000;

#[derive(Clone)]
pub struct VirtualClock(Rc<Inner>);

struct Inner {
    now_ms: Cell<u64>,
    next_id: Cell<u64>,
    sleepers: RefCell<BTreeMap<(u64, u64), Waker>>,
    chance: Chance,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl VirtualClock {
    pub fn new(chance: Chance) -> Self {
        let inner =
            Inner { now_ms: Cell::new(1_000), next_id: Cell::new(0), sleepers: RefCell::default(), chance };
        Self(Rc::new(inner))
    }

    /// Runs `future` to its end. Panics where it waits for nothing.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return value;
            }
            if !flag.0.swap(false, Ordering::Relaxed) {
                self.jump();
            }
        }
    }

    fn jump(&self) {
        let ((at_ms, _), waker) =
            self.0.sleepers.borrow_mut().pop_first().expect("everything waits for nothing");
        assert!(at_ms < LONGEST_MS, "still running after a day");
        self.0.now_ms.set(self.0.now_ms.get().max(at_ms));
        waker.wake();
    }
}

/// A sleeper that is dropped wakes nobody.
struct Sleeper<'a> {
    clock: &'a VirtualClock,
    key: (u64, u64),
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.0.sleepers.borrow_mut().remove(&self.key);
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }

    async fn sleep(&self, ms: u64) {
        let id = self.0.next_id.replace(self.0.next_id.get() + 1);
        let sleeper = Sleeper { clock: self, key: (self.now_ms() + ms, id) };
        let mut has_slept = false;
        poll_fn(|context| {
            if has_slept && self.now_ms() >= sleeper.key.0 {
                return Poll::Ready(());
            }
            has_slept = true;
            self.0.sleepers.borrow_mut().insert(sleeper.key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn random(&self) -> u32 {
        self.0.chance.draw()
    }
}
