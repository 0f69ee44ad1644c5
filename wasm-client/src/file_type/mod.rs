//! What a file's first bytes say it is, and whether that contradicts what is declared of it.
//!
//! The signatures are those of the crate `infer`. A file is refused on strong grounds only, for people sell what they
//! have: a signature of a letter or two proves nothing in a text, many formats are containers of others (see
//! [`formats`]), and a type that the crate does not know is contradicted only by what cannot be of its kind.

mod formats;
#[cfg(test)]
mod tests;

use claimcheck_protocol::media_type::MediaType;
use infer::MatcherType;

use formats::{Absence, Format};

/// How much of a file's beginning is looked at, in bytes.
pub const HEAD_LEN: usize = 8_192;

/// Media types for which the crate has signatures that random bytes, or a text, may well have: two bytes or three.
const SHORT_SIGNATURES: [&str; 9] = [
    "application/x-llvm",
    "application/x-x509-ca-cert",
    "application/x-compress",
    "application/x-cpio",
    "application/postscript",
    "audio/aac",
    "audio/mpeg",
    "image/bmp",
    "image/jxl",
];
/// Those of them that bytes which are no text are believed to have, where nothing else is known.
const BELIEVED_IF_BINARY: [&str; 4] = ["audio/aac", "audio/mpeg", "image/bmp", "image/jxl"];
/// Signatures that are all letters, and long enough to be believed in a text too.
const LETTERS: [&[u8]; 4] = [b"%PDF-", b"GIF87a", b"GIF89a", b"{\\rtf"];
/// What runs on a common system.
const PROGRAMS: [&str; 7] = [
    "application/x-executable",
    "application/vnd.microsoft.portable-executable",
    "application/x-mach-binary",
    "application/java",
    "application/vnd.android.dex",
    "application/vnd.android.dey",
    "application/wasm",
];
/// Types beside `text/…` whose files are texts.
const TEXTS: [&str; 14] = [
    "application/ecmascript",
    "application/graphql",
    "application/javascript",
    "application/json",
    "application/sql",
    "application/toml",
    "application/x-httpd-php",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-sh",
    "application/x-subrip",
    "application/x-yaml",
    "application/xml",
    "application/yaml",
];

/// The type of a file of which nobody declared one. `application/octet-stream` where its first bytes do not tell.
pub fn find_type(head: &[u8]) -> MediaType {
    let believed = || known(head).filter(|found| BELIEVED_IF_BINARY.contains(&found.mime_type()));
    let found = signature(head).or_else(|| believed().filter(|_| !may_be_text(head)));
    found.and_then(|found| usual_name(&found).parse().ok()).unwrap_or_else(MediaType::octet_stream)
}

/// What the first bytes of a file are, where that is not what is declared. Of an empty file, and of one declared as
/// `application/octet-stream`, nothing can be said.
pub fn contradiction(declared: &MediaType, head: &[u8]) -> Option<MediaType> {
    if head.is_empty() || *declared == MediaType::octet_stream() || !is_contradicted(declared, head) {
        return None;
    }
    let found = find_type(head);
    let is_plain_text = found == MediaType::octet_stream() && reads_as_text(head);
    if is_plain_text { "text/plain".parse().ok() } else { Some(found) }
}

fn is_contradicted(declared: &MediaType, head: &[u8]) -> bool {
    let (format, found) = (Format::of(declared), signature(head));
    if format.as_ref().is_some_and(|format| looks_like(format, found.as_ref(), head)) {
        return false;
    }
    if is_textual(declared) {
        return found.is_some_and(|found| !is_text_format(&found));
    }
    match (format, found) {
        (Some(_), Some(_)) => true,
        (Some(format), None) => match format.absence() {
            Absence::Contradicts => true,
            Absence::ContradictsText => reads_as_text(head),
            Absence::SaysNothing => false,
        },
        (None, Some(found)) => is_of_another_kind(declared, &found),
        (None, None) => false,
    }
}

/// Without a signature that is believed of anybody, the format's own is, however short.
fn looks_like(format: &Format<'_>, found: Option<&infer::Type>, head: &[u8]) -> bool {
    format.looks().any(|look| match found {
        Some(found) => found.mime_type() == look,
        None => infer::is_mime(safe_part(head), look),
    })
}

