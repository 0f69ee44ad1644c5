//! From the machine's effects to columns and statements.

use claimcheck_protocol::audit::Actor;
use claimcheck_protocol::ids::MessageId;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::transfer::{Effect, MessageType, Notice, Party, Timer};

use super::{Supplied, charge};
use crate::audit::Head;
use crate::context::Ctx;
use crate::error::ApiError;
use crate::random;
use crate::store::transfers::{Access, ClaimsState, StoredTransfer};
use crate::store::{Query, keys, links, messages};

/// Carries effects out on `transfer`, whose machine is already the next one, and returns the statements that belong
/// into the batch. What a grant hands over is supplied, or was sealed ahead.
pub(super) fn follow(
    ctx: &Ctx,
    actor: Actor,
    transfer: &mut StoredTransfer,
    head: Head,
    effects: &[Effect],
    supplied: &Supplied,
) -> Result<Vec<Query>, ApiError> {
    let now = ctx.now.seconds();
    transfer.audit_seq = head.seq;
    transfer.audit_head = head.hash;
    for effect in effects {
        change_access(&mut transfer.access, effect, now);
        if *effect == Effect::CreateGrant {
            transfer.grant = supplied.envelope.clone().or_else(|| transfer.held_envelope.clone());
        }
    }
    let mut queries = Vec::new();
    for (ordinal, effect) in (0..).zip(effects) {
        if let Effect::CreateSession { attempt } = effect {
            queries.extend(charge::begin_attempt(ctx, transfer, *attempt, supplied)?);
        }
        queries.extend(match effect {
            Effect::SendMessage { message, to } => tell(ctx, actor, transfer, ordinal, *to, *message, None)?,
            Effect::Notify { notice, to } => {
                tell(ctx, actor, transfer, ordinal, *to, carrier(notice), Some(notice))?
            }
            // A listing's key is held already; the claim hands it out.
            Effect::CreateGrant if transfer.listing.is_some() => None,
            Effect::CreateGrant => Some(grant(transfer, now)?),
            Effect::FreezeClaims | Effect::EndClaims { .. } => Some(links::revoke_of_order(transfer.id, now)),
            Effect::ExpireSession { session } => Some(charge::expire(ctx, transfer, session)?),
            Effect::RequestRefund { payment_intent, reason, amount } => {
                Some(charge::refund(ctx, transfer, payment_intent, *reason, *amount, supplied)?)
            }
            Effect::CreateSession { .. }
            | Effect::ReuseSession { .. }
            | Effect::UnfreezeClaims
            | Effect::StopNewClaims
            | Effect::StartTimer { .. }
            | Effect::Recorded
            | Effect::NoEffect => None,
        });
    }
    Ok(queries)
}

/// What an effect means for claims and deadlines.
fn change_access(access: &mut Access, effect: &Effect, now: i64) {
    match effect {
        Effect::CreateGrant => {
            access.delivered_at = Some(now);
            access.grant_due_at = None;
        }
        Effect::FreezeClaims => access.claims = ClaimsState::Frozen,
        Effect::UnfreezeClaims => {
            access.claims = ClaimsState::Open;
            access.dispute_due_at = None;
        }
        Effect::StopNewClaims => access.claims = ClaimsState::Closing,
        Effect::EndClaims { reason } => {
            access.claims = ClaimsState::Ended;
            access.claims_end = Some(*reason);
            access.grant_due_at = None;
            access.dispute_due_at = None;
        }
        Effect::StartTimer { timer, seconds } => {
            let due = Some(now.saturating_add((*seconds).into()));
            match timer {
                Timer::Grant => access.grant_due_at = due,
                Timer::Retention => access.retention_ends_at = due,
                Timer::DisputeAnswer => access.dispute_due_at = due,
            }
        }
        Effect::SendMessage { .. }
        | Effect::Notify { .. }
        | Effect::CreateSession { .. }
        | Effect::ReuseSession { .. }
        | Effect::ExpireSession { .. }
        | Effect::RequestRefund { .. }
        | Effect::Recorded
        | Effect::NoEffect => {}
    }
}

fn grant(transfer: &StoredTransfer, now: i64) -> Result<Query, ApiError> {
    let envelope = transfer.grant.as_ref().ok_or(ApiError::Bug("a grant without an envelope"))?;
    let expires_at = transfer.access.retention_ends_at.ok_or(ApiError::Bug("a grant without retention"))?;
    Ok(keys::insert(&keys::Grant {
        transfer_id: transfer.id,
        product_id: transfer.product_id,
        recipient: transfer.buyer,
        envelope,
        now,
        expires_at,
    }))
}

