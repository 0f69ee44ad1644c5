//! Uploading: chunks are read, sealed and sent in order, some ahead and some at once, until the server has them all.

use std::collections::BTreeMap;

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::commitment::plaintext_hash;
use claimcheck_protocol::floe::Layout;
use sha2::{Digest, Sha256};

use super::lane::Lane;
use super::progress::Meter;
use super::{CallError, ChunkAt, Machine, Phase, Progress, SourceError, Step, TransferError};

mod terms;
mod together;

pub use terms::{Attempt, StoredChunk, UploadAction, UploadEvent, UploadLimits, Uploaded, UploadedFile};
use together::Together;

/// The machine.
pub struct Upload {
    limits: UploadLimits,
    files: Vec<File>,
    /// The first chunk that is not begun.
    cursor: ChunkAt,
    together: Together,
    /// Chunks begun and not handed to the lane.
    ahead: BTreeMap<ChunkAt, Stage>,
    lane: Lane,
    releases: Vec<ChunkAt>,
    /// Attempts of chunks that are not settled.
    attempts: BTreeMap<ChunkAt, Vec<Attempt>>,
    meter: Meter,
    outcome: Option<Result<(), TransferError>>,
}

struct File {
    layout: Layout,
    chunks: Vec<Chunk>,
}

#[derive(Default)]
struct Chunk {
    /// Of the bytes that the server holds.
    stored: Option<Bytes32>,
    /// Of the plain segments; empty until they are known.
    segment_hashes: Vec<[u8; 32]>,
}

enum Stage {
    Sealing,
    Hashing,
    Sealed(Bytes32),
    Remembering(Bytes32),
    Ready(Bytes32),
}

impl Upload {
    /// Uploads files of these layouts, in this order.
    pub fn new(files: &[Layout], limits: UploadLimits) -> Self {
        let files: Vec<File> = files.iter().map(|layout| File::new(*layout)).collect();
        let bytes = files.iter().map(|file| file.layout.plaintext_size()).sum();
        let chunks = files.iter().map(|file| file.layout.chunk_count()).sum();
        let sealed_bytes = files.iter().map(|file| file.layout.chunks_len()).sum();
        Self {
            limits,
            files,
            cursor: ChunkAt { file: 0, chunk: 0 },
            together: Together::of(&limits, sealed_bytes, chunks),
            ahead: BTreeMap::new(),
            lane: Lane::new(limits.retry, limits.parallel),
            releases: Vec::new(),
            attempts: BTreeMap::new(),
            meter: Meter::new(bytes, chunks),
            outcome: (chunks == 0).then_some(Ok(())),
        }
    }

    /// Goes on with an upload of the same files, headers and keys: `attempts` are all that were written down, `stored`
    /// is what the server holds. [`TransferError::ForeignChunk`] where it holds what none of the attempts was.
    pub fn resume(
        files: &[Layout],
        limits: UploadLimits,
        attempts: &[Attempt],
        stored: &[StoredChunk],
    ) -> Result<Self, TransferError> {
        let mut upload = Self::new(files, limits);
        upload.meter.resume();
        upload.together = Together::No;
        for attempt in attempts {
            upload.attempts.entry(attempt.at).or_default().push(*attempt);
        }
        for StoredChunk { at, sha256 } in stored {
            let foreign = TransferError::ForeignChunk { at: *at };
            upload.attempt(*at, *sha256).ok_or(foreign)?;
            let bytes = upload.plain_len(*at).ok_or(foreign)?;
            let chunk = upload.chunk_mut(*at).ok_or(foreign)?;
            if chunk.stored.replace(*sha256).is_none() {
                upload.meter.had(bytes);
            }
        }
        Ok(upload)
    }

    /// What was uploaded; the reason, if the upload did not end well; nothing before it has ended.
    pub fn into_result(self) -> Option<Result<Uploaded, TransferError>> {
        Some(self.outcome?.map(|()| Uploaded { files: self.files.into_iter().map(File::finish).collect() }))
    }

    fn next_action(&mut self, now_ms: u64) -> Option<UploadAction> {
        if let Some(at) = self.releases.pop() {
            return Some(UploadAction::Release(at));
        }
        if let Some((at, failures)) = self.lane.begin_due(now_ms) {
            // A chunk in the lane has exactly one sealed form, its latest attempt.
            let attempt = self.attempts.get(&at).and_then(|all| all.last());
            return attempt.map(|attempt| UploadAction::Put { at, sha256: attempt.sha256, failures });
        }
        self.next_remember().or_else(|| self.next_put()).or_else(|| self.next_read())
    }

