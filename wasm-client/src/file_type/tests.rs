//! What real files begin with, what they may be declared as, and what they may not.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// Bytes, then zeros, as most formats go on.
fn file(start: &[u8]) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(start.len().max(300), 0);
    bytes
}

fn zip_of(name: &str, content: &str) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let lengths = [content.len() as u32, content.len() as u32];
    bytes.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend(content.as_bytes());
    bytes
}

/// As Office writes them: the folder of the third entry tells.
fn office(folder: &str) -> Vec<u8> {
    let main = format!("{folder}/main.xml");
    ["[Content_Types].xml", "_rels/.rels", &main, &main]
        .iter()
        .flat_map(|name| zip_of(name, &"<x/>".repeat(50)))
        .chain([0; 64])
        .collect()
}

fn iso_media(brand: &[u8; 4]) -> Vec<u8> {
    file(&[b"\0\0\0\x20ftyp".as_slice(), brand, b"\0\0\0\0", brand, b"isom"].concat())
}

fn riff(kind: &[u8; 4]) -> Vec<u8> {
    file(&[b"RIFF\x24\x08\0\0".as_slice(), kind].concat())
}

fn tar() -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..5].copy_from_slice(b"a.txt");
    bytes[257..263].copy_from_slice(b"ustar\0");
    bytes
}

