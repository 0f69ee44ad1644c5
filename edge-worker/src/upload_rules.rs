//! What a deployment takes as an upload (sizes, counts, declared types), and how long it keeps it.

use std::collections::BTreeSet;

use claimcheck_protocol::floe::{FloeParams, Header, Layout};
use claimcheck_protocol::manifest::MAX_FILES;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{InitUpload, UploadFile};

use crate::config;
use crate::error::{ApiError, Refusal};

/// Chunk hashes of a release that fit into one row of D1 (2 MB) beside the rest of its manifest.
const MAX_CHUNKS: u64 = 15_000;
const DEFAULT_MAX_FILE_BYTES: u64 = 200 * 1024 * 1024;
const DEFAULT_MAX_RELEASE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const DEFAULT_RETENTION_DAYS: u32 = 7;
const DAY_SECONDS: i64 = 24 * 3600;
/// Programs that a double click runs on common systems.
const DEFAULT_DENIED_TYPES: &str = "application/x-msdownload, application/x-msdos-program, application/x-dosexec, \
     application/vnd.microsoft.portable-executable, application/x-msi, application/x-ms-installer, \
     application/x-ms-shortcut, application/x-bat, application/hta";

/// Settings of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRules {
    /// `MAX_FILE_BYTES`: largest plaintext of one file.
    pub max_file_bytes: u64,
    /// `MAX_RELEASE_BYTES`: largest plaintext of all files of a release.
    pub max_release_bytes: u64,
    /// `ALLOWED_TYPES`: media types or `type/*`, separated by commas. None: all.
    pub allowed_types: Option<Vec<String>>,
    /// `DENIED_TYPES`: the same; it wins over the allowed ones.
    pub denied_types: Vec<String>,
    /// `RETENTION_DAYS`: days from completion until the chunks may be deleted, unless a sale needs them.
    pub retention_days: u32,
}

/// What an upload comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Files.
    pub file_count: u64,
    /// Chunks of all files.
    pub chunk_count: u64,
    /// Bytes of all chunks.
    pub sealed_size: u64,
}

impl UploadRules {
    /// From the deployment's vars, which are trimmed and never empty.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ApiError> {
        let number = |name, default| config::number(&var, name, default);
        let days = number("RETENTION_DAYS", DEFAULT_RETENTION_DAYS.into())?;
        let days = u32::try_from(days).ok().filter(|days| *days > 0);
        Ok(Self {
            max_file_bytes: number("MAX_FILE_BYTES", DEFAULT_MAX_FILE_BYTES)?,
            max_release_bytes: number("MAX_RELEASE_BYTES", DEFAULT_MAX_RELEASE_BYTES)?,
            allowed_types: var("ALLOWED_TYPES").map(|text| type_list(&text)),
            denied_types: type_list(var("DENIED_TYPES").as_deref().unwrap_or(DEFAULT_DENIED_TYPES)),
            retention_days: days.ok_or(ApiError::Setting("RETENTION_DAYS", "is not a number of days"))?,
        })
    }

    /// Unix seconds at which the retention of a release completed at `now` ends.
    pub fn expires_at(&self, now: i64) -> i64 {
        now.saturating_add(i64::from(self.retention_days) * DAY_SECONDS)
    }

    /// Refuses what is too large, of a type not taken here, or no release of this protocol.
    pub fn check(&self, init: &InitUpload) -> Result<Totals, Refusal> {
        if init.files.is_empty() {
            return Err(unprocessable("a release has at least one file"));
        }
        if init.files.len() > MAX_FILES {
            return Err(too_large(format!("a release has at most {MAX_FILES} files")));
        }
        let distinct: BTreeSet<_> = init.files.iter().map(|file| file.file_id).collect();
        if distinct.len() != init.files.len() {
            return Err(unprocessable("a file_id stands twice"));
        }
        let layouts = init.files.iter().map(|file| self.check_file(file)).collect::<Result<Vec<_>, _>>()?;
        self.total(&layouts)
    }

    fn check_file(&self, file: &UploadFile) -> Result<Layout, Refusal> {
        if file.plaintext_size > self.max_file_bytes {
            return Err(too_large(format!("a file has at most {} bytes here", self.max_file_bytes)));
        }
        if !self.allows(&file.declared_type) {
            return Err(Refusal::new(ProblemCode::TypeNotAllowed)
                .detail(format!("files of type {} are not taken here", file.declared_type)));
        }
        Header::parse(FloeParams::FILE, file.header.as_array())
            .map_err(|_| unprocessable("header is not a FLOE header of this protocol"))?;
        Layout::of_manifest(FloeParams::FILE, file.segment_count, file.plaintext_size)
            .map_err(|_| unprocessable("segment_count does not follow from plaintext_size"))
    }

    fn allows(&self, declared: &MediaType) -> bool {
        let listed = |list: &[String]| list.iter().any(|pattern| declared.matches(pattern));
        !listed(&self.denied_types) && self.allowed_types.as_deref().is_none_or(listed)
    }

    fn total(&self, layouts: &[Layout]) -> Result<Totals, Refusal> {
        let sum = |of: fn(&Layout) -> u64| layouts.iter().map(of).fold(0, u64::saturating_add);
        if sum(Layout::plaintext_size) > self.max_release_bytes {
            return Err(too_large(format!("a release has at most {} bytes here", self.max_release_bytes)));
        }
        let chunk_count = sum(Layout::chunk_count);
        if chunk_count > MAX_CHUNKS {
            return Err(too_large(format!("a release has at most {MAX_CHUNKS} chunks")));
        }
        Ok(Totals { file_count: layouts.len() as u64, chunk_count, sealed_size: sum(Layout::chunks_len) })
    }
}

