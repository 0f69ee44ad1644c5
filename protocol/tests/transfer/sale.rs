//! The way of a sale, with what each step asks the server to do.

use claimcheck_protocol::policy::{InputTiming, Policy};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{
    ClaimsEnd, ContentState, Delivery, Effect, GRANT_SECONDS, MessageType, Notice, Party, RefundReason,
    RevokeReason, ServerEvent, SessionState, Status, StripeEvent, Terms, Timer, Transfer, TransitionError,
};

use crate::scenario::*;

fn message(message: MessageType, to: Party) -> Effect {
    Effect::SendMessage { message, to }
}

fn notice(notice: Notice, to: Party) -> Effect {
    Effect::Notify { notice, to }
}

fn session(number: u32) -> claimcheck_protocol::transfer::SessionId {
    format!("cs_{number}").parse().unwrap()
}

#[test]
fn an_envelope_is_delivered_the_moment_it_is_paid() {
    let mut sale = Sale::priced(Delivery::EnvelopeHeld, &[]);
    assert_eq!(sale.effects, [message(MessageType::ProductOffer, Party::Buyer)]);
    assert_eq!(sale.must(invoice()), [Effect::CreateSession { attempt: 1 }]);
    assert_eq!(sale.must(session_created(1)), [message(MessageType::PaymentRequest, Party::Buyer)]);
    assert!(!sale.transfer.money_moved());
    assert_eq!(
        sale.must(paid(1)),
        [
            message(MessageType::PaymentConfirmed, Party::Seller),
            message(MessageType::PaymentConfirmed, Party::Buyer),
            Effect::CreateGrant,
            message(MessageType::ProductDelivery, Party::Buyer),
            Effect::StartTimer { timer: Timer::Retention, seconds: 604_800 },
        ]
    );
    assert!(sale.transfer.money_moved() && sale.transfer.status().allows_access());
    assert_eq!(sale.must(ServerEvent::FirstChunkServed.into()), [Effect::Recorded]);
    assert_eq!(sale.must(ServerEvent::FirstChunkServed.into()), [Effect::NoEffect]);
    assert_eq!(sale.must(ack()), [message(MessageType::DeliveryReceipt, Party::Seller)]);
    assert_eq!(
        sale.must(ServerEvent::RetentionEnded.into()),
        [
            Effect::EndClaims { reason: ClaimsEnd::RetentionEnded },
            notice(Notice::Expired, Party::Seller),
            notice(Notice::Expired, Party::Buyer),
        ]
    );
    assert_eq!(sale.transfer.status(), Status::Expired);
    assert!(sale.transfer.money_moved(), "the seller keeps it");
}

#[test]
fn on_demand_the_seller_has_72_hours() {
    let mut sale = Sale::invoiced(Delivery::OnDemand, &[]);
    let timer = Effect::StartTimer { timer: Timer::Grant, seconds: GRANT_SECONDS };
    assert_eq!(sale.must(paid(1)).last(), Some(&timer));
    let mut late = sale.clone();
    assert_eq!(sale.must(grant()).first(), Some(&Effect::CreateGrant));
    assert_eq!(
        late.must(ServerEvent::GrantOverdue.into()).last(),
        Some(&remaining("pi_1", RefundReason::NotDelivered, 1))
    );
    assert_eq!(late.transfer.status(), Status::RefundPending);
    assert!(late.apply(grant()).is_err());
}

