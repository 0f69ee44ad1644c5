//! The signed `manifest` of a release: what the server stores of each file, and what the buyer holds it to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bytes::{ByteString, Bytes, Bytes32};
use crate::floe::{self, FloeParams, Layout};
use crate::ids::{FileId, ProductId, ReleaseId};
use crate::keys::AilockId;
use crate::media_type::MediaType;
use crate::signed::{Statement, StatementError, V1};
use crate::{jcs, labels};

/// The most files in one release.
pub const MAX_FILES: usize = 1_000;
/// The longest `sealed_meta`, in bytes.
pub const MAX_SEALED_META: usize = 512 * 1024;

/// One file of a release, as the server and the buyer see it before the release key opens anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// The file.
    pub file_id: FileId,
    /// FLOE's header: parameters, iv and key-committing tag.
    pub header: Bytes<{ floe::HEADER_LEN }>,
    /// FLOE segments, at least 1.
    pub segment_count: u64,
    /// Bytes.
    pub plaintext_size: u64,
    /// What the seller says the file is.
    pub declared_type: MediaType,
    /// SHA-256 of each chunk as stored.
    pub chunks: Vec<Bytes32>,
}

impl ManifestFile {
    /// The sizes of its segments and chunks, which must follow from `plaintext_size`.
    pub fn layout(&self) -> Result<Layout, StatementError> {
        Layout::of_manifest(FloeParams::FILE, self.segment_count, self.plaintext_size)
            .map_err(|_| StatementError::Invalid("segment_count does not follow from plaintext_size"))
    }

    /// Refuses counts that do not follow from the size, and a header that is not FLOE's with our parameters.
    pub fn check(&self) -> Result<(), StatementError> {
        if self.chunks.len() as u64 != self.layout()?.chunk_count() {
            return Err(StatementError::Invalid("the number of chunks does not follow from segment_count"));
        }
        floe::Header::parse(FloeParams::FILE, self.header.as_ref())
            .map_err(|_| StatementError::Invalid("header is not a FLOE header of this protocol"))?;
        Ok(())
    }
}

/// An immutable set of files of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version.
    pub v: V1,
    /// The release.
    pub release_id: ReleaseId,
    /// The product it is a release of.
    pub product_id: ProductId,
    /// Who signs.
    pub seller: AilockId,
    /// In the seller's order, at least one.
    pub files: Vec<ManifestFile>,
    /// Salted hash of the plaintext of all files.
    pub commitment: Bytes32,
    /// nonce12 || AES-256-GCM of [`crate::meta::Meta`].
    pub sealed_meta: ByteString,
}

impl Manifest {
    /// Bytes of plaintext of all files.
    pub fn plaintext_size(&self) -> u64 {
        self.files.iter().map(|file| file.plaintext_size).sum()
    }
}

impl Statement for Manifest {
    const LABEL: &'static [u8] = labels::MANIFEST;

    fn check(&self) -> Result<(), StatementError> {
        if self.files.is_empty() || self.files.len() > MAX_FILES {
            return Err(StatementError::Invalid("files must have 1 to 1000 entries"));
        }
        let distinct: BTreeSet<_> = self.files.iter().map(|file| file.file_id).collect();
        if distinct.len() != self.files.len() {
            return Err(StatementError::Invalid("a file_id stands twice"));
        }
        if self.sealed_meta.0.len() > MAX_SEALED_META {
            return Err(StatementError::Invalid("sealed_meta is longer than 512 KiB"));
        }
        let total = self.files.iter().try_fold(0u64, |sum, file| sum.checked_add(file.plaintext_size));
        if total.is_none_or(|sum| sum > jcs::MAX_INTEGER) {
            return Err(StatementError::Invalid("the files together are beyond 2^53 - 1 bytes"));
        }
        self.files.iter().try_for_each(ManifestFile::check)
    }
}
