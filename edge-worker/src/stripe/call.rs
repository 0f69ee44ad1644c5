//! A call to Stripe as it is stored: path and form-encoded parameters, byte for byte what is sent.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::transfer::{PaymentIntentId, RefundReason, SessionId};
use serde::{Deserialize, Serialize};

/// A POST to Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripeCall {
    /// Below the API's base, with a slash at its beginning.
    pub path: String,
    /// `application/x-www-form-urlencoded`, nested names in brackets.
    pub form: String,
}

impl StripeCall {
    /// With parameters in this order.
    pub fn new(path: impl Into<String>, parameters: &[(&str, String)]) -> Self {
        // Pairs of text always have a form.
        let form = serde_urlencoded::to_string(parameters).unwrap_or_default();
        Self { path: path.into(), form }
    }

    /// Gives money back: a part, or without an amount all that remains.
    pub fn refund(
        transfer: TransferId,
        payment: &PaymentIntentId,
        reason: RefundReason,
        part: Option<Amount>,
    ) -> Self {
        let mut parameters = vec![("payment_intent", payment.to_string())];
        parameters.extend(part.map(|amount| ("amount", amount.to_string())));
        parameters.push(("metadata[transfer_id]", transfer.to_string()));
        parameters.push(("metadata[reason]", refund_reason(reason).to_owned()));
        Self::new("/v1/refunds", &parameters)
    }

    /// The payment that a refund is of.
    pub fn refunded_payment(&self) -> Option<PaymentIntentId> {
        self.form.strip_prefix("payment_intent=")?.split('&').next()?.parse().ok()
    }

    /// Closes a payment page.
    pub fn expire(session: &SessionId) -> Self {
        Self::new(format!("/v1/checkout/sessions/{session}/expire"), &[])
    }
}

/// For people who read it in Stripe's dashboard.
const fn refund_reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Revoked => "revoked by the seller",
        RefundReason::Infected => "malware was found",
        RefundReason::Rejected => "refused by moderation",
        RefundReason::Takedown => "taken down by the operator",
        RefundReason::RetentionEnded => "retention ended before the download",
        RefundReason::NotDelivered => "not delivered in time",
        RefundReason::RuledForBuyer => "a dispute was ruled for the buyer",
        RefundReason::DisputeUnanswered => "the seller did not answer a dispute",
        RefundReason::AskedBySeller => "asked for by the seller",
        RefundReason::LatePayment => "paid after the sale had ended",
        RefundReason::SecondPayment => "paid twice",
        RefundReason::RefundedElsewhere => "a refund made elsewhere had failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_in_order() {
        let call = StripeCall::new("/v1/x", &[("a[0][b]", "ü &=+".to_owned()), ("c", "1".to_owned())]);
        assert_eq!(call.form, "a%5B0%5D%5Bb%5D=%C3%BC+%26%3D%2B&c=1");
        assert_eq!(StripeCall::expire(&"cs_1".parse().unwrap()).path, "/v1/checkout/sessions/cs_1/expire");
    }

    #[test]
    fn a_refund_of_all_names_no_amount() {
        let (transfer, payment) =
            ("transfer_01h455vb4pex5vsknk084sn02q".parse().unwrap(), "pi_1".parse().unwrap());
        let refund = |part| StripeCall::refund(transfer, &payment, RefundReason::Revoked, part).form;
        assert!(!refund(None).contains("amount"));
        let part = Amount::try_from(3_000_000_000).unwrap();
        assert!(refund(Some(part)).starts_with("payment_intent=pi_1&amount=3000000000&"));
        let call = StripeCall::refund(transfer, &payment, RefundReason::Revoked, None);
        assert_eq!(call.refunded_payment(), Some(payment));
        assert_eq!(StripeCall::expire(&"cs_1".parse().unwrap()).refunded_payment(), None);
    }
}