#[test]
fn inputs_gate_the_invoice_and_the_grant() {
    let inputs = [input("size", InputTiming::PrePayment), input("brief", InputTiming::PostPaymentPreGrant)];
    let mut sale = Sale::priced(Delivery::EnvelopeHeld, &inputs);
    let refused = TransitionError::MissingInputs { ids: vec!["size".to_owned()] };
    assert_eq!(sale.apply(invoice()), Err(refused));
    assert_eq!(sale.apply(accept("colour")), Err(TransitionError::UnknownInput { id: "colour".to_owned() }));
    sale.must(accept("size"));
    sale.must(reject("size"));
    assert!(sale.apply(invoice()).is_err(), "sent back, so missing again");
    let mut sale = sale.after([accept("size"), invoice(), session_created(1)]);
    let effects = sale.must(paid(1));
    assert!(effects.contains(&notice(Notice::InputsNeeded { ids: vec!["brief".to_owned()] }, Party::Buyer)));
    assert_eq!(sale.transfer.status(), Status::PaidPendingInputs);
    assert!(sale.must(accept("brief")).contains(&Effect::CreateGrant));
}

#[test]
fn an_optional_input_holds_nothing_up() {
    let mut optional = input("note", InputTiming::PostPaymentPreGrant);
    optional.required = false;
    let sale = Sale::invoiced(Delivery::EnvelopeHeld, &[optional]).after([paid(1)]);
    assert_eq!(sale.transfer.status(), Status::Delivered);
}

#[test]
fn an_input_sent_back_after_the_payment_is_asked_for_again() {
    let mut sale = Sale::invoiced(Delivery::OnDemand, &brief()).after([paid(1), accept("brief")]);
    let effects = sale.must(reject("brief"));
    assert_eq!(
        effects,
        [
            notice(Notice::InputRejected { id: "brief".to_owned(), reason: REASON.to_owned() }, Party::Buyer),
            notice(Notice::InputsNeeded { ids: vec!["brief".to_owned()] }, Party::Buyer),
        ]
    );
    assert_eq!(sale.transfer.status(), Status::PaidPendingInputs);
    assert!(sale.apply(grant()).is_err());
}

#[test]
fn a_required_check_must_be_clean_before_the_invoice() {
    let policy = Policy { content_check_required: true, ..Policy::default() };
    let mut sale = Sale::with(PRICE, &policy, &[], Delivery::EnvelopeHeld);
    let error = sale.apply(invoice()).unwrap_err();
    assert_eq!((error.code(), error.code().status()), (ProblemCode::ContentCheckPending, 409));
    sale.must(ServerEvent::ContentClean.into());
    assert_eq!(sale.must(invoice()), [Effect::CreateSession { attempt: 1 }]);
    let terms = Terms::new(amount(PRICE), "usd".parse().unwrap(), &Policy::default());
    let infected = Transfer::offer(terms, &[], Delivery::EnvelopeHeld, ContentState::Infected).next;
    assert_eq!(infected.apply(invoice()), Err(TransitionError::ContentRefused));
}

#[test]
fn the_open_session_is_given_again_and_a_new_one_when_it_expired() {
    let mut sale = Sale::priced(Delivery::EnvelopeHeld, &[]).after([invoice()]);
    assert_eq!(
        sale.must(invoice()),
        [Effect::CreateSession { attempt: 1 }],
        "not answered yet: the same attempt"
    );
    sale.must(session_created(1));
    assert_eq!(sale.must(invoice()), [Effect::ReuseSession { session: session(1) }]);
    sale.must(session_expired("cs_1"));
    assert_eq!(sale.transfer.status(), Status::Invoiced);
    assert_eq!(sale.must(invoice()), [Effect::CreateSession { attempt: 2 }]);
    sale.must(StripeEvent::SessionRefused { attempt: 2 }.into());
    assert_eq!(sale.transfer.status(), Status::Offered);
    assert_eq!(sale.must(invoice()), [Effect::CreateSession { attempt: 3 }]);
}

#[test]
fn a_failed_payment_leads_back_to_the_offer() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([completed_unpaid("cs_1")]);
    assert!(sale.apply(invoice()).is_err());
    assert_eq!(sale.must(async_failed("cs_1")), [notice(Notice::PaymentFailed, Party::Buyer)]);
    assert_eq!(sale.must(invoice()), [Effect::CreateSession { attempt: 2 }]);
    sale.must(session_created(2));
    let effects = sale.must(paid(1));
    assert_eq!(effects.first(), Some(&Effect::ExpireSession { session: session(2) }), "paid after all");
    assert_eq!(sale.transfer.sessions()[0].state, SessionState::Paid);
}

