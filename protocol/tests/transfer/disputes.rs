//! Disputes: a set that freezes the sale until it is empty, and what falls due meanwhile.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::transfer::{
    ClaimsEnd, DISPUTE_ANSWER_SECONDS, Delivery, Effect, MessageType, Party, RefundReason, RevokeReason,
    Ruling, ServerEvent, Status, StripeVerdict, Timer, TransitionError,
};

use crate::scenario::*;

fn delivered() -> Sale {
    Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([paid(1)])
}

fn served() -> Sale {
    delivered().after([ServerEvent::FirstChunkServed.into()])
}

/// Paid, not delivered, in dispute.
fn undelivered(delivery: Delivery) -> Sale {
    Sale::invoiced(delivery, &brief()).after([paid(1), buyer_disputes("d1")])
}

fn withdrawn() -> claimcheck_protocol::transfer::Event {
    ruled("d1", Ruling::Withdrawn)
}

#[test]
fn a_buyers_dispute_freezes_and_gives_the_seller_a_week() {
    let mut sale = delivered();
    assert_eq!(
        sale.must(buyer_disputes("d1")),
        [
            Effect::SendMessage { message: MessageType::ProductDispute, to: Party::Seller },
            Effect::StartTimer { timer: Timer::DisputeAnswer, seconds: DISPUTE_ANSWER_SECONDS },
            Effect::FreezeClaims,
        ]
    );
    assert_eq!(sale.apply(buyer_disputes("d1")), Err(TransitionError::DisputeExists));
    assert_eq!(sale.must(unanswered("d9")), [Effect::NoEffect]);
    assert_eq!(
        sale.must(unanswered("d1")).last(),
        Some(&remaining("pi_1", RefundReason::DisputeUnanswered, 1))
    );
    assert_eq!(sale.transfer.status(), Status::RefundPending);
}

#[test]
fn access_comes_back_only_when_the_last_dispute_closes() {
    let mut sale =
        served().after([ack(), buyer_disputes("d1"), bank_disputes("dp_1", "pi_1"), buyer_disputes("d2")]);
    sale.must(withdrawn());
    sale.must(ruled("d2", Ruling::ForSeller));
    assert_eq!(sale.transfer.status(), Status::Disputed);
    let effects = sale.must(bank_decides("dp_1", "pi_1", StripeVerdict::Won));
    assert_eq!(effects.first(), Some(&Effect::UnfreezeClaims));
    assert_eq!(sale.transfer.status(), Status::Acknowledged);
    assert_eq!(sale.count(|effect| *effect == Effect::FreezeClaims), 1);
}

#[test]
fn one_ruling_for_the_buyer_decides() {
    let mut sale = delivered().after([buyer_disputes("d1"), buyer_disputes("d2")]);
    let effects = sale.must(ruled("d2", Ruling::ForBuyer));
    assert_eq!(effects.first(), Some(&Effect::EndClaims { reason: ClaimsEnd::DisputeLost }));
    assert_eq!(effects.last(), Some(&remaining("pi_1", RefundReason::RuledForBuyer, 1)));
    assert_eq!(sale.transfer.status(), Status::RefundPending);
}

#[test]
fn only_open_disputes_of_the_buyer_are_ruled_here() {
    let mut sale = delivered().after([buyer_disputes("d1"), bank_disputes("dp_1", "pi_1"), withdrawn()]);
    for id in ["d1", "dp_1", "d9"] {
        assert_eq!(sale.apply(ruled(id, Ruling::ForBuyer)), Err(TransitionError::DisputeNotOpen), "{id}");
    }
    assert_eq!(TransitionError::DisputeNotOpen.code(), ProblemCode::DisputeNotOpen);
}

#[test]
fn an_id_picked_by_the_buyer_never_hides_one_of_the_banks() {
    let mut sale = delivered().after([buyer_disputes("dp_1"), bank_disputes("dp_1", "pi_1")]);
    sale.must(ruled("dp_1", Ruling::Withdrawn));
    assert_eq!(sale.transfer.status(), Status::Disputed);
}

#[test]
fn a_dispute_seen_before_its_payment_holds_the_delivery_back() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]);
    sale.must(bank_disputes("dp_1", "pi_1"));
    assert_eq!(sale.transfer.status(), Status::Invoiced);
    let effects = sale.must(paid(1));
    assert!(effects.contains(&Effect::FreezeClaims) && !effects.contains(&Effect::CreateGrant));
    assert_eq!(
        (sale.transfer.status(), sale.transfer.before_dispute()),
        (Status::Disputed, Some(Status::Paid))
    );
    assert!(sale.must(bank_decides("dp_1", "pi_1", StripeVerdict::Won)).contains(&Effect::CreateGrant));
}

