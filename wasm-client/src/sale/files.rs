//! Files that arrive, by their names: what is known of them ahead, and what opens them.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::floe::{FloeParams, Header, file_aad};
use claimcheck_protocol::ids::FileId;
use claimcheck_protocol::keys::Ed25519PublicKey;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::meta::{Meta, MetaFile};
use claimcheck_protocol::signed::{StatementError, Verified};

use super::{Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{FileToOpen, Sink};
use crate::engine::{DownloadPlan, SinkError};
use crate::floe::Opener;
use crate::schedule::derive_file_key;
use crate::secret::Secret32;

/// Of a Unix mode: the others would run a program as its owner.
const PERMISSION_BITS: u32 = 0o777;

/// A file that is about to arrive.
#[derive(Debug, Clone)]
pub struct IncomingFile {
    /// A relative path that stays inside its folder.
    pub path: String,
    /// What it is.
    pub content_type: MediaType,
    /// Bytes.
    pub size: u64,
    /// Unix permission bits.
    pub mode: Option<u32>,
    /// What the seller says its SHA-256 is.
    pub sha256: Option<Bytes32>,
    /// What its first bytes are, where that contradicts `content_type`; known once they are here.
    pub type_found: Option<MediaType>,
}

impl IncomingFile {
    fn new(file: &ManifestFile, name: &MetaFile) -> Self {
        Self {
            path: name.path.clone(),
            content_type: name.content_type.clone(),
            size: file.plaintext_size,
            mode: name.mode.map(|mode| mode & PERMISSION_BITS),
            sha256: name.sha256,
            type_found: None,
        }
    }
}

/// A sink that is told what will arrive, and may hash what it wrote.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait ReceivingSink: Sink {
    /// Comes once, before all else.
    async fn open(&self, files: &[IncomingFile]) -> Result<(), SinkError>;

    /// SHA-256 of a finished file as it was written; None where nobody computed it.
    fn sha256(&self, file: usize) -> Option<Bytes32>;

    /// The first file, if any, whose SHA-256 is not the seller's; such a file is never finished.
    fn mismatch(&self) -> Option<usize>;
}

/// Files that one signer sealed, by their names, and what opens them.
pub(super) struct Files<'a> {
    signer: Ed25519PublicKey,
    key: FilesKey<'a>,
    files: Vec<(&'a ManifestFile, &'a MetaFile)>,
    plan: DownloadPlan,
}

#[derive(Clone, Copy)]
enum FilesKey<'a> {
    /// Of which each file's key is derived.
    Release(&'a Secret32),
    /// Of the one file itself.
    File(&'a Secret32),
}

impl<'a> Files<'a> {
    /// All files of a release.
    pub(super) fn of_release(
        signer: Ed25519PublicKey,
        manifest: &'a Verified<Manifest>,
        meta: &'a Meta,
        release_key: &'a Secret32,
    ) -> Result<Self, Failure> {
        let plan = DownloadPlan::of_manifest(manifest, meta.salt).map_err(untrusted)?;
        let files = manifest.body().files.iter().zip(&meta.files).collect();
        Ok(Self { signer, key: FilesKey::Release(release_key), files, plan })
    }

    /// One file of a release whose manifest is verified.
    pub(super) fn of_file(
        signer: Ed25519PublicKey,
        file: &'a ManifestFile,
        name: &'a MetaFile,
        file_key: &'a Secret32,
    ) -> Result<Self, Failure> {
        let plan = DownloadPlan::of_file(file).map_err(untrusted)?;
        Ok(Self { signer, key: FilesKey::File(file_key), files: vec![(file, name)], plan })
    }

    /// As a person sees them.
    pub(super) fn incoming(&self) -> Vec<IncomingFile> {
        self.files.iter().map(|(file, name)| IncomingFile::new(file, name)).collect()
    }

    /// In the order in which the engine counts them.
    pub(super) fn ids(&self) -> Vec<FileId> {
        self.files.iter().map(|(file, _)| file.file_id).collect()
    }

    /// What is fetched.
    pub(super) const fn plan(&self) -> &DownloadPlan {
        &self.plan
    }

    /// Whether what arrives is held to the release's commitment.
    pub(super) const fn is_whole_release(&self) -> bool {
        self.plan.commitment.is_some()
    }

    /// Checks each file's header tag: a key that opens one of them commits to it.
    pub(super) fn openers<B: Bulk>(&self, bulk: &B) -> Result<Vec<FileToOpen<B>>, Failure> {
        let files = self.files.iter().zip(&self.plan.files);
        let openers = files.map(|((file, _), planned)| {
            let opener = match self.key {
                FilesKey::Release(key) => {
                    open_file(bulk, file, &self.signer, &derive_file_key(key, &file.file_id))
                }
                FilesKey::File(key) => open_file(bulk, file, &self.signer, key),
            };
            Ok(FileToOpen { layout: planned.layout, opener: opener? })
        });
        openers.collect()
    }
}

/// What opens a file that `signer` sealed, once its header's tag is found to commit to the key.
pub(crate) fn open_file<B: Bulk>(
    bulk: &B,
    file: &ManifestFile,
    signer: &Ed25519PublicKey,
    file_key: &Secret32,
) -> Result<Opener<B>, Failure> {
    let header = Header::parse(FloeParams::FILE, file.header.as_ref())
        .map_err(|_| Failure::Untrusted(Untrusted::Manifest))?;
    let aad = file_aad(file.file_id.as_bytes(), signer.as_bytes());
    Ok(Opener::new(bulk.clone(), FloeParams::FILE, file_key, &aad, &header)?)
}

/// Of a manifest that another signed.
pub(super) fn untrusted(_: StatementError) -> Failure {
    Failure::Untrusted(Untrusted::Manifest)
}

/// The files of a release as a person sees them.
pub(crate) fn incoming_files(manifest: &Manifest, meta: &Meta) -> Vec<IncomingFile> {
    let files = manifest.files.iter().zip(&meta.files);
    files.map(|(file, name)| IncomingFile::new(file, name)).collect()
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::Bytes;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_seller_sets_permissions_and_no_other_bits() {
        let file = ManifestFile {
            file_id: FileId::from_parts(1, [2; 10]),
            header: Bytes([0; 74]),
            segment_count: 1,
            plaintext_size: 3,
            declared_type: MediaType::octet_stream(),
            chunks: vec![],
        };
        let named = |mode| MetaFile {
            path: "tool".to_owned(),
            content_type: MediaType::octet_stream(),
            mode,
            sha256: None,
        };
        for (sealed, expected) in [(Some(0o6755), Some(0o755)), (Some(0o100_644), Some(0o644)), (None, None)]
        {
            assert_eq!(IncomingFile::new(&file, &named(sealed)).mode, expected);
        }
    }
}
