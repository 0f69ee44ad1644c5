//! The machine's entrance: one event in, one transition out.

use super::effect::{Effect, Party, Transition};
use super::error::TransitionError;
use super::event::{ApiEvent, Event, ServerEvent};
use super::facts::{ContentState, Delivery, Terms, Transfer};
use super::message::MessageType;
use super::status::Status;
use super::step::Step;
use super::{delivered, disputed, ended, paid, stripe, unpaid};
use crate::policy::RequiredInput;

impl Transfer {
    /// The seller makes an offer. It has been verified, with its policy and inputs checked; a release that is known
    /// to be infected or rejected must not be offered.
    pub fn offer(
        terms: Terms,
        inputs: &[RequiredInput],
        delivery: Delivery,
        content: ContentState,
    ) -> Transition {
        let effects = vec![Effect::SendMessage { message: MessageType::ProductOffer, to: Party::Buyer }];
        Transition { next: Self::new(terms, inputs, delivery, content), effects }
    }

    /// Applies one event. Only an [`ApiEvent`] can be refused.
    pub fn apply(self, event: impl Into<Event>) -> Result<Transition, TransitionError> {
        let before = self.clone();
        let mut step = Step::new(self);
        match event.into() {
            Event::Api(event) => on_api(&mut step, event)?,
            Event::Server(event) => on_server(&mut step, event),
            Event::Stripe(event) => stripe::apply(&mut step, event),
        }
        Ok(step.finish(&before))
    }
}

fn on_api(step: &mut Step, event: ApiEvent) -> Result<(), TransitionError> {
    match step.next.status {
        Status::Offered => unpaid::offered(step, event),
        Status::Invoiced => unpaid::invoiced(step, event),
        Status::PaymentProcessing => unpaid::payment_processing(step, event),
        Status::PaidPendingInputs => paid::pending_inputs(step, event),
        Status::Paid => paid::paid(step, event),
        Status::Delivered => delivered::delivered(step, event),
        Status::Acknowledged => delivered::acknowledged(step, event),
        Status::Disputed => disputed::disputed(step, event),
        Status::RefundPending => ended::refund_pending(step, &event),
        Status::Refunded | Status::Revoked | Status::Expired | Status::Cancelled => {
            ended::terminal(step, event)
        }
    }
}

/// Facts count in every state; what follows from them depends on it.
fn on_server(step: &mut Step, event: ServerEvent) {
    match event {
        ServerEvent::FirstChunkServed => step.next.chunks_served = true,
        ServerEvent::ContentClean => step.next.content = ContentState::Clean,
        ServerEvent::ContentInfected => step.next.content = ContentState::Infected,
        ServerEvent::ContentRejected => step.next.content = ContentState::Rejected,
        ServerEvent::Expire
        | ServerEvent::SoldOut
        | ServerEvent::GrantOverdue
        | ServerEvent::RetentionEnded
        | ServerEvent::DisputeUnanswered { .. } => {}
    }
    match step.next.status {
        Status::Offered | Status::Invoiced | Status::PaymentProcessing => unpaid::on_server(step, &event),
        Status::PaidPendingInputs | Status::Paid => paid::on_server(step, &event),
        Status::Delivered | Status::Acknowledged => delivered::on_server(step, &event),
        Status::Disputed => disputed::on_server(step, event),
        Status::RefundPending | Status::Refunded | Status::Revoked | Status::Expired | Status::Cancelled => {}
    }
}

/// The refusal of an event that does not exist in the present state.
pub(super) fn wrong_state(step: &Step, event: &ApiEvent) -> Result<(), TransitionError> {
    Err(TransitionError::WrongState { status: step.next.status, event: event.name() })
}
