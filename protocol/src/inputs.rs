//! A buyer's signed `inputs`: one value that a seller asked for, sealed so that only the seller can read it.
//!
//! ```text
//! sealed  = enc (32) | ct (value + 16)                    HPKE to the seller's X25519 key, no aad
//! info    = claimcheck/seal/inputs/v1\0 | context
//! context = transfer_id (16) | offer_hash (32) | id of the input (ASCII)
//! ```
//!
//! Of a file the value is the key (32) of its attachment, a release of one file that the buyer made and uploaded, and
//! the context goes on with `00 | manifest_hash (32)`. No id of an input holds a zero byte.

use serde::{Deserialize, Serialize};

use crate::bytes::{ByteString, Bytes32};
use crate::ids::{AttachmentId, TransferId};
use crate::keys::AilockId;
use crate::labels;
use crate::media_type::MediaType;
use crate::policy::{InputKind, MAX_MAX_SIZE_MB, RequiredInput};
use crate::receipt::present;
use crate::signed::{Statement, StatementError, V1};

/// Bytes by which a sealed value is longer than the value.
pub const SEAL_OVERHEAD: usize = 48;
/// The most characters of one line, unless the offer says otherwise.
pub const DEFAULT_TEXT_LEN: u32 = 1_000;
/// The most characters of several lines, unless the offer says otherwise.
pub const DEFAULT_TEXTAREA_LEN: u32 = 10_000;
/// The most characters of a web address, unless the offer says otherwise.
pub const DEFAULT_URL_LEN: u32 = 2_048;
/// Bytes of the sealed key of an attachment.
pub const SEALED_KEY_LEN: usize = 32 + SEAL_OVERHEAD;
/// The longest encoding of one character in UTF-8, in bytes.
const MAX_CHARACTER: usize = 4;
/// What `max_size_mb` counts, in bytes.
const MEGABYTE: u64 = 1_000_000;

/// A file that was uploaded for an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentRef {
    /// The attachment.
    pub attachment_id: AttachmentId,
    /// SHA-256(JCS) of its manifest.
    pub manifest_hash: Bytes32,
}

/// One value, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyerInput {
    /// Version.
    pub v: V1,
    /// The sale.
    pub transfer_id: TransferId,
    /// Its offer.
    pub offer_hash: Bytes32,
    /// Who signs.
    pub buyer: AilockId,
    /// Which of the offer's required inputs.
    pub id: String,
    /// The value, or the attachment's key, sealed to the seller.
    pub sealed: ByteString,
    /// Where the offer asks for a file.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub attachment: Option<AttachmentRef>,
    /// Unix seconds, by the buyer's clock.
    pub provided_at: i64,
}

impl Statement for BuyerInput {
    const LABEL: &'static [u8] = labels::INPUTS;

    fn check(&self) -> Result<(), StatementError> {
        if self.sealed.0.len() <= SEAL_OVERHEAD {
            return Err(StatementError::Invalid("sealed holds no value"));
        }
        if self.attachment.is_some() && self.sealed.0.len() != SEALED_KEY_LEN {
            return Err(StatementError::Invalid("sealed is not the key of an attachment"));
        }
        Ok(())
    }
}

/// What a sealed value is bound to, after the label.
pub fn seal_context(transfer_id: &TransferId, offer_hash: Bytes32, id: &str) -> Vec<u8> {
    [transfer_id.as_bytes().as_slice(), offer_hash.as_ref(), id.as_bytes()].concat()
}

/// What the sealed key of an attachment is bound to, after the label.
pub fn file_seal_context(
    transfer_id: &TransferId,
    offer_hash: Bytes32,
    id: &str,
    manifest_hash: Bytes32,
) -> Vec<u8> {
    [seal_context(transfer_id, offer_hash, id).as_slice(), &[0], manifest_hash.as_ref()].concat()
}

/// The most characters of a value; None for a file.
pub fn max_characters(input: &RequiredInput) -> Option<u32> {
    let default = match input.kind {
        InputKind::Text => DEFAULT_TEXT_LEN,
        InputKind::Textarea => DEFAULT_TEXTAREA_LEN,
        InputKind::Url => DEFAULT_URL_LEN,
        InputKind::File => return None,
    };
    Some(input.constraints.as_ref().and_then(|constraints| constraints.max_len).unwrap_or(default))
}

