//! Every order of the same Stripe events, with repetitions, ends in the same state.
//!
//! Orders are walked set by set: from all states that a set of events can lead to, each further event leads to the
//! states of the next larger set. So every order of all events is covered without walking each of the 13! apart. A
//! repetition is covered where applying a known event once more leaves every such state as it is.

use std::collections::BTreeMap;

use claimcheck_protocol::transfer::{
    Delivery, DisputeOutcome, DisputeState, Disputes, Effect, Event, Payment, RefundAmount, Session, Status,
    StripeVerdict, Transfer,
};
use proptest::prelude::*;

use crate::scenario::*;
use crate::table::{columns, sale_in};

/// What may not depend on the order: not how often this server asked, and not what a dispute had put aside.
#[derive(Debug, Clone, PartialEq)]
struct Ending {
    status: Status,
    sessions: Vec<Session>,
    payments: Vec<(String, Payment)>,
    disputes: Disputes,
    money_moved: bool,
}

fn ending(transfer: &Transfer) -> Ending {
    let payments = transfer
        .payments()
        .iter()
        .map(|(id, payment)| (id.to_string(), Payment { requests: 0, ..payment.clone() }));
    Ending {
        status: transfer.status(),
        sessions: transfer.sessions().to_vec(),
        payments: payments.collect(),
        disputes: transfer.disputes().clone(),
        money_moved: transfer.money_moved(),
    }
}

/// All that Stripe can say about session cs_1 and payment pi_1, contradictions included.
fn pool() -> Vec<Event> {
    vec![
        paid(1),
        completed_unpaid("cs_1"),
        async_failed("cs_1"),
        session_expired("cs_1"),
        refunded("pi_1", 300),
        refunded("pi_1", PRICE),
        refund_created("pi_1", "re_1"),
        refund_failed("pi_1", "re_1"),
        bank_disputes("dp_1", "pi_1"),
        bank_decides("dp_1", "pi_1", StripeVerdict::Won),
        bank_decides("dp_1", "pi_1", StripeVerdict::Lost),
        bank_disputes("dp_2", "pi_1"),
        bank_decides("dp_2", "pi_1", StripeVerdict::Won),
    ]
}

/// Distinct states by their stored form.
type States = BTreeMap<String, Transfer>;

fn insert(states: &mut States, transfer: Transfer) {
    states.insert(serde_json::to_string(&transfer).unwrap(), transfer);
}

/// Walks every order of every subset of `events` from `start`, and gives `check` each step: the set so far (one bit
/// for each event), the state before, the event's position, and the transition's effects.
fn walk(
    start: &Transfer,
    events: &[Event],
    check: impl Fn(usize, &Transfer, usize, &[Effect]),
) -> Vec<States> {
    let mut reached = vec![States::new(); 1 << events.len()];
    insert(&mut reached[0], start.clone());
    for set in 0..reached.len() {
        for transfer in reached[set].clone().into_values() {
            for (position, event) in events.iter().enumerate() {
                let transition = transfer.clone().apply(event.clone()).unwrap();
                if set & (1 << position) == 0 {
                    check(set, &transfer, position, &transition.effects);
                    insert(&mut reached[set | (1 << position)], transition.next);
                } else {
                    assert_eq!(transition.next, transfer, "a repetition of {event:?} changed something");
                    assert!(transition.effects.iter().all(is_quiet), "{event:?}: {:?}", transition.effects);
                }
            }
        }
    }
    reached
}

fn is_quiet(effect: &Effect) -> bool {
    matches!(effect, Effect::NoEffect | Effect::Notify { .. })
}

/// Every set of events has one ending; gives the ending of each.
fn the_one_ending(reached: &[States], events: &[Event]) -> Vec<Ending> {
    let endings = reached.iter().enumerate().map(|(set, states)| {
        let mut endings: Vec<Ending> = states.values().map(ending).collect();
        endings.dedup();
        let told: Vec<_> =
            events.iter().enumerate().filter(|(position, _)| set & (1 << position) != 0).collect();
        assert_eq!(endings.len(), 1, "{told:#?}\n{endings:#?}");
        endings.remove(0)
    });
    endings.collect()
}

/// Whether an event keeps a payment that follows from being delivered.
fn comes_in_the_way(event: &Event) -> bool {
    let way = [
        refunded("pi_1", PRICE),
        bank_disputes("dp_1", "pi_1"),
        bank_disputes("dp_2", "pi_1"),
        bank_decides("dp_1", "pi_1", StripeVerdict::Lost),
    ];
    way.contains(event)
}

