//! Stripe's signature over a webhook, made over the body's bytes as they arrived.
//!
//! ```text
//! Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex> …][,other schemes]
//! v1 = HMAC-SHA256(endpoint secret, decimal t | "." | body)
//! ```
//!
//! Source: Stripe's "Resolve webhook signature verification errors" and "Verify webhook signatures manually". Several
//! v1 values, and two secrets, occur while the endpoint's secret is being rotated.

use core::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Seconds that the signature's time may be away from the server's, to either side.
pub const TOLERANCE_SECONDS: i64 = 300;
/// Signatures of one header that are looked at; Stripe sends one, or two in a rotation.
const MAX_SIGNATURES: usize = 8;

/// Why a webhook is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// The server has no secret, so it believes nobody.
    NoSecret,
    /// The header is missing, or has no time or no v1 signature.
    Malformed,
    /// The time is further away than [`TOLERANCE_SECONDS`].
    OutsideTolerance,
    /// No signature is by any of the secrets.
    Mismatch,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSecret => "no webhook secret is configured",
            Self::Malformed => "Stripe-Signature cannot be read",
            Self::OutsideTolerance => "the signature is too old, or of the future",
            Self::Mismatch => "no signature is by this endpoint's secret",
        })
    }
}

impl core::error::Error for SignatureError {}

struct Header {
    time: i64,
    signatures: Vec<[u8; 32]>,
}

/// Accepts `body` if `header` holds a signature over it by one of `secrets`, made within [`TOLERANCE_SECONDS`] of
/// `now` (Unix seconds). Empty secrets count as none.
pub fn verify(secrets: &[&str], header: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    let secrets: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.is_empty()).collect();
    if secrets.is_empty() {
        return Err(SignatureError::NoSecret);
    }
    let header = parse(header).ok_or(SignatureError::Malformed)?;
    let is_signed = secrets
        .iter()
        .any(|secret| header.signatures.iter().any(|signature| is_by(secret, header.time, body, signature)));
    if !is_signed {
        return Err(SignatureError::Mismatch);
    }
    // After the signature, so that only Stripe learns what the clock says.
    if header.time.abs_diff(now) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::OutsideTolerance);
    }
    Ok(())
}

/// The comparison takes the same time wherever the first difference is.
fn is_by(secret: &str, time: i64, body: &[u8], signature: &[u8; 32]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

fn parse(text: &str) -> Option<Header> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in text.split(',') {
        match part.trim().split_once('=')? {
            ("t", digits) => {
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                if time.is_some() || !plain || digits.len() > 1 && digits.starts_with('0') {
                    return None;
                }
                time = Some(digits.parse().ok()?);
            }
            ("v1", hex) if signatures.len() < MAX_SIGNATURES => {
                let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
                signatures.push(bytes.try_into().ok()?);
            }
            _ => {}
        }
    }
    let time = time?;
    (!signatures.is_empty()).then_some(Header { time, signatures })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;
    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
    /// Made with `openssl dgst -sha256 -hmac whsec_test_secret` over `1700000000.` and the body.
    const V1: &str = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd";

    fn check(secrets: &[&str], header: &str, now: i64) -> Result<(), SignatureError> {
        verify(secrets, header, BODY, now)
    }

    fn header() -> String {
        format!("t={NOW},v1={V1},v0=00")
    }

    #[test]
    fn a_signature_made_elsewhere_is_believed() {
        assert_eq!(check(&[SECRET], &header(), NOW), Ok(()));
    }

    #[test]
    fn every_altered_part_is_refused() {
        let other = V1.replacen(&V1[..1], if V1.starts_with('0') { "1" } else { "0" }, 1);
        for bad in [format!("t={NOW},v1={other}"), format!("t={},v1={V1}", NOW + 1)] {
            assert_eq!(check(&[SECRET], &bad, NOW), Err(SignatureError::Mismatch), "{bad}");
        }
        assert_eq!(check(&["whsec_other"], &header(), NOW), Err(SignatureError::Mismatch));
        assert_eq!(verify(&[SECRET], &header(), b"{}", NOW), Err(SignatureError::Mismatch));
    }

    #[test]
    fn the_time_counts_in_both_directions() {
        for away in [-300, 300] {
            assert_eq!(check(&[SECRET], &header(), NOW + away), Ok(()));
        }
        for away in [-301, 301, i64::MAX - NOW, -NOW] {
            assert_eq!(check(&[SECRET], &header(), NOW + away), Err(SignatureError::OutsideTolerance));
        }
    }

    #[test]
    fn a_rotation_knows_two_secrets_and_several_signatures() {
        let zeros = "0".repeat(64);
        let both = format!("t={NOW},v1={zeros},v1={V1}");
        assert_eq!(check(&["whsec_new", SECRET], &both, NOW), Ok(()));
        assert_eq!(check(&[SECRET, ""], &both, NOW), Ok(()));
        let many = format!("t={NOW}{},v1={V1}", format!(",v1={zeros}").repeat(MAX_SIGNATURES));
        assert_eq!(check(&[SECRET], &many, NOW), Err(SignatureError::Mismatch));
    }

    #[test]
    fn without_a_secret_nobody_is_believed() {
        assert_eq!(check(&[], &header(), NOW), Err(SignatureError::NoSecret));
        assert_eq!(check(&["", ""], &header(), NOW), Err(SignatureError::NoSecret));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let bad = [
            String::new(),
            format!("t={NOW}"),
            format!("v1={V1}"),
            format!("t=-{NOW},v1={V1}"),
            format!("t=+{NOW},v1={V1}"),
            format!("t=0{NOW},v1={V1}"),
            format!("t={NOW},t={NOW},v1={V1}"),
            format!("t={NOW},v1={}", &V1[..62]),
            format!("t={NOW},v1={V1}00"),
            format!("t={NOW};v1={V1}"),
            format!("t={NOW},v1"),
        ];
        for bad in bad {
            assert_eq!(check(&[SECRET], &bad, NOW), Err(SignatureError::Malformed), "{bad}");
        }
    }
}
