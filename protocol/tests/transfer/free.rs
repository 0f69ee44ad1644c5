//! Price 0: no money moves, so nothing is ever refunded.

use claimcheck_protocol::policy::Policy;
use claimcheck_protocol::transfer::{
    ClaimsEnd, Delivery, Effect, RevokeReason, Ruling, ServerEvent, Status, TransitionError,
};

use crate::scenario::*;

fn free(delivery: Delivery) -> Sale {
    Sale::with(0, &Policy::default(), &brief(), delivery)
}

fn given(delivery: Delivery) -> Sale {
    free(delivery).after([invoice(), accept("brief")])
}

#[test]
fn an_invoice_confirms_it() {
    let mut sale = free(Delivery::EnvelopeHeld);
    let effects = sale.must(invoice());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::CreateSession { .. })));
    assert_eq!(sale.transfer.status(), Status::PaidPendingInputs);
    assert!(sale.must(accept("brief")).contains(&Effect::CreateGrant));
    assert!(!sale.transfer.money_moved());
    assert!(sale.apply(invoice()).is_err());
}

#[test]
fn on_demand_the_seller_grants() {
    let mut sale = given(Delivery::OnDemand);
    assert_eq!(sale.transfer.status(), Status::Paid);
    sale.must(grant());
    assert_eq!(sale.transfer.status(), Status::Delivered);
}

#[test]
fn where_a_priced_sale_pays_back_it_expires_or_is_revoked() {
    let served = || given(Delivery::EnvelopeHeld).after([ServerEvent::FirstChunkServed.into()]);
    for (sale, event, status, end) in [
        (
            given(Delivery::OnDemand),
            ServerEvent::GrantOverdue.into(),
            Status::Expired,
            ClaimsEnd::NotDelivered,
        ),
        (
            given(Delivery::OnDemand),
            ServerEvent::RetentionEnded.into(),
            Status::Expired,
            ClaimsEnd::RetentionEnded,
        ),
        (
            given(Delivery::EnvelopeHeld),
            ServerEvent::RetentionEnded.into(),
            Status::Expired,
            ClaimsEnd::RetentionEnded,
        ),
        (given(Delivery::EnvelopeHeld), revoke(RevokeReason::Requested), Status::Revoked, ClaimsEnd::Revoked),
        (served(), ServerEvent::ContentInfected.into(), Status::Revoked, ClaimsEnd::Infected),
        (
            served().after([buyer_disputes("d1")]),
            ruled("d1", Ruling::ForBuyer),
            Status::Revoked,
            ClaimsEnd::DisputeLost,
        ),
        (served().after([buyer_disputes("d1")]), unanswered("d1"), Status::Revoked, ClaimsEnd::DisputeLost),
    ] {
        let mut sale = sale;
        assert_eq!(sale.must(event).first(), Some(&Effect::EndClaims { reason: end }));
        assert_eq!(sale.transfer.status(), status, "{end:?}");
        assert_eq!(sale.transfer.before_dispute(), None);
        assert_eq!(sale.count(|effect| matches!(effect, Effect::RequestRefund { .. })), 0);
    }
}

#[test]
fn there_is_nothing_to_refund() {
    let mut sale = given(Delivery::EnvelopeHeld);
    assert_eq!(sale.apply(refund_asked(None)), Err(TransitionError::NothingPaid));
    assert_eq!(sale.apply(refund_asked(Some(1))), Err(TransitionError::NothingPaid));
}