/// What it is called where nothing is declared, a file, and what it may be declared as beside that.
type Real = (&'static str, Vec<u8>, &'static [&'static str]);

fn real() -> Vec<Real> {
    [images(), sound_and_film(), documents(), archives_programs_and_texts()].concat()
}

fn images() -> Vec<Real> {
    vec![
        ("image/png", file(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), &["image/x-png", "image/apng"]),
        ("image/jpeg", file(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), &["image/jpg", "image/pjpeg"]),
        ("image/gif", file(b"GIF89a\x01\0\x01\0\x80\0\0"), &[]),
        ("image/webp", riff(b"WEBP"), &[]),
        ("image/bmp", file(b"BM\x46\0\0\0\0\0\0\0\x36"), &["image/x-ms-bmp"]),
        ("image/tiff", file(b"II*\0\x08\0\0\0\x10\0"), &["image/x-adobe-dng"]),
        ("image/vnd.microsoft.icon", file(b"\0\0\x01\0\x01\0\x10\x10"), &["image/x-icon"]),
        ("image/heif", iso_media(b"heic"), &["image/heic"]),
        ("image/avif", iso_media(b"avif"), &[]),
        ("image/vnd.adobe.photoshop", file(b"8BPS\0\x01"), &["image/x-photoshop"]),
    ]
}

fn sound_and_film() -> Vec<Real> {
    vec![
        ("video/mp4", iso_media(b"isom"), &["video/quicktime", "audio/mp4", "video/3gpp"]),
        ("video/quicktime", iso_media(b"qt  "), &["video/mp4"]),
        ("audio/mp4", iso_media(b"M4A "), &["audio/x-m4a", "video/mp4"]),
        ("video/webm", file(b"\x1aE\xdf\xa3\x9fB\x82\x84webm"), &["audio/webm", "video/x-matroska"]),
        ("video/x-msvideo", riff(b"AVI "), &["video/avi"]),
        ("audio/wav", riff(b"WAVE"), &["audio/x-wav", "audio/wave", "audio/vnd.wave"]),
        ("audio/mpeg", file(b"ID3\x04\0\0\0\0\0\x23TSSE"), &["audio/mp3", "audio/aac", "audio/flac"]),
        ("audio/mpeg", file(b"\xff\xfb\x90\x64\0"), &["audio/mp3"]),
        ("audio/ogg", file(b"OggS\0\x02"), &["video/ogg", "audio/opus", "application/ogg"]),
        ("audio/flac", file(b"fLaC\0\0\0\x22"), &["audio/x-flac"]),
        ("audio/midi", file(b"MThd\0\0\0\x06"), &["audio/x-midi"]),
    ]
}

fn documents() -> Vec<Real> {
    vec![
        ("font/ttf", file(b"\0\x01\0\0\0\x10"), &["font/otf", "application/x-font-ttf"]),
        ("font/woff2", file(b"wOF2\0\x01\0\0"), &["font/woff"]),
        (
            "application/pdf",
            file(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
            &["application/x-pdf", "application/postscript"],
        ),
        (
            "application/rtf",
            b"{\\rtf1\\ansi Hello}".to_vec(),
            &["text/rtf", "text/plain", "application/msword"],
        ),
        (
            "application/zip",
            zip_of("a.txt", "a"),
            &["application/x-zip-compressed", "application/java-archive"],
        ),
        (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            office("word"),
            &["application/zip"],
        ),
        (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            office("xl"),
            &["application/zip"],
        ),
        ("application/epub+zip", zip_of("mimetype", "application/epub+zip"), &["application/zip"]),
        (
            "application/vnd.oasis.opendocument.text",
            zip_of("mimetype", "application/vnd.oasis.opendocument.text"),
            &["application/zip"],
        ),
        (
            "application/x-ole-storage",
            file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            &["application/vnd.ms-excel", "application/msword", "application/x-msi"],
        ),
    ]
}

fn archives_programs_and_texts() -> Vec<Real> {
    vec![
        (
            "application/gzip",
            file(b"\x1f\x8b\x08\0"),
            &["application/x-gzip", "image/svg+xml", "application/x-tar"],
        ),
        ("application/x-7z-compressed", file(b"7z\xbc\xaf\x27\x1c"), &[]),
        ("application/vnd.rar", file(b"Rar!\x1a\x07\x01\0"), &["application/x-rar-compressed"]),
        ("application/x-xz", file(b"\xfd7zXZ\0"), &[]),
        ("application/zstd", file(b"\x28\xb5\x2f\xfd"), &[]),
        ("application/x-tar", tar(), &["application/tar"]),
        ("application/vnd.sqlite3", file(b"SQLite format 3\0"), &["application/x-sqlite3"]),
        ("application/x-executable", file(b"\x7fELF\x02\x01\x01\0"), &["application/x-sharedlib"]),
        (
            "application/vnd.microsoft.portable-executable",
            file(b"MZ\x90\0\x03\0\0\0"),
            &["application/x-msdownload"],
        ),
        ("application/wasm", file(b"\0asm\x01\0\0\0"), &[]),
        ("text/html", b"<!doctype html> <title>x</title>".to_vec(), &["text/plain", "application/xhtml+xml"]),
        (
            "text/xml",
            b"<?xml version=\"1.0\"?><svg/>".to_vec(),
            &["image/svg+xml", "application/xml", "text/plain", "video/mp2t"],
        ),
        (
            "text/x-shellscript",
            b"#!/usr/bin/env node\n".to_vec(),
            &["text/javascript", "application/x-sh", "text/plain"],
        ),
    ]
}

fn media(text: &str) -> MediaType {
    text.parse().unwrap()
}

fn verdict(declared: &str, head: &[u8]) -> Option<String> {
    contradiction(&media(declared), head).map(|found| found.to_string())
}

#[test]
fn real_files_are_known_and_taken_under_each_of_their_names() {
    for (found, head, others) in real() {
        assert_eq!(find_type(&head), media(found), "{found}");
        for declared in others.iter().chain([&found, &"application/octet-stream", &"application/x-own"]) {
            assert_eq!(verdict(declared, &head), None, "{found} declared as {declared}");
        }
    }
}

#[test]
fn a_file_of_another_format_is_refused() {
    let certain = ["image/png", "application/pdf", "application/zip", "audio/ogg", "image/gif"];
    for (found, head, others) in real() {
        for declared in
            certain.into_iter().filter(|declared| *declared != found && !others.contains(declared))
        {
            let is_zip = declared == "application/zip" && head.starts_with(b"PK");
            if !is_zip {
                assert_eq!(
                    verdict(declared, &head),
                    Some(found.to_owned()),
                    "{found} declared as {declared}"
                );
            }
        }
    }
    for (declared, other) in
        [("image/jpeg", "image/png"), ("audio/mpeg", "audio/wav"), ("video/mp4", "image/gif")]
    {
        let head = real().into_iter().find(|(found, ..)| *found == other).unwrap().1;
        assert_eq!(verdict(declared, &head), Some(other.to_owned()), "{other} declared as {declared}");
    }
    let sheet = office("xl");
    let document = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert!(verdict(document, &sheet).is_some_and(|found| found.ends_with("spreadsheetml.sheet")));
    assert_eq!(
        verdict(document, &zip_of("a", "b")),
        None,
        "Office's own order of entries is not the only one"
    );
}

#[test]
fn a_program_is_refused_as_a_text_a_picture_or_a_film() {
    let elf = file(b"\x7fELF\x02\x01\x01\0");
    let windows = file(b"MZ\x90\0\x03\0\0\0");
    for declared in [
        "text/plain",
        "text/csv",
        "application/json",
        "image/png",
        "image/x-unknown",
        "video/x-unknown",
        "font/ttf",
    ] {
        assert_eq!(verdict(declared, &elf).as_deref(), Some("application/x-executable"), "{declared}");
        assert!(verdict(declared, &windows).is_some(), "{declared}");
    }
}

#[test]
fn a_text_is_refused_where_the_format_is_never_one() {
    for declared in ["image/png", "image/jpeg", "video/mp4", "audio/mpeg", "application/zip", "font/woff2"] {
        assert_eq!(
            verdict(declared, "Grüße, 世界\n".as_bytes()).as_deref(),
            Some("text/plain"),
            "{declared}"
        );
    }
    assert_eq!(verdict("image/png", b"\x01\x02").as_deref(), Some("application/octet-stream"));
    // Nothing is known of these, or they may be texts.
    for declared in ["application/vnd.ms-excel", "application/x-x509-ca-cert", "video/mp2t", "model/obj"] {
        assert_eq!(verdict(declared, b"a,b\n1,2\n"), None, "{declared}");
    }
    // A variant that the crate does not know.
    assert_eq!(verdict("video/mp4", &iso_media(b"iso9")), None);
}

#[test]
fn letters_that_happen_to_be_a_signature_prove_nothing_in_a_text() {
    for text in [
        "BC,Vancouver,49\n",
        "MZ is a magic number.\n",
        "BMI of 21\n",
        "ID3 tags\n",
        "GIFTS\n",
        "Of %PDF-1.7\n",
    ] {
        for declared in ["text/plain", "text/csv", "text/markdown"] {
            assert_eq!(verdict(declared, text.as_bytes()), None, "{text} declared as {declared}");
        }
        assert_eq!(find_type(text.as_bytes()), MediaType::octet_stream(), "{text}");
    }
    // Windows-1252, which no UTF-8 is.
    assert_eq!(verdict("text/csv", b"BC;Stra\xdfe\n"), None);
    // UTF-16.
    assert_eq!(verdict("text/plain", b"\xff\xfeh\0i\0"), None);
    // Long enough to be believed.
    assert!(verdict("text/plain", b"%PDF-1.7\nall letters").is_some());
    assert!(verdict("text/plain", b"GIF89a").is_some());
}

#[test]
fn of_an_empty_file_nothing_is_said() {
    assert_eq!(verdict("image/png", b""), None);
    assert_eq!(find_type(b""), MediaType::octet_stream());
}

#[test]
fn lengths_that_a_crafted_file_states_lead_nowhere() {
    for magic in [0x184D_2A50_u32, 0x184D_2A5F] {
        for length in [u32::MAX, u32::MAX - 7, u32::MAX - 8, 0] {
            let head = file(&[magic.to_le_bytes(), length.to_le_bytes()].concat());
            assert_eq!(find_type(&head), MediaType::octet_stream());
            assert_eq!(verdict("application/zstd", &head), None);
        }
    }
    for size in [u32::MAX, u32::MAX - 49, u32::MAX - 50, u32::MAX - 6_000, u32::MAX / 2 + 1] {
        let mut head = office("word");
        head[18..22].copy_from_slice(&size.to_le_bytes());
        assert_eq!(find_type(&head), media("application/zip"));
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0..real().len(), cut in 0..400usize, tail in prop::collection::vec(any::<u8>(), 0..9_000)) {
            let (found, mut head, _) = real().swap_remove(start);
            head.truncate(cut);
            head.extend(tail);
            for declared in [found, "text/plain", "image/x-own", "application/zip"] {
                let declared = media(declared);
                if let Some(other) = contradiction(&declared, &head) {
                    prop_assert_ne!(other, declared);
                }
            }
            prop_assert_eq!(contradiction(&find_type(&head), &head), None);
        }

        #[test]
        fn random_bytes_are_rarely_anything(bytes in prop::collection::vec(any::<u8>(), 64..512)) {
            // What begins so by chance is found; nothing else is.
            if find_type(&bytes) == MediaType::octet_stream() {
                prop_assert_eq!(contradiction(&media("text/plain"), &bytes), None);
                prop_assert_eq!(contradiction(&media("video/mp4"), &bytes), None);
            }
        }
    }
}