fn type_list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|pattern| pattern.trim().to_ascii_lowercase())
        .filter(|pattern| !pattern.is_empty())
        .collect()
}

fn unprocessable(detail: &str) -> Refusal {
    Refusal::new(ProblemCode::Unprocessable).detail(detail)
}

fn too_large(detail: String) -> Refusal {
    Refusal::new(ProblemCode::TooLarge).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claimcheck_protocol::bytes::Bytes;
    use claimcheck_protocol::ids::{FileId, ProductId, ReleaseId};

    fn rules(vars: &[(&str, &str)]) -> UploadRules {
        UploadRules::from_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    fn file(number: u8, size: u64) -> UploadFile {
        let mut header = [7; 74];
        header[..10].copy_from_slice(&FloeParams::FILE.encode());
        UploadFile {
            file_id: FileId::from_parts(1, [number; 10]),
            header: Bytes(header),
            segment_count: size.div_ceil(524_256).max(1),
            plaintext_size: size,
            declared_type: "text/plain".parse().unwrap(),
        }
    }

    fn init(files: Vec<UploadFile>) -> InitUpload {
        InitUpload {
            product_id: ProductId::from_parts(1, [0; 10]),
            release_id: ReleaseId::from_parts(1, [0; 10]),
            files,
        }
    }

    fn code(rules: &UploadRules, files: Vec<UploadFile>) -> ProblemCode {
        rules.check(&init(files)).unwrap_err().code()
    }

    #[test]
    fn totals_count_every_file() {
        let totals = rules(&[]).check(&init(vec![file(1, 0), file(2, 4_194_049)])).unwrap();
        assert_eq!(totals, Totals { file_count: 2, chunk_count: 3, sealed_size: 32 + 9 * 32 + 4_194_049 });
    }

    #[test]
    fn caps_hold_to_the_byte() {
        let rules = rules(&[("MAX_FILE_BYTES", "100"), ("MAX_RELEASE_BYTES", "150")]);
        assert!(rules.check(&init(vec![file(1, 100), file(2, 50)])).is_ok());
        assert_eq!(code(&rules, vec![file(1, 101)]), ProblemCode::TooLarge);
        assert_eq!(code(&rules, vec![file(1, 100), file(2, 51)]), ProblemCode::TooLarge);
        let many = (0..=MAX_FILES as u64).map(|n| {
            let mut one = file(0, 0);
            one.file_id = FileId::from_parts(n, [0; 10]);
            one
        });
        assert_eq!(code(&rules, many.collect()), ProblemCode::TooLarge);
    }

    #[test]
    fn a_manifest_that_no_row_holds_is_refused_ahead() {
        let rules =
            rules(&[("MAX_FILE_BYTES", "9007199254740991"), ("MAX_RELEASE_BYTES", "9007199254740991")]);
        assert!(rules.check(&init(vec![file(1, MAX_CHUNKS * 4_194_048)])).is_ok());
        assert_eq!(code(&rules, vec![file(1, MAX_CHUNKS * 4_194_048 + 1)]), ProblemCode::TooLarge);
        assert_eq!(code(&rules, vec![file(1, 9_007_199_254_740_991), file(2, 1)]), ProblemCode::TooLarge);
    }

    #[test]
    fn what_is_no_release_of_this_protocol_is_refused() {
        let rules = rules(&[]);
        assert_eq!(code(&rules, vec![]), ProblemCode::Unprocessable);
        assert_eq!(code(&rules, vec![file(1, 5), file(1, 6)]), ProblemCode::Unprocessable);
        assert_eq!(
            code(&rules, vec![UploadFile { segment_count: 2, ..file(1, 524_256) }]),
            ProblemCode::Unprocessable
        );
        assert_eq!(
            code(&rules, vec![UploadFile { segment_count: 0, ..file(1, 0) }]),
            ProblemCode::Unprocessable
        );
        assert_eq!(
            code(&rules, vec![UploadFile { header: Bytes([0; 74]), ..file(1, 1) }]),
            ProblemCode::Unprocessable
        );
    }

    #[test]
    fn denied_wins_over_allowed() {
        let of = |declared: &str| vec![UploadFile { declared_type: declared.parse().unwrap(), ..file(1, 1) }];
        assert_eq!(code(&rules(&[]), of("application/x-msdownload")), ProblemCode::TypeNotAllowed);
        let rules = rules(&[("ALLOWED_TYPES", "image/*, text/plain"), ("DENIED_TYPES", "image/svg+xml")]);
        assert!(rules.check(&init(of("image/png"))).is_ok());
        assert!(rules.check(&init(of("text/plain"))).is_ok());
        assert_eq!(code(&rules, of("image/svg+xml")), ProblemCode::TypeNotAllowed);
        assert_eq!(code(&rules, of("text/html")), ProblemCode::TypeNotAllowed);
    }

    #[test]
    fn retention_is_a_week_unless_configured() {
        assert_eq!(rules(&[]).expires_at(1_000), 1_000 + 604_800);
        assert_eq!(rules(&[("RETENTION_DAYS", "1")]).expires_at(1_000), 1_000 + 86_400);
    }

    #[test]
    fn a_var_that_makes_no_sense_is_not_passed_over() {
        for (name, value) in [("MAX_RELEASE_BYTES", "2GB"), ("RETENTION_DAYS", "0"), ("RETENTION_DAYS", "-1")]
        {
            assert!(UploadRules::from_vars(|var| (var == name).then(|| value.to_owned())).is_err());
        }
    }
}
