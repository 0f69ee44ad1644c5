//! A claim's ticket, renewed before it ends.

use claimcheck_protocol::ids::{ClaimId, TransferId};
use claimcheck_protocol::wire::ClaimAnswer;
use futures_util::lock::Mutex;

use super::{Refusal, Session};
use crate::http::Http;

/// Seconds before its end at which a ticket is replaced, so that it does not end on its way.
const MARGIN: i64 = 30;

/// What lets manifest and chunk calls of one claim in.
pub struct Ticket {
    transfer_id: TransferId,
    claim_id: ClaimId,
    held: Mutex<Held>,
}

struct Held {
    value: String,
    expires_at: i64,
}

impl Ticket {
    /// The ticket of an answer that arrived at `now`, in Unix seconds by the server's clock.
    pub(crate) fn new(answer: &ClaimAnswer, now: i64) -> Self {
        Self {
            transfer_id: answer.transfer_id,
            claim_id: answer.claim_id,
            held: Mutex::new(Held::new(answer, now)),
        }
    }

    /// The claim that it belongs to.
    pub const fn claim_id(&self) -> &ClaimId {
        &self.claim_id
    }

    /// Forgets the value: the server refused it.
    pub(super) async fn expire(&self) {
        self.held.lock().await.expires_at = i64::MIN;
    }
}

impl Held {
    fn new(answer: &ClaimAnswer, now: i64) -> Self {
        let lifetime = i64::try_from(answer.expires_in).unwrap_or_default();
        Self { value: answer.ticket.clone(), expires_at: now.saturating_add(lifetime) }
    }
}

impl<H: Http> Session<H> {
    /// The ticket's value, renewed where it is about to end. Callers at once share one request.
    pub(super) async fn ticket(&self, ticket: &Ticket) -> Result<String, Refusal> {
        let mut held = ticket.held.lock().await;
        if self.now() + MARGIN >= held.expires_at {
            let answer = Box::pin(self.claim(ticket.transfer_id, Some(ticket.claim_id))).await?;
            *held = Held::new(&answer, self.now());
        }
        Ok(held.value.clone())
    }
}
