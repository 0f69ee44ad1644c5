//! Stripe's objects, as far as this server reads them.

use claimcheck_protocol::money::{Amount, Currency};
use claimcheck_protocol::transfer::{DisputeId, PaymentIntentId, RefundId, SessionId, StripeEvent};
use serde::{Deserialize, Deserializer};

/// A payment that is named, or enclosed whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(PaymentIntentId),
    Object { id: PaymentIntentId },
}

fn payment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PaymentIntentId>, D::Error> {
    let reference = Option::<Reference>::deserialize(deserializer)?;
    Ok(reference.map(|reference| match reference {
        Reference::Id(id) | Reference::Object { id } => id,
    }))
}

/// A Checkout Session.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// `open`, `complete` or `expired`.
    pub status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub payment_status: String,
    /// The payment, once there is one.
    #[serde(default, deserialize_with = "payment")]
    pub payment_intent: Option<PaymentIntentId>,
    /// Minor units.
    pub amount_total: Option<Amount>,
    /// Of the amount.
    pub currency: Option<Currency>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Where to pay; only of an open one.
    pub url: Option<String>,
    /// Unix seconds.
    pub expires_at: Option<i64>,
    /// Unix seconds at which it was made.
    #[serde(default)]
    pub created: i64,
    /// What the server gave as its own name of it.
    pub client_reference_id: Option<String>,
}

/// A charge.
#[derive(Debug, Clone, Deserialize)]
pub struct Charge {
    /// Its payment.
    #[serde(default, deserialize_with = "payment")]
    pub payment_intent: Option<PaymentIntentId>,
    /// All refunds so far, in minor units.
    pub amount_refunded: Amount,
    /// Whether that is everything.
    pub refunded: bool,
}

/// A refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Its payment.
    #[serde(default, deserialize_with = "payment")]
    pub payment_intent: Option<PaymentIntentId>,
    /// Minor units.
    pub amount: Amount,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub status: Option<String>,
    /// Unix seconds at which it was made.
    #[serde(default)]
    pub created: i64,
}

impl Refund {
    /// Whether the money did not reach the buyer and will not.
    pub fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }

    /// What it says about its payment; none where it is of no payment intent.
    pub fn fact(self) -> Option<StripeEvent> {
        let has_failed = self.has_failed();
        let (payment_intent, refund, amount) = (self.payment_intent?, self.id, Some(self.amount));
        Some(if has_failed {
            StripeEvent::RefundFailed { payment_intent, refund }
        } else {
            StripeEvent::RefundCreated { payment_intent, refund, amount }
        })
    }
}

/// A dispute.
#[derive(Debug, Clone, Deserialize)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// Its payment.
    #[serde(default, deserialize_with = "payment")]
    pub payment_intent: Option<PaymentIntentId>,
    /// `won`, `lost`, `warning_closed`, or one that is still open.
    pub status: String,
}

/// A payment.
#[derive(Debug, Clone, Deserialize)]
pub struct PaymentIntent {
    /// `succeeded`, `processing`, `requires_payment_method`, `canceled` and others.
    pub status: String,
}

/// A seller's account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Whether it can be paid.
    #[serde(default)]
    pub charges_enabled: bool,
    /// Whether it pays out to a bank.
    #[serde(default)]
    pub payouts_enabled: bool,
    /// Whether its owner has answered everything.
    #[serde(default)]
    pub details_submitted: bool,
}

/// A page for the owner of an account.
#[derive(Debug, Clone, Deserialize)]
pub struct AccountLink {
    /// Where it is.
    pub url: String,
    /// Unix seconds at which it is good no more.
    pub expires_at: i64,
}

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    /// Newest first.
    pub data: Vec<T>,
    /// Whether older ones follow.
    pub has_more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_named_or_enclosed_or_missing() {
        let read = |payment: &str| {
            let text =
                format!(r#"{{"payment_intent":{payment},"amount_refunded":3000000000,"refunded":true}}"#);
            serde_json::from_str::<Charge>(&text).map(|charge| charge.payment_intent)
        };
        let id = Some("pi_1".parse().unwrap());
        assert_eq!(read(r#""pi_1""#).unwrap(), id);
        assert_eq!(read(r#"{"id":"pi_1","status":"succeeded"}"#).unwrap(), id);
        assert_eq!(read("null").unwrap(), None);
        assert!(read(r#""pi 1""#).is_err());
    }
}