/// A message to one side. The operator has no inbox: what concerns it stands in the audit log.
fn tell(
    ctx: &Ctx,
    actor: Actor,
    transfer: &StoredTransfer,
    ordinal: u32,
    party: Party,
    kind: MessageType,
    notice: Option<&Notice>,
) -> Result<Option<Query>, ApiError> {
    let (to, other) = match party {
        Party::Seller => (transfer.seller, transfer.buyer),
        Party::Buyer => (transfer.buyer, transfer.seller),
        Party::Operator => return Ok(None),
    };
    let message = messages::NewMessage {
        id: MessageId::from_parts(ctx.now.millis(), random::make_bytes()?),
        to,
        from: sender(actor, to, other),
        kind,
        notice,
        transfer_id: transfer.id,
        cause_seq: transfer.audit_seq,
        ordinal,
        status: transfer.machine.status(),
        now: ctx.now.seconds(),
    };
    let query = messages::insert(&message).map_err(|_| ApiError::Bug("a notice has no canonical form"))?;
    Ok(Some(query))
}

/// Who a message is from: whoever acted, or the other side where it was the server, Stripe, or its reader.
fn sender(actor: Actor, to: AilockId, other: AilockId) -> AilockId {
    match actor {
        Actor::Ailock(id) if id != to => id,
        Actor::Ailock(_) | Actor::Server | Actor::Stripe => other,
    }
}

/// The type under which a notice travels: the nearest of the seven.
const fn carrier(notice: &Notice) -> MessageType {
    match notice {
        // Never as a confirmation: inputs also arrive before the payment, and sellers act on one.
        Notice::InputsProvided { .. } => MessageType::ProductOffer,
        Notice::PaymentFailed => MessageType::PaymentRequest,
        Notice::InputsNeeded { .. }
        | Notice::InputRejected { .. }
        | Notice::PartlyRefunded
        | Notice::RefundFailed
        | Notice::UnknownSession
        | Notice::PaymentMismatch => MessageType::PaymentConfirmed,
        Notice::RefundPending
        | Notice::Refunded
        | Notice::Revoked
        | Notice::Expired
        | Notice::Cancelled
        | Notice::SoldOut => MessageType::ProductRevoke,
        Notice::DisputesClosed => MessageType::ProductDispute,
    }
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::transfer::ClaimsEnd;

    use super::*;

    fn after(effects: &[Effect]) -> Access {
        let mut access = Access::START;
        for effect in effects {
            change_access(&mut access, effect, 1_000);
        }
        access
    }

    const GRANT_TIMER: Effect = Effect::StartTimer { timer: Timer::Grant, seconds: 10 };
    const RETENTION: Effect = Effect::StartTimer { timer: Timer::Retention, seconds: 50 };

    #[test]
    fn a_delivery_sets_its_end_and_clears_the_deadline_of_the_grant() {
        assert_eq!(after(&[GRANT_TIMER]).grant_due_at, Some(1_010));
        let delivered = after(&[GRANT_TIMER, Effect::CreateGrant, RETENTION]);
        assert_eq!(delivered.grant_due_at, None);
        assert_eq!(delivered.delivered_at, Some(1_000));
        assert_eq!(delivered.retention_ends_at, Some(1_050));
        assert_eq!(delivered.claims, ClaimsState::Open);
    }

    #[test]
    fn claims_freeze_thaw_close_and_end() {
        let answer = Effect::StartTimer { timer: Timer::DisputeAnswer, seconds: 7 };
        let frozen = after(&[Effect::FreezeClaims, answer.clone()]);
        assert_eq!((frozen.claims, frozen.dispute_due_at), (ClaimsState::Frozen, Some(1_007)));
        let thawed = after(&[Effect::FreezeClaims, answer.clone(), Effect::UnfreezeClaims]);
        assert_eq!((thawed.claims, thawed.dispute_due_at), (ClaimsState::Open, None));
        assert_eq!(after(&[Effect::StopNewClaims]).claims, ClaimsState::Closing);
        let ended = after(&[GRANT_TIMER, answer, Effect::EndClaims { reason: ClaimsEnd::Takedown }]);
        assert_eq!((ended.claims, ended.claims_end), (ClaimsState::Ended, Some(ClaimsEnd::Takedown)));
        assert_eq!((ended.grant_due_at, ended.dispute_due_at), (None, None));
    }
}
