//! The seven messages that a sale puts into inboxes.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The type of an inbox message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    /// A seller offers.
    ProductOffer,
    /// The buyer is asked to pay.
    PaymentRequest,
    /// The payment has arrived.
    PaymentConfirmed,
    /// The key has been handed over.
    ProductDelivery,
    /// The buyer has signed a receipt.
    DeliveryReceipt,
    /// Access has been taken back.
    ProductRevoke,
    /// A dispute has been opened.
    ProductDispute,
}

impl MessageType {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::ProductOffer,
        Self::PaymentRequest,
        Self::PaymentConfirmed,
        Self::ProductDelivery,
        Self::DeliveryReceipt,
        Self::ProductRevoke,
        Self::ProductDispute,
    ];

    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProductOffer => "product_offer",
            Self::PaymentRequest => "payment_request",
            Self::PaymentConfirmed => "payment_confirmed",
            Self::ProductDelivery => "product_delivery",
            Self::DeliveryReceipt => "delivery_receipt",
            Self::ProductRevoke => "product_revoke",
            Self::ProductDispute => "product_dispute",
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_uses_the_same_names() {
        for message in MessageType::ALL {
            assert_eq!(serde_json::to_value(message).unwrap(), message.as_str());
        }
    }
}