#[test]
fn every_order_of_a_sale_with_an_envelope_ends_alike() {
    let start = Sale::invoiced(Delivery::EnvelopeHeld, &[]).transfer;
    let events = pool();
    let reached = walk(&start, &events, |set, before, position, effects| {
        let grants = effects.iter().filter(|effect| **effect == Effect::CreateGrant).count() as u32;
        assert!(before.grants() + grants <= 1);
        let hindered =
            events.iter().enumerate().any(|(at, event)| set & (1 << at) != 0 && comes_in_the_way(event));
        if events[position] == paid(1) && !hindered {
            assert_eq!(grants, 1, "nothing came first, so the payment is delivered");
        }
    });
    let endings = the_one_ending(&reached, &events);
    for (set, ending) in endings.iter().enumerate() {
        let told = |event: &Event| {
            events.iter().position(|known| known == event).is_some_and(|at| set & (1 << at) != 0)
        };
        assert_eq!(ending.status, expected(told), "{set:b}");
    }
    for transfer in reached.iter().flat_map(States::values) {
        assert_eq!(transfer.grants() == 1, transfer.grants() > 0);
        if transfer.status() == Status::Delivered {
            assert_eq!(transfer.grants(), 1);
        }
    }
}

/// Where a sale ends by what Stripe has told, whatever the order.
fn expected(told: impl Fn(&Event) -> bool) -> Status {
    let is_open = |id| {
        told(&bank_disputes(id, "pi_1"))
            && !told(&bank_decides(id, "pi_1", StripeVerdict::Won))
            && !told(&bank_decides(id, "pi_1", StripeVerdict::Lost))
    };
    if told(&paid(1)) {
        if told(&refunded("pi_1", PRICE)) || told(&bank_decides("dp_1", "pi_1", StripeVerdict::Lost)) {
            return Status::Refunded;
        }
        return if is_open("dp_1") || is_open("dp_2") { Status::Disputed } else { Status::Delivered };
    }
    if told(&async_failed("cs_1")) {
        return Status::Offered;
    }
    if told(&completed_unpaid("cs_1")) { Status::PaymentProcessing } else { Status::Invoiced }
}

#[test]
fn every_order_ends_alike_wherever_the_sale_stands() {
    // The first eight events and the first dispute, from every state of the table.
    let mut events = pool();
    events.truncate(11);
    for column in columns() {
        let start = sale_in(column).transfer;
        let reached = walk(&start, &events, |_, before, _, effects| {
            let grants = effects.iter().filter(|effect| **effect == Effect::CreateGrant).count() as u32;
            assert!(before.grants() + grants <= 1);
        });
        let endings = the_one_ending(&reached, &events);
        if start.status().is_terminal() {
            assert!(endings.iter().all(|ending| ending.status == start.status()), "{column}");
        }
    }
}

#[test]
fn every_order_of_a_sale_that_waits_for_inputs_ends_alike() {
    let start = Sale::invoiced(Delivery::ListingKeyHeld, &brief()).transfer;
    let mut events = pool();
    events.truncate(11);
    let reached = walk(&start, &events, |_, _, _, effects| assert!(!effects.contains(&Effect::CreateGrant)));
    the_one_ending(&reached, &events);
}

/// A refund is asked for at most once for each that failed, and is never left out where it is owed and possible.
#[test]
fn a_payment_nobody_awaits_goes_back_once_in_every_order() {
    let events = pool();
    for column in ["can", "rvk"] {
        let reached = walk(&sale_in(column).transfer, &events, |_, before, _, effects| {
            for effect in effects {
                if let Effect::RequestRefund { payment_intent, amount, .. } = effect {
                    let asked = before.payments().get(payment_intent).map_or(0, |payment| payment.requests);
                    assert!(
                        matches!(amount, RefundAmount::Remaining { attempt } if *attempt > asked && *attempt <= 2)
                    );
                }
            }
        });
        for transfer in reached.iter().flat_map(States::values) {
            let Some(payment) = transfer.payments().values().find(|payment| payment.confirmed_by.is_some())
            else {
                continue;
            };
            let lost = DisputeState::Closed(DisputeOutcome::Lost);
            let held = transfer
                .disputes()
                .at_stripe
                .values()
                .any(|dispute| [DisputeState::Open, lost].contains(&dispute.state));
            let failed = payment
                .refunds
                .values()
                .filter(|state| serde_json::to_value(state).unwrap() == "failed")
                .count() as u32;
            if !held && (failed > 0 || !payment.refunded_in_full) {
                assert_eq!(payment.requests, failed + 1);
            }
            assert!(payment.requests <= failed + 1);
        }
    }
}

