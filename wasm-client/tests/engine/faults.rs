//! What goes wrong, and when: drawn from a seed, or scripted.

use std::cell::Cell;
use std::rc::Rc;

use claimcheck_client::engine::CallError;
use proptest::prelude::*;

/// SplitMix64: the same seed, the same faults.
#[derive(Clone)]
pub struct Chance(Rc<Cell<u64>>);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Rc::new(Cell::new(seed)))
    }

    pub fn draw(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let z = self.0.get();
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// Even over `0..below`.
    pub fn below(&self, below: u32) -> u32 {
        self.draw() % below
    }

    pub fn bytes(&self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.draw() as u8).collect()
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    Dropped,
    /// The server does it, and the answer is lost.
    AnswerLost,
    /// No answer ever.
    Hangs,
    /// Refused by the server.
    Refused(CallError),
    /// A GET's bytes are damaged on the way.
    Flipped,
    /// A GET's bytes are cut short.
    Cut,
}

/// In how many of 100 calls each fault happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    pub dropped: u32,
    pub answer_lost: u32,
    pub failing: u32,
    pub limited: u32,
    pub damaged: u32,
}

impl Weather {
    pub fn draw(&self, chance: &Chance) -> Option<Fault> {
        let retry_after_ms = Some(u64::from(chance.below(3_000)));
        let limited = CallError::Status { status: 429, code: None, retry_after_ms, stored_sha256: None };
        let faults = [
            (self.dropped, Fault::Dropped),
            (self.answer_lost, Fault::AnswerLost),
            (self.failing, Fault::Refused(CallError::of_status(500))),
            (self.limited, Fault::Refused(limited)),
            (self.damaged, Fault::Flipped),
            (self.damaged, Fault::Cut),
        ];
        let mut draw = chance.below(100);
        for (share, fault) in faults {
            match draw.checked_sub(share) {
                None => return Some(fault),
                Some(rest) => draw = rest,
            }
        }
        None
    }
}

/// Bad, but not so bad that a call fails for good.
pub fn weather() -> impl Strategy<Value = Weather> {
    (0..25u32, 0..20u32, 0..6u32, 0..10u32).prop_map(|(dropped, answer_lost, failing, limited)| Weather {
        dropped,
        answer_lost,
        failing,
        limited,
        damaged: 0,
    })
}
