//! Where the money goes: late and second payments, refunds, failures, and what the server says of it.

use claimcheck_protocol::transfer::{
    ClaimsEnd, Delivery, Effect, Notice, Party, RefundAmount, RefundReason, RevokeReason, ServerEvent,
    Status, StripeVerdict, TransitionError,
};

use crate::scenario::*;

fn delivered() -> Sale {
    Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([paid(1)])
}

fn requests(effects: &[Effect]) -> Vec<&Effect> {
    effects.iter().filter(|effect| matches!(effect, Effect::RequestRefund { .. })).collect()
}

#[test]
fn a_payment_for_a_sale_that_ended_goes_back_at_once() {
    for end in
        [cancel(), ServerEvent::Expire.into(), ServerEvent::SoldOut.into(), revoke(RevokeReason::Takedown)]
    {
        let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after([end]);
        let status = sale.transfer.status();
        assert_eq!(sale.must(paid(1)), [remaining("pi_1", RefundReason::LatePayment, 1)]);
        assert_eq!(sale.must(paid(1)), [Effect::NoEffect]);
        assert!(sale.transfer.money_moved());
        assert_eq!(sale.must(refunded("pi_1", PRICE)), [Effect::Recorded]);
        assert_eq!((sale.transfer.status(), sale.transfer.money_moved()), (status, false));
    }
}

#[test]
fn a_second_payment_goes_back_and_the_first_stays() {
    let two = [session_expired("cs_1"), invoice(), session_created(2), paid(1)];
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]).after(two);
    assert_eq!(sale.must(paid(2)), [remaining("pi_2", RefundReason::SecondPayment, 1)]);
    sale.must(refunded("pi_2", PRICE));
    assert_eq!(sale.transfer.status(), Status::Delivered);
    assert!(sale.transfer.money_moved());
    sale.must(refunded("pi_1", PRICE));
    assert_eq!(sale.transfer.status(), Status::Refunded);
}

#[test]
fn the_bank_about_another_payment_is_not_about_this_sale() {
    let mut sale = delivered();
    sale.must(bank_disputes("dp_1", "pi_9"));
    sale.must(bank_decides("dp_1", "pi_9", StripeVerdict::Lost));
    sale.must(refunded("pi_9", PRICE));
    assert_eq!(sale.transfer.status(), Status::Delivered);
}

#[test]
fn a_refund_seen_first_waits_for_its_payment() {
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]);
    assert_eq!(sale.must(refunded("pi_1", PRICE)), [Effect::Recorded]);
    assert_eq!(sale.transfer.status(), Status::Invoiced);
    let effects = sale.must(paid(1));
    assert!(!effects.contains(&Effect::CreateGrant) && requests(&effects).is_empty());
    assert_eq!((sale.transfer.status(), sale.transfer.money_moved()), (Status::Refunded, false));
}

#[test]
fn a_wrong_amount_or_currency_confirms_nothing() {
    let mismatch = [Effect::Notify { notice: Notice::PaymentMismatch, to: Party::Operator }];
    let unknown = [Effect::Notify { notice: Notice::UnknownSession, to: Party::Operator }];
    let mut sale = Sale::invoiced(Delivery::EnvelopeHeld, &[]);
    let before = sale.transfer.clone();
    assert_eq!(sale.must(paid_with("cs_1", "pi_1", PRICE - 1, "usd")), mismatch);
    assert_eq!(sale.must(paid_with("cs_1", "pi_1", PRICE + 1, "usd")), mismatch);
    assert_eq!(sale.must(paid_with("cs_1", "pi_1", PRICE, "eur")), mismatch);
    assert_eq!(sale.must(paid_with("cs_2", "pi_1", PRICE, "usd")), unknown);
    assert_eq!(sale.transfer, before);
    sale.must(paid(1));
    assert_eq!(sale.transfer.status(), Status::Delivered);
}

#[test]
fn a_partial_refund_leaves_access_and_a_full_one_ends_it() {
    let mut sale = delivered();
    let told = |to| Effect::Notify { notice: Notice::PartlyRefunded, to };
    assert_eq!(sale.must(refunded("pi_1", 300)), [told(Party::Seller), told(Party::Buyer)]);
    assert_eq!(sale.must(refunded("pi_1", 300)), [Effect::NoEffect]);
    assert_eq!(sale.must(refunded("pi_1", 200)), [Effect::NoEffect], "an older event, late");
    assert_eq!(sale.transfer.refundable(), amount(700));
    assert!(sale.transfer.status().allows_access());
    let effects = sale.must(refunded("pi_1", PRICE));
    assert_eq!(effects.first(), Some(&Effect::EndClaims { reason: ClaimsEnd::Refunded }));
    assert_eq!(sale.transfer.status(), Status::Refunded);
    assert_eq!(sale.transfer.refundable(), amount(0));
}

