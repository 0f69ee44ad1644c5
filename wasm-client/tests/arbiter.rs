//! The arbiter re-checks what was sold: an honest seller's files hold, and each way of cheating is told by its line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(not(target_arch = "wasm32"))]

use std::cell::{Cell, RefCell};

use claimcheck_client::arbiter::{SealedChunks, examine};
use claimcheck_client::bulk::native::{NativeBuf, NativeBulk};
use claimcheck_client::driver::Sink;
use claimcheck_client::engine::SinkError;
use claimcheck_client::floe::{Error, Sealer};
use claimcheck_client::identity::Identity;
use claimcheck_client::meta::seal_meta;
use claimcheck_client::sale::{IncomingFile, ReceivingSink};
use claimcheck_client::schedule::derive_file_key;
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::commitment::{commitment, plaintext_hash};
use claimcheck_protocol::floe::{FloeParams, Layout, file_aad};
use claimcheck_protocol::ids::{FileId, ProductId, ReleaseId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::meta::{Meta, MetaFile};
use claimcheck_protocol::packet::{Finding, Line};
use claimcheck_protocol::signed::V1;

const SALT: Bytes32 = Bytes([5; 32]);

/// A seller's release, and its chunks as they are stored.
struct Release {
    seller: Identity,
    key: Secret32,
    manifest: Manifest,
    plain: Vec<Vec<u8>>,
    chunks: RefCell<Vec<Vec<Vec<u8>>>>,
}

impl Release {
    /// Two files, the first of two chunks.
    fn make() -> Self {
        let plain = vec![vec![7; 8 * 524_256 + 1], b"read me".to_vec()];
        let (seller, key) = (Identity::make().unwrap(), Secret32::random().unwrap());
        let (mut files, mut chunks, mut hashes) = (vec![], vec![], vec![]);
        for (index, bytes) in (0u8..).zip(&plain) {
            let (file, sealed, hash) = seal(&seller, &key, index, bytes);
            files.push(file);
            chunks.push(sealed);
            hashes.push(hash);
        }
        let manifest = Manifest {
            v: V1,
            release_id: ReleaseId::from_parts(1, [1; 10]),
            product_id: ProductId::from_parts(1, [2; 10]),
            seller: *seller.id(),
            files,
            commitment: Bytes(commitment(SALT.as_array(), &hashes)),
            sealed_meta: ByteString(vec![]),
        };
        let mut release = Self { seller, key, manifest, plain, chunks: RefCell::new(chunks) };
        release.name(|_| {});
        release
    }

    /// Seals the names anew, after a change.
    fn name(&mut self, change: impl Fn(&mut Meta)) {
        let file = |path: &str, plain: &[u8]| MetaFile {
            path: path.to_owned(),
            content_type: "text/plain".parse().unwrap(),
            mode: None,
            sha256: Some(jcs::sha256(&[plain])),
        };
        let files = vec![file("a", &self.plain[0]), file("b", &self.plain[1])];
        let mut meta = Meta { salt: SALT, files };
        change(&mut meta);
        self.manifest.sealed_meta = seal_meta(&self.key, &self.manifest, &meta).unwrap();
    }

    fn examine(&self, key: &Secret32) -> (Vec<Line>, Memory) {
        let sink = Memory::default();
        let signed = self.seller.sign_statement(self.manifest.clone()).unwrap();
        let examined = examine(&NativeBulk, signed, self.seller.keys(), key, self, &sink);
        (pollster::block_on(examined).unwrap(), sink)
    }

    /// The claims found false, and those left open.
    fn faults(&self) -> (Vec<String>, Vec<String>) {
        let (lines, sink) = self.examine(&self.key);
        let of = |finding| -> Vec<String> {
            let found = lines.iter().filter(|line| line.verdict == finding);
            found.map(|line| format!("{}: {}", line.claim, line.why)).collect()
        };
        assert_ne!(sink.is_finished.get(), sink.is_aborted.get(), "either of them");
        (of(Finding::False), of(Finding::NotProved))
    }
}

fn seal(
    seller: &Identity,
    key: &Secret32,
    index: u8,
    plain: &[u8],
) -> (ManifestFile, Vec<Vec<u8>>, [u8; 32]) {
    let file_id = FileId::from_parts(1, [index; 10]);
    let aad = file_aad(file_id.as_bytes(), seller.keys().ed25519_pk.as_bytes());
    let file_key = derive_file_key(key, &file_id);
    let (sealer, header) = Sealer::new(NativeBulk, FloeParams::FILE, &file_key, &aad).unwrap();
    let layout = Layout::of_plaintext(FloeParams::FILE, plain.len() as u64).unwrap();
    let (mut chunks, mut hashes) = (vec![], vec![]);
    for chunk in 0..layout.chunk_count() {
        let read = |range: std::ops::Range<u64>| {
            let bytes = plain[range.start as usize..range.end as usize].to_vec();
            async move { Ok::<NativeBuf, Error>(bytes.into()) }
        };
        let sealed = pollster::block_on(sealer.seal_chunk(&layout, chunk, read)).unwrap();
        hashes.extend(sealed.segment_hashes);
        chunks.push(sealed.bytes.as_slice().to_vec());
    }
    let file = ManifestFile {
        file_id,
        header: Bytes(header.encode()),
        segment_count: layout.segment_count(),
        plaintext_size: plain.len() as u64,
        declared_type: "text/plain".parse().unwrap(),
        chunks: chunks.iter().map(|chunk| jcs::sha256(&[chunk])).collect(),
    };
    (file, chunks, plaintext_hash(plain.len() as u64, &hashes))
}

impl SealedChunks for Release {
    type Buf = NativeBuf;

    async fn chunk(&self, file: FileId, index: u64) -> Result<NativeBuf, String> {
        let place = self.manifest.files.iter().position(|known| known.file_id == file).unwrap();
        let chunks = self.chunks.borrow();
        chunks[place].get(index as usize).cloned().map(NativeBuf::from).ok_or_else(|| "gone".to_owned())
    }
}

/// A sink that computes no hash unless told what it would be.
#[derive(Default)]
struct Memory {
    files: RefCell<Vec<Vec<u8>>>,
    expected: RefCell<Vec<Option<Bytes32>>>,
    mismatch: Cell<Option<usize>>,
    is_finished: Cell<bool>,
    is_aborted: Cell<bool>,
}

impl Sink for Memory {
    type Buf = NativeBuf;

    async fn write(&self, file: usize, offset: u64, bytes: NativeBuf) -> Result<(), SinkError> {
        assert!(!self.is_aborted.get());
        let mut files = self.files.borrow_mut();
        assert_eq!(files[file].len() as u64, offset, "in order");
        files[file].extend_from_slice(bytes.as_slice());
        Ok(())
    }

    async fn finish_file(&self, file: usize) -> Result<(), SinkError> {
        if self.sha256(file) == self.expected.borrow()[file] {
            return Ok(());
        }
        self.mismatch.set(Some(file));
        Err(SinkError::Failed)
    }

    async fn finish(&self) -> Result<(), SinkError> {
        self.is_finished.set(true);
        Ok(())
    }

    async fn abort(&self) {
        assert!(!self.is_aborted.replace(true), "once");
    }
}

impl ReceivingSink for Memory {
    async fn open(&self, files: &[IncomingFile]) -> Result<(), SinkError> {
        self.files.replace(vec![vec![]; files.len()]);
        self.expected.replace(files.iter().map(|file| file.sha256).collect());
        Ok(())
    }

    fn sha256(&self, file: usize) -> Option<Bytes32> {
        Some(jcs::sha256(&[&self.files.borrow()[file]]))
    }

    fn mismatch(&self) -> Option<usize> {
        self.mismatch.get()
    }
}

#[test]
fn an_honest_sellers_files_hold_and_are_written() {
    let release = Release::make();
    let (lines, sink) = release.examine(&release.key);
    assert_eq!(lines.len(), 8, "{lines:#?}");
    assert!(lines.iter().all(|line| line.verdict == Finding::Proved), "{lines:#?}");
    assert!(sink.is_finished.get());
    assert_eq!(*sink.files.borrow(), release.plain);
}

#[test]
fn another_key_accuses_nobody_of_anything_else() {
    let release = Release::make();
    let (lines, sink) = release.examine(&Secret32::random().unwrap());
    let last = lines.last().unwrap();
    assert_eq!((lines.len(), last.verdict), (2, Finding::False));
    assert!(last.claim.starts_with("The key in the evidence"), "{last:?}");
    assert!(sink.files.borrow().is_empty());
}

#[test]
fn a_manifest_that_the_seller_did_not_sign_ends_it() {
    let release = Release::make();
    let signed = Identity::make().unwrap().sign_statement(release.manifest.clone()).unwrap();
    let sink = Memory::default();
    let examined = examine(&NativeBulk, signed, release.seller.keys(), &release.key, &release, &sink);
    let lines = pollster::block_on(examined).unwrap();
    assert_eq!((lines.len(), lines[0].verdict), (1, Finding::False));
}

#[test]
fn stored_bytes_that_are_not_the_signed_ones_are_found() {
    let release = Release::make();
    release.chunks.borrow_mut()[0][1][5] ^= 1;
    let (wrong, open) = release.faults();
    assert_eq!((wrong.len(), open.len()), (1, 1), "{wrong:?} {open:?}");
    assert!(wrong[0].starts_with("a is stored") && wrong[0].contains("chunk 1 is not the one"), "{wrong:?}");
    assert!(open[0].starts_with("The files are together"), "{open:?}");
}

#[test]
fn chunks_that_cannot_be_had_leave_it_open() {
    let release = Release::make();
    release.chunks.borrow_mut()[1].clear();
    let (wrong, open) = release.faults();
    assert_eq!((wrong.len(), open.len()), (0, 2), "{wrong:?} {open:?}");
    assert!(open[0].contains("chunk 0 cannot be had: gone"), "{open:?}");
}

/// The seller signed the hash of bytes that are no ciphertext under the key.
#[test]
fn signed_bytes_that_do_not_open_are_the_sellers_fault() {
    let mut release = Release::make();
    release.chunks.borrow_mut()[1][0][20] ^= 1;
    release.manifest.files[1].chunks[0] = jcs::sha256(&[&release.chunks.borrow()[1][0]]);
    let (wrong, _) = release.faults();
    assert!(wrong.len() == 1 && wrong[0].contains("chunk 0 does not open"), "{wrong:?}");
}

#[test]
fn a_commitment_to_something_else_is_found_and_the_files_are_kept_to_be_seen() {
    let mut release = Release::make();
    release.manifest.commitment = Bytes([1; 32]);
    let (wrong, open) = release.faults();
    assert!(wrong.len() == 1 && wrong[0].starts_with("The files are together"), "{wrong:?}");
    assert!(open.is_empty());
    assert!(release.examine(&release.key).1.is_finished.get());
}

#[test]
fn a_sha256_of_something_else_is_found() {
    let mut release = Release::make();
    release.name(|meta| meta.files[1].sha256 = Some(Bytes([1; 32])));
    let (wrong, _) = release.faults();
    assert!(wrong.len() == 1 && wrong[0].starts_with("b has the SHA-256"), "{wrong:?}");
}

#[test]
fn names_that_do_not_open_are_told_apart_from_a_wrong_key() {
    let mut release = Release::make();
    release.manifest.sealed_meta = ByteString(vec![0; 64]);
    let (lines, _) = release.examine(&release.key);
    let found: Vec<_> = lines.iter().map(|line| line.verdict).collect();
    assert_eq!(found, [Finding::Proved, Finding::Proved, Finding::False]);
}
