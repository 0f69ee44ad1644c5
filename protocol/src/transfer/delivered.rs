//! delivered and acknowledged: the buyer holds the key.
//!
//! Until the first chunk is served, taking the access back gives the money back. After it only policy takes access
//! back, and the money goes back only where the goods were malware.

use super::apply::wrong_state;
use super::effect::{ClaimsEnd, Party, RefundReason};
use super::error::TransitionError;
use super::event::{ApiEvent, RevokeReason, ServerEvent};
use super::message::MessageType;
use super::status::Status;
use super::step::Step;
use super::{disputed, paid};

pub(super) fn delivered(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::Ack => {
            step.next.status = Status::Acknowledged;
            step.send(MessageType::DeliveryReceipt, Party::Seller);
            Ok(())
        }
        other => acknowledged(step, other),
    }
}

pub(super) fn acknowledged(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::DisputeOpened { id } => disputed::open_by_buyer(step, &id),
        ApiEvent::Revoke { reason: RevokeReason::Requested } if is_used(step) => wrong_state(step, &event),
        ApiEvent::Revoke { reason } => {
            revoke(step, reason);
            Ok(())
        }
        ApiEvent::RefundAsked { part } => step.refund_asked(part),
        ApiEvent::Invoice
        | ApiEvent::InputsAccepted { .. }
        | ApiEvent::InputRejected { .. }
        | ApiEvent::Grant
        | ApiEvent::Ack
        | ApiEvent::DisputeClosed { .. }
        | ApiEvent::Cancel => wrong_state(step, &event),
    }
}

pub(super) fn on_server(step: &mut Step, event: &ServerEvent) {
    match event {
        ServerEvent::RetentionEnded => retention_ended(step),
        ServerEvent::ContentInfected => revoke(step, RevokeReason::Infected),
        ServerEvent::ContentRejected => revoke(step, RevokeReason::Rejected),
        ServerEvent::Expire
        | ServerEvent::SoldOut
        | ServerEvent::GrantOverdue
        | ServerEvent::DisputeUnanswered { .. }
        | ServerEvent::FirstChunkServed
        | ServerEvent::ContentClean => {}
    }
}

pub(super) fn revoke(step: &mut Step, reason: RevokeReason) {
    if is_used(step) && reason != RevokeReason::Infected {
        step.end_access(Status::Revoked, reason.into());
    } else {
        paid::revoke(step, reason);
    }
}

pub(super) fn retention_ended(step: &mut Step) {
    if is_used(step) {
        step.end_access(Status::Expired, ClaimsEnd::RetentionEnded);
    } else {
        step.give_back(RefundReason::RetentionEnded);
    }
}

/// Whether the buyer has had any of the goods.
fn is_used(step: &Step) -> bool {
    step.next.chunks_served || step.next.status == Status::Acknowledged
}