/// The most bytes of a sealed value, all that a blind server can check of it; None for a file.
pub fn max_sealed_len(input: &RequiredInput) -> Option<usize> {
    max_characters(input).map(|count| count as usize * MAX_CHARACTER + SEAL_OVERHEAD)
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueFault {
    /// Nothing but white space.
    Empty,
    /// More characters than the offer takes.
    TooLong,
    /// A control character, or a line break in one line.
    Character,
    /// Not an http or https address.
    NotAnAddress,
    /// The offer wants a file.
    NotAFile,
    /// The offer wants a text.
    NotAText,
    /// A file of more bytes than the offer takes.
    TooLarge,
    /// A file of a type that the offer does not take.
    WrongType,
}

impl ValueFault {
    /// A sentence for the person who typed it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "the value is empty",
            Self::TooLong => "the value is longer than the seller takes",
            Self::Character => "the value holds a character that is not allowed there",
            Self::NotAnAddress => "the value is not an http or https address",
            Self::NotAFile => "the seller wants a file, not a text",
            Self::NotAText => "the seller wants a text, not a file",
            Self::TooLarge => "the file is larger than the seller takes",
            Self::WrongType => "the seller takes no files of this type",
        }
    }
}

/// Checks a value before it is sealed, or after it was opened.
pub fn check_value(input: &RequiredInput, value: &str) -> Result<(), ValueFault> {
    let limit = max_characters(input).ok_or(ValueFault::NotAFile)?;
    if value.trim().is_empty() {
        return Err(ValueFault::Empty);
    }
    if value.chars().count() > limit as usize {
        return Err(ValueFault::TooLong);
    }
    let breaks_lines = |letter| matches!(letter, '\n' | '\r' | '\t') && input.kind == InputKind::Textarea;
    if value.chars().any(|letter| letter.is_control() && !breaks_lines(letter)) {
        return Err(ValueFault::Character);
    }
    if input.kind == InputKind::Url && !is_web_address(value) {
        return Err(ValueFault::NotAnAddress);
    }
    Ok(())
}

/// Checks what is declared of a file: its type, and its bytes of plaintext.
pub fn check_file(input: &RequiredInput, content_type: &MediaType, size: u64) -> Result<(), ValueFault> {
    if input.kind != InputKind::File {
        return Err(ValueFault::NotAText);
    }
    let constraints = input.constraints.as_ref();
    let limit = constraints.and_then(|constraints| constraints.max_size_mb).unwrap_or(MAX_MAX_SIZE_MB);
    if size > u64::from(limit) * MEGABYTE {
        return Err(ValueFault::TooLarge);
    }
    match constraints.and_then(|constraints| constraints.mime_types.as_deref()) {
        Some(types) if !types.iter().any(|pattern| content_type.matches(pattern)) => {
            Err(ValueFault::WrongType)
        }
        _ => Ok(()),
    }
}

