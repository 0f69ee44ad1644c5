//! Canonical JSON (RFC 8785, JCS): the one byte string of a JSON value that is hashed or signed.
//!
//! Integers beyond 2^53 have no exact canonical form (RFC 8785 section 3.2.2.3); every type that is signed bounds
//! its integers below that.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::bytes::Bytes32;

/// The largest integer that JSON carries exactly, 2^53 - 1 (RFC 7493 section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A value has no canonical JSON form (a map key that is not a string, or a number that is not finite).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCanonical;

impl core::fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the value has no canonical JSON form")
    }
}

impl core::error::Error for NotCanonical {}

/// The canonical bytes of a value.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| NotCanonical)
}

/// SHA-256 of the canonical bytes of a value.
pub fn hash<T: Serialize>(value: &T) -> Result<Bytes32, NotCanonical> {
    to_vec(value).map(|bytes| sha256(&[&bytes]))
}

/// SHA-256 of the concatenation of `parts`.
pub fn sha256(parts: &[&[u8]]) -> Bytes32 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    crate::bytes::Bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_sort_by_utf16_and_strings_are_minimal() {
        // RFC 8785 section 3.2.3: sorted by UTF-16 code units, so U+1F600 (d83d…) stands before U+FB33.
        let value =
            serde_json::json!({"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": "\u{f}\n\"", "1": [null, true]});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"1\":[null,true],\"\u{20ac}\":\"\\u000f\\n\\\"\",\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
    }

    #[test]
    fn the_largest_integer_is_exact() {
        assert_eq!(to_vec(&MAX_INTEGER).unwrap(), b"9007199254740991");
    }
}
