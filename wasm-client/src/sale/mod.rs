//! The steps of a sale as a person knows them: upload, offer, accept, grant, download. Each may be repeated.

mod after;
mod attachments;
mod deal;
mod dispute;
mod download;
mod failure;
mod files;
mod inputs;
mod links;
mod listing;
mod listing_link;
mod shop;
mod typing;
mod upload;
mod visit;

use std::cell::RefCell;

use claimcheck_protocol::ids;
use claimcheck_protocol::keys::{AilockId, AilockKeys};
use claimcheck_protocol::profile::Registration;

pub use deal::OfferTerms;
pub use dispute::Statement;
pub use download::Delivered;
pub use failure::{Failure, Untrusted};
pub use files::{IncomingFile, ReceivingSink};
pub(crate) use files::{incoming_files, open_file};
pub use inputs::{InputContent, InputValue, OpenedInput};
pub use links::{LinkScope, LinkTerms, NamedFile};
pub use listing::OwnListing;
pub use upload::{FileAudit, FileForSale, HashedSource, ProductChoice};
pub use visit::{Kept, LinkAddress, LinkDelivered, Visit};

use crate::bulk::Bulk;
use crate::driver::{Clock, Control, call};
use crate::engine::{CallError, RetryPolicy};
use crate::http::Http;
use crate::session::{Refusal, Session};

/// An Ailock that sells and buys at one server.
pub struct Client<H, B, T> {
    session: Session<H>,
    bulk: B,
    clock: T,
    retry: RetryPolicy,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Sells and buys over `session`; file bytes are handled by `bulk`.
    pub fn new(session: Session<H>, bulk: B, clock: T) -> Self {
        Self { session, bulk, clock, retry: RetryPolicy::default() }
    }

    /// The connection, for calls that need nothing beside it.
    pub const fn session(&self) -> &Session<H> {
        &self.session
    }

    /// Makes a call until it succeeds or its refusal is final. Every call of the API may be repeated.
    pub async fn persist<V, F>(&self, control: &Control, mut make: impl FnMut() -> F) -> Result<V, Refusal>
    where
        F: Future<Output = Result<V, Refusal>>,
    {
        let last = RefCell::new(None);
        let made = call(&self.retry, &self.clock, control, || {
            let attempt = make();
            async {
                attempt.await.map_err(|refusal| {
                    let error = refusal.error;
                    last.replace(refusal.problem);
                    error
                })
            }
        });
        made.await.map_err(|error| {
            let problem = if matches!(error, CallError::Status { .. }) { last.take() } else { None };
            Refusal { error, problem }
        })
    }

    /// Makes one's keys known to the server. A first refusal may tell that this machine's clock is ahead, with which a
    /// profile from the future was signed; then one of the server's time is sent.
    pub async fn register(&self, display_name: &str) -> Result<Registration, Failure> {
        let signed_at = self.session.now();
        match self.register_at(display_name, signed_at).await {
            Err(Failure::Refused(_)) if self.session.now() < signed_at => {
                self.register_at(display_name, self.session.now()).await
            }
            answer => answer,
        }
    }

    async fn register_at(&self, display_name: &str, now: i64) -> Result<Registration, Failure> {
        let registration = self.session.identity().make_registration(display_name.to_owned(), now)?;
        Ok(self.persist(&Control::new(), || self.session.register(&registration)).await?)
    }

    /// Another Ailock, whose keys are the ones that its id commits to.
    pub async fn ailock(&self, id: &AilockId) -> Result<Registration, Failure> {
        let found = self.persist(&Control::new(), || self.session.ailock(id)).await?;
        found.keys.check(id).map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        found.clone().verify().map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        Ok(found)
    }

    async fn keys_of(&self, id: &AilockId) -> Result<AilockKeys, Failure> {
        if id == self.session.id() {
            return Ok(*self.session.identity().keys());
        }
        self.ailock(id).await.map(|found| found.keys)
    }

    /// A fresh id of any kind.
    fn make_id<I>(&self, from_parts: impl Fn(u64, [u8; 10]) -> I) -> Result<I, Failure> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|_| Failure::Platform)?;
        Ok(from_parts(self.session.now_ms(), random))
    }

    fn make_transfer_id(&self) -> Result<ids::TransferId, Failure> {
        self.make_id(ids::TransferId::from_parts)
    }
}