    fn next_remember(&mut self) -> Option<UploadAction> {
        let (at, sha256) = self.ahead.iter().find_map(|(at, stage)| match stage {
            Stage::Sealed(sha256) => Some((*at, *sha256)),
            _ => None,
        })?;
        let attempt = *self.attempt(at, sha256)?;
        self.ahead.insert(at, Stage::Remembering(sha256));
        Some(UploadAction::Remember(attempt))
    }

    fn next_put(&mut self) -> Option<UploadAction> {
        match self.together {
            Together::No => {}
            Together::Gathering => return self.next_put_all(),
            Together::Sent => return None,
        }
        if !self.lane.has_room() {
            return None;
        }
        let (at, sha256) = self.ahead.iter().find_map(|(at, stage)| match stage {
            Stage::Ready(sha256) => Some((*at, *sha256)),
            _ => None,
        })?;
        self.ahead.remove(&at);
        self.lane.begin(at);
        Some(UploadAction::Put { at, sha256, failures: 0 })
    }

    fn next_read(&mut self) -> Option<UploadAction> {
        let reading =
            self.ahead.values().filter(|stage| matches!(stage, Stage::Sealing | Stage::Hashing)).count();
        let is_full = self.together == Together::No && self.ahead.len() >= self.limits.ahead.max(1);
        if reading >= self.limits.sealing.max(1) || is_full {
            return None;
        }
        let at = self.cursor;
        let file = self.files.get(at.file)?;
        let next = ChunkAt { chunk: at.chunk + 1, ..at };
        self.cursor = if next.chunk < file.layout.chunk_count() {
            next
        } else {
            ChunkAt { file: at.file + 1, chunk: 0 }
        };
        let is_stored = self.chunk_mut(at)?.stored.is_some();
        self.ahead.insert(at, if is_stored { Stage::Hashing } else { Stage::Sealing });
        Some(if is_stored { UploadAction::ReadAndHash(at) } else { UploadAction::ReadAndSeal(at) })
    }

    fn sealed(&mut self, at: ChunkAt, sha256: Bytes32, segment_hashes: Vec<[u8; 32]>) {
        if !matches!(self.ahead.get(&at), Some(Stage::Sealing)) {
            return;
        }
        let attempt = Attempt { at, sha256, plain_sha256: sum(&segment_hashes) };
        self.attempts.entry(at).or_default().push(attempt);
        if let Some(chunk) = self.chunk_mut(at) {
            chunk.segment_hashes = segment_hashes;
        }
        self.ahead.insert(at, Stage::Sealed(sha256));
    }

    fn hashed(&mut self, at: ChunkAt, segment_hashes: Vec<[u8; 32]>) {
        if !matches!(self.ahead.get(&at), Some(Stage::Hashing)) {
            return;
        }
        self.ahead.remove(&at);
        if let Some(chunk) = self.chunk_mut(at) {
            chunk.segment_hashes = segment_hashes;
        }
        let stored = self.chunk_mut(at).and_then(|chunk| chunk.stored);
        self.adopt(at, stored);
        self.end_if_complete();
    }

    /// Takes what the server holds for the chunk, if it is one of ours and of the plaintext that was read now.
    fn adopt(&mut self, at: ChunkAt, stored: Option<Bytes32>) {
        let Some(attempt) = stored.and_then(|sha256| self.attempt(at, sha256)) else {
            return self.fail(TransferError::ForeignChunk { at });
        };
        let plain_sha256 = attempt.plain_sha256;
        match self.chunk_mut(at) {
            Some(chunk) if sum(&chunk.segment_hashes) == plain_sha256 => {
                chunk.stored = stored;
                self.attempts.remove(&at);
            }
            _ => self.fail(TransferError::Source { file: at.file, error: SourceError::Changed }),
        }
    }

    fn put_failed(&mut self, at: ChunkAt, error: CallError, now_ms: u64, random: u32) {
        if !self.lane.is_in_flight(at) {
            return;
        }
        match error {
            CallError::Cancelled => self.cancel(),
            // 409 chunk_conflict: an earlier attempt has come through.
            CallError::Status { stored_sha256: Some(sha256), .. } => {
                self.stored(at, Some(sha256), now_ms, random)
            }
            _ if self.lane.fail(at, &error, now_ms, random) => {}
            _ => self.fail(TransferError::Call { at, error }),
        }
    }

