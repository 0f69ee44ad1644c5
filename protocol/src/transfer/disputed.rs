//! disputed: access is frozen while any dispute is open, and what falls due meanwhile runs when the last one closes.

use super::apply::wrong_state;
use super::disputes::{DisputeOutcome, DisputeState};
use super::effect::{Effect, Notice, Party, RefundReason, Timer};
use super::error::TransitionError;
use super::event::{ApiEvent, RevokeReason, Ruling, ServerEvent};
use super::facts::Delivery;
use super::message::MessageType;
use super::status::Status;
use super::step::{DISPUTE_ANSWER_SECONDS, Step};
use super::stripe_ids::DisputeId;
use super::{delivered, paid};

pub(super) fn disputed(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    let undelivered = matches!(step.next.before_dispute, Some(Status::PaidPendingInputs | Status::Paid));
    match event {
        ApiEvent::DisputeOpened { id } => open_by_buyer(step, &id),
        ApiEvent::DisputeClosed { id, ruling } => close_by_ruling(step, &id, ruling),
        ApiEvent::InputsAccepted { ids } if undelivered => step.accept_inputs(&ids),
        ApiEvent::InputRejected { id, reason } if undelivered => step.reject_input(id, reason),
        ApiEvent::Grant if undelivered && step.next.missing_inputs(None).is_empty() => {
            step.next.delivery = Delivery::EnvelopeHeld;
            Ok(())
        }
        ApiEvent::Revoke { reason } if reason != RevokeReason::Requested => {
            note_revoke(step, reason);
            Ok(())
        }
        ApiEvent::RefundAsked { part } => step.refund_asked(part),
        ApiEvent::InputsAccepted { .. }
        | ApiEvent::InputRejected { .. }
        | ApiEvent::Grant
        | ApiEvent::Revoke { .. }
        | ApiEvent::Invoice
        | ApiEvent::Ack
        | ApiEvent::Cancel => wrong_state(step, &event),
    }
}

pub(super) fn on_server(step: &mut Step, event: ServerEvent) {
    match event {
        ServerEvent::DisputeUnanswered { id } if step.next.disputes.is_open_by_buyer(&id) => {
            step.next.disputes.record_buyer(&id, DisputeState::Closed(DisputeOutcome::Unanswered));
            step.give_back(RefundReason::DisputeUnanswered);
        }
        ServerEvent::RetentionEnded => step.next.due.retention_ended = true,
        ServerEvent::GrantOverdue => step.next.due.grant_overdue = true,
        ServerEvent::ContentInfected => note_revoke(step, RevokeReason::Infected),
        ServerEvent::ContentRejected => note_revoke(step, RevokeReason::Rejected),
        ServerEvent::DisputeUnanswered { .. }
        | ServerEvent::Expire
        | ServerEvent::SoldOut
        | ServerEvent::FirstChunkServed
        | ServerEvent::ContentClean => {}
    }
}

/// The buyer opens a dispute, from a paid state or beside another dispute.
pub(super) fn open_by_buyer(step: &mut Step, id: &DisputeId) -> Result<(), TransitionError> {
    if step.next.disputes.by_buyer.contains_key(id) {
        return Err(TransitionError::DisputeExists);
    }
    step.next.disputes.record_buyer(id, DisputeState::Open);
    step.send(MessageType::ProductDispute, Party::Seller);
    step.push(Effect::StartTimer { timer: Timer::DisputeAnswer, seconds: DISPUTE_ANSWER_SECONDS });
    if step.next.status != Status::Disputed {
        step.freeze();
    }
    Ok(())
}

fn close_by_ruling(step: &mut Step, id: &DisputeId, ruling: Ruling) -> Result<(), TransitionError> {
    if !step.next.disputes.is_open_by_buyer(id) {
        return Err(TransitionError::DisputeNotOpen);
    }
    step.next.disputes.record_buyer(id, DisputeState::Closed(ruling.into()));
    if ruling == Ruling::ForBuyer {
        step.give_back(RefundReason::RuledForBuyer);
    } else if !step.next.is_in_dispute() {
        thaw(step);
    }
    Ok(())
}

/// Malware outweighs the other reasons, because it alone gives the money back whatever was served.
fn note_revoke(step: &mut Step, reason: RevokeReason) {
    let due = &mut step.next.due.revoke;
    if due.is_none() || reason == RevokeReason::Infected {
        *due = Some(reason);
    }
}

/// The set is empty: back to the state before, and on with what fell due: first what ends the sale, then the
/// delivery, and only where that is still not possible the deadline for it.
pub(super) fn thaw(step: &mut Step) {
    let Some(before) = step.next.before_dispute else { return };
    let due = step.next.due.clone();
    step.leave_dispute();
    step.next.status = before;
    step.push(Effect::UnfreezeClaims);
    step.notify(Notice::DisputesClosed, Party::Seller);
    step.notify(Notice::DisputesClosed, Party::Buyer);
    if before.allows_access() {
        match due.revoke {
            Some(reason) => delivered::revoke(step, reason),
            None if due.retention_ended => delivered::retention_ended(step),
            None => {}
        }
        return;
    }
    match due.revoke {
        Some(reason) => paid::revoke(step, reason),
        None if due.retention_ended => step.give_back(RefundReason::RetentionEnded),
        None => {
            step.rest();
            if due.grant_overdue && step.next.status != Status::Delivered {
                step.give_back(RefundReason::NotDelivered);
            }
        }
    }
}
