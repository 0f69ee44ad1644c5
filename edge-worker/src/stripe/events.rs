//! Webhook bodies: from Stripe's events to those of a transfer.

use claimcheck_protocol::transfer::{StripeEvent, StripeVerdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects::{Account, Charge, Dispute, Refund, Session};

/// An event as Stripe sends it. The object stays unread until its type is known.
#[derive(Debug, Clone, Deserialize)]
pub struct Incoming {
    /// Stripe's id: the same in every delivery.
    pub id: String,
    /// Such as `checkout.session.completed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unix seconds, by Stripe's clock.
    pub created: i64,
    /// Whether real money is meant.
    pub livemode: bool,
    /// The connected account in which it happened; none in the deployment's own.
    #[serde(default)]
    account: Option<String>,
    data: Data,
}

#[derive(Debug, Clone, Deserialize)]
struct Data {
    object: Value,
}

/// What an event is to this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Something about one payment.
    About(StripeEvent),
    /// How a seller's account stands.
    Account(Account),
    /// A type that says nothing about a sale, or one that is of nothing here.
    Unknown,
}

/// The event is of a known type, but not of its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Incoming {
    /// What it says.
    pub fn fact(&self) -> Result<Fact, Unreadable> {
        if let Some(account) = &self.account {
            return self.fact_of_account(account);
        }
        match self.kind.as_str() {
            "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
                Ok(session_fact(&self.object()?).map_or(Fact::Unknown, Fact::About))
            }
            "checkout.session.async_payment_failed" => {
                Ok(Fact::About(StripeEvent::AsyncFailed { session: self.object::<Session>()?.id }))
            }
            "checkout.session.expired" => {
                Ok(Fact::About(StripeEvent::SessionExpired { session: self.object::<Session>()?.id }))
            }
            "charge.refunded" => Ok(refunded(self.object()?)),
            "refund.created" | "refund.updated" | "refund.failed" => {
                Ok(self.object::<Refund>()?.fact().map_or(Fact::Unknown, Fact::About))
            }
            "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed" => {
                Ok(dispute(self.object()?))
            }
            _ => Ok(Fact::Unknown),
        }
    }

    /// Sales are charged in the deployment's own account: of what happens in a seller's, only its state counts here.
    fn fact_of_account(&self, account: &str) -> Result<Fact, Unreadable> {
        if self.kind != "account.updated" {
            return Ok(Fact::Unknown);
        }
        let said: Account = self.object()?;
        if said.id == account { Ok(Fact::Account(said)) } else { Err(Unreadable) }
    }

    fn object<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        serde_json::from_value(self.data.object.clone()).map_err(|_| Unreadable)
    }
}

/// What a completed session says about its payment; none where it is paid without a payment.
pub fn session_fact(session: &Session) -> Option<StripeEvent> {
    if session.payment_status != "paid" {
        return Some(StripeEvent::SessionCompletedUnpaid { session: session.id.clone() });
    }
    Some(StripeEvent::PaymentConfirmed {
        session: session.id.clone(),
        payment_intent: session.payment_intent.clone()?,
        amount: session.amount_total?,
        currency: session.currency?,
    })
}

fn refunded(charge: Charge) -> Fact {
    charge.payment_intent.map_or(Fact::Unknown, |payment_intent| {
        let (amount_refunded, full) = (charge.amount_refunded, charge.refunded);
        Fact::About(StripeEvent::Refunded { payment_intent, amount_refunded, full })
    })
}

/// By the status, so that a late "updated" says the same as the "closed" that went before it.
fn dispute(dispute: Dispute) -> Fact {
    dispute.payment_intent.map_or(Fact::Unknown, |payment_intent| {
        let id = dispute.id;
        let verdict = match dispute.status.as_str() {
            "won" | "warning_closed" => Some(StripeVerdict::Won),
            "lost" => Some(StripeVerdict::Lost),
            _ => None,
        };
        Fact::About(match verdict {
            Some(verdict) => StripeEvent::DisputeClosed { id, payment_intent, verdict },
            None => StripeEvent::DisputeOpened { id, payment_intent },
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fact(kind: &str, object: Value) -> Result<Fact, Unreadable> {
        let event =
            json!({"id": "evt_1", "type": kind, "created": 1, "livemode": false, "data": {"object": object}});
        serde_json::from_value::<Incoming>(event).unwrap().fact()
    }

    fn session(payment_status: &str, payment: Value) -> Value {
        json!({"id": "cs_1", "status": "complete", "payment_status": payment_status, "payment_intent": payment,
            "amount_total": 500, "currency": "usd", "livemode": false, "url": null, "expires_at": 9})
    }

    fn name(fact: Result<Fact, Unreadable>) -> &'static str {
        match fact {
            Ok(Fact::About(event)) => event.name(),
            Ok(Fact::Account(_)) => "account",
            Ok(Fact::Unknown) => "unknown",
            Err(Unreadable) => "unreadable",
        }
    }

    #[test]
    fn sessions_say_how_far_the_payment_is() {
        let completed = |object| name(fact("checkout.session.completed", object));
        assert_eq!(completed(session("paid", "pi_1".into())), "payment_confirmed");
        assert_eq!(completed(session("unpaid", "pi_1".into())), "session_completed_unpaid");
        assert_eq!(completed(session("paid", Value::Null)), "unknown");
        assert_eq!(completed(json!({"id": "cs_1"})), "unreadable");
        let other = |kind: &str| name(fact(kind, session("unpaid", Value::Null)));
        assert_eq!(other("checkout.session.async_payment_failed"), "async_failed");
        assert_eq!(other("checkout.session.expired"), "session_expired");
        assert_eq!(other("invoice.paid"), "unknown");
    }

    #[test]
    fn of_a_sellers_account_only_its_state_counts() {
        let event = |kind: &str, id: &str| {
            let object = json!({"id": id, "charges_enabled": true});
            let text = json!({"id": "evt_1", "type": kind, "created": 1, "livemode": false, "account": "acct_1",
                "data": {"object": object}});
            name(serde_json::from_value::<Incoming>(text).unwrap().fact())
        };
        assert_eq!(event("account.updated", "acct_1"), "account");
        assert_eq!(event("account.updated", "acct_2"), "unreadable");
        assert_eq!(event("checkout.session.completed", "cs_1"), "unknown");
        let own = fact("account.updated", json!({"id": "acct_1"}));
        assert_eq!(name(own), "unknown", "the deployment's own account is no seller's");
    }

    #[test]
    fn refunds_and_disputes_say_it_by_their_status() {
        let refund = |status: &str| {
            name(fact(
                "refund.updated",
                json!({"id": "re_1", "payment_intent": "pi_1", "amount": 1, "status": status}),
            ))
        };
        assert_eq!(refund("failed"), "refund_failed");
        assert_eq!(refund("pending"), "refund_created");
        let dispute = |status: &str| {
            name(fact(
                "charge.dispute.updated",
                json!({"id": "dp_1", "payment_intent": "pi_1", "status": status}),
            ))
        };
        assert_eq!(dispute("needs_response"), "dispute_opened");
        for closed in ["won", "lost", "warning_closed"] {
            assert_eq!(dispute(closed), "dispute_closed");
        }
        let charge = json!({"payment_intent": null, "amount_refunded": 1, "refunded": false});
        assert_eq!(name(fact("charge.refunded", charge)), "unknown");
    }
}