    /// The server has the chunk: the latest attempt, or the one it names.
    fn stored(&mut self, at: ChunkAt, named: Option<Bytes32>, now_ms: u64, random: u32) {
        if !self.lane.is_in_flight(at) {
            return;
        }
        let latest = self.attempts.get(&at).and_then(|all| all.last()).map(|attempt| attempt.sha256);
        self.adopt(at, named.or(latest));
        if self.outcome.is_none() {
            self.lane.succeed(at, now_ms, random);
            self.releases.push(at);
            self.meter.moved(self.plain_len(at).unwrap_or_default());
            self.end_if_complete();
        }
    }

    fn end_if_complete(&mut self) {
        let is_at_end = self.cursor.file == self.files.len() && self.ahead.is_empty();
        if self.outcome.is_none() && is_at_end && self.meter.all_moved() {
            self.outcome = Some(Ok(()));
        }
    }

    fn fail(&mut self, error: TransferError) {
        self.outcome.get_or_insert(Err(error));
    }

    fn attempt(&self, at: ChunkAt, sha256: Bytes32) -> Option<&Attempt> {
        self.attempts.get(&at)?.iter().find(|attempt| attempt.sha256 == sha256)
    }

    fn chunk_mut(&mut self, at: ChunkAt) -> Option<&mut Chunk> {
        self.files.get_mut(at.file)?.chunks.get_mut(usize::try_from(at.chunk).ok()?)
    }

    fn plain_len(&self, at: ChunkAt) -> Option<u64> {
        let range = self.files.get(at.file)?.layout.chunk_plain_range(at.chunk).ok()?;
        Some(range.end - range.start)
    }
}

impl Machine for Upload {
    type Action = UploadAction;
    type Event = UploadEvent;

    fn poll(&mut self, now_ms: u64) -> Step<UploadAction> {
        if self.outcome.is_some() {
            return Step::Done;
        }
        self.next_action(now_ms).map_or_else(|| Step::Wait(self.lane.wakes_at()), Step::Do)
    }

    fn handle(&mut self, event: UploadEvent, now_ms: u64, random: u32) {
        if self.outcome.is_some() {
            return;
        }
        match event {
            UploadEvent::Sealed { at, sha256, segment_hashes } => self.sealed(at, sha256, segment_hashes),
            UploadEvent::Hashed { at, segment_hashes } => self.hashed(at, segment_hashes),
            UploadEvent::Remembered(at) => {
                if let Some(Stage::Remembering(sha256)) = self.ahead.get(&at) {
                    let ready = Stage::Ready(*sha256);
                    self.ahead.insert(at, ready);
                }
            }
            UploadEvent::Stored(at) => self.stored(at, None, now_ms, random),
            UploadEvent::PutFailed { at, error } => self.put_failed(at, error, now_ms, random),
            UploadEvent::AllStored(hashes) => self.all_stored(&hashes),
            UploadEvent::PutAllFailed(error) => self.put_all_failed(error),
            UploadEvent::SourceFailed { at, error } => {
                self.fail(TransferError::Source { file: at.file, error })
            }
            UploadEvent::SealFailed { at, error } => self.fail(TransferError::Platform { at, error }),
        }
    }

    fn cancel(&mut self) {
        self.fail(TransferError::Cancelled);
    }

    fn retry_now(&mut self) {
        self.lane.retry_now();
    }

    fn progress(&self) -> Progress {
        let phase = match self.outcome {
            None => self.meter.phase(self.lane.is_stalled()),
            Some(outcome) => Phase::of_outcome(outcome),
        };
        self.meter.report(phase, self.lane.retries())
    }
}

impl File {
    fn new(layout: Layout) -> Self {
        Self { layout, chunks: (0..layout.chunk_count()).map(|_| Chunk::default()).collect() }
    }

    fn finish(self) -> UploadedFile {
        let segment_hashes: Vec<[u8; 32]> =
            self.chunks.iter().flat_map(|chunk| chunk.segment_hashes.iter().copied()).collect();
        UploadedFile {
            segment_count: self.layout.segment_count(),
            plaintext_size: self.layout.plaintext_size(),
            chunks: self.chunks.into_iter().filter_map(|chunk| chunk.stored).collect(),
            plaintext_hash: plaintext_hash(self.layout.plaintext_size(), &segment_hashes),
        }
    }
}

fn sum(segment_hashes: &[[u8; 32]]) -> Bytes32 {
    Bytes(segment_hashes.iter().fold(Sha256::new(), Digest::chain_update).finalize().into())
}
