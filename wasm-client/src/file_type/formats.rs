//! Under which names a format is declared, and what its files look like to the crate `infer`.

use claimcheck_protocol::media_type::MediaType;

use Absence::{Contradicts, ContradictsText, SaysNothing};

/// What it means that a file has none of its format's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// It is of another format: no such file lacks them.
    Contradicts,
    /// The crate does not know each variant of the format, but none is a text.
    ContradictsText,
    /// Nothing.
    SaysNothing,
}

/// A declared format that the crate knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format<'a> {
    declared: &'a str,
    row: Option<&'static Row>,
}

impl<'a> Format<'a> {
    /// The format of a declared type; None where the crate does not know it.
    pub(super) fn of(declared: &'a MediaType) -> Option<Self> {
        let declared = declared.as_str();
        let row = FORMATS.iter().find(|(names, ..)| names.contains(&declared));
        (row.is_some() || infer::is_mime_supported(declared)).then_some(Self { declared, row })
    }

    /// What the crate may call such a file.
    pub(super) fn looks(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let others: &'static [&'static str] = self.row.map_or(&[], |(_, looks, _)| looks);
        core::iter::once(self.declared).chain(others.iter().copied())
    }

    /// What it means that the crate calls it none of these.
    pub(super) fn absence(&self) -> Absence {
        self.row.map_or(ContradictsText, |(.., absence)| *absence)
    }
}

/// The names that people, browsers and systems declare, what the crate calls such files, and what it means if not.
type Row = (&'static [&'static str], &'static [&'static str], Absence);

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
const ODT: &str = "application/vnd.oasis.opendocument.text";
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
const ODP: &str = "application/vnd.oasis.opendocument.presentation";
const ZIP: &str = "application/zip";
/// The container of Office before 2007 and of encrypted files since; the crate calls each of them a Word file.
const OLE: &str = "application/msword";
const ZIP_BASED: &[&str] =
    &[ZIP, "application/epub+zip", DOCX, XLSX, PPTX, ODT, ODS, ODP, "image/openraster"];
const ISO_MEDIA: &[&str] = &["video/mp4", "video/x-m4v", "video/quicktime", "audio/m4a"];
const TAR: &[&str] =
    &["application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd"];

const FORMATS: &[Row] = &[
    // Images
    (&["image/jpeg", "image/jpg", "image/pjpeg"], &["image/jpeg"], Contradicts),
    (&["image/png", "image/x-png", "image/apng"], &["image/png"], Contradicts),
    (&["image/gif"], &[], Contradicts),
    (&["image/webp"], &[], Contradicts),
    (&["image/vnd.adobe.photoshop", "image/x-photoshop"], &["image/vnd.adobe.photoshop"], Contradicts),
    (&["image/tiff", "image/x-canon-cr2"], &["image/tiff", "image/x-canon-cr2"], ContradictsText),
    (&["image/bmp", "image/x-bmp", "image/x-ms-bmp"], &["image/bmp"], ContradictsText),
    (&["image/vnd.microsoft.icon", "image/x-icon"], &["image/vnd.microsoft.icon"], ContradictsText),
    (&["image/heic", "image/heif", "image/avif"], &["image/heif", "image/avif"], ContradictsText),
    (&["image/svg+xml"], &["application/gzip"], SaysNothing),
    // Sound and film
    (
        &["video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp", "audio/3gpp"],
        ISO_MEDIA,
        ContradictsText,
    ),
    (&["audio/mp4", "audio/m4a", "audio/x-m4a"], ISO_MEDIA, ContradictsText),
    (
        &["video/x-matroska", "video/webm", "audio/x-matroska", "audio/webm"],
        &["video/x-matroska", "video/webm"],
        ContradictsText,
    ),
    (
        &["audio/ogg", "video/ogg", "application/ogg", "audio/opus", "audio/vorbis"],
        &["audio/ogg", "audio/opus"],
        Contradicts,
    ),
    (&["video/x-msvideo", "video/avi", "video/vnd.avi"], &["video/x-msvideo"], ContradictsText),
    (
        &["video/x-ms-wmv", "video/x-ms-asf", "audio/x-ms-wma", "application/vnd.ms-asf"],
        &["video/x-ms-wmv"],
        ContradictsText,
    ),
    // ID3 tags, by which the crate knows MP3, stand before others too.
    (&["audio/mpeg", "audio/mp3", "audio/x-mp3"], &["audio/mpeg"], ContradictsText),
    (&["audio/aac", "audio/x-aac", "audio/aacp"], &["audio/aac", "audio/mpeg", "audio/m4a"], ContradictsText),
    (&["audio/flac", "audio/x-flac"], &["audio/x-flac", "audio/mpeg", "audio/ogg"], Contradicts),
    (&["audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave"], &["audio/x-wav"], ContradictsText),
    (&["audio/aiff", "audio/x-aiff"], &["audio/x-aiff"], ContradictsText),
    (&["audio/midi", "audio/mid", "audio/x-midi"], &["audio/midi"], ContradictsText),
    // Fonts
    (&["font/woff", "font/woff2", "application/font-woff"], &["application/font-woff"], ContradictsText),
    (
        &["font/ttf", "font/otf", "font/sfnt", "application/x-font-ttf", "application/x-font-otf"],
        &["application/font-sfnt"],
        ContradictsText,
    ),
    // Documents
    (&["application/pdf", "application/x-pdf"], &["application/pdf"], Contradicts),
    (&["application/postscript"], &["application/pdf"], SaysNothing),
    (&["application/rtf", "text/rtf"], &["application/rtf"], Contradicts),
    (&[DOCX], &[ZIP, OLE], Contradicts),
    (&[XLSX], &[ZIP, OLE], Contradicts),
    (&[PPTX], &[ZIP, OLE], Contradicts),
    (&[ODT], &[ZIP], Contradicts),
    (&[ODS], &[ZIP], Contradicts),
    (&[ODP], &[ZIP], Contradicts),
    (&["application/epub+zip"], &[ZIP], Contradicts),
    // Word and Excel open web pages, and Windows declares tables of text as Excel's.
    (
        &["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"],
        &[OLE, DOCX, XLSX, PPTX, ZIP, "application/rtf", "text/html", "text/xml"],
        SaysNothing,
    ),
    // Archives and programs
    (
        &[
            ZIP,
            "application/x-zip-compressed",
            "application/x-zip",
            "application/java-archive",
            "application/vnd.android.package-archive",
            "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
        ],
        ZIP_BASED,
        Contradicts,
    ),
    (&["application/gzip", "application/x-gzip"], &["application/gzip"], Contradicts),
    (&["application/x-bzip2", "application/x-bzip"], &["application/x-bzip2"], Contradicts),
    (&["application/x-xz"], &[], Contradicts),
    (&["application/x-7z-compressed"], &[], Contradicts),
    (
        &["application/vnd.rar", "application/x-rar", "application/x-rar-compressed"],
        &["application/vnd.rar"],
        Contradicts,
    ),
    (&["application/x-tar", "application/tar"], TAR, ContradictsText),
    (
        &["application/vnd.debian.binary-package", "application/x-debian-package"],
        &["application/vnd.debian.binary-package", "application/x-unix-archive"],
        ContradictsText,
    ),
    (&["application/x-msi", "application/x-ole-storage"], &[OLE], ContradictsText),
    (&["application/vnd.sqlite3", "application/x-sqlite3"], &["application/vnd.sqlite3"], ContradictsText),
    (&["application/java-vm", "application/java"], &["application/java"], ContradictsText),
    // Certificates have whatever people wrote above them.
    (&["application/x-x509-ca-cert"], &[], SaysNothing),
];
