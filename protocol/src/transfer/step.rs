//! The moves that several rows of the table share. Each changes the facts and notes the effects that go with it.

use super::disputes::DisputeState;
use super::effect::{ClaimsEnd, Effect, Notice, Party, RefundAmount, RefundReason, Timer, Transition};
use super::error::TransitionError;
use super::event::RevokeReason;
use super::facts::{Delivery, Transfer};
use super::message::MessageType;
use super::status::Status;
use crate::money::Amount;

/// How long the seller has to grant, and the buyer to hand in inputs, after the payment: 72 hours.
pub const GRANT_SECONDS: u32 = 72 * 3600;
/// How long the seller has to answer a buyer's dispute: 7 days.
pub const DISPUTE_ANSWER_SECONDS: u32 = 7 * 24 * 3600;

/// A transition in the making.
pub(super) struct Step {
    pub(super) next: Transfer,
    effects: Vec<Effect>,
}

impl Step {
    pub(super) fn new(transfer: Transfer) -> Self {
        Self { next: transfer, effects: Vec::new() }
    }

    /// Closes the step: says so where nothing followed from the event.
    pub(super) fn finish(mut self, before: &Transfer) -> Transition {
        if self.effects.is_empty() {
            self.effects.push(if self.next == *before { Effect::NoEffect } else { Effect::Recorded });
        }
        Transition { next: self.next, effects: self.effects }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn send(&mut self, message: MessageType, to: Party) {
        self.push(Effect::SendMessage { message, to });
    }

    pub(super) fn notify(&mut self, notice: Notice, to: Party) {
        self.push(Effect::Notify { notice, to });
    }

    fn notify_both(&mut self, notice: Notice) {
        self.notify(notice.clone(), Party::Seller);
        self.notify(notice, Party::Buyer);
    }

    fn expire_open_sessions(&mut self) {
        let open: Vec<_> = self.next.sessions.open().cloned().collect();
        self.effects.extend(open.into_iter().map(|session| Effect::ExpireSession { session }));
    }

    /// Payment confirmed, or a price of 0 accepted.
    pub(super) fn confirm(&mut self) {
        self.next.confirmed = true;
        self.expire_open_sessions();
        self.send(MessageType::PaymentConfirmed, Party::Seller);
        self.send(MessageType::PaymentConfirmed, Party::Buyer);
        if self.next.kept_is_returned() {
            return self.refunded();
        }
        if self.next.is_in_dispute() {
            let missing = !self.next.missing_inputs(None).is_empty();
            self.next.status = if missing { Status::PaidPendingInputs } else { Status::Paid };
            self.freeze();
        } else {
            self.rest();
        }
        if self.next.status != Status::Delivered {
            self.push(Effect::StartTimer { timer: Timer::Grant, seconds: GRANT_SECONDS });
        }
    }

    /// Settles a paid, undelivered transfer: it waits for inputs, or for the grant, or is delivered at once.
    pub(super) fn rest(&mut self) {
        let ids = self.next.missing_inputs(None);
        if !ids.is_empty() {
            self.next.status = Status::PaidPendingInputs;
            return self.notify(Notice::InputsNeeded { ids }, Party::Buyer);
        }
        self.next.status = Status::Paid;
        if self.next.delivery != Delivery::OnDemand {
            self.grant();
        }
    }

    /// Hands the key over.
    pub(super) fn grant(&mut self) {
        self.next.status = Status::Delivered;
        self.next.grants = self.next.grants.saturating_add(1);
        self.push(Effect::CreateGrant);
        self.send(MessageType::ProductDelivery, Party::Buyer);
        let seconds = self.next.terms.retention_seconds;
        self.push(Effect::StartTimer { timer: Timer::Retention, seconds });
    }

    /// Records inputs that arrived, and tells the seller. Changes nothing where one of them is unknown.
    pub(super) fn accept_inputs(&mut self, ids: &[String]) -> Result<(), TransitionError> {
        if let Some(id) = ids.iter().find(|id| !self.next.inputs.contains_key(*id)) {
            return Err(TransitionError::UnknownInput { id: id.clone() });
        }
        for id in ids {
            if let Some(input) = self.next.inputs.get_mut(id) {
                input.accepted = true;
            }
        }
        self.notify(Notice::InputsProvided { ids: ids.to_vec() }, Party::Seller);
        Ok(())
    }

    /// Sends an input back to the buyer.
    pub(super) fn reject_input(&mut self, id: String, reason: String) -> Result<(), TransitionError> {
        match self.next.inputs.get_mut(&id) {
            Some(input) => input.accepted = false,
            None => return Err(TransitionError::UnknownInput { id }),
        }
        self.notify(Notice::InputRejected { id, reason }, Party::Buyer);
        Ok(())
    }

    /// Ends an unpaid transfer.
    pub(super) fn call_off(&mut self, to: Status, notice: Notice) {
        self.next.status = to;
        self.expire_open_sessions();
        if to == Status::Revoked {
            self.send(MessageType::ProductRevoke, Party::Buyer);
        }
        self.notify_both(notice);
    }

    /// Ends a paid transfer without giving money back.
    pub(super) fn end_access(&mut self, to: Status, reason: ClaimsEnd) {
        self.leave_dispute();
        self.next.status = to;
        if reason == ClaimsEnd::RetentionEnded && !self.next.terms.revoke_on_expiry {
            self.push(Effect::StopNewClaims);
        } else {
            self.push(Effect::EndClaims { reason });
        }
        if to == Status::Revoked {
            self.send(MessageType::ProductRevoke, Party::Buyer);
            self.notify_both(Notice::Revoked);
        } else {
            self.notify_both(Notice::Expired);
        }
    }

    /// Ends a paid transfer and gives the money back. At price 0 there is none: see the module's first page.
    pub(super) fn give_back(&mut self, reason: RefundReason) {
        let end = claims_end(reason);
        if self.next.is_free() {
            let timed_out = matches!(end, ClaimsEnd::RetentionEnded | ClaimsEnd::NotDelivered);
            return self.end_access(if timed_out { Status::Expired } else { Status::Revoked }, end);
        }
        self.leave_dispute();
        self.next.status = Status::RefundPending;
        self.push(Effect::EndClaims { reason: end });
        self.send(MessageType::ProductRevoke, Party::Buyer);
        self.notify_both(Notice::RefundPending);
        let kept = self.next.paid_by.clone();
        if let Some(payment) = kept.and_then(|id| self.next.payments.get_mut(&id)) {
            payment.owed = Some(reason);
        }
        self.request_refunds();
    }

    /// The money of the payment that was kept has gone back.
    pub(super) fn refunded(&mut self) {
        let charged_back = self.next.paid_by.as_ref().is_some_and(|id| self.next.is_charged_back(id));
        self.leave_dispute();
        if self.next.grants > 0 && self.next.status != Status::RefundPending {
            let reason = if charged_back { ClaimsEnd::Chargeback } else { ClaimsEnd::Refunded };
            self.push(Effect::EndClaims { reason });
            self.send(MessageType::ProductRevoke, Party::Buyer);
        }
        self.next.status = Status::Refunded;
        self.notify_both(Notice::Refunded);
    }

    /// Asks for every refund that is due and not asked for. While a payment is in dispute at Stripe nothing is asked:
    /// Stripe would refuse, and a lost dispute gives the money back by itself.
    pub(super) fn request_refunds(&mut self) {
        let due: Vec<_> = self
            .next
            .payments
            .iter()
            .filter_map(|(id, payment)| {
                let held =
                    self.next.disputes.is_at_stripe(id, DisputeState::Open) || self.next.is_charged_back(id);
                payment.request_due().filter(|_| !held).map(|reason| (id.clone(), reason))
            })
            .collect();
        for (payment_intent, reason) in due {
            if let Some(payment) = self.next.payments.get_mut(&payment_intent) {
                payment.requests = payment.failures().saturating_add(1);
                let amount = RefundAmount::Remaining { attempt: payment.requests };
                self.push(Effect::RequestRefund { payment_intent, reason, amount });
            }
        }
    }

    /// The seller pays back a part or all.
    pub(super) fn refund_asked(&mut self, part: Option<Amount>) -> Result<(), TransitionError> {
        let Some(payment_intent) = self.next.paid_by.clone() else {
            return Err(TransitionError::NothingPaid);
        };
        let remaining = self.next.refundable();
        match part {
            Some(part) if part.is_zero() || part > remaining => {
                return Err(TransitionError::RefundOutOfBounds { remaining });
            }
            Some(part)
                if part < remaining
                    && self.next.disputes.is_at_stripe(&payment_intent, DisputeState::Open) =>
            {
                return Err(TransitionError::DisputedAtStripe);
            }
            Some(part) if part < remaining => {
                if let Some(payment) = self.next.payments.get_mut(&payment_intent) {
                    payment.ask(part);
                }
                self.push(Effect::RequestRefund {
                    payment_intent,
                    reason: RefundReason::AskedBySeller,
                    amount: RefundAmount::Part(part),
                });
            }
            _ => self.give_back(RefundReason::AskedBySeller),
        }
        Ok(())
    }

    /// A dispute opens: access freezes.
    pub(super) fn freeze(&mut self) {
        self.next.before_dispute = Some(self.next.status);
        self.next.status = Status::Disputed;
        self.push(Effect::FreezeClaims);
    }

    /// Forgets what a dispute had put aside. The caller sets the status.
    pub(super) fn leave_dispute(&mut self) {
        self.next.before_dispute = None;
        self.next.due = super::facts::Due::default();
    }
}

/// What the buyer is told where money goes back for this reason.
fn claims_end(reason: RefundReason) -> ClaimsEnd {
    match reason {
        RefundReason::Revoked => ClaimsEnd::Revoked,
        RefundReason::Infected => ClaimsEnd::Infected,
        RefundReason::Rejected => ClaimsEnd::Rejected,
        RefundReason::Takedown => ClaimsEnd::Takedown,
        RefundReason::RetentionEnded => ClaimsEnd::RetentionEnded,
        RefundReason::NotDelivered => ClaimsEnd::NotDelivered,
        RefundReason::RuledForBuyer | RefundReason::DisputeUnanswered => ClaimsEnd::DisputeLost,
        RefundReason::AskedBySeller
        | RefundReason::LatePayment
        | RefundReason::SecondPayment
        | RefundReason::RefundedElsewhere => ClaimsEnd::Refunded,
    }
}

impl From<RevokeReason> for RefundReason {
    fn from(reason: RevokeReason) -> Self {
        match reason {
            RevokeReason::Requested => Self::Revoked,
            RevokeReason::Infected => Self::Infected,
            RevokeReason::Rejected => Self::Rejected,
            RevokeReason::Takedown => Self::Takedown,
        }
    }
}

impl From<RevokeReason> for ClaimsEnd {
    fn from(reason: RevokeReason) -> Self {
        claims_end(reason.into())
    }
}
