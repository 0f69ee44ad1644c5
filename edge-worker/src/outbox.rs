//! Makes the stored calls to Stripe: right after the answer that asked for them, and by cron until they succeed.

use claimcheck_protocol::transfer::{DisputeState, StripeEvent};
use worker::Env;

use crate::clock;
use crate::context::Ctx;
use crate::error::{ApiError, Outcome};
use crate::log;
use crate::store::findings::{Finding, Kind};
use crate::store::outbox::{self, DueCall, StripeKind};
use crate::stripe::feed::{self, Source};
use crate::stripe::objects::{Refund, Session};
use crate::stripe::{CallError, Stripe};
use crate::trace::CallNames;
use crate::transitions;
use crate::webhooks;

/// Calls of one run.
const MAX_CALLS: u32 = 20;

/// Makes what is due now, for a call that has been answered. What fails is left to the cron.
pub async fn run_after_answer(env: Env, call: CallNames) {
    let names = call.part().unwrap_or(call);
    let start = clock::runtime_millis();
    match Ctx::named(env, names.clone()).await {
        Ok(ctx) => {
            report(&names, "outbox", start, run(&ctx).await);
            report(&names, "webhooks", clock::runtime_millis(), webhooks::run(&ctx).await);
        }
        Err(error) => report(&names, "outbox", start, Err(error)),
    }
}

fn report(names: &CallNames, job: &'static str, start: f64, result: Result<usize, ApiError>) {
    if result.is_err() {
        log::write_job(names, job, clock::runtime_millis() - start, 0, Outcome::of(&result));
    }
}

/// Makes what is due now; how many calls were taken on. Without payments nothing is ever due.
pub async fn run(ctx: &Ctx) -> Result<usize, ApiError> {
    let now = ctx.now.seconds();
    let due = outbox::due(&ctx.store, now, MAX_CALLS).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let stripe = ctx.stripe()?;
    let mut made = 0;
    for call in due {
        if ctx.store.run(outbox::take(call.id, call.attempts, now)).await? == 1 {
            made += 1;
            make(ctx, &stripe, &call).await?;
        }
    }
    Ok(made)
}

async fn make(ctx: &Ctx, stripe: &Stripe, call: &DueCall) -> Result<(), ApiError> {
    match at_the_bank(ctx, call).await? {
        Some(AtTheBank::Undecided) => return again(ctx, call, "disputed", &call.idempotency_key).await,
        Some(AtTheBank::TakenBack) => return finish(ctx, call).await,
        None => {}
    }
    let answer = match call.kind {
        StripeKind::Refund => {
            stripe.post::<Refund>(call.call(), &call.idempotency_key).await.map(Answer::Refund)
        }
        StripeKind::ExpireSession => {
            stripe.post::<Session>(call.call(), &call.idempotency_key).await.map(Answer::Expired)
        }
    };
    match answer {
        Ok(answer) => {
            store_answer(ctx, call, answer).await?;
            finish(ctx, call).await
        }
        // What was wanted is so already; an event has said it, or a question will.
        Err(CallError::Refused { code }) if is_done(call.kind, &code) => finish(ctx, call).await,
        Err(CallError::Refused { code }) => {
            let finding = Finding {
                kind: Kind::CallRefused,
                subject: format!("outbox {}", call.id),
                transfer_id: Some(call.transfer_id),
                ours: call.call().path.clone(),
                theirs: code.clone(),
            };
            feed::note(ctx, &finding).await?;
            // Stripe would repeat a refusal under the same key, and a refused call has done nothing.
            let key = next_key(&call.idempotency_key, call.attempts + 1);
            again(ctx, call, &code, &key).await
        }
        Err(CallError::Unanswered { cause }) => again(ctx, call, cause, &call.idempotency_key).await,
    }
}

/// What keeps a refund from being made: Stripe would refuse it, and a lost dispute has given the money back.
enum AtTheBank {
    Undecided,
    TakenBack,
}

async fn at_the_bank(ctx: &Ctx, call: &DueCall) -> Result<Option<AtTheBank>, ApiError> {
    let Some(payment) = call.call().refunded_payment() else { return Ok(None) };
    let machine = transitions::load(ctx, call.transfer_id).await?.machine;
    Ok(if machine.is_charged_back(&payment) {
        Some(AtTheBank::TakenBack)
    } else {
        machine.disputes().is_at_stripe(&payment, DisputeState::Open).then_some(AtTheBank::Undecided)
    })
}

enum Answer {
    Refund(Refund),
    Expired(Session),
}

/// What the answer says goes the way of an event.
async fn store_answer(ctx: &Ctx, call: &DueCall, answer: Answer) -> Result<(), ApiError> {
    let fact = match answer {
        Answer::Expired(session) => Some(StripeEvent::SessionExpired { session: session.id }),
        Answer::Refund(refund) => refund.fact(),
    };
    let Some(fact) = fact else { return Ok(()) };
    feed::apply(ctx, transitions::load(ctx, call.transfer_id).await?, &fact, Source::Answer).await?;
    Ok(())
}

fn is_done(kind: StripeKind, code: &str) -> bool {
    match kind {
        StripeKind::Refund => code == "charge_already_refunded",
        // A page that is not open needs no closing; if it was paid, that is told by itself.
        StripeKind::ExpireSession => true,
    }
}

async fn finish(ctx: &Ctx, call: &DueCall) -> Result<(), ApiError> {
    ctx.store.run(outbox::done(call.id, ctx.now.seconds())).await?;
    Ok(())
}

async fn again(ctx: &Ctx, call: &DueCall, code: &str, key: &str) -> Result<(), ApiError> {
    let at = ctx.now.seconds() + outbox::delay(call.attempts);
    ctx.store.run(outbox::again(call.id, code, key, at)).await?;
    log::write(&log::Notice::new("stripe_call_fails", code));
    Ok(())
}

/// The key with the number of the attempt after a dot.
fn next_key(key: &str, attempt: u32) -> String {
    let stem = key.split_once('.').map_or(key, |(stem, _)| stem);
    format!("{stem}.{attempt}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_goes_on_under_a_new_key() {
        assert_eq!(next_key("refund-pi_1-1", 1), "refund-pi_1-1.1");
        assert_eq!(next_key("refund-pi_1-1.1", 2), "refund-pi_1-1.2");
    }

    #[test]
    fn what_is_so_already_is_done() {
        assert!(is_done(StripeKind::Refund, "charge_already_refunded"));
        assert!(!is_done(StripeKind::Refund, "charge_disputed"));
        assert!(!is_done(StripeKind::Refund, "balance_insufficient"));
        assert!(is_done(StripeKind::ExpireSession, "resource_missing"));
    }
}