#[test]
fn inputs_and_a_grant_handed_in_meanwhile_run_when_it_closes() {
    let mut sale = undelivered(Delivery::OnDemand);
    assert!(sale.apply(grant()).is_err(), "inputs are missing");
    sale.must(accept("brief"));
    assert_eq!(sale.must(grant()), [Effect::Recorded]);
    assert_eq!(sale.transfer.grants(), 0);
    assert!(sale.must(withdrawn()).contains(&Effect::CreateGrant));
    assert_eq!((sale.transfer.status(), sale.transfer.grants()), (Status::Delivered, 1));
}

#[test]
fn what_is_still_missing_is_asked_for_when_it_closes() {
    let mut sale = undelivered(Delivery::EnvelopeHeld);
    sale.must(withdrawn());
    assert_eq!(sale.transfer.status(), Status::PaidPendingInputs);
    let mut sale = undelivered(Delivery::OnDemand).after([accept("brief"), withdrawn()]);
    assert_eq!(sale.transfer.status(), Status::Paid);
    sale.must(buyer_disputes("d2"));
    sale.must(reject("brief"));
    sale.must(ruled("d2", Ruling::Withdrawn));
    assert_eq!(sale.transfer.status(), Status::PaidPendingInputs);
}

#[test]
fn deadlines_that_passed_meanwhile_run_when_it_closes() {
    let overdue = || ServerEvent::GrantOverdue.into();
    let ended = || ServerEvent::RetentionEnded.into();
    let disputed = |sale: Sale| sale.after([buyer_disputes("d1")]);
    for (sale, events, expected) in [
        (undelivered(Delivery::OnDemand), vec![overdue()], Status::RefundPending),
        (undelivered(Delivery::OnDemand), vec![accept("brief"), overdue()], Status::RefundPending),
        (undelivered(Delivery::OnDemand), vec![accept("brief"), grant(), overdue()], Status::Delivered),
        (undelivered(Delivery::EnvelopeHeld), vec![accept("brief"), overdue()], Status::Delivered),
        (undelivered(Delivery::EnvelopeHeld), vec![accept("brief"), ended()], Status::RefundPending),
        (disputed(delivered()), vec![ended()], Status::RefundPending),
        (disputed(delivered()), vec![overdue()], Status::Delivered),
        (disputed(served()), vec![ended()], Status::Expired),
    ] {
        let sale = sale.after(events.clone());
        assert_eq!(sale.transfer.status(), Status::Disputed, "{events:?}");
        assert_eq!(sale.after([withdrawn()]).transfer.status(), expected, "{events:?}");
    }
}

#[test]
fn what_was_found_meanwhile_ends_it_when_it_closes() {
    let takedown = || revoke(RevokeReason::Takedown);
    for (sale, events, expected) in [
        (served(), vec![ServerEvent::ContentInfected.into()], Status::RefundPending),
        (served(), vec![ServerEvent::ContentRejected.into()], Status::Revoked),
        (served(), vec![takedown(), ServerEvent::ContentInfected.into()], Status::RefundPending),
        (served(), vec![ServerEvent::ContentInfected.into(), takedown()], Status::RefundPending),
        (delivered(), vec![takedown()], Status::RefundPending),
    ] {
        let sale = sale.after([buyer_disputes("d1")]).after(events.clone());
        assert_eq!(sale.transfer.status(), Status::Disputed, "{events:?}");
        assert_eq!(sale.after([withdrawn()]).transfer.status(), expected, "{events:?}");
    }
}

#[test]
fn after_the_end_disputes_are_recorded_and_passed_on() {
    let mut sale = served().after([ServerEvent::RetentionEnded.into()]);
    let told = Effect::SendMessage { message: MessageType::ProductDispute, to: Party::Seller };
    assert_eq!(sale.must(bank_disputes("dp_1", "pi_1")), std::slice::from_ref(&told));
    assert_eq!(sale.must(buyer_disputes("d1")), [told]);
    assert_eq!(sale.apply(buyer_disputes("d1")), Err(TransitionError::DisputeExists));
    assert_eq!(sale.must(ruled("d1", Ruling::ForBuyer)), [Effect::Recorded]);
    assert_eq!(sale.must(bank_decides("dp_1", "pi_1", StripeVerdict::Lost)), [Effect::Recorded]);
    assert_eq!((sale.transfer.status(), sale.transfer.money_moved()), (Status::Expired, false));
}