/// Whether a text is `http://` or `https://`, a host without user or password, and nothing that a URL cannot hold.
fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let allowed = |letter: char| !letter.is_whitespace() && !"<>\"\\^`{|}".contains(letter);
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !host.is_empty()
        && !authority.contains('@')
        && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: &str, max_len: Option<u32>) -> RequiredInput {
        let constraints = max_len.map(|max_len| serde_json::json!({ "max_len": max_len }));
        let mut json = serde_json::json!({
            "id": "x", "label": "X", "type": kind, "timing": "pre_payment", "required": true,
        });
        if let Some(constraints) = constraints {
            json["constraints"] = constraints;
        }
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_sealed_value_is_bounded_by_the_longest_characters() {
        assert_eq!(max_sealed_len(&input("text", Some(5))), Some(5 * 4 + 48));
        assert_eq!(max_sealed_len(&input("text", None)), Some(4_048));
        assert_eq!(max_sealed_len(&input("textarea", None)), Some(40_048));
        assert_eq!(max_sealed_len(&input("url", None)), Some(8_240));
        assert_eq!(max_sealed_len(&input("file", None)), None);
    }

    #[test]
    fn values_are_held_to_their_kind() {
        use ValueFault::{Character, Empty, NotAFile, NotAnAddress, TooLong};
        for (kind, max_len, value, expected) in [
            ("text", Some(3), "日本語", Ok(())),
            ("text", Some(3), "four", Err(TooLong)),
            ("text", None, " \u{a0}", Err(Empty)),
            ("text", None, "two\nlines", Err(Character)),
            ("textarea", None, "two\r\n\tlines", Ok(())),
            ("textarea", None, "bell \u{7}", Err(Character)),
            ("url", None, "https://shop.example/a?b=c#d", Ok(())),
            ("url", None, "HTTP://127.0.0.1:8080", Ok(())),
            ("url", None, "https://", Err(NotAnAddress)),
            ("url", None, "https://:80/", Err(NotAnAddress)),
            ("url", None, "https://user@shop.example", Err(NotAnAddress)),
            ("url", None, "https://shop.example/a b", Err(NotAnAddress)),
            ("url", None, "javascript://shop.example/%0aalert(1)", Err(NotAnAddress)),
            ("url", None, "shop.example", Err(NotAnAddress)),
            ("file", None, "text", Err(NotAFile)),
        ] {
            assert_eq!(check_value(&input(kind, max_len), value), expected, "{kind} {value:?}");
        }
    }

    #[test]
    fn files_are_held_to_type_and_size() {
        use ValueFault::{NotAText, TooLarge, WrongType};
        let mut logo = input("file", None);
        let png: MediaType = "image/png".parse().unwrap();
        let pdf: MediaType = "application/pdf".parse().unwrap();
        assert_eq!(check_file(&logo, &pdf, 200_000_000), Ok(()));
        assert_eq!(check_file(&logo, &pdf, 200_000_001), Err(TooLarge));
        logo.constraints = serde_json::from_str(r#"{"mime_types":["image/*"],"max_size_mb":1}"#).unwrap();
        assert_eq!(check_file(&logo, &png, 1_000_000), Ok(()));
        assert_eq!(check_file(&logo, &png, 1_000_001), Err(TooLarge));
        assert_eq!(check_file(&logo, &pdf, 1), Err(WrongType));
        assert_eq!(check_file(&input("url", None), &png, 1), Err(NotAText));
    }

    #[test]
    fn an_attachment_comes_with_its_sealed_key_and_nothing_else() {
        let mut statement = statement(SEALED_KEY_LEN);
        assert_eq!(statement.check(), Ok(()));
        for length in [SEAL_OVERHEAD, SEALED_KEY_LEN - 1, SEALED_KEY_LEN + 1] {
            statement.sealed = ByteString(vec![0; length]);
            assert!(statement.check().is_err(), "{length}");
        }
        statement.attachment = None;
        assert_eq!(statement.check(), Ok(()));
    }

    fn statement(sealed: usize) -> BuyerInput {
        let mut key = [0x66; 32];
        key[0] = 0x58;
        BuyerInput {
            v: V1,
            transfer_id: TransferId::from_parts(1, [2; 10]),
            offer_hash: crate::bytes::Bytes([3; 32]),
            buyer: AilockId::derive(
                &crate::keys::Ed25519PublicKey::from_bytes(key).unwrap(),
                &crate::keys::X25519PublicKey::from_bytes([9; 32]).unwrap(),
            ),
            id: "logo".to_owned(),
            sealed: ByteString(vec![0; sealed]),
            attachment: Some(AttachmentRef {
                attachment_id: AttachmentId::from_parts(1, [4; 10]),
                manifest_hash: crate::bytes::Bytes([5; 32]),
            }),
            provided_at: 1,
        }
    }

    #[test]
    fn the_context_of_a_file_ends_in_its_manifest() {
        let transfer = TransferId::from_parts(1, [2; 10]);
        let (offer, manifest) = (crate::bytes::Bytes([3; 32]), crate::bytes::Bytes([4; 32]));
        let context = file_seal_context(&transfer, offer, "logo", manifest);
        let (before, after) = context.split_at(16 + 32 + 4);
        assert_eq!(before, seal_context(&transfer, offer, "logo"));
        assert_eq!((after[0], &after[1..]), (0, [4; 32].as_slice()));
    }

    #[test]
    fn the_context_names_sale_offer_and_input() {
        let transfer = TransferId::from_parts(1, [2; 10]);
        let context = seal_context(&transfer, crate::bytes::Bytes([3; 32]), "note");
        assert_eq!(context.len(), 16 + 32 + 4);
        assert_eq!(context[..16], *transfer.as_bytes());
        assert_eq!(context[48..], *b"note");
    }
}
