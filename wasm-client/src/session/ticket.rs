//! A claim's ticket, renewed before it ends.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ClaimId, TransferId};
use claimcheck_protocol::wire::{ClaimAnswer, LinkClaim};
use futures_util::lock::Mutex;

use super::{Refusal, Session};
use crate::http::Http;

/// Seconds before its end at which a ticket is replaced, so that it does not end on its way.
const MARGIN: i64 = 30;

/// What lets manifest and chunk calls of one claim in.
pub struct Ticket {
    source: Source,
    claim_id: ClaimId,
    held: Mutex<Held>,
}

/// The call that gave a ticket, and gives the next one.
enum Source {
    Transfer(TransferId),
    Link { path: String, auth: Bytes32 },
}

struct Held {
    value: String,
    expires_at: i64,
}

impl Ticket {
    /// The ticket of an answer that arrived at `now`, in Unix seconds by the server's clock.
    pub(crate) fn of_transfer(answer: &ClaimAnswer, now: i64) -> Self {
        let source = Source::Transfer(answer.transfer_id);
        Self::new(source, answer.claim_id, Held::new(answer.ticket.clone(), answer.expires_in, now))
    }

    /// The ticket of a link's claim, which was asked for at `path`.
    pub(crate) fn of_link(answer: &LinkClaim, path: String, auth: Bytes32, now: i64) -> Self {
        let source = Source::Link { path, auth };
        Self::new(source, answer.claim_id, Held::new(answer.ticket.clone(), answer.expires_in, now))
    }

    fn new(source: Source, claim_id: ClaimId, held: Held) -> Self {
        Self { source, claim_id, held: Mutex::new(held) }
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
    fn new(value: String, expires_in: u64, now: i64) -> Self {
        let lifetime = i64::try_from(expires_in).unwrap_or_default();
        Self { value, expires_at: now.saturating_add(lifetime) }
    }
}

impl<H: Http> Session<H> {
    /// The ticket's value, renewed where it is about to end. Callers at once share one request.
    pub(super) async fn ticket(&self, ticket: &Ticket) -> Result<String, Refusal> {
        let mut held = ticket.held.lock().await;
        if self.now() + MARGIN >= held.expires_at {
            let (value, expires_in) = Box::pin(self.renew(ticket)).await?;
            *held = Held::new(value, expires_in, self.now());
        }
        Ok(held.value.clone())
    }

    /// A new value, and the seconds that it lives.
    async fn renew(&self, ticket: &Ticket) -> Result<(String, u64), Refusal> {
        match &ticket.source {
            Source::Transfer(id) => {
                let answer = self.claim(*id, Some(ticket.claim_id)).await?;
                Ok((answer.ticket, answer.expires_in))
            }
            Source::Link { path, auth } => {
                let answer = self.claim_link(path, ticket.claim_id, *auth).await?;
                Ok((answer.ticket, answer.expires_in))
            }
        }
    }
}
