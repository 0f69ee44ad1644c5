//! offered, invoiced, payment_processing: before anybody has paid.

use super::apply::wrong_state;
use super::effect::{Effect, Notice};
use super::error::TransitionError;
use super::event::{ApiEvent, ServerEvent};
use super::facts::ContentState;
use super::sessions::SessionState;
use super::status::Status;
use super::step::Step;
use crate::policy::InputTiming;

pub(super) fn offered(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::Invoice => invoice(step),
        ApiEvent::InputsAccepted { ids } => step.accept_inputs(&ids),
        ApiEvent::InputRejected { id, reason } => step.reject_input(id, reason),
        ApiEvent::Revoke { .. } => {
            step.call_off(Status::Revoked, Notice::Revoked);
            Ok(())
        }
        ApiEvent::Cancel => {
            step.call_off(Status::Cancelled, Notice::Cancelled);
            Ok(())
        }
        ApiEvent::Grant
        | ApiEvent::Ack
        | ApiEvent::DisputeOpened { .. }
        | ApiEvent::DisputeClosed { .. }
        | ApiEvent::RefundAsked { .. } => wrong_state(step, &event),
    }
}

/// As offered, but an input cannot be sent back any more until the buyer has paid.
pub(super) fn invoiced(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::InputRejected { .. } => wrong_state(step, &event),
        other => offered(step, other),
    }
}

/// As invoiced, but a second payment must not begin while one is on its way.
pub(super) fn payment_processing(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::Invoice => wrong_state(step, &event),
        other => invoiced(step, other),
    }
}

pub(super) fn on_server(step: &mut Step, event: &ServerEvent) {
    match event {
        ServerEvent::Expire => step.call_off(Status::Expired, Notice::Expired),
        ServerEvent::SoldOut => step.call_off(Status::Cancelled, Notice::SoldOut),
        ServerEvent::ContentInfected | ServerEvent::ContentRejected => {
            step.call_off(Status::Revoked, Notice::Revoked);
        }
        ServerEvent::ContentClean
        | ServerEvent::GrantOverdue
        | ServerEvent::RetentionEnded
        | ServerEvent::DisputeUnanswered { .. }
        | ServerEvent::FirstChunkServed => {}
    }
}

/// One session for each attempt: the open one is given again, and a new attempt begins only when the last one is
/// known to be over at Stripe. So two payable sessions never exist side by side.
fn invoice(step: &mut Step) -> Result<(), TransitionError> {
    check_content(step)?;
    let ids = step.next.missing_inputs(Some(InputTiming::PrePayment));
    if !ids.is_empty() {
        return Err(TransitionError::MissingInputs { ids });
    }
    if step.next.is_free() {
        step.confirm();
        return Ok(());
    }
    let latest = step.next.sessions.latest().cloned();
    let effect = match latest.map(|session| (session.state, session.attempt, session.id)) {
        Some((SessionState::Open, _, Some(session))) => Effect::ReuseSession { session },
        Some((SessionState::Requested, attempt, _)) => Effect::CreateSession { attempt },
        _ => Effect::CreateSession { attempt: step.next.sessions.begin() },
    };
    step.push(effect);
    step.next.status = step.next.sessions.status();
    Ok(())
}

fn check_content(step: &Step) -> Result<(), TransitionError> {
    match step.next.content {
        ContentState::Clean => Ok(()),
        ContentState::Pending if !step.next.terms.content_check_required => Ok(()),
        ContentState::Pending => Err(TransitionError::ContentCheckPending),
        ContentState::Infected | ContentState::Rejected => Err(TransitionError::ContentRefused),
    }
}
