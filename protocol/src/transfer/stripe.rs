//! Stripe's events: first recorded by joins that ignore order and repetition, then the status follows.

use super::disputed;
use super::disputes::DisputeState;
use super::effect::{Effect, Notice, Party, RefundReason};
use super::event::StripeEvent;
use super::message::MessageType;
use super::payments::RefundState;
use super::sessions::SessionState;
use super::status::Status;
use super::step::Step;
use super::stripe_ids::{DisputeId, PaymentIntentId, RefundId, SessionId};
use crate::money::{Amount, Currency};

pub(super) fn apply(step: &mut Step, event: StripeEvent) {
    match event {
        StripeEvent::SessionCreated { attempt, session } => session_created(step, attempt, session),
        StripeEvent::SessionRefused { attempt } => step.next.sessions.refuse(attempt),
        StripeEvent::SessionCompletedUnpaid { session } => advance(step, &session, SessionState::Processing),
        StripeEvent::AsyncFailed { session } => advance(step, &session, SessionState::Failed),
        StripeEvent::SessionExpired { session } => advance(step, &session, SessionState::Expired),
        StripeEvent::PaymentConfirmed { session, payment_intent, amount, currency } => {
            payment_confirmed(step, &session, payment_intent, (amount, currency));
        }
        StripeEvent::Refunded { payment_intent, amount_refunded, full } => {
            refunded(step, payment_intent, amount_refunded, full);
        }
        StripeEvent::RefundCreated { payment_intent, refund, amount } => {
            if let Some(amount) = amount {
                let payment = step.next.payments.entry(payment_intent.clone()).or_default();
                payment.amounts.insert(refund.clone(), amount);
            }
            refund_known(step, payment_intent, refund, RefundState::Created);
        }
        StripeEvent::RefundFailed { payment_intent, refund } => {
            refund_known(step, payment_intent, refund, RefundState::Failed);
        }
        StripeEvent::DisputeOpened { id, payment_intent } => {
            dispute(step, &id, &payment_intent, DisputeState::Open);
        }
        StripeEvent::DisputeClosed { id, payment_intent, verdict } => {
            dispute(step, &id, &payment_intent, DisputeState::Closed(verdict.into()));
        }
    }
    follow(step);
    step.request_refunds();
}

/// The status as it follows from the facts.
fn follow(step: &mut Step) {
    match step.next.status {
        Status::Offered | Status::Invoiced | Status::PaymentProcessing => {
            if step.next.paid_by.is_some() {
                step.confirm();
            } else {
                follow_sessions(step);
            }
        }
        Status::PaidPendingInputs | Status::Paid | Status::Delivered | Status::Acknowledged => {
            if step.next.kept_is_returned() {
                step.refunded();
            } else if step.next.is_in_dispute() {
                step.freeze();
            }
        }
        Status::Disputed => {
            if step.next.kept_is_returned() {
                step.refunded();
            } else if !step.next.is_in_dispute() {
                disputed::thaw(step);
            }
        }
        Status::RefundPending => {
            if step.next.kept_is_returned() {
                step.refunded();
            }
        }
        Status::Refunded | Status::Revoked | Status::Expired | Status::Cancelled => {}
    }
}

fn follow_sessions(step: &mut Step) {
    let before = step.next.status;
    step.next.status = step.next.sessions.status();
    if before != Status::Offered && step.next.status == Status::Offered {
        step.notify(Notice::PaymentFailed, Party::Buyer);
    }
}

/// A session that nobody wants any more, or a second one of the same attempt, is expired at once.
fn session_created(step: &mut Step, attempt: u32, session: SessionId) {
    let was_known = step.next.sessions.knows(&session);
    let is_named = step.next.sessions.name(attempt, &session);
    if was_known {
        return;
    }
    if is_named && step.next.status.awaits_payment() {
        step.send(MessageType::PaymentRequest, Party::Buyer);
    } else {
        step.push(Effect::ExpireSession { session });
    }
}

fn advance(step: &mut Step, session: &SessionId, state: SessionState) {
    if !step.next.sessions.advance(session, state) {
        step.notify(Notice::UnknownSession, Party::Operator);
    }
}

/// The first payment of a transfer that awaits one is kept; every other one goes back at once.
fn payment_confirmed(step: &mut Step, session: &SessionId, id: PaymentIntentId, paid: (Amount, Currency)) {
    if !step.next.sessions.knows(session) {
        return step.notify(Notice::UnknownSession, Party::Operator);
    }
    if paid != (step.next.terms.price, step.next.terms.currency) {
        return step.notify(Notice::PaymentMismatch, Party::Operator);
    }
    step.next.sessions.advance(session, SessionState::Paid);
    let payment = step.next.payments.entry(id.clone()).or_default();
    if payment.confirmed_by.is_some() {
        return;
    }
    payment.confirmed_by = Some(session.clone());
    if step.next.status.awaits_payment() {
        step.next.paid_by = Some(id);
    } else if step.next.paid_by.is_some() {
        payment.owed = Some(RefundReason::SecondPayment);
    } else {
        payment.owed = Some(RefundReason::LatePayment);
    }
}

fn refunded(step: &mut Step, id: PaymentIntentId, amount: Amount, full: bool) {
    let is_kept = step.next.paid_by.as_ref() == Some(&id);
    let payment = step.next.payments.entry(id).or_default();
    let is_more = amount > payment.refunded;
    payment.refunded = payment.refunded.max(amount);
    payment.refunded_in_full |= full;
    if is_kept && is_more && !payment.refunded_in_full {
        step.notify(Notice::PartlyRefunded, Party::Seller);
        step.notify(Notice::PartlyRefunded, Party::Buyer);
    }
}

fn refund_known(step: &mut Step, id: PaymentIntentId, refund: RefundId, state: RefundState) {
    let known =
        step.next.payments.entry(id).or_default().refunds.entry(refund).or_insert(RefundState::Created);
    if *known < state {
        *known = state;
        step.notify(Notice::RefundFailed, Party::Seller);
        step.notify(Notice::RefundFailed, Party::Operator);
    }
}

/// The seller hears of every dispute at Stripe, also after the sale has ended: it has to answer there.
fn dispute(step: &mut Step, id: &DisputeId, payment: &PaymentIntentId, state: DisputeState) {
    if step.next.disputes.record_stripe(id, payment, state) {
        step.send(MessageType::ProductDispute, Party::Seller);
    }
}