/// What the crate knows the bytes as, if the signature is long enough to be believed.
fn signature(head: &[u8]) -> Option<infer::Type> {
    let found = known(head)?;
    let is_short = SHORT_SIGNATURES.contains(&found.mime_type()) || is_object_file(&found);
    let has_id3_tag = head.starts_with(b"ID3") && !may_be_text(head);
    if is_short && !has_id3_tag {
        return None;
    }
    let are_letters = head.first().is_some_and(u8::is_ascii) && may_be_text(head);
    let is_believed =
        is_text_format(&found) || LETTERS.iter().any(|letters| head.starts_with(letters)) || !are_letters;
    is_believed.then_some(found)
}

fn known(head: &[u8]) -> Option<infer::Type> {
    // The crate calls one font format by this name, which says nothing.
    infer::get(safe_part(head)).filter(|found| found.mime_type() != "application/octet-stream")
}

/// COFF objects, by two bytes that other files begin with too.
fn is_object_file(found: &infer::Type) -> bool {
    found.extension() == "obj"
}

/// What the crate may look at. It adds lengths that a file states, which a crafted file could drive past 32 bits: its
/// loop over skippable frames (RFC 8878 section 3.1.2) would then never end, and its search in a zip would panic.
fn safe_part(head: &[u8]) -> &[u8] {
    const LOCAL_HEADER: usize = 30;
    let head = head.get(..HEAD_LEN).unwrap_or(head);
    let number_at = |start: usize| {
        let bytes = head.get(start..start + 4)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    };
    if number_at(0).is_some_and(|magic| magic & 0xFFFF_FFF0 == 0x184D_2A50) {
        return &[];
    }
    let is_zip = head.starts_with(b"PK\x03\x04");
    if is_zip && number_at(18).is_some_and(|packed_size| packed_size > u32::MAX / 2) {
        return head.get(..LOCAL_HEADER).unwrap_or(head);
    }
    head
}

/// No byte that the WHATWG's MIME sniffing standard takes for the mark of binary data.
fn may_be_text(head: &[u8]) -> bool {
    !head.iter().any(|byte| matches!(byte, 0x00..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F))
}

/// UTF-8 without such bytes. The head may end within a character.
fn reads_as_text(head: &[u8]) -> bool {
    let is_utf8 = core::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    may_be_text(head) && is_utf8
}

fn is_textual(declared: &MediaType) -> bool {
    let text = declared.as_str();
    declared.matches("text/*")
        || declared.matches("message/*")
        || ["+json", "+xml", "+yaml"].iter().any(|suffix| text.ends_with(suffix))
        || TEXTS.contains(&text)
}

fn is_text_format(found: &infer::Type) -> bool {
    found.matcher_type() == MatcherType::Text || found.mime_type() == "application/rtf"
}

/// Whether no file of a type that the crate does not know can be what was found. `application/…` says nothing of what
/// a file is made of; containers and texts may be anything.
fn is_of_another_kind(declared: &MediaType, found: &infer::Type) -> bool {
    let is_sound_or_film = |declared: &MediaType| declared.matches("audio/*") || declared.matches("video/*");
    let is_kind = |kind: &str| declared.matches(kind);
    if !is_kind("image/*") && !is_kind("font/*") && !is_sound_or_film(declared) {
        return false;
    }
    match found.matcher_type() {
        MatcherType::Image => !is_kind("image/*"),
        MatcherType::Font => !is_kind("font/*"),
        MatcherType::Audio | MatcherType::Video => !is_sound_or_film(declared),
        _ => PROGRAMS.contains(&found.mime_type()),
    }
}

/// The name that most programs know, where the crate has another.
fn usual_name(found: &infer::Type) -> &'static str {
    match (found.mime_type(), found.extension()) {
        // All files of that container, whichever program made them.
        ("application/msword", _) => "application/x-ole-storage",
        ("application/java", _) => "application/java-vm",
        ("application/font-woff", "woff2") => "font/woff2",
        ("application/font-woff", _) => "font/woff",
        ("application/font-sfnt", "otf") => "font/otf",
        ("application/font-sfnt", _) => "font/ttf",
        ("audio/m4a", _) => "audio/mp4",
        ("audio/opus", _) => "audio/ogg",
        ("audio/x-aiff", _) => "audio/aiff",
        ("audio/x-flac", _) => "audio/flac",
        ("audio/x-wav", _) => "audio/wav",
        (name, _) => name,
    }
}
