//! The arbiter's side of a content dispute: what the stored files are, held to what their seller signed.
//!
//! Nothing here trusts the server: the manifest comes from a packet, the release key from a party's evidence, and the
//! chunks from wherever they can be had. Each of them is checked, and the report goes on after a failure.

use std::cell::Cell;

use claimcheck_protocol::commitment::{commitment, plaintext_hash};
use claimcheck_protocol::floe::Layout;
use claimcheck_protocol::ids::FileId;
use claimcheck_protocol::keys::AilockKeys;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::meta::Meta;
use claimcheck_protocol::packet::Line;
use claimcheck_protocol::signed::Signed;

use crate::bulk::Bulk;
use crate::engine::{SinkError, TransferError};
use crate::floe::Opener;
use crate::meta::open_meta;
use crate::sale::{Failure, IncomingFile, ReceivingSink, incoming_files, open_file};
use crate::schedule::derive_file_key;
use crate::secret::Secret32;

const MANIFEST: &str = "The seller signed the list of files";
const KEY: &str = "The key in the evidence is the one of these files";
const NAMES: &str = "The sealed names of the files open with it";
const COMMITMENT: &str = "The files are together what their seller committed to";

/// Where sealed chunks come from.
#[expect(async_fn_in_trait, reason = "everything runs on one thread, so no future here is Send")]
pub trait SealedChunks {
    /// Where bytes live.
    type Buf;

    /// One whole chunk as it is stored, or why it cannot be had.
    async fn chunk(&self, file: FileId, index: u64) -> Result<Self::Buf, String>;
}

/// What one examination works on.
struct Case<'a, B, C, K> {
    bulk: &'a B,
    manifest: &'a Manifest,
    seller: &'a AilockKeys,
    release_key: &'a Secret32,
    chunks: &'a C,
    sink: &'a K,
    /// Whether the sink still gets what opens: not after a file that is not whole.
    is_writing: Cell<bool>,
}

/// Opens every file of a release with a release key, writes what opens to `sink`, and says line by line what holds.
/// `seller` are the keys that the manifest's seller id commits to. The sink's files are finished only if every byte of
/// all of them opened.
pub async fn examine<B, C, K>(
    bulk: &B,
    manifest: Signed<Manifest>,
    seller: &AilockKeys,
    release_key: &Secret32,
    chunks: &C,
    sink: &K,
) -> Result<Vec<Line>, Failure>
where
    B: Bulk,
    C: SealedChunks<Buf = B::Buf>,
    K: ReceivingSink<Buf = B::Buf>,
{
    let manifest = match manifest.verify(&seller.ed25519_pk) {
        Ok(verified) => verified.into_body(),
        Err(error) => return Ok(vec![Line::is_false(MANIFEST, error.to_string())]),
    };
    let mut lines = vec![Line::proved(MANIFEST, format!("{} files", manifest.files.len()))];
    let is_writing = Cell::new(true);
    let case = Case { bulk, manifest: &manifest, seller, release_key, chunks, sink, is_writing };
    let Some(openers) = case.openers() else {
        lines.push(Line::is_false(KEY, "a file's header does not belong to it"));
        return Ok(lines);
    };
    lines.push(Line::proved(KEY, "the header of each file commits to it"));
    let meta = match open_meta(release_key, &manifest) {
        Ok(meta) => meta,
        Err(error) => {
            lines.push(Line::is_false(NAMES, error.to_string()));
            return Ok(lines);
        }
    };
    lines.push(Line::proved(NAMES, "they are authentic"));
    match case.files(&meta, &openers, &mut lines).await {
        Ok(()) if case.is_writing.get() => finish(sink).await?,
        Ok(()) => {}
        Err(failure) => {
            sink.abort().await;
            return Err(failure);
        }
    }
    Ok(lines)
}

async fn finish<K: ReceivingSink>(sink: &K) -> Result<(), Failure> {
    sink.finish().await.map_err(|error| TransferError::Sink { file: 0, error }.into())
}

