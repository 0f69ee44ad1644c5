//! Every status against every event, written out. A cell is the status that follows, `=` for no change of status,
//! or `409` for a refusal. `served` is delivered with a chunk served; `disputed` was delivered, nothing served.

use claimcheck_protocol::transfer::{
    ApiEvent, Delivery, Event, RevokeReason, Ruling, ServerEvent, Status, StripeEvent, StripeVerdict,
};

use crate::scenario::*;

const TABLE: &str = "
                     off inv prc pin pai del srv ack dis rfp rfd rvk exp can
invoice              inv  =  409 409 409 409 409 409 409 409 409 409 409 409
inputs accepted       =   =   =  pai  =  409 409 409 409 409 409 409 409 409
input rejected        =  409 409  =  pin 409 409 409 409 409 409 409 409 409
grant                409 409 409 409 del 409 409 409 409 409 409 409 409 409
ack                  409 409 409 409 409 ack ack 409 409 409 409 409 409 409
buyer disputes       409 409 409 dis dis dis dis dis  =  409  =  409  =  409
dispute withdrawn    409 409 409 409 409 409 409 409 del 409 409 409 409 409
ruled for seller     409 409 409 409 409 409 409 409 del 409 409 409 409 409
ruled for buyer      409 409 409 409 409 409 409 409 rfp 409 409 409 409 409
revoke requested     rvk rvk rvk rfp rfp rfp 409 409 409 409 409 409 409 409
revoke infected      rvk rvk rvk rfp rfp rfp rfp rfp  =  409 409 409 409 409
revoke rejected      rvk rvk rvk rfp rfp rfp rvk rvk  =  409 409 409 409 409
revoke takedown      rvk rvk rvk rfp rfp rfp rvk rvk  =  409 409 409 409 409
cancel               can can can 409 409 409 409 409 409 409 409 409 409 409
refund all           409 409 409 rfp rfp rfp rfp rfp rfp 409 409 409 409 409
refund part          409 409 409  =   =   =   =   =   =  409 409 409 409 409
expire               exp exp exp  =   =   =   =   =   =   =   =   =   =   =
sold out             can can can  =   =   =   =   =   =   =   =   =   =   =
grant overdue         =   =   =  rfp rfp  =   =   =   =   =   =   =   =   =
retention ended       =   =   =  rfp rfp rfp exp exp  =   =   =   =   =   =
dispute unanswered    =   =   =   =   =   =   =   =  rfp  =   =   =   =   =
first chunk served    =   =   =   =   =   =   =   =   =   =   =   =   =   =
content clean         =   =   =   =   =   =   =   =   =   =   =   =   =   =
content infected     rvk rvk rvk rfp rfp rfp rfp rfp  =   =   =   =   =   =
content rejected     rvk rvk rvk rfp rfp rfp rvk rvk  =   =   =   =   =   =
session created       =   =   =   =   =   =   =   =   =   =   =   =   =   =
session refused       =   =   =   =   =   =   =   =   =   =   =   =   =   =
completed unpaid      =  prc  =   =   =   =   =   =   =   =   =   =   =   =
payment confirmed    pin pin pin  =   =   =   =   =   =   =   =   =   =   =
another payment      pin pin pin  =   =   =   =   =   =   =   =   =   =   =
wrong amount          =   =   =   =   =   =   =   =   =   =   =   =   =   =
wrong currency        =   =   =   =   =   =   =   =   =   =   =   =   =   =
unknown session       =   =   =   =   =   =   =   =   =   =   =   =   =   =
async failed          =  off off  =   =   =   =   =   =   =   =   =   =   =
session expired       =   =   =   =   =   =   =   =   =   =   =   =   =   =
refunded in full      =   =   =  rfd rfd rfd rfd rfd rfd rfd  =   =   =   =
refunded in part      =   =   =   =   =   =   =   =   =   =   =   =   =   =
other refunded        =   =   =   =   =   =   =   =   =   =   =   =   =   =
refund created        =   =   =   =   =   =   =   =   =   =   =   =   =   =
refund failed         =   =   =   =   =   =   =   =   =   =   =   =   =   =
bank disputes         =   =   =  dis dis dis dis dis  =   =   =   =   =   =
bank disputes other   =   =   =   =   =   =   =   =   =   =   =   =   =   =
bank: seller won      =   =   =   =   =   =   =   =   =   =   =   =   =   =
bank: seller lost     =   =   =  rfd rfd rfd rfd rfd rfd rfd  =   =   =   =
";

fn status_of(column: &str) -> Status {
    match column {
        "off" => Status::Offered,
        "inv" => Status::Invoiced,
        "prc" => Status::PaymentProcessing,
        "pin" => Status::PaidPendingInputs,
        "pai" => Status::Paid,
        "del" | "srv" => Status::Delivered,
        "ack" => Status::Acknowledged,
        "dis" => Status::Disputed,
        "rfp" => Status::RefundPending,
        "rfd" => Status::Refunded,
        "rvk" => Status::Revoked,
        "exp" => Status::Expired,
        "can" => Status::Cancelled,
        other => panic!("no such column: {other}"),
    }
}

