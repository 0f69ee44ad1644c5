//! The `Repr-Digest` header (RFC 9530 section 3): a dictionary of structured values, of which `sha-256` is read.

use claimcheck_protocol::bytes::Bytes32;
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// The SHA-256 in a header such as `sha-256=:<base64>:`. None: there is none of 32 bytes.
pub fn parse_sha256(header: &str) -> Option<Bytes32> {
    let digests: Dictionary = Parser::new(header).parse().ok()?;
    match digests.get("sha-256")? {
        ListEntry::Item(item) => match &item.bare_item {
            BareItem::ByteSequence(bytes) => Bytes32::try_from(bytes.as_slice()).ok(),
            _ => None,
        },
        ListEntry::InnerList(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn sha_256_is_found_among_others() {
        for header in [
            format!("sha-256=:{ZEROS}:"),
            format!("sha-512=:AAAA:, sha-256=:{ZEROS}:;x=1"),
            format!("  sha-256=:{ZEROS}:  "),
        ] {
            assert_eq!(
                parse_sha256(&header),
                Some(Bytes32::try_from([0; 32].as_slice()).unwrap()),
                "{header}"
            );
        }
    }

    #[test]
    fn anything_else_is_no_digest() {
        for header in [
            String::new(),
            "sha-512=:AAAA:".to_owned(),
            "sha-256=:AAAA:".to_owned(),
            format!("sha-256={ZEROS}"),
            format!("sha-256=(:{ZEROS}:)"),
            format!("SHA-256=:{ZEROS}:"),
            format!("sha-256=:{ZEROS}:, ,"),
        ] {
            assert_eq!(parse_sha256(&header), None, "{header}");
        }
    }
}
