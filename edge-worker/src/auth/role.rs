//! What a caller may be to a thing. A value of these types is the permission: functions that need it ask for it.
//!
//! Whoever is nothing to a thing gets the same answer as for a thing that does not exist.

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;

use super::Caller;
use crate::error::ApiError;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name(AilockId);

            impl $name {
                /// Refuses a caller who is another one, as if the thing did not exist.
                pub fn of(caller: &Caller, id: AilockId) -> Result<Self, ApiError> {
                    if caller.id() == id { Ok(Self(id)) } else { Err(ProblemCode::NotFound.into()) }
                }

                /// Who it is.
                pub const fn id(&self) -> AilockId {
                    self.0
                }
            }
        )*
    };
}

roles! {
    /// Owns a product, and with it its releases, uploads, listings and links.
    Owner,
    /// Sells in a transfer.
    Seller,
    /// Buys in a transfer.
    Buyer,
}

/// One of the two sides of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Sells.
    Seller(Seller),
    /// Buys.
    Buyer(Buyer),
}

impl Party {
    /// Refuses a caller who is neither, as if the transfer did not exist.
    pub fn of(caller: &Caller, seller: AilockId, buyer: AilockId) -> Result<Self, ApiError> {
        Seller::of(caller, seller).map(Self::Seller).or_else(|_| Buyer::of(caller, buyer).map(Self::Buyer))
    }

    /// Who it is.
    pub const fn id(&self) -> AilockId {
        match self {
            Self::Seller(seller) => seller.id(),
            Self::Buyer(buyer) => buyer.id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::keys::{Ed25519PublicKey, X25519PublicKey};

    use super::*;

    fn ailock(first: u8) -> AilockId {
        let mut base = [0x66; 32];
        base[0] = 0x58;
        let mut sealing = [9; 32];
        sealing[0] = first;
        AilockId::derive(
            &Ed25519PublicKey::from_bytes(base).unwrap(),
            &X25519PublicKey::from_bytes(sealing).unwrap(),
        )
    }

    #[test]
    fn a_stranger_gets_the_answer_of_nothing() {
        let (alice, bob, eve) = (ailock(1), ailock(2), ailock(3));
        let code = |error: ApiError| error.outcome().code;
        assert_eq!(Owner::of(&Caller::test(alice), alice).unwrap().id(), alice);
        assert_eq!(code(Owner::of(&Caller::test(eve), alice).unwrap_err()), "not_found");
        assert!(matches!(Party::of(&Caller::test(alice), alice, bob), Ok(Party::Seller(_))));
        assert!(matches!(Party::of(&Caller::test(bob), alice, bob), Ok(Party::Buyer(_))));
        assert_eq!(Party::of(&Caller::test(bob), alice, bob).unwrap().id(), bob);
        assert_eq!(code(Party::of(&Caller::test(eve), alice, bob).unwrap_err()), "not_found");
    }
}