/// Two sessions, both paid: whichever is seen first is kept, the other goes back, and the sale stands the same.
#[test]
fn of_two_payments_one_is_kept_in_every_order() {
    let start = Sale::invoiced(Delivery::EnvelopeHeld, &[])
        .after([session_expired("cs_1"), invoice(), session_created(2)])
        .transfer;
    let events = [
        paid(1),
        paid(2),
        completed_unpaid("cs_1"),
        completed_unpaid("cs_2"),
        session_expired("cs_2"),
        async_failed("cs_1"),
    ];
    let reached = walk(&start, &events, |_, _, _, _| {});
    for states in &reached {
        let mut statuses: Vec<_> = states.values().map(Transfer::status).collect();
        statuses.dedup();
        assert_eq!(statuses.len(), 1);
        for transfer in states.values().filter(|transfer| transfer.payments().len() == 2) {
            assert_eq!((transfer.status(), transfer.grants()), (Status::Delivered, 1));
            let kept = transfer.paid_by().unwrap();
            let other = transfer.payments().keys().find(|id| *id != kept).unwrap();
            assert_eq!(transfer.payments()[kept].requests, 0);
            assert_eq!(transfer.payments()[other].requests, 1);
            let settled = transfer.clone().apply(to_stripe(refunded(other.as_str(), PRICE))).unwrap().next;
            assert_eq!(settled.status(), Status::Delivered);
        }
    }
}

fn to_stripe(event: Event) -> Event {
    assert!(matches!(event, Event::Stripe(_)));
    event
}

/// A refund or dispute that came first only delays the delivery until it is out of the way.
#[test]
fn a_dispute_won_before_or_after_the_payment_ends_in_one_delivery() {
    let start = Sale::invoiced(Delivery::EnvelopeHeld, &[]).transfer;
    let events = [
        paid(1),
        completed_unpaid("cs_1"),
        bank_disputes("dp_1", "pi_1"),
        bank_decides("dp_1", "pi_1", StripeVerdict::Won),
        bank_disputes("dp_2", "pi_1"),
        bank_decides("dp_2", "pi_1", StripeVerdict::Won),
    ];
    let reached = walk(&start, &events, |_, _, _, _| {});
    let last = reached.last().unwrap();
    assert_eq!(last.len(), 1, "even the stored form is the same: {last:#?}");
    let transfer = last.values().next().unwrap();
    assert_eq!((transfer.status(), transfer.grants()), (Status::Delivered, 1));
}

/// Two sessions (one payment), both refunds of it failing, three disputes: beyond what can be walked exhaustively.
fn wide_pool() -> Vec<Event> {
    let mut events = pool();
    events.extend([
        completed_unpaid("cs_2"),
        async_failed("cs_2"),
        session_expired("cs_2"),
        refund_failed("pi_1", "re_2"),
        refund_created("pi_1", "re_2"),
        refunded("pi_1", 999),
        bank_decides("dp_2", "pi_1", StripeVerdict::Lost),
        bank_disputes("dp_3", "pi_9"),
        refunded("pi_9", PRICE),
        paid_with("cs_1", "pi_1", PRICE + 1, "usd"),
        paid_with("cs_7", "pi_1", PRICE, "usd"),
    ]);
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_orders_with_repetitions_end_alike(
        (first, second) in proptest::sample::subsequence(wide_pool(), 1..24).prop_flat_map(|chosen| {
            let doubled = || proptest::collection::vec(proptest::sample::select(chosen.clone()), 0..12)
                .prop_map({ let chosen = chosen.clone(); move |extra| [chosen.clone(), extra].concat() });
            (doubled().prop_shuffle(), doubled().prop_shuffle())
        }),
        column in proptest::sample::select(columns()),
    ) {
        let begin = || sale_in(column).transfer;
        let run = |events: &[Event]| events.iter().fold(begin(), |transfer, event| transfer.apply(event.clone()).unwrap().next);
        prop_assert_eq!(ending(&run(&first)), ending(&run(&second)));
    }
}
