//! The seller's side: files become a release that only its key opens.

use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::commitment::commitment;
use claimcheck_protocol::envelope::EnvelopeContext;
use claimcheck_protocol::floe::{FloeParams, Header, Layout, file_aad};
use claimcheck_protocol::ids::{FileId, ProductId, ReleaseId, UploadId};
use claimcheck_protocol::manifest::{MAX_FILES, Manifest, ManifestFile};
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::meta::{Meta, MetaFile, is_safe_path};
use claimcheck_protocol::signed::{V1, statement_hash};
use claimcheck_protocol::wire;
use futures_util::future::{try_join, try_join_all};

use super::typing::TypedFile;
use super::{Client, Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{self, Clock, Control, FileToSend, Host, Observer, PutChunk, Source};
use crate::engine::{CallError, ChunkAt, SourceError, TransferError, Upload, UploadLimits, UploadedFile};
use crate::envelope::{open_envelope, seal_envelope};
use crate::floe::Sealer;
use crate::http::Http;
use crate::meta::{open_meta, seal_meta};
use crate::schedule::derive_file_key;
use crate::secret::Secret32;
use crate::session::Session;

/// Sealed bytes up to which a release goes up as one body: what the server holds of one at a time. A folder of small
/// files then takes one call and not one for each.
const TOGETHER_BYTES: u64 = 8 * 1024 * 1024;
/// Chunks that the server takes in one body.
const TOGETHER_CHUNKS: u64 = 900;

/// Where a release belongs.
#[derive(Debug, Clone)]
pub enum ProductChoice {
    /// A product that exists.
    Existing(ProductId),
    /// A new one of this title.
    New(String),
}

/// A source that can say the SHA-256 of all of its bytes.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait HashedSource: Source {
    /// Of the whole file; None where nobody computes it.
    async fn sha256(&self) -> Result<Option<Bytes32>, SourceError>;
}

/// A file to be sold.
pub struct FileForSale<S> {
    /// Relative path; only the buyer sees it.
    pub path: String,
    /// What it is said to be; the server sees it. None: whatever its first bytes say.
    pub declared: Option<MediaType>,
    /// Bytes.
    pub size: u64,
    /// Unix permission bits.
    pub mode: Option<u32>,
    /// Its bytes.
    pub source: S,
}

/// What opens one file of a release without this client.
pub struct FileAudit {
    /// Its path.
    pub path: String,
    /// Its id.
    pub file_id: FileId,
    /// Its key.
    pub file_key: Secret32,
    /// FLOE's aad.
    pub aad: Vec<u8>,
    /// The commitment's salt.
    pub salt: Bytes32,
}

/// A release that is about to be uploaded.
pub(super) struct Draft {
    pub(super) release_id: ReleaseId,
    pub(super) product_id: ProductId,
    pub(super) release_key: Secret32,
    pub(super) files: Vec<wire::UploadFile>,
}

/// Where each file that a transfer sends goes.
struct UploadRemote<'a, H> {
    session: &'a Session<H>,
    places: &'a [(UploadId, FileId)],
}

