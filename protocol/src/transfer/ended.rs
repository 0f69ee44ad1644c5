//! refund_pending and the four terminal states: access is over for good.

use super::apply::wrong_state;
use super::disputes::DisputeState;
use super::effect::Party;
use super::error::TransitionError;
use super::event::ApiEvent;
use super::message::MessageType;
use super::step::Step;

/// Nothing is left to ask for: the money is on its way.
pub(super) fn refund_pending(step: &Step, event: &ApiEvent) -> Result<(), TransitionError> {
    wrong_state(step, event)
}

/// Disputes of a sale that took place are recorded and passed on; they change nothing.
pub(super) fn terminal(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match event {
        ApiEvent::DisputeOpened { id } if step.next.confirmed => {
            if step.next.disputes.by_buyer.contains_key(&id) {
                return Err(TransitionError::DisputeExists);
            }
            step.next.disputes.record_buyer(&id, DisputeState::Open);
            step.send(MessageType::ProductDispute, Party::Seller);
            Ok(())
        }
        ApiEvent::DisputeClosed { id, ruling } if step.next.disputes.is_open_by_buyer(&id) => {
            step.next.disputes.record_buyer(&id, DisputeState::Closed(ruling.into()));
            Ok(())
        }
        ApiEvent::DisputeOpened { .. }
        | ApiEvent::DisputeClosed { .. }
        | ApiEvent::Invoice
        | ApiEvent::InputsAccepted { .. }
        | ApiEvent::InputRejected { .. }
        | ApiEvent::Grant
        | ApiEvent::Ack
        | ApiEvent::Revoke { .. }
        | ApiEvent::Cancel
        | ApiEvent::RefundAsked { .. } => wrong_state(step, &event),
    }
}
