//! The daily comparison of these books with Stripe's: every difference becomes a finding for the operator.

use std::collections::BTreeMap;

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::transfer::{PaymentIntentId, SessionId};
use serde::de::DeserializeOwned;

use super::feed;
use super::objects::{Page, Refund, Session};
use super::{CallError, Stripe};
use crate::context::Ctx;
use crate::error::ApiError;
use crate::log;
use crate::store::findings::{self, Finding, Kind};
use crate::store::payments::{self, Attempt};

const JOB: &str = "reconciliation";
const DAY: i64 = 86_400;
/// Days that are compared: sessions live one, and money may move for some more.
const DAYS: i64 = 3;
/// Seconds by which the two clocks, and a call and its answer, may be apart.
const APART: i64 = 900;
/// Objects of one page, and pages of one run.
const PAGE: u32 = 100;
const MAX_PAGES: usize = 100;

/// Compares, unless that was done within a day; how many differences there are.
pub async fn run_daily(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    if ctx.store.run(findings::begin_job(JOB, now, now - DAY)).await? == 0 {
        return Ok(0);
    }
    let found = compare(ctx, now - DAYS * DAY).await?;
    for finding in &found {
        feed::note(ctx, finding).await?;
    }
    Ok(found.len())
}

/// Every difference about sessions and refunds made from `since` on.
async fn compare(ctx: &Ctx, since: i64) -> Result<Vec<Finding>, ApiError> {
    let stripe = ctx.stripe()?;
    let theirs: Vec<Session> =
        list(&stripe, "/v1/checkout/sessions", since, |session: &Session| session.id.to_string()).await?;
    let refunds: Vec<Refund> =
        list(&stripe, "/v1/refunds", since - APART, |refund: &Refund| refund.id.to_string()).await?;
    let ours = ours(ctx, since).await?;
    let mut found = compare_sessions(&ours, &theirs, since + APART);
    found.extend(compare_refunds(&ours, &refunds, ctx.now.seconds() - APART));
    Ok(found)
}

