//! The caller's hand on a running transfer: cancel it, or wake it when the network is back.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::rc::Rc;

/// A handle on one or more transfers; its clones are the same handle.
#[derive(Clone, Default)]
pub struct Control(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    cancelled: bool,
    wakes: u64,
    wakers: Vec<Waker>,
}

/// What a listener has not seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Cancel,
    RetryNow,
}

/// One listener's place in the signals.
pub(super) struct Listener {
    control: Control,
    seen_wakes: u64,
}

impl Control {
    /// A handle on nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends its transfers as cancelled, those that begin later too.
    pub fn cancel(&self) {
        self.0.borrow_mut().cancelled = true;
        self.wake();
    }

    /// The network is back (`online`): failed calls that wait for it are tried at once.
    pub fn retry_now(&self) {
        self.0.borrow_mut().wakes += 1;
        self.wake();
    }

    /// Whether [`Control::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.borrow().cancelled
    }

    pub(super) fn listen(&self) -> Listener {
        Listener { control: self.clone(), seen_wakes: self.0.borrow().wakes }
    }

    fn wake(&self) {
        let wakers = core::mem::take(&mut self.0.borrow_mut().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Listener {
    /// The next signal; a cancellation comes before all else.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let mut inner = self.control.0.borrow_mut();
            if inner.cancelled {
                return Poll::Ready(Signal::Cancel);
            }
            if inner.wakes != self.seen_wakes {
                self.seen_wakes = inner.wakes;
                return Poll::Ready(Signal::RetryNow);
            }
            if !inner.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                inner.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}
