//! How a change is tried again that others keep coming before: after a pause of random length, longer each time.
//!
//! Of changes to one sale decided at the same time the first wins. Without pauses the others would meet again at once,
//! and the unlucky ones would be refused for no reason of their own.

use std::time::Duration;

use claimcheck_protocol::problem::ProblemCode;
use worker::Delay;

use crate::error::{ApiError, Refusal};
use crate::random;

/// How often a change is tried before the caller is asked to come again.
const MAX: u32 = 16;
/// Milliseconds of the longest pause after the first attempt; each further one doubles it.
const FIRST_PAUSE: u64 = 16;
/// Milliseconds of the longest pause of all. The pauses of one call add up to ten seconds at most.
const LONGEST_PAUSE: u64 = 1_000;

/// The attempts at one change.
#[derive(Debug, Default)]
pub struct Attempts {
    made: u32,
}

impl Attempts {
    /// Another change came before this one: waits until it may be tried again, or refuses once it was tried enough.
    pub async fn pause(&mut self) -> Result<(), ApiError> {
        self.made += 1;
        if self.made >= MAX {
            return Err(Refusal::new(ProblemCode::Busy).header("retry-after", "1").into());
        }
        Delay::from(pause(self.made, u16::from_ne_bytes(random::make_bytes()?))).await;
        Ok(())
    }
}

/// The pause after so many attempts: `draw` decides how much of the longest one it is.
fn pause(made: u32, draw: u16) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << (made - 1).min(16)).min(LONGEST_PAUSE);
    Duration::from_millis(longest * u64::from(draw) / u64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_are_drawn() {
        let longest = |made| pause(made, u16::MAX).as_millis();
        assert_eq!([1, 2, 3, 6, 7, 15].map(longest), [16, 32, 64, 512, 1_000, 1_000]);
        assert_eq!(pause(3, 0), Duration::ZERO);
        assert_eq!(pause(3, u16::MAX / 2).as_millis(), 31);
        assert!((1..MAX).map(longest).sum::<u128>() < 11_000);
    }
}