impl<B, C, K> Case<'_, B, C, K>
where
    B: Bulk,
    C: SealedChunks<Buf = B::Buf>,
    K: ReceivingSink<Buf = B::Buf>,
{
    /// Looks at each file, and at all of them together.
    async fn files(&self, meta: &Meta, openers: &[Opener<B>], lines: &mut Vec<Line>) -> Result<(), Failure> {
        let incoming = incoming_files(self.manifest, meta);
        self.sink.open(&incoming).await.map_err(at(0))?;
        let mut hashes = Vec::new();
        let files = self.manifest.files.iter().zip(openers).zip(&incoming);
        for (index, ((file, opener), incoming)) in files.enumerate() {
            match self.file(index, file, opener).await? {
                Ok(hash) => {
                    hashes.push(hash);
                    lines.push(Line::proved(&whole(&incoming.path), format!("{} chunks", file.chunks.len())));
                    lines.extend(self.sha256_line(index, incoming).await?);
                }
                Err(fault) => {
                    if self.is_writing.replace(false) {
                        self.sink.abort().await;
                    }
                    lines.push(fault.line(&whole(&incoming.path)));
                }
            }
        }
        let is_whole = hashes.len() == self.manifest.files.len();
        lines.push(if !is_whole {
            Line::unproved(COMMITMENT, "not every file could be opened")
        } else if commitment(meta.salt.as_array(), &hashes) == self.manifest.commitment.0 {
            Line::proved(COMMITMENT, "the hash made of all that opened is the signed one")
        } else {
            Line::is_false(COMMITMENT, "the hash made of all that opened is another")
        });
        Ok(())
    }

    /// The file's plaintext hash, once each chunk is the signed one and opens.
    async fn file(
        &self,
        index: usize,
        file: &ManifestFile,
        opener: &Opener<B>,
    ) -> Result<Result<[u8; 32], Fault>, Failure> {
        let layout = file.layout()?;
        let mut hashes = Vec::new();
        for (chunk, signed) in (0..).zip(&file.chunks) {
            let sealed = match self.chunks.chunk(file.file_id, chunk).await {
                Ok(sealed) => sealed,
                Err(why) => return Ok(Err(Fault::Absent(format!("chunk {chunk} cannot be had: {why}")))),
            };
            if self.bulk.sha256(&sealed).await.map_err(|_| Failure::Platform)? != signed.0 {
                return Ok(Err(Fault::Wrong(format!("chunk {chunk} is not the one that the seller signed"))));
            }
            let Ok(segments) = opener.open_chunk(&layout, chunk, &sealed).await else {
                return Ok(Err(Fault::Wrong(format!("chunk {chunk} does not open with the key"))));
            };
            let mut offset = chunk_start(&layout, chunk)?;
            for segment in segments {
                let length = self.bulk.len(&segment.plain) as u64;
                hashes.push(segment.hash);
                if self.is_writing.get() {
                    self.sink.write(index, offset, segment.plain).await.map_err(at(index))?;
                }
                offset += length;
            }
        }
        Ok(Ok(plaintext_hash(file.plaintext_size, &hashes)))
    }

    /// None where a header's tag, which commits to the file's key, is of another one.
    fn openers(&self) -> Option<Vec<Opener<B>>> {
        let opener = |file: &ManifestFile| {
            let key = derive_file_key(self.release_key, &file.file_id);
            open_file(self.bulk, file, &self.seller.ed25519_pk, &key).ok()
        };
        self.manifest.files.iter().map(opener).collect()
    }

    /// Whether the file has the SHA-256 that its seller gave, where it gave one and the sink computes it.
    async fn sha256_line(&self, index: usize, file: &IncomingFile) -> Result<Option<Line>, Failure> {
        if !self.is_writing.get() {
            return Ok(None);
        }
        let claim = format!("{} has the SHA-256 that its seller gave", file.path);
        let finished = self.sink.finish_file(index).await;
        if self.sink.mismatch() == Some(index) {
            return Ok(Some(Line::is_false(&claim, "it has another one")));
        }
        finished.map_err(at(index))?;
        let is_known = file.sha256.is_some() && self.sink.sha256(index).is_some();
        Ok(is_known.then(|| Line::proved(&claim, "computed from what opened")))
    }
}

/// Why a file is not whole.
enum Fault {
    /// It contradicts what was signed.
    Wrong(String),
    /// It is not there to be looked at.
    Absent(String),
}

impl Fault {
    fn line(self, claim: &str) -> Line {
        match self {
            Self::Wrong(why) => Line::is_false(claim, why),
            Self::Absent(why) => Line::unproved(claim, why),
        }
    }
}

fn whole(path: &str) -> String {
    format!("{path} is stored as the seller signed it, and every byte opens")
}

fn at(file: usize) -> impl Fn(SinkError) -> Failure {
    move |error| TransferError::Sink { file, error }.into()
}

fn chunk_start(layout: &Layout, chunk: u64) -> Result<u64, Failure> {
    layout.chunk_plain_range(chunk).map(|range| range.start).map_err(|_| Failure::Platform)
}
