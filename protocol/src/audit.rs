//! The audit chain of a transfer: one row per transition, each holding the hash of the row before.
//!
//! ```text
//! hash(row)   = SHA-256(claimcheck/audit-row/v1\0 | JCS(row))
//! origin_hash = SHA-256(claimcheck/audit-origin/v1\0 | salt (32) | JCS({ip, user_agent}))
//! ```
//!
//! What opens an origin (salt, address, user agent) is kept apart from the rows, so erasing it leaves the chain valid.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::bytes::{Bytes, Bytes32};
use crate::ids::TransferId;
use crate::jcs::{self, NotCanonical};
use crate::keys::AilockId;
use crate::labels;

/// `prev_hash` of a transfer's first row.
pub const CHAIN_START: Bytes32 = Bytes([0; 32]);

/// Who caused a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A party of the transfer, or the arbiter.
    Ailock(AilockId),
    /// The server itself: a time that ran out.
    Server,
    /// Stripe, by a webhook or by an answer.
    Stripe,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ailock(id) => id.fmt(f),
            Self::Server => f.write_str("server"),
            Self::Stripe => f.write_str("stripe"),
        }
    }
}

impl FromStr for Actor {
    type Err = crate::keys::KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "server" => Ok(Self::Server),
            "stripe" => Ok(Self::Stripe),
            id => id.parse().map(Self::Ailock),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRow {
    /// 1, 2, 3 … within the transfer.
    pub seq: u64,
    /// The transfer.
    pub transfer_id: TransferId,
    /// Unix seconds, by the server's clock.
    pub at: i64,
    /// Who.
    pub actor: Actor,
    /// What: the event's name.
    pub action: String,
    /// Names the call in the server's log.
    pub request_id: String,
    /// W3C trace id, where the caller sent one.
    pub trace_id: Option<String>,
    /// Of the caller's address and user agent; see [`Origin::hash`].
    pub origin_hash: Bytes32,
    /// Hash of the row before, or [`CHAIN_START`].
    pub prev_hash: Bytes32,
}

impl AuditRow {
    /// What the next row holds as `prev_hash`.
    pub fn hash(&self) -> Result<Bytes32, NotCanonical> {
        Ok(jcs::sha256(&[labels::AUDIT_ROW, &jcs::to_vec(self)?]))
    }
}

/// Where a call came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The caller's address as the edge saw it.
    pub ip: Option<String>,
    /// As the caller sent it.
    pub user_agent: Option<String>,
}

impl Origin {
    /// The salted hash that stands in the row. `salt` is 32 random bytes, fresh for each row.
    pub fn hash(&self, salt: &Bytes32) -> Result<Bytes32, NotCanonical> {
        Ok(jcs::sha256(&[labels::AUDIT_ORIGIN, salt.as_ref(), &jcs::to_vec(self)?]))
    }
}

/// The first row, counted from 1, at which a chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenChain {
    /// The position.
    pub seq: u64,
}

impl fmt::Display for BrokenChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the audit chain does not hold at row {}", self.seq)
    }
}

impl core::error::Error for BrokenChain {}

/// Checks a whole chain from its first row and returns its head. Rows cut off at the end do not show here: the head
/// must equal one that the server signed.
pub fn verify_chain(transfer_id: &TransferId, rows: &[AuditRow]) -> Result<Bytes32, BrokenChain> {
    let mut head = CHAIN_START;
    for (seq, row) in (1..).zip(rows) {
        if row.seq != seq || row.transfer_id != *transfer_id || row.prev_hash != head {
            return Err(BrokenChain { seq });
        }
        head = row.hash().map_err(|_| BrokenChain { seq })?;
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer() -> TransferId {
        TransferId::from_parts(1_700_000_000_000, [7; 10])
    }

    fn chain(length: u64) -> Vec<AuditRow> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for seq in 1..=length {
            let prev_hash = rows.last().map_or(CHAIN_START, |row| row.hash().unwrap());
            rows.push(AuditRow {
                seq,
                transfer_id: transfer(),
                at: 1_700_000_000,
                actor: Actor::Server,
                action: "offer".to_owned(),
                request_id: "r".to_owned(),
                trace_id: None,
                origin_hash: Bytes([3; 32]),
                prev_hash,
            });
        }
        rows
    }

    #[test]
    fn a_row_has_a_frozen_hash() {
        let row = chain(1).remove(0);
        assert_eq!(
            String::from_utf8(jcs::to_vec(&row).unwrap()).unwrap(),
            format!(
                "{{\"action\":\"offer\",\"actor\":\"server\",\"at\":1700000000,\"origin_hash\":\"{}\",\
                 \"prev_hash\":\"{}\",\"request_id\":\"r\",\"seq\":1,\"trace_id\":null,\"transfer_id\":\"{}\"}}",
                Bytes([3; 32]),
                CHAIN_START,
                transfer()
            )
        );
        assert_eq!(row.hash().unwrap().to_base64url(), "1Xi97kqX4_Nood9KeoF__qyTDU26yq7WwyZmZEIiGxA");
    }

    #[test]
    fn every_alteration_breaks_the_chain() {
        let rows = chain(4);
        let head = verify_chain(&transfer(), &rows).unwrap();
        assert_eq!(head, rows[3].hash().unwrap());

        let altered = |change: fn(&mut Vec<AuditRow>)| {
            let mut rows = rows.clone();
            change(&mut rows);
            verify_chain(&transfer(), &rows)
        };
        assert_eq!(altered(|rows| rows[1].at += 1), Err(BrokenChain { seq: 3 }));
        assert_eq!(altered(|rows| rows.swap(1, 2)), Err(BrokenChain { seq: 2 }));
        assert_eq!(altered(|rows| drop(rows.remove(0))), Err(BrokenChain { seq: 1 }));
        assert_eq!(altered(|rows| drop(rows.remove(2))), Err(BrokenChain { seq: 3 }));
        assert_eq!(altered(|rows| rows[0].actor = Actor::Stripe), Err(BrokenChain { seq: 2 }));
        assert_ne!(altered(|rows| rows[3].action.push('x')), Ok(head), "the last row only shows in the head");
        let other = TransferId::from_parts(1, [0; 10]);
        assert_eq!(verify_chain(&other, &rows), Err(BrokenChain { seq: 1 }));
        assert_eq!(verify_chain(&other, &[]), Ok(CHAIN_START));
    }

    #[test]
    fn an_origin_is_hidden_by_its_salt() {
        let origin = Origin { ip: Some("192.0.2.1".to_owned()), user_agent: None };
        let hash = origin.hash(&Bytes([1; 32])).unwrap();
        assert_ne!(origin.hash(&Bytes([2; 32])).unwrap(), hash);
        assert_ne!(Origin { ip: None, ..origin }.hash(&Bytes([1; 32])).unwrap(), hash);
    }

    #[test]
    fn actors_round_trip() {
        for actor in [Actor::Server, Actor::Stripe] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert!("arbiter".parse::<Actor>().is_err());
    }
}
