//! The audit rows of one sale as its parties read them, and what they prove without the rest of a packet.
//!
//! Whoever has the rows can cut off the newest, or make a chain of its own. The head that the server signed beneath the
//! receipt tells: up to it, every row is the one that stood there then.

use serde::{Deserialize, Serialize};

use super::Pins;
use super::delivery::{OLDER_KEY, UNVOUCHED, audit_chain, key_of, rows_before};
use super::line::{Line, reason};
use super::verify::{CANONICAL, read};
use crate::audit::AuditRow;
use crate::ids::TransferId;
use crate::keys::Ed25519PublicKey;
use crate::receipt::Countersign;
use crate::signed::Signed;

const FORM: &str = "The trail is whole and in its one canonical form";
const HEAD: &str = "No row before the countersignature was altered, removed or added";

/// Answer to `transfers-audit`, in canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditTrail {
    /// The sale.
    pub transfer_id: TransferId,
    /// The whole chain, from its first row.
    pub rows: Vec<AuditRow>,
    /// Holds the chain's head as it was when the receipt arrived; null before.
    pub countersign: Option<Signed<Countersign>>,
    /// The server's keys, the one that signs first.
    pub server_keys: Vec<Ed25519PublicKey>,
}

/// Every line that a trail's text gives.
pub fn verify_trail(text: &[u8], pins: &Pins) -> Vec<Line> {
    let trail: AuditTrail = match read(text) {
        Ok(trail) => trail,
        Err(why) => return vec![Line::is_false(FORM, why)],
    };
    vec![Line::proved(FORM, CANONICAL), audit_chain(&trail.transfer_id, &trail.rows), head(&trail, pins)]
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