#[test]
fn calling_off_expires_the_open_session_also_when_it_is_answered_late() {
    for (event, status) in [
        (cancel(), Status::Cancelled),
        (ServerEvent::Expire.into(), Status::Expired),
        (ServerEvent::SoldOut.into(), Status::Cancelled),
        (revoke(RevokeReason::Requested), Status::Revoked),
    ] {
        let mut open = Sale::invoiced(Delivery::EnvelopeHeld, &[]);
        assert_eq!(open.must(event.clone()).first(), Some(&Effect::ExpireSession { session: session(1) }));
        assert_eq!(open.transfer.status(), status);
        let mut late = Sale::priced(Delivery::EnvelopeHeld, &[]).after([invoice(), event]);
        assert_eq!(late.must(session_created(1)), [Effect::ExpireSession { session: session(1) }]);
    }
}

#[test]
fn a_second_session_of_one_attempt_is_expired() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]);
    let second = StripeEvent::SessionCreated { attempt: 1, session: session(2) };
    assert_eq!(sale.must(second.into()), [Effect::ExpireSession { session: session(2) }]);
    assert_eq!(sale.transfer.sessions().len(), 1);
}

#[test]
fn the_seller_takes_back_until_the_first_chunk() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([paid(1)]);
    let mut served = sale.clone().after([ServerEvent::FirstChunkServed.into()]);
    assert_eq!(
        sale.must(revoke(RevokeReason::Requested)),
        [
            Effect::EndClaims { reason: ClaimsEnd::Revoked },
            message(MessageType::ProductRevoke, Party::Buyer),
            notice(Notice::RefundPending, Party::Seller),
            notice(Notice::RefundPending, Party::Buyer),
            remaining("pi_1", RefundReason::Revoked, 1),
        ]
    );
    assert_eq!(served.apply(revoke(RevokeReason::Requested)).unwrap_err().code(), ProblemCode::WrongState);
    assert_eq!(
        served.must(revoke(RevokeReason::Takedown)),
        [
            Effect::EndClaims { reason: ClaimsEnd::Takedown },
            message(MessageType::ProductRevoke, Party::Buyer),
            notice(Notice::Revoked, Party::Seller),
            notice(Notice::Revoked, Party::Buyer),
        ]
    );
}

#[test]
fn malware_gives_the_money_back_whatever_was_served() {
    let served = [paid(1), ServerEvent::FirstChunkServed.into(), ack()];
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after(served);
    let effects = sale.must(ServerEvent::ContentInfected.into());
    assert_eq!(effects.first(), Some(&Effect::EndClaims { reason: ClaimsEnd::Infected }));
    assert_eq!(effects.last(), Some(&remaining("pi_1", RefundReason::Infected, 1)));
    assert_eq!(sale.transfer.content(), ContentState::Infected);
}

#[test]
fn a_lenient_policy_lets_running_downloads_finish() {
    let policy = Policy { revoke_on_expiry: false, ..Policy::default() };
    let served = [invoice(), session_created(1), paid(1), ServerEvent::FirstChunkServed.into()];
    let mut sale = Sale::with(PRICE, &policy, &[], Delivery::EnvelopeHeld).after(served);
    assert_eq!(sale.must(ServerEvent::RetentionEnded.into()).first(), Some(&Effect::StopNewClaims));
}

#[test]
fn a_receipt_counts_as_served() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([paid(1), ack()]);
    assert!(sale.apply(revoke(RevokeReason::Requested)).is_err());
    sale.must(ServerEvent::RetentionEnded.into());
    assert_eq!(sale.transfer.status(), Status::Expired);
}
