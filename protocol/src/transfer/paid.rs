//! paid_pending_inputs and paid: the money is here, the key is not handed over.

use super::apply::wrong_state;
use super::disputed;
use super::effect::RefundReason;
use super::error::TransitionError;
use super::event::{ApiEvent, RevokeReason, ServerEvent};
use super::step::Step;

pub(super) fn pending_inputs(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::InputsAccepted { ids } => {
            step.accept_inputs(&ids)?;
            if step.next.missing_inputs(None).is_empty() {
                step.rest();
            }
            Ok(())
        }
        ApiEvent::InputRejected { id, reason } => step.reject_input(id, reason),
        ApiEvent::DisputeOpened { id } => disputed::open_by_buyer(step, &id),
        ApiEvent::Revoke { reason } => {
            revoke(step, reason);
            Ok(())
        }
        ApiEvent::RefundAsked { part } => step.refund_asked(part),
        ApiEvent::Invoice
        | ApiEvent::Grant
        | ApiEvent::Ack
        | ApiEvent::DisputeClosed { .. }
        | ApiEvent::Cancel => wrong_state(step, &event),
    }
}

pub(super) fn paid(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::Grant => {
            step.grant();
            Ok(())
        }
        ApiEvent::InputRejected { id, reason } => {
            step.reject_input(id, reason)?;
            if !step.next.missing_inputs(None).is_empty() {
                step.rest();
            }
            Ok(())
        }
        other => pending_inputs(step, other),
    }
}

pub(super) fn on_server(step: &mut Step, event: &ServerEvent) {
    match event {
        ServerEvent::RetentionEnded => step.give_back(RefundReason::RetentionEnded),
        ServerEvent::GrantOverdue => step.give_back(RefundReason::NotDelivered),
        ServerEvent::ContentInfected => revoke(step, RevokeReason::Infected),
        ServerEvent::ContentRejected => revoke(step, RevokeReason::Rejected),
        ServerEvent::Expire
        | ServerEvent::SoldOut
        | ServerEvent::DisputeUnanswered { .. }
        | ServerEvent::FirstChunkServed
        | ServerEvent::ContentClean => {}
    }
}

pub(super) fn revoke(step: &mut Step, reason: RevokeReason) {
    step.give_back(reason.into());
}
