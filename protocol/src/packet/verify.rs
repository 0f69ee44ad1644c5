//! The verifier: from a packet's text to what it proves, line by line, without clock or network.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::line::{Finding, Line};
use super::{Packet, Pins, cases, delivery, sale};
use crate::auth::jwk::PublicJwk;
use crate::jcs;
use crate::keys::Ed25519PublicKey;
use crate::signed::{Signed, Statement, StatementError, Verified};

const FORM: &str = "The packet is whole and in its one canonical form";
pub(super) const CANONICAL: &str = "its JSON, read and written again, is the same to the byte";
const SERVER: &str = "The server signed the packet";

/// Every line that a packet's text gives. The packet is believed as far as the first lines go: where it was altered
/// or is not the server's, nothing else is looked at.
pub fn verify(text: &[u8], pins: &Pins) -> Vec<Line> {
    let signed: Signed<Packet> = match read(text) {
        Ok(signed) => signed,
        Err(why) => return vec![Line::is_false(FORM, why)],
    };
    let mut lines = vec![Line::proved(FORM, CANONICAL)];
    let (server, packet) = match server_line(SERVER, signed, pins) {
        Ok(found) => found,
        Err(line) => {
            lines.push(line);
            return lines;
        }
    };
    lines.push(server);
    let packet = packet.body();
    lines.extend(sale::lines(packet, pins));
    lines.extend(delivery::lines(packet, pins));
    lines.extend(cases::lines(packet));
    lines
}

impl Finding {
    /// Whether none of the lines is false.
    pub fn none_false(lines: &[Line]) -> bool {
        lines.iter().all(|line| line.verdict != Self::False)
    }
}

/// What a text holds, if it is the one canonical form of it.
pub fn read<T: DeserializeOwned + Serialize>(text: &[u8]) -> Result<T, String> {
    let read: T = serde_json::from_slice(text).map_err(|error| format!("it cannot be read: {error}"))?;
    let again = jcs::to_vec(&read).map_err(|error| error.to_string())?;
    if again == text {
        return Ok(read);
    }
    let at = again.iter().zip(text).take_while(|(ours, theirs)| ours == theirs).count();
    Err(format!("byte {at} is not as the canonical form has it"))
}

/// What the server signs for anybody to keep.
pub(super) trait ServersWord: Statement {
    /// The server's keys, the one that signs first.
    fn server_keys(&self) -> &[Ed25519PublicKey];
    /// Unix seconds, by the server's clock.
    fn made_at(&self) -> i64;
}

/// Refuses what no server signs.
pub(super) fn check_word(word: &impl ServersWord) -> Result<(), StatementError> {
    if word.server_keys().is_empty() {
        return Err(StatementError::Invalid("server_keys is empty"));
    }
    if word.made_at() < 0 || word.made_at() as u64 > jcs::MAX_INTEGER {
        return Err(StatementError::Invalid("made_at is out of range"));
    }
    Ok(())
}

/// What the signature proves, and the body if it is to be looked at.
pub(super) fn server_line<T: ServersWord>(
    claim: &str,
    signed: Signed<T>,
    pins: &Pins,
) -> Result<(Line, Verified<T>), Line> {
    let Some(key) = signed.body.server_keys().first().copied() else {
        return Err(Line::is_false(claim, "it names no key"));
    };
    if !pins.is_empty() && !pins.holds(&key) {
        return Err(Line::is_false(claim, "it is signed by another key than the one that was given"));
    }
    let packet = signed.verify(&key).map_err(|error| Line::is_false(claim, error.to_string()))?;
    let line = if pins.is_empty() {
        let kid = PublicJwk::Ed25519(key).thumbprint();
        Line::unproved(claim, format!("the signature holds, but under a key that nobody vouches for: {kid}"))
    } else {
        Line::proved(claim, "the signature holds under the key that was given")
    };
    Ok((line, packet))
}