async fn ours(ctx: &Ctx, since: i64) -> Result<Vec<Attempt>, ApiError> {
    let mut all: Vec<Attempt> = Vec::new();
    for _ in 0..MAX_PAGES {
        let last = all.last().and_then(|attempt| attempt.session_id.as_ref());
        let after = last.map_or("", SessionId::as_str).to_owned();
        let page = payments::made_since(&ctx.store, since, &after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
    log::write(&log::Notice::new("reconciliation_cut", "own attempts"));
    Ok(all)
}

async fn list<T: DeserializeOwned>(
    stripe: &Stripe,
    path: &str,
    since: i64,
    id: impl Fn(&T) -> String,
) -> Result<Vec<T>, ApiError> {
    let mut all: Vec<T> = Vec::new();
    for _ in 0..MAX_PAGES {
        let after = all.last().map(|last| format!("&starting_after={}", id(last))).unwrap_or_default();
        let query = format!("{path}?limit={PAGE}&created%5Bgte%5D={since}{after}");
        let page: Page<T> = stripe.get(&query).await.map_err(|error| match error {
            CallError::Refused { code } => ApiError::Dependency("stripe", code),
            CallError::Unanswered { cause } => ApiError::Dependency("stripe", cause.to_owned()),
        })?;
        let is_last = !page.has_more || page.data.is_empty();
        all.extend(page.data);
        if is_last {
            return Ok(all);
        }
    }
    log::write(&log::Notice::new("reconciliation_cut", path));
    Ok(all)
}

fn is_paid(attempt: &Attempt) -> bool {
    matches!(attempt.status.as_str(), "succeeded" | "refunding" | "refunded")
}

/// Sessions made before `surely` may be of attempts older than `ours`.
fn compare_sessions(ours: &[Attempt], theirs: &[Session], surely: i64) -> Vec<Finding> {
    let by_id: BTreeMap<&SessionId, &Attempt> =
        ours.iter().filter_map(|attempt| Some((attempt.session_id.as_ref()?, attempt))).collect();
    let mut found: Vec<Finding> = theirs
        .iter()
        .filter_map(|session| match by_id.get(&session.id) {
            Some(attempt) => compare_one(attempt, session),
            None if session.created < surely => None,
            None => unknown(session),
        })
        .collect();
    let there: BTreeMap<&SessionId, &Session> = theirs.iter().map(|session| (&session.id, session)).collect();
    found.extend(by_id.iter().filter(|(id, attempt)| is_paid(attempt) && !there.contains_key(*id)).map(
        |(id, attempt)| {
            finding(Kind::PaidHereOnly, id.as_str(), Some(attempt), &attempt.status, "no session")
        },
    ));
    found
}

fn finding(kind: Kind, subject: &str, attempt: Option<&Attempt>, ours: &str, theirs: &str) -> Finding {
    let transfer_id = attempt.map(|attempt| attempt.transfer_id);
    Finding {
        kind,
        subject: subject.to_owned(),
        transfer_id,
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
    }
}

/// The first difference of a session that both have.
fn compare_one(attempt: &Attempt, session: &Session) -> Option<Finding> {
    let differs = |kind, ours: &str, theirs: &str| {
        Some(finding(kind, session.id.as_str(), Some(attempt), ours, theirs))
    };
    let (paid_here, paid_there) = (is_paid(attempt), session.payment_status == "paid");
    if attempt.livemode.is_some_and(|ours| ours != session.livemode) {
        return differs(Kind::Livemode, &(!session.livemode).to_string(), &session.livemode.to_string());
    }
    if let Some(theirs) = session.amount_total.filter(|theirs| *theirs != attempt.amount) {
        return differs(Kind::Amount, &attempt.amount.to_string(), &theirs.to_string());
    }
    if let Some(theirs) = session.currency.filter(|theirs| *theirs != attempt.currency) {
        return differs(Kind::Currency, attempt.currency.as_str(), theirs.as_str());
    }
    match (paid_here, paid_there) {
        (false, true) => differs(Kind::PaidThereOnly, &attempt.status, "paid"),
        (true, false) => differs(Kind::PaidHereOnly, &attempt.status, &session.payment_status),
        _ => None,
    }
}

/// A paid session that names a sale of this server, and is of none. Others are of other business of the account.
fn unknown(session: &Session) -> Option<Finding> {
    let names_a_sale = session.client_reference_id.as_ref()?.parse::<TransferId>().is_ok();
    (names_a_sale && session.payment_status == "paid")
        .then(|| finding(Kind::UnknownSession, session.id.as_str(), None, "no session", "paid"))
}

/// Payments of which another sum went back there than here. A payment of the window was refunded within it. What was
/// refunded from `fresh` on is left to the next run, because the news of it may be on their way.
fn compare_refunds(ours: &[Attempt], refunds: &[Refund], fresh: i64) -> Vec<Finding> {
    let mut sums: BTreeMap<&PaymentIntentId, Amount> = BTreeMap::new();
    let is_fresh = |payment: &PaymentIntentId| {
        refunds
            .iter()
            .any(|refund| refund.created >= fresh && refund.payment_intent.as_ref() == Some(payment))
    };
    for refund in refunds.iter().filter(|refund| refund.status.as_deref() == Some("succeeded")) {
        if let Some(payment) = &refund.payment_intent {
            let sum = sums.entry(payment).or_default();
            *sum = sum.checked_add(refund.amount).unwrap_or(Amount::MAX);
        }
    }
    let paid = ours.iter().filter_map(|attempt| Some((attempt.provider_ref.as_ref()?, attempt)));
    paid.filter_map(|(payment, attempt)| {
        let theirs = sums.get(payment).copied().unwrap_or_default();
        (theirs != attempt.refunded_amount && !is_fresh(payment)).then(|| {
            let ours = attempt.refunded_amount.to_string();
            finding(Kind::Refunds, payment.as_str(), Some(attempt), &ours, &theirs.to_string())
        })
    })
    .collect()
}