/// A sale in the state of a column. All had session cs_1, so a payment can still come for the unpaid ones.
pub fn sale_in(column: &str) -> Sale {
    let invoiced = || Sale::invoiced(Delivery::OnDemand, &brief());
    let delivered = || invoiced().after([paid(1), accept("brief"), grant()]);
    let served = || delivered().after([ServerEvent::FirstChunkServed.into()]);
    let sale = match column {
        "off" => invoiced().after([completed_unpaid("cs_1"), async_failed("cs_1")]),
        "inv" => invoiced(),
        "prc" => invoiced().after([completed_unpaid("cs_1")]),
        "pin" => invoiced().after([paid(1)]),
        "pai" => invoiced().after([paid(1), accept("brief")]),
        "del" => delivered(),
        "srv" => served(),
        "ack" => served().after([ack()]),
        "dis" => delivered().after([buyer_disputes("d1")]),
        "rfp" => invoiced().after([paid(1), revoke(RevokeReason::Requested)]),
        "rfd" => delivered().after([refunded("pi_1", PRICE)]),
        "rvk" => invoiced().after([revoke(RevokeReason::Requested)]),
        "exp" => served().after([ServerEvent::RetentionEnded.into()]),
        "can" => invoiced().after([cancel()]),
        other => panic!("no such column: {other}"),
    };
    assert_eq!(sale.transfer.status(), status_of(column), "{column}");
    sale
}

fn event_of(row: &str) -> Event {
    match row {
        "invoice" => invoice(),
        "inputs accepted" => accept("brief"),
        "input rejected" => reject("brief"),
        "grant" => grant(),
        "ack" => ack(),
        "buyer disputes" => buyer_disputes("d2"),
        "dispute withdrawn" => ruled("d1", Ruling::Withdrawn),
        "ruled for seller" => ruled("d1", Ruling::ForSeller),
        "ruled for buyer" => ruled("d1", Ruling::ForBuyer),
        "revoke requested" => revoke(RevokeReason::Requested),
        "revoke infected" => revoke(RevokeReason::Infected),
        "revoke rejected" => revoke(RevokeReason::Rejected),
        "revoke takedown" => revoke(RevokeReason::Takedown),
        "cancel" => cancel(),
        "refund all" => refund_asked(None),
        "refund part" => refund_asked(Some(300)),
        other => observed(other),
    }
}

fn observed(row: &str) -> Event {
    match row {
        "expire" => ServerEvent::Expire.into(),
        "sold out" => ServerEvent::SoldOut.into(),
        "grant overdue" => ServerEvent::GrantOverdue.into(),
        "retention ended" => ServerEvent::RetentionEnded.into(),
        "dispute unanswered" => unanswered("d1"),
        "first chunk served" => ServerEvent::FirstChunkServed.into(),
        "content clean" => ServerEvent::ContentClean.into(),
        "content infected" => ServerEvent::ContentInfected.into(),
        "content rejected" => ServerEvent::ContentRejected.into(),
        "session created" => session_created(2),
        "session refused" => StripeEvent::SessionRefused { attempt: 1 }.into(),
        "completed unpaid" => completed_unpaid("cs_1"),
        "payment confirmed" => paid(1),
        "another payment" => paid_with("cs_1", "pi_2", PRICE, "usd"),
        "wrong amount" => paid_with("cs_1", "pi_1", PRICE - 1, "usd"),
        "wrong currency" => paid_with("cs_1", "pi_1", PRICE, "eur"),
        "unknown session" => paid_with("cs_9", "pi_1", PRICE, "usd"),
        "async failed" => async_failed("cs_1"),
        "session expired" => session_expired("cs_1"),
        "refunded in full" => refunded("pi_1", PRICE),
        "refunded in part" => refunded("pi_1", 300),
        "other refunded" => refunded("pi_2", PRICE),
        "refund created" => refund_created("pi_1", "re_1"),
        "refund failed" => refund_failed("pi_1", "re_1"),
        "bank disputes" => bank_disputes("dp_1", "pi_1"),
        "bank disputes other" => bank_disputes("dp_1", "pi_2"),
        "bank: seller won" => bank_decides("dp_1", "pi_1", StripeVerdict::Won),
        "bank: seller lost" => bank_decides("dp_1", "pi_1", StripeVerdict::Lost),
        other => panic!("no such row: {other}"),
    }
}

/// The rows: a name of 20 characters, then one cell for each column.
fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = TABLE.lines().filter(|line| !line.is_empty());
    lines.map(|line| (line[..20].trim(), line[20..].split_whitespace().collect())).collect()
}

/// All columns of the table.
pub fn columns() -> Vec<&'static str> {
    rows().remove(0).1
}

#[test]
fn every_cell_holds() {
    let mut wrong = Vec::new();
    for (row, cells) in rows().into_iter().skip(1) {
        assert_eq!(cells.len(), columns().len(), "{row}");
        for (column, cell) in columns().into_iter().zip(cells) {
            let mut sale = sale_in(column);
            let outcome = sale.apply(event_of(row));
            let expected = match cell {
                "409" => None,
                "=" => Some(status_of(column)),
                other => Some(status_of(other)),
            };
            if outcome.as_ref().ok().map(|_| sale.transfer.status()) != expected {
                wrong.push(format!("{row} in {column}: expected {cell}, got {outcome:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_event_has_a_row() {
    let seen: std::collections::BTreeSet<_> = rows()
        .iter()
        .skip(1)
        .map(|(row, _)| match event_of(row) {
            Event::Api(event) => ("api", event.name()),
            Event::Server(event) => ("server", event.name()),
            Event::Stripe(event) => ("stripe", event.name()),
        })
        .collect();
    assert_eq!(seen.len(), 10 + 9 + 11, "{seen:?}");
}

#[test]
fn names_are_the_ones_in_json() {
    for (row, _) in rows().iter().skip(1) {
        let event = event_of(row);
        let json = serde_json::to_value(&event).unwrap();
        let inner = json.as_object().unwrap().values().next().unwrap();
        assert_eq!(inner["event"], event.name());
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}

#[test]
fn a_refusal_names_state_and_event() {
    let error = sale_in("can").apply(ApiEvent::Grant.into()).unwrap_err();
    assert_eq!(error.code().as_str(), "wrong_state");
    assert_eq!(error.to_string(), "grant is not possible while the transfer is cancelled");
}
