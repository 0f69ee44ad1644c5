//! The audit rows of one sale as its parties read them, and what they prove without the rest of a packet.
//!
//! The server signs them with the head that its books name beside them, so that no row can be altered or cut off
//! afterwards, nor in the rows' table alone before. The head that it signed beneath the receipt tells besides: up to it,
//! every row is the one that stood there then.

use serde::{Deserialize, Serialize};

use super::Pins;
use super::delivery::{Chain, OLDER_KEY, UNVOUCHED, key_of, rows_before};
use super::line::{Line, reason};
use super::verify::{CANONICAL, ServersWord, check_word, read, server_line};
use crate::audit::AuditRow;
use crate::bytes::Bytes32;
use crate::ids::TransferId;
use crate::keys::Ed25519PublicKey;
use crate::labels;
use crate::receipt::Countersign;
use crate::signed::{Signed, Statement, StatementError, V1};

const FORM: &str = "The trail is whole and in its one canonical form";
const SERVER: &str = "The server signed the trail";
const HEAD: &str = "No row before the countersignature was altered, removed or added";

/// Answer to `transfers-audit`, signed by the server as a `packet` is, in canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditTrail {
    /// Version.
    pub v: V1,
    /// The sale.
    pub transfer_id: TransferId,
    /// Unix seconds, by the server's clock.
    pub made_at: i64,
    /// The server's keys, the one that signs first.
    pub server_keys: Vec<Ed25519PublicKey>,
    /// The number of the newest row, as the sale's own record has it.
    pub audit_seq: u64,
    /// The hash of the newest row, as the sale's own record has it.
    pub audit_head: Bytes32,
    /// The whole chain, from its first row.
    pub rows: Vec<AuditRow>,
    /// Holds the chain's head as it was when the receipt arrived; null before.
    pub countersign: Option<Signed<Countersign>>,
}

impl Statement for AuditTrail {
    const LABEL: &'static [u8] = labels::PACKET;

    fn check(&self) -> Result<(), StatementError> {
        check_word(self)
    }
}

impl ServersWord for AuditTrail {
    fn server_keys(&self) -> &[Ed25519PublicKey] {
        &self.server_keys
    }

    fn made_at(&self) -> i64 {
        self.made_at
    }
}

/// Every line that a trail's text gives.
pub fn verify_trail(text: &[u8], pins: &Pins) -> Vec<Line> {
    let signed: Signed<AuditTrail> = match read(text) {
        Ok(signed) => signed,
        Err(why) => return vec![Line::is_false(FORM, why)],
    };
    let form = Line::proved(FORM, CANONICAL);
    let (server, trail) = match server_line(SERVER, signed, pins) {
        Ok(found) => found,
        Err(line) => return vec![form, line],
    };
    let trail = trail.body();
    let chain = Chain {
        transfer_id: &trail.transfer_id,
        rows: &trail.rows,
        seq: trail.audit_seq,
        head: trail.audit_head,
    };
    vec![form, server, chain.line(), head(trail, pins)]
}

fn head(trail: &AuditTrail, pins: &Pins) -> Line {
    let Some(countersign) = &trail.countersign else {
        return Line::unproved(HEAD, "the server has signed no head yet");
    };
    let Some(key) = key_of(&trail.server_keys, countersign) else {
        return Line::unproved(HEAD, OLDER_KEY);
    };
    let body = match countersign.clone().verify(key) {
        Ok(verified) => verified.into_body(),
        Err(error) => return Line::is_false(HEAD, reason(error)),
    };
    match rows_before(&trail.rows, body.audit_head) {
        None => Line::is_false(HEAD, "the head that the server signed is not in the chain"),
        Some(rows) if pins.holds(key) => {
            Line::proved(HEAD, format!("the server signed the head of the first {rows} rows"))
        }
        Some(_) if pins.is_empty() || trail.server_keys.iter().any(|key| pins.holds(key)) => {
            Line::unproved(HEAD, UNVOUCHED)
        }
        Some(_) => Line::is_false(HEAD, "the server's key is another one than was given"),
    }
}
