//! The calls to Stripe that a transition asks for: stored in its batch, with exact parameters and Idempotency-Key.

use claimcheck_protocol::transfer::{PaymentIntentId, RefundAmount, RefundReason, SessionId};

use super::Supplied;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::outbox::StripeKind;
use crate::store::payments::{self, FIRST_CHECK_SECONDS, NewAttempt};
use crate::store::transfers::StoredTransfer;
use crate::store::{Query, outbox};
use crate::stripe::{StripeCall, checkout};

/// An attempt to pay, which the invoice makes as soon as it is stored.
pub(super) fn begin_attempt(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    attempt: u32,
    supplied: &Supplied,
) -> Result<Vec<Query>, ApiError> {
    let now = ctx.now.seconds();
    let expires_at = checkout::page_closes_at(transfer, now);
    let origin = supplied.return_origin.as_deref().unwrap_or(&ctx.issuer);
    let destination = supplied.destination.as_ref();
    let call = checkout::call(transfer, origin, expires_at, destination);
    let offer = &transfer.offer.body;
    payments::insert(&NewAttempt {
        transfer_id: transfer.id,
        attempt,
        amount: offer.price,
        currency: offer.currency,
        expires_at,
        call: &call,
        destination,
        now,
        check_at: now + FIRST_CHECK_SECONDS,
    })
    .map_err(|_| ApiError::Bug("a call has no canonical form"))
}

/// Closes a payment page that nobody is to pay any more.
pub(super) fn expire(ctx: &Ctx, transfer: &StoredTransfer, session: &SessionId) -> Result<Query, ApiError> {
    let call = StripeCall::expire(session);
    later(ctx, transfer, (StripeKind::ExpireSession, None), &format!("expire-{session}"), &call)
}

/// Gives money back. All that remains goes by the number of the attempt, a part by the name that the caller gave it.
pub(super) fn refund(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    payment: &PaymentIntentId,
    reason: RefundReason,
    amount: RefundAmount,
    supplied: &Supplied,
) -> Result<Query, ApiError> {
    let (key, part) = match amount {
        RefundAmount::Remaining { attempt } => (format!("refund-{payment}-{attempt}"), None),
        RefundAmount::Part(part) => {
            let name = supplied.refund_id.as_deref().ok_or(ApiError::Bug("a part without a name"))?;
            (part_key(transfer, name), Some(part))
        }
    };
    let call = StripeCall::refund(transfer.id, payment, reason, part);
    let session = transfer.machine.payments().get(payment).and_then(|known| known.confirmed_by.as_ref());
    later(ctx, transfer, (StripeKind::Refund, session), &key, &call)
}

/// The Idempotency-Key of the refund of a part.
pub fn part_key(transfer: &StoredTransfer, refund_id: &str) -> String {
    format!("refund-{}-{refund_id}", transfer.id)
}

/// Stores a call to be made after the answer; a refund with the session of its payment.
fn later(
    ctx: &Ctx,
    transfer: &StoredTransfer,
    (kind, session): (StripeKind, Option<&SessionId>),
    key: &str,
    call: &StripeCall,
) -> Result<Query, ApiError> {
    ctx.has_calls.set(true);
    outbox::insert(&outbox::NewCall {
        kind,
        transfer: transfer.id,
        cause_seq: transfer.audit_seq,
        key,
        call,
        session,
        now: ctx.now.seconds(),
    })
    .map_err(|_| ApiError::Bug("a call has no canonical form"))
}