impl<H: Http> PutChunk for UploadRemote<'_, H> {
    type Buf = H::Buf;

    async fn put_chunk(&self, at: ChunkAt, bytes: &H::Buf, sha256: Bytes32) -> Result<(), CallError> {
        let (upload_id, file_id) = *self.places.get(at.file).ok_or(CallError::Cancelled)?;
        let stored = self.session.put_chunk(upload_id, file_id, at.chunk, bytes, sha256).await;
        stored.map(|_| ()).map_err(|refusal| refusal.error)
    }

    async fn put_all(&self, bytes: &H::Buf) -> Result<Vec<Bytes32>, CallError> {
        let (upload_id, _) = *self.places.first().ok_or(CallError::Cancelled)?;
        let stored = self.session.put_release(upload_id, bytes).await.map_err(|refusal| refusal.error)?;
        Ok(stored.chunks.iter().map(|chunk| chunk.sha256).collect())
    }
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Seals the files and uploads them as one release. Ended without success, its chunks are deleted again.
    pub async fn upload<S: HashedSource<Buf = B::Buf>>(
        &self,
        product: ProductChoice,
        files: Vec<FileForSale<S>>,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<wire::Release, Failure> {
        check_files(&files)?;
        let files = self.type_files(files, control).await?;
        let product_id = self.choose_product(product, control).await?;
        let release_id = self.make_id(ReleaseId::from_parts)?;
        let (draft, names, sealed) = self.begin(release_id, product_id, files)?;
        let init = wire::InitUpload { product_id, release_id: draft.release_id, files: draft.files.clone() };
        let opened = self.persist(control, || self.session.init_upload(&init)).await?;
        let done = self.send(&draft, names, sealed, opened.upload_id, control, observer).await;
        if done.is_err() {
            // Nobody waits for the answer: what is left behind, the server deletes by itself.
            let _ = self.session.abort_upload(opened.upload_id).await;
        }
        done
    }

    async fn choose_product(&self, choice: ProductChoice, control: &Control) -> Result<ProductId, Failure> {
        let title = match choice {
            ProductChoice::Existing(id) => return Ok(id),
            ProductChoice::New(title) => title,
        };
        let product_id = self.make_id(ProductId::from_parts)?;
        let product = wire::CreateProduct { product_id, title, content_type: None, policy: None };
        self.persist(control, || self.session.create_product(&product)).await?;
        Ok(product_id)
    }

    /// Fresh keys, headers and file ids.
    #[expect(clippy::type_complexity, reason = "three parallel lists that part ways at once")]
    pub(super) fn begin<S>(
        &self,
        release_id: ReleaseId,
        product_id: ProductId,
        files: Vec<TypedFile<S>>,
    ) -> Result<(Draft, Vec<MetaFile>, Vec<FileToSend<B, S>>), Failure> {
        let mut draft = Draft { release_id, product_id, release_key: Secret32::random()?, files: Vec::new() };
        let (mut names, mut sealed) = (Vec::new(), Vec::new());
        for file in files {
            let layout = Layout::of_plaintext(FloeParams::FILE, file.size)
                .map_err(|_| Failure::Argument("a file is larger than 2^53 - 1 bytes"))?;
            let file_id = self.make_id(FileId::from_parts)?;
            let (sealer, header) = self.begin_file(&draft.release_key, &file_id)?;
            draft.files.push(wire::UploadFile {
                file_id,
                header: Bytes(header.encode()),
                segment_count: layout.segment_count(),
                plaintext_size: file.size,
                declared_type: file.content_type.clone(),
            });
            names.push(MetaFile {
                path: file.path,
                content_type: file.content_type,
                mode: file.mode,
                sha256: None,
            });
            sealed.push(FileToSend { layout, sealer, source: file.source });
        }
        Ok((draft, names, sealed))
    }

    fn begin_file(&self, release_key: &Secret32, file_id: &FileId) -> Result<(Sealer<B>, Header), Failure> {
        let key = derive_file_key(release_key, file_id);
        let aad = file_aad(file_id.as_bytes(), self.session.identity().keys().ed25519_pk.as_bytes());
        Ok(Sealer::new(self.bulk.clone(), FloeParams::FILE, &key, &aad)?)
    }

    async fn send<S: HashedSource<Buf = B::Buf>>(
        &self,
        draft: &Draft,
        names: Vec<MetaFile>,
        sealed: Vec<FileToSend<B, S>>,
        upload_id: UploadId,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<wire::Release, Failure> {
        let places: Vec<_> = draft.files.iter().map(|file| (upload_id, file.file_id)).collect();
        let limits = UploadLimits {
            together_bytes: TOGETHER_BYTES,
            together_chunks: TOGETHER_CHUNKS,
            ..UploadLimits::default()
        };
        let (uploaded, names) = self.send_files(&places, limits, names, sealed, control, observer).await?;
        self.complete(draft, names, &uploaded, upload_id, control).await
    }

    /// Seals and sends files, each to its place. What the manifests say of them, and their names with hashes.
    pub(super) async fn send_files<S: HashedSource<Buf = B::Buf>>(
        &self,
        places: &[(UploadId, FileId)],
        limits: UploadLimits,
        names: Vec<MetaFile>,
        sealed: Vec<FileToSend<B, S>>,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<(Vec<UploadedFile>, Vec<MetaFile>), Failure> {
        let remote = UploadRemote { session: &self.session, places };
        let host = Host { remote: &remote, clock: &self.clock, journal: &(), observer, control };
        let layouts: Vec<Layout> = sealed.iter().map(|file| file.layout).collect();
        let machine = Upload::new(&layouts, limits);
        let chunks = driver::upload(&self.bulk, &sealed, machine, &host);
        // The plain SHA-256 of each file is computed elsewhere, beside the upload.
        let hashes = try_join_all(sealed.iter().enumerate().map(|(file, sealed)| async move {
            sealed.source.sha256().await.map_err(|error| TransferError::Source { file, error })
        }));
        let (uploaded, hashes) = try_join(chunks, hashes).await?;
        let names = names.into_iter().zip(hashes).map(|(name, sha256)| MetaFile { sha256, ..name }).collect();
        Ok((uploaded.files, names))
    }

    async fn complete(
        &self,
        draft: &Draft,
        names: Vec<MetaFile>,
        uploaded: &[UploadedFile],
        upload_id: UploadId,
        control: &Control,
    ) -> Result<wire::Release, Failure> {
        let manifest = self.make_manifest(draft, names, uploaded)?;
        let manifest_hash = statement_hash(&manifest)?;
        let identity = self.session.identity();
        let manifest = identity.sign_statement(manifest)?;
        let context = EnvelopeContext::for_seller(&draft.release_id, manifest_hash, *identity.keys());
        let envelope = seal_envelope(identity, &context, &draft.release_key)?;
        let complete = || self.session.complete_upload(upload_id, manifest.clone(), envelope.clone());
        Ok(self.persist(control, complete).await?)
    }

    /// What was sent, as it is to be signed.
    pub(super) fn make_manifest(
        &self,
        draft: &Draft,
        names: Vec<MetaFile>,
        uploaded: &[UploadedFile],
    ) -> Result<Manifest, Failure> {
        let salt = Bytes(*Secret32::random()?.as_bytes());
        let hashes: Vec<[u8; 32]> = uploaded.iter().map(|file| file.plaintext_hash).collect();
        let files = draft.files.iter().zip(uploaded);
        let mut manifest = Manifest {
            v: V1,
            release_id: draft.release_id,
            product_id: draft.product_id,
            seller: *self.session.id(),
            files: files.map(|(file, sent)| manifest_file(file, sent.chunks.clone())).collect(),
            commitment: Bytes(commitment(salt.as_array(), &hashes)),
            sealed_meta: ByteString::default(),
        };
        manifest.sealed_meta = seal_meta(&draft.release_key, &manifest, &Meta { salt, files: names })?;
        Ok(manifest)
    }

    /// One of one's own releases and its key, as any of one's devices can open it.
    pub(super) async fn own_release(
        &self,
        id: ReleaseId,
    ) -> Result<(wire::Release, Manifest, Secret32), Failure> {
        let release = self.persist(&Control::new(), || self.session.release(id)).await?;
        let keys = *self.session.identity().keys();
        let untrusted = |_| Failure::Untrusted(Untrusted::Manifest);
        let manifest = release.manifest.clone().verify(&keys.ed25519_pk).map_err(untrusted)?;
        if manifest.body().release_id != id || manifest.hash() != release.manifest_hash {
            return Err(Failure::Untrusted(Untrusted::Manifest));
        }
        let context = EnvelopeContext::for_seller(&id, manifest.hash(), keys);
        let key = open_envelope(self.session.identity(), &context, &release.self_envelope)?;
        Ok((release, manifest.into_body(), key))
    }

    /// What opens each file of one's own release with any other implementation of FLOE.
    pub async fn audit(&self, id: ReleaseId) -> Result<Vec<FileAudit>, Failure> {
        let (_, manifest, release_key) = self.own_release(id).await?;
        let meta = open_meta(&release_key, &manifest)?;
        let seller = self.session.identity().keys().ed25519_pk;
        let files = manifest.files.iter().zip(meta.files);
        Ok(files
            .map(|(file, name)| FileAudit {
                path: name.path,
                file_id: file.file_id,
                file_key: derive_file_key(&release_key, &file.file_id),
                aad: file_aad(file.file_id.as_bytes(), seller.as_bytes()),
                salt: meta.salt,
            })
            .collect())
    }
}

pub(super) fn check_files<S>(files: &[FileForSale<S>]) -> Result<(), Failure> {
    if files.is_empty() || files.len() > MAX_FILES {
        return Err(Failure::Argument("a release has 1 to 1000 files"));
    }
    if !files.iter().all(|file| is_safe_path(&file.path)) {
        return Err(Failure::Argument(
            "a path must be relative, and free of `..`, `\\`, `:` and control characters",
        ));
    }
    let distinct: std::collections::BTreeSet<_> = files.iter().map(|file| file.path.to_lowercase()).collect();
    if distinct.len() != files.len() {
        return Err(Failure::Argument("two files have the same path"));
    }
    Ok(())
}

fn manifest_file(file: &wire::UploadFile, chunks: Vec<Bytes32>) -> ManifestFile {
    ManifestFile {
        file_id: file.file_id,
        header: file.header,
        segment_count: file.segment_count,
        plaintext_size: file.plaintext_size,
        declared_type: file.declared_type.clone(),
        chunks,
    }
}
