//! Sales to test with, and the events that happen to them.

use claimcheck_protocol::money::Amount;
use claimcheck_protocol::policy::{InputKind, InputTiming, Policy, RequiredInput};
use claimcheck_protocol::transfer::{
    ApiEvent, ContentState, Delivery, Effect, Event, RefundAmount, RefundReason, RevokeReason, Ruling,
    ServerEvent, StripeEvent, StripeVerdict, Terms, Transfer, TransitionError,
};

pub const PRICE: i64 = 1000;

/// Why the seller sends an input back.
pub const REASON: &str = "too blurred";

pub fn amount(minor_units: i64) -> Amount {
    minor_units.try_into().unwrap()
}

pub fn input(id: &str, timing: InputTiming) -> RequiredInput {
    RequiredInput {
        id: id.to_owned(),
        label: id.to_owned(),
        kind: InputKind::Text,
        timing,
        required: true,
        description: None,
        constraints: None,
    }
}

/// The input `brief`, due after the payment.
pub fn brief() -> Vec<RequiredInput> {
    vec![input("brief", InputTiming::PostPaymentPreGrant)]
}

/// A transfer and all that its events have asked for.
#[derive(Debug, Clone)]
pub struct Sale {
    pub transfer: Transfer,
    pub effects: Vec<Effect>,
}

impl Sale {
    pub fn with(price: i64, policy: &Policy, inputs: &[RequiredInput], delivery: Delivery) -> Self {
        let terms = Terms::new(amount(price), "usd".parse().unwrap(), policy);
        let transition = Transfer::offer(terms, inputs, delivery, ContentState::Pending);
        Self { transfer: transition.next, effects: transition.effects }
    }

    pub fn priced(delivery: Delivery, inputs: &[RequiredInput]) -> Self {
        Self::with(PRICE, &Policy::default(), inputs, delivery)
    }

    /// Invoiced, with session cs_1 of attempt 1.
    pub fn invoiced(delivery: Delivery, inputs: &[RequiredInput]) -> Self {
        Self::priced(delivery, inputs).after([invoice(), session_created(1)])
    }

    pub fn apply(&mut self, event: Event) -> Result<Vec<Effect>, TransitionError> {
        let transition = self.transfer.clone().apply(event)?;
        self.transfer = transition.next;
        self.effects.extend(transition.effects.iter().cloned());
        Ok(transition.effects)
    }

    pub fn must(&mut self, event: Event) -> Vec<Effect> {
        self.apply(event.clone()).unwrap_or_else(|error| panic!("{event:?}: {error:?}"))
    }

    pub fn after(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        for event in events {
            self.must(event);
        }
        self
    }

    pub fn count(&self, wanted: impl Fn(&Effect) -> bool) -> usize {
        self.effects.iter().filter(|effect| wanted(effect)).count()
    }
}

pub fn invoice() -> Event {
    ApiEvent::Invoice.into()
}

pub fn grant() -> Event {
    ApiEvent::Grant.into()
}

pub fn ack() -> Event {
    ApiEvent::Ack.into()
}

pub fn cancel() -> Event {
    ApiEvent::Cancel.into()
}

pub fn accept(id: &str) -> Event {
    ApiEvent::InputsAccepted { ids: vec![id.to_owned()] }.into()
}

pub fn reject(id: &str) -> Event {
    ApiEvent::InputRejected { id: id.to_owned(), reason: REASON.to_owned() }.into()
}

pub fn revoke(reason: RevokeReason) -> Event {
    ApiEvent::Revoke { reason }.into()
}

pub fn refund_asked(part: Option<i64>) -> Event {
    ApiEvent::RefundAsked { part: part.map(amount) }.into()
}

pub fn buyer_disputes(id: &str) -> Event {
    ApiEvent::DisputeOpened { id: id.parse().unwrap() }.into()
}

pub fn ruled(id: &str, ruling: Ruling) -> Event {
    ApiEvent::DisputeClosed { id: id.parse().unwrap(), ruling }.into()
}

pub fn unanswered(id: &str) -> Event {
    ServerEvent::DisputeUnanswered { id: id.parse().unwrap() }.into()
}

pub fn session_created(number: u32) -> Event {
    StripeEvent::SessionCreated { attempt: number, session: format!("cs_{number}").parse().unwrap() }.into()
}

pub fn completed_unpaid(session: &str) -> Event {
    StripeEvent::SessionCompletedUnpaid { session: session.parse().unwrap() }.into()
}

pub fn paid_with(session: &str, payment: &str, price: i64, currency: &str) -> Event {
    StripeEvent::PaymentConfirmed {
        session: session.parse().unwrap(),
        payment_intent: payment.parse().unwrap(),
        amount: amount(price),
        currency: currency.parse().unwrap(),
    }
    .into()
}

/// Session cs_N paid by pi_N.
pub fn paid(number: u32) -> Event {
    paid_with(&format!("cs_{number}"), &format!("pi_{number}"), PRICE, "usd")
}

pub fn async_failed(session: &str) -> Event {
    StripeEvent::AsyncFailed { session: session.parse().unwrap() }.into()
}

pub fn session_expired(session: &str) -> Event {
    StripeEvent::SessionExpired { session: session.parse().unwrap() }.into()
}

pub fn refunded(payment: &str, amount_refunded: i64) -> Event {
    let full = amount_refunded == PRICE;
    StripeEvent::Refunded {
        payment_intent: payment.parse().unwrap(),
        amount_refunded: amount(amount_refunded),
        full,
    }
    .into()
}

pub fn refund_created(payment: &str, refund: &str) -> Event {
    StripeEvent::RefundCreated {
        payment_intent: payment.parse().unwrap(),
        refund: refund.parse().unwrap(),
        amount: Some(Amount::try_from(500).unwrap()),
    }
    .into()
}

pub fn refund_failed(payment: &str, refund: &str) -> Event {
    StripeEvent::RefundFailed { payment_intent: payment.parse().unwrap(), refund: refund.parse().unwrap() }
        .into()
}

pub fn bank_disputes(id: &str, payment: &str) -> Event {
    StripeEvent::DisputeOpened { id: id.parse().unwrap(), payment_intent: payment.parse().unwrap() }.into()
}

pub fn bank_decides(id: &str, payment: &str, verdict: StripeVerdict) -> Event {
    StripeEvent::DisputeClosed { id: id.parse().unwrap(), payment_intent: payment.parse().unwrap(), verdict }
        .into()
}

/// The effect that asks for all that remains of a payment.
pub fn remaining(payment: &str, reason: RefundReason, attempt: u32) -> Effect {
    Effect::RequestRefund {
        payment_intent: payment.parse().unwrap(),
        reason,
        amount: RefundAmount::Remaining { attempt },
    }
}
