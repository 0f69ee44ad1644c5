//! What a manifest hides from the server: names, types and hashes of the files, sealed under the release key.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;
use crate::manifest::Manifest;
use crate::media_type::MediaType;

/// The longest path of a file, in bytes of UTF-8.
pub const MAX_PATH: usize = 1_024;

/// The opened `sealed_meta` of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// The commitment's salt.
    pub salt: Bytes32,
    /// As many as the manifest's files, in the same order.
    pub files: Vec<MetaFile>,
}

/// One file, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaFile {
    /// Relative path with `/` between parts, NFC by convention.
    pub path: String,
    /// Must equal the manifest's declared_type.
    pub content_type: MediaType,
    /// Unix permission bits, 0 to 0o777.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// SHA-256 of the whole file, as `sha256sum` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Bytes32>,
}

/// Why opened metadata is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetaError {
    /// The number of files differs from the manifest's.
    Count,
    /// A path could leave the folder it is saved in, or name two files; the index of the file.
    Path(usize),
    /// content_type is not the declared_type the server saw; the index of the file.
    ContentType(usize),
}

impl core::fmt::Display for MetaError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Count => f.write_str("the sealed names are not as many as the files"),
            Self::Path(index) => write!(f, "the path of file {index} is not a safe relative path of its own"),
            Self::ContentType(index) => write!(f, "the type of file {index} is not the one declared"),
        }
    }
}

impl core::error::Error for MetaError {}

/// Whether a path stays inside the folder that it is saved in, on any system.
pub fn is_safe_path(path: &str) -> bool {
    let safe_part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.chars().any(|c| c.is_control() || c == '\\' || c == ':')
    };
    path.len() <= MAX_PATH && path.split('/').all(safe_part)
}

impl Meta {
    /// Holds the metadata to the manifest it came with.
    pub fn check(&self, manifest: &Manifest) -> Result<(), MetaError> {
        if self.files.len() != manifest.files.len() {
            return Err(MetaError::Count);
        }
        let mut seen = BTreeSet::new();
        for (index, (own, file)) in self.files.iter().zip(&manifest.files).enumerate() {
            if !is_safe_path(&own.path) || !seen.insert(own.path.to_lowercase()) {
                return Err(MetaError::Path(index));
            }
            if own.content_type != file.declared_type {
                return Err(MetaError::ContentType(index));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_folder() {
        for good in ["a", "a/b.txt", "naïve café.pdf", "..a", "a..", " ", "日本/語"] {
            assert!(is_safe_path(good), "{good}");
        }
        for bad in
            ["", "/", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a\\..\\b", "C:a", "a\0b", "a\nb"]
        {
            assert!(!is_safe_path(bad), "{bad:?}");
        }
        assert!(!is_safe_path(&"a".repeat(MAX_PATH + 1)));
    }
}
