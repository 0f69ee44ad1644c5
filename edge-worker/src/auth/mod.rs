//! Who calls: credentials are checked by the router before a handler runs, and what a handler is given proves it.

mod caller;
mod credentials;
mod prover;
mod role;
mod ticket;

pub use caller::Caller;
pub use credentials::{PROOF_KIND, Replay};
pub use prover::Prover;
pub use role::{Buyer, Owner, Party, Seller};
pub use ticket::TicketHolder;
