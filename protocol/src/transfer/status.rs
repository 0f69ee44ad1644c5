//! The thirteen states of a transfer.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The seller has signed an offer.
    Offered,
    /// The buyer has been asked to pay.
    Invoiced,
    /// The buyer has committed to a payment that is still on its way.
    PaymentProcessing,
    /// Paid; the buyer still owes inputs.
    PaidPendingInputs,
    /// Paid; the seller has to grant.
    Paid,
    /// The buyer holds the key and may download.
    Delivered,
    /// The buyer has signed a receipt.
    Acknowledged,
    /// A dispute is open; access is frozen.
    Disputed,
    /// Access has ended and the money is on its way back.
    RefundPending,
    /// The money went back. Terminal.
    Refunded,
    /// Taken back by the seller or by policy. Terminal.
    Revoked,
    /// Its time ran out. Terminal.
    Expired,
    /// Called off before it was paid. Terminal.
    Cancelled,
}

impl Status {
    /// All, in the order of a sale.
    pub const ALL: [Self; 13] = [
        Self::Offered,
        Self::Invoiced,
        Self::PaymentProcessing,
        Self::PaidPendingInputs,
        Self::Paid,
        Self::Delivered,
        Self::Acknowledged,
        Self::Disputed,
        Self::RefundPending,
        Self::Refunded,
        Self::Revoked,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Invoiced => "invoiced",
            Self::PaymentProcessing => "payment_processing",
            Self::PaidPendingInputs => "paid_pending_inputs",
            Self::Paid => "paid",
            Self::Delivered => "delivered",
            Self::Acknowledged => "acknowledged",
            Self::Disputed => "disputed",
            Self::RefundPending => "refund_pending",
            Self::Refunded => "refunded",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the buyer may claim and download.
    pub const fn allows_access(self) -> bool {
        matches!(self, Self::Delivered | Self::Acknowledged)
    }

    /// Whether no event changes the status any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Refunded | Self::Revoked | Self::Expired | Self::Cancelled)
    }

    /// Whether no payment has been confirmed yet and one may still come.
    pub const fn awaits_payment(self) -> bool {
        matches!(self, Self::Offered | Self::Invoiced | Self::PaymentProcessing)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_database_use_the_same_names() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(Status::from_name(status.as_str()), Some(status));
        }
        assert_eq!(Status::from_name("Paid"), None);
    }
}