#[test]
fn the_seller_refunds_a_part_or_all() {
    let mut sale = delivered().after([refunded("pi_1", 300)]);
    for wrong in [0, 701, 1000] {
        let refused = TransitionError::RefundOutOfBounds { remaining: amount(700) };
        assert_eq!(sale.apply(refund_asked(Some(wrong))), Err(refused));
    }
    let part = Effect::RequestRefund {
        payment_intent: "pi_1".parse().unwrap(),
        reason: RefundReason::AskedBySeller,
        amount: RefundAmount::Part(amount(699)),
    };
    assert_eq!(sale.must(refund_asked(Some(699))), [part]);
    assert_eq!(sale.transfer.status(), Status::Delivered);
    let refused = TransitionError::RefundOutOfBounds { remaining: amount(1) };
    assert_eq!(sale.apply(refund_asked(Some(2))), Err(refused), "699 are on their way");
    let mut all = sale.clone();
    for (sale, part) in [(&mut sale, Some(1)), (&mut all, None)] {
        assert_eq!(
            sale.must(refund_asked(part)).last(),
            Some(&remaining("pi_1", RefundReason::AskedBySeller, 1))
        );
        assert_eq!(sale.transfer.status(), Status::RefundPending);
    }
}

#[test]
fn a_part_that_failed_can_be_asked_for_again() {
    let mut sale = delivered().after([refund_asked(Some(500))]);
    let refused = TransitionError::RefundOutOfBounds { remaining: amount(500) };
    assert_eq!(sale.apply(refund_asked(Some(501))), Err(refused.clone()));
    sale.must(refund_created("pi_1", "re_1"));
    sale.must(refunded("pi_1", 500));
    assert_eq!(sale.apply(refund_asked(Some(501))), Err(refused));
    sale.must(refund_failed("pi_1", "re_1"));
    sale.must(refund_asked(Some(501)));
    let refused = TransitionError::RefundOutOfBounds { remaining: amount(499) };
    assert_eq!(sale.apply(refund_asked(Some(500))), Err(refused));
}

#[test]
fn a_failed_refund_is_asked_for_again_once_for_each_failure() {
    let mut sale = delivered().after([revoke(RevokeReason::Requested)]);
    assert_eq!(sale.must(refund_created("pi_1", "re_1")), [Effect::Recorded]);
    let effects = sale.must(refund_failed("pi_1", "re_1"));
    assert!(effects.contains(&Effect::Notify { notice: Notice::RefundFailed, to: Party::Seller }));
    assert_eq!(effects.last(), Some(&remaining("pi_1", RefundReason::Revoked, 2)));
    assert_eq!(sale.must(refund_failed("pi_1", "re_1")), [Effect::NoEffect]);
    assert_eq!(sale.must(refund_created("pi_1", "re_1")), [Effect::NoEffect], "late");
    assert_eq!(
        sale.must(refund_failed("pi_1", "re_2")).last(),
        Some(&remaining("pi_1", RefundReason::Revoked, 3))
    );
    assert_eq!(sale.transfer.status(), Status::RefundPending);
    let told = |to| Effect::Notify { notice: Notice::Refunded, to };
    assert_eq!(
        sale.must(refunded("pi_1", PRICE)),
        [told(Party::Seller), told(Party::Buyer)],
        "access had ended before"
    );
    assert_eq!(sale.transfer.status(), Status::Refunded);
}

#[test]
fn a_refund_that_fails_after_it_was_reported_is_asked_for_again() {
    let mut ours = delivered().after([revoke(RevokeReason::Requested), refunded("pi_1", PRICE)]);
    assert_eq!(
        requests(&ours.must(refund_failed("pi_1", "re_1"))),
        [&remaining("pi_1", RefundReason::Revoked, 2)]
    );
    let mut elsewhere = delivered().after([refunded("pi_1", PRICE)]);
    let again = remaining("pi_1", RefundReason::RefundedElsewhere, 2);
    assert_eq!(requests(&elsewhere.must(refund_failed("pi_1", "re_1"))), [&again]);
    let mut other_way = delivered().after([refund_failed("pi_1", "re_1")]);
    assert_eq!(requests(&other_way.must(refunded("pi_1", PRICE))), [&again]);
}

#[test]
fn no_refund_is_asked_for_while_the_bank_disputes_the_payment() {
    let disputed = delivered().after([buyer_disputes("d1"), bank_disputes("dp_1", "pi_1")]);
    assert_eq!(disputed.clone().apply(refund_asked(Some(300))), Err(TransitionError::DisputedAtStripe));
    let mut won = disputed.after([refund_asked(None)]);
    assert_eq!(won.transfer.status(), Status::RefundPending);
    assert!(requests(&won.effects).is_empty());
    let mut lost = won.clone();
    let effects = won.must(bank_decides("dp_1", "pi_1", StripeVerdict::Won));
    assert_eq!(effects, [remaining("pi_1", RefundReason::AskedBySeller, 1)]);
    lost.must(bank_decides("dp_1", "pi_1", StripeVerdict::Lost));
    assert!(requests(&lost.effects).is_empty(), "the bank has taken it: a refund would pay twice");
    assert_eq!((lost.transfer.status(), lost.transfer.money_moved()), (Status::Refunded, false));
}

#[test]
fn a_chargeback_ends_access() {
    let mut sale = delivered().after([bank_disputes("dp_1", "pi_1")]);
    let effects = sale.must(bank_decides("dp_1", "pi_1", StripeVerdict::Lost));
    assert_eq!(effects.first(), Some(&Effect::EndClaims { reason: ClaimsEnd::Chargeback }));
    assert_eq!(sale.transfer.status(), Status::Refunded);
}
