//! Random histories of all events: what must hold after every step, whatever happened.

use std::collections::BTreeSet;

use claimcheck_protocol::policy::Policy;
use claimcheck_protocol::transfer::{
    ApiEvent, Delivery, Effect, Event, RefundAmount, RevokeReason, Ruling, ServerEvent, Status, StripeEvent,
    StripeVerdict, Transfer,
};
use proptest::prelude::*;

use crate::scenario::*;

fn any_event() -> impl Strategy<Value = Event> {
    let session = || proptest::sample::select(vec!["cs_1", "cs_2"]);
    let payment = || proptest::sample::select(vec!["pi_1", "pi_2"]);
    let dispute = || proptest::sample::select(vec!["d1", "d2"]);
    let verdict = || prop_oneof![Just(StripeVerdict::Won), Just(StripeVerdict::Lost)];
    let reason = prop_oneof![
        Just(RevokeReason::Requested),
        Just(RevokeReason::Infected),
        Just(RevokeReason::Rejected),
        Just(RevokeReason::Takedown)
    ];
    let ruling = prop_oneof![Just(Ruling::Withdrawn), Just(Ruling::ForSeller), Just(Ruling::ForBuyer)];
    let api = prop_oneof![
        4 => Just(invoice()),
        3 => Just(accept("brief")),
        1 => Just(reject("brief")),
        3 => Just(grant()),
        2 => Just(ack()),
        1 => Just(ApiEvent::Cancel.into()),
        1 => reason.prop_map(revoke),
        1 => proptest::option::of(0..1200_i64).prop_map(refund_asked),
        2 => dispute().prop_map(buyer_disputes),
        2 => (dispute(), ruling).prop_map(|(id, ruling)| ruled(id, ruling)),
    ];
    let server = prop_oneof![
        Just(ServerEvent::Expire.into()),
        Just(ServerEvent::SoldOut.into()),
        Just(ServerEvent::GrantOverdue.into()),
        Just(ServerEvent::RetentionEnded.into()),
        Just(ServerEvent::FirstChunkServed.into()),
        Just(ServerEvent::ContentClean.into()),
        Just(ServerEvent::ContentInfected.into()),
        Just(ServerEvent::ContentRejected.into()),
        dispute().prop_map(unanswered),
    ];
    let stripe = prop_oneof![
        6 => (1..3_u32).prop_map(session_created),
        1 => (1..3_u32).prop_map(|attempt| StripeEvent::SessionRefused { attempt }.into()),
        2 => session().prop_map(completed_unpaid),
        6 => (session(), payment()).prop_map(|(session, payment)| paid_with(session, payment, PRICE, "usd")),
        1 => session().prop_map(async_failed),
        1 => session().prop_map(session_expired),
        1 => (payment(), prop_oneof![Just(300), Just(PRICE)]).prop_map(|(payment, amount)| refunded(payment, amount)),
        1 => (payment(), 1..4_u32).prop_map(|(payment, number)| refund_failed(payment, &format!("re_{number}"))),
        1 => (dispute(), payment()).prop_map(|(id, payment)| bank_disputes(id, payment)),
        1 => (dispute(), payment(), verdict()).prop_map(|(id, payment, verdict)| bank_decides(id, payment, verdict)),
    ];
    prop_oneof![4 => api, 1 => server, 4 => stripe]
}

/// What the server's claims do as the effects tell them.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Claims {
    None,
    Open,
    Frozen,
    Closing,
    Ended,
}

fn claims_after(claims: Claims, effect: &Effect, granted: bool) -> Claims {
    match effect {
        Effect::CreateGrant => Claims::Open,
        Effect::FreezeClaims => Claims::Frozen,
        Effect::UnfreezeClaims if granted => Claims::Open,
        Effect::UnfreezeClaims => Claims::None,
        Effect::StopNewClaims => Claims::Closing,
        Effect::EndClaims { .. } => Claims::Ended,
        _ => claims,
    }
}

fn check_step(
    before: &Transfer,
    after: &Transfer,
    effects: &[Effect],
    claims: Claims,
) -> Result<(), TestCaseError> {
    let status = after.status();
    prop_assert!(after.grants() <= 1);
    prop_assert!(!before.status().is_terminal() || status == before.status(), "left {}", before.status());
    prop_assert!(
        before.status() != Status::RefundPending
            || matches!(status, Status::RefundPending | Status::Refunded)
    );
    prop_assert_eq!(status == Status::Disputed, after.before_dispute().is_some());
    let nothing = serde_json::json!({"revoke": null, "retention_ended": false, "grant_overdue": false});
    prop_assert!(status == Status::Disputed || serde_json::to_value(after).unwrap()["due"] == nothing);
    prop_assert_eq!(
        effects.contains(&Effect::NoEffect),
        before == after && effects.len() == 1 && effects[0] == Effect::NoEffect
    );
    prop_assert!(!effects.is_empty());
    if status.allows_access() {
        prop_assert_eq!((after.grants(), claims), (1, Claims::Open));
        prop_assert!(after.missing_inputs(None).is_empty());
        prop_assert!(after.terms().price.is_zero() || after.money_moved());
    }
    if status == Status::Disputed {
        prop_assert_eq!(claims, Claims::Frozen);
    }
    if status.is_terminal() && after.grants() == 1 {
        prop_assert!(matches!(claims, Claims::Ended | Claims::Closing), "{:?}", claims);
    }
    prop_assert_eq!(
        serde_json::from_str::<Transfer>(&serde_json::to_string(after).unwrap()).unwrap(),
        after.clone()
    );
    Ok(())
}

/// Money is asked back only where it came in, once for each attempt, and never all of it while the buyer has access.
fn check_refunds(
    after: &Transfer,
    effects: &[Effect],
    asked: &mut BTreeSet<(String, u32)>,
) -> Result<(), TestCaseError> {
    for effect in effects {
        let Effect::RequestRefund { payment_intent, amount, .. } = effect else { continue };
        prop_assert!(after.payments()[payment_intent].confirmed_by.is_some());
        let RefundAmount::Remaining { attempt } = amount else { continue };
        prop_assert!(asked.insert((payment_intent.to_string(), *attempt)), "asked twice");
        let is_kept = after.paid_by() == Some(payment_intent);
        prop_assert!(!is_kept || after.status() == Status::RefundPending || after.status().is_terminal());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_step_keeps_the_promises(
        price in prop_oneof![1 => Just(0), 4 => Just(PRICE)],
        delivery in prop_oneof![Just(Delivery::OnDemand), Just(Delivery::EnvelopeHeld), Just(Delivery::ListingKeyHeld)],
        with_input in any::<bool>(),
        revoke_on_expiry in any::<bool>(),
        events in proptest::collection::vec(any_event(), 1..40),
    ) {
        let inputs = if with_input { brief() } else { Vec::new() };
        let policy = Policy { revoke_on_expiry, ..Policy::default() };
        let mut sale = Sale::with(price, &policy, &inputs, delivery);
        let mut claims = Claims::None;
        let mut asked = BTreeSet::new();
        for event in events {
            let before = sale.transfer.clone();
            match sale.apply(event.clone()) {
                Err(_) => prop_assert!(matches!(event, Event::Api(_)), "refused {:?}", event),
                Ok(effects) => {
                    for effect in &effects {
                        claims = claims_after(claims, effect, sale.transfer.grants() > 0);
                    }
                    check_step(&before, &sale.transfer, &effects, claims)?;
                    check_refunds(&sale.transfer, &effects, &mut asked)?;
                }
            }
        }
        prop_assert!(sale.count(|effect| *effect == Effect::CreateGrant) <= 1);
    }
}
