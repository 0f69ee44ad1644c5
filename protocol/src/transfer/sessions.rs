//! The Checkout Sessions of a transfer: one for each attempt to pay.

use serde::{Deserialize, Serialize};

use super::status::Status;
use super::stripe_ids::SessionId;

/// How far an attempt has come. It only ever advances in this order, so late and repeated events change nothing:
/// a completed session cannot expire any more, and nothing undoes a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Stripe has been asked for it.
    Requested,
    /// The buyer can pay it.
    Open,
    /// Nobody paid it in time.
    Expired,
    /// Completed; the payment is on its way.
    Processing,
    /// The payment did not come through, or Stripe refused the session.
    Failed,
    /// Paid.
    Paid,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// From 1.
    pub attempt: u32,
    /// Known once Stripe has answered.
    pub id: Option<SessionId>,
    /// How far it has come.
    pub state: SessionState,
}

/// All attempts, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sessions(Vec<Session>);

impl Sessions {
    pub(super) fn all(&self) -> &[Session] {
        &self.0
    }

    pub(super) fn latest(&self) -> Option<&Session> {
        self.0.last()
    }

    /// A new attempt; its number.
    pub(super) fn begin(&mut self) -> u32 {
        let attempt = self.latest().map_or(1, |session| session.attempt.saturating_add(1));
        self.0.push(Session { attempt, id: None, state: SessionState::Requested });
        attempt
    }

    /// Records Stripe's answer. False: the attempt has another session already, or does not exist.
    pub(super) fn name(&mut self, attempt: u32, id: &SessionId) -> bool {
        let Some(session) = self.0.iter_mut().find(|session| session.attempt == attempt) else {
            return false;
        };
        if session.id.is_none() {
            session.id = Some(id.clone());
            session.state = session.state.max(SessionState::Open);
        }
        session.id.as_ref() == Some(id)
    }

    /// Advances the attempt that has no session yet.
    pub(super) fn refuse(&mut self, attempt: u32) {
        let refused = self.0.iter_mut().find(|session| session.attempt == attempt && session.id.is_none());
        if let Some(session) = refused {
            session.state = SessionState::Failed;
        }
    }

    /// Advances a session to at least `state`. False: no session has this id.
    pub(super) fn advance(&mut self, id: &SessionId, state: SessionState) -> bool {
        let found = self.0.iter_mut().find(|session| session.id.as_ref() == Some(id));
        if let Some(session) = found {
            session.state = session.state.max(state);
            return true;
        }
        false
    }

    pub(super) fn knows(&self, id: &SessionId) -> bool {
        self.0.iter().any(|session| session.id.as_ref() == Some(id))
    }

    /// Sessions that a buyer could still pay.
    pub(super) fn open(&self) -> impl Iterator<Item = &SessionId> {
        self.0
            .iter()
            .filter(|session| session.state == SessionState::Open)
            .filter_map(|session| session.id.as_ref())
    }

    /// Where an unpaid transfer stands by its sessions. An expired session leaves it invoiced: the next invoice makes
    /// a new one.
    pub(super) fn status(&self) -> Status {
        if self.0.iter().any(|session| session.state == SessionState::Processing) {
            return Status::PaymentProcessing;
        }
        match self.latest().map(|session| session.state) {
            None | Some(SessionState::Failed) => Status::Offered,
            Some(SessionState::Requested | SessionState::Open | SessionState::Expired) => Status::Invoiced,
            // A paid session belongs to a confirmed transfer, whose status does not come from here.
            Some(SessionState::Processing | SessionState::Paid) => Status::PaymentProcessing,
        }
    }
}
