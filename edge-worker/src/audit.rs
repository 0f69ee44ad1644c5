//! The audit row of one transition: who did what, in which call, from where (hashed with a salt), after which row.

use claimcheck_protocol::audit::{Actor, AuditRow, CHAIN_START, Origin};
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::TransferId;

use crate::context::Ctx;
use crate::error::ApiError;
use crate::random;
use crate::store::{Query, audit};

/// Bytes of a user agent that are kept.
const MAX_USER_AGENT: usize = 512;

/// The newest row of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Bytes32,
}

impl Head {
    /// Before the first row.
    pub const START: Self = Self { seq: 0, hash: CHAIN_START };
}

/// A row to be appended, with what opens its origin.
#[derive(Debug)]
pub struct Entry {
    row: AuditRow,
    hash: Bytes32,
    salt: Bytes32,
    origin: Origin,
}

impl Entry {
    /// The row after `head` for something that `actor` did in this call.
    pub fn make(
        ctx: &Ctx,
        transfer_id: TransferId,
        head: Head,
        actor: Actor,
        action: &str,
    ) -> Result<Self, ApiError> {
        let uncanonical = |_| ApiError::Bug("an audit row has no canonical form");
        let origin = Origin {
            ip: ctx.visitor.get().map_or_else(|| ctx.origin.ip.clone(), |visitor| visitor.ip.clone()),
            user_agent: ctx.origin.user_agent.as_deref().map(|text| cut(text).to_owned()),
        };
        let salt = Bytes(random::make_bytes()?);
        let row = AuditRow {
            seq: head.seq + 1,
            transfer_id,
            at: ctx.now.seconds(),
            actor,
            action: action.to_owned(),
            request_id: ctx.names.request_id.clone(),
            trace_id: Some(ctx.names.trace_id.clone()),
            origin_hash: origin.hash(&salt).map_err(uncanonical)?,
            prev_hash: head.hash,
        };
        let hash = row.hash().map_err(uncanonical)?;
        Ok(Self { row, hash, salt, origin })
    }

    /// The chain's head once it is appended.
    pub const fn head(&self) -> Head {
        Head { seq: self.row.seq, hash: self.hash }
    }

    /// Appends the row. In a batch it stands before all that depends on it being the next one.
    pub fn queries(&self) -> [Query; 2] {
        [audit::insert(&self.row, self.hash), audit::insert_origin(&self.row, self.salt, &self.origin)]
    }

    /// Appends the row, and makes it the transfer's head, if the statement before in the batch changed one row.
    pub fn queries_if_changed(&self) -> [Query; 3] {
        audit::insert_if_changed(&self.row, self.hash, self.salt, &self.origin)
    }
}

/// The beginning of a user agent that is kept.
pub fn cut(text: &str) -> &str {
    let end =
        text.char_indices().map(|(at, char)| at + char.len_utf8()).take_while(|end| *end <= MAX_USER_AGENT);
    text.get(..end.last().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_cut_between_letters() {
        assert_eq!(cut("Mozilla/5.0"), "Mozilla/5.0");
        assert_eq!(cut(&"ü".repeat(400)), "ü".repeat(256));
        assert_eq!(cut(&format!("x{}", "ü".repeat(400))).len(), 511);
        assert_eq!(cut(""), "");
    }
}
