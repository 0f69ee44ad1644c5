//! Downloading: chunks are fetched ahead within a window, opened as they come and written in order, then held to the
//! commitment. Damage on the way is fetched again; it never looks like a wrong key.

use std::collections::{BTreeMap, BTreeSet};

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::commitment::{commitment, plaintext_hash};
use claimcheck_protocol::floe::Layout;

use super::lane::Lane;
use super::progress::Meter;
use super::{CallError, ChunkAt, Machine, Phase, Progress, Step, TransferError};

mod terms;

pub use terms::{
    DownloadAction, DownloadEvent, DownloadFile, DownloadLimits, DownloadPlan, Downloaded, ResumePoint,
};

/// The machine.
pub struct Download {
    limits: DownloadLimits,
    plan: DownloadPlan,
    /// The next chunk to be requested.
    cursor: ChunkAt,
    /// The first chunk that is not written.
    next_write: ChunkAt,
    /// Chunks that have arrived and are not written.
    window: BTreeMap<ChunkAt, Stage>,
    /// Chunks requested and not written.
    held: u64,
    lane: Lane,
    /// Chunks that arrived damaged and wait for room in the lane.
    damaged: BTreeSet<ChunkAt>,
    /// How often each chunk arrived damaged.
    damage: BTreeMap<ChunkAt, u32>,
    /// Of the chunks that are written, for each file begun.
    segment_hashes: Vec<Vec<[u8; 32]>>,
    meter: Meter,
    ending: Ending,
    outcome: Option<Result<Downloaded, TransferError>>,
}

enum Stage {
    Fetched,
    Opening,
    Opened(Vec<[u8; 32]>),
    Writing(Vec<[u8; 32]>),
}

/// What the sink is doing apart from writing.
enum Ending {
    Nothing,
    File,
    Release,
}

impl Download {
    /// Downloads the whole release.
    pub fn new(plan: DownloadPlan, limits: DownloadLimits) -> Self {
        let bytes = plan.files.iter().map(|file| file.layout.plaintext_size()).sum();
        let chunks = plan.files.iter().map(|file| file.layout.chunk_count()).sum();
        let begin = ChunkAt { file: 0, chunk: 0 };
        Self {
            limits,
            cursor: begin,
            next_write: begin,
            window: BTreeMap::new(),
            held: 0,
            lane: Lane::new(limits.retry, limits.parallel),
            damaged: BTreeSet::new(),
            damage: BTreeMap::new(),
            segment_hashes: vec![Vec::new(); plan.files.len()],
            meter: Meter::new(bytes, chunks),
            ending: Ending::Nothing,
            outcome: None,
            plan,
        }
    }

    /// Goes on where an earlier download of the same release stopped. [`TransferError::ResumePoint`] where the point
    /// does not fit the release.
    pub fn resume(
        plan: DownloadPlan,
        limits: DownloadLimits,
        point: ResumePoint,
    ) -> Result<Self, TransferError> {
        let mut download = Self::new(plan, limits);
        let next = point.next;
        if point.segment_hashes.len() != next.file.saturating_add(1).min(download.plan.files.len()) {
            return Err(TransferError::ResumePoint);
        }
        download.meter.resume();
        for (file, hashes) in point.segment_hashes.into_iter().enumerate() {
            let layout =
                download.plan.files.get(file).map(|file| file.layout).ok_or(TransferError::ResumePoint)?;
            let chunks = if file < next.file { layout.chunk_count() } else { next.chunk };
            if hashes.len() as u64 != segments_before(&layout, chunks).ok_or(TransferError::ResumePoint)? {
                return Err(TransferError::ResumePoint);
            }
            (0..chunks).for_each(|chunk| download.meter.had(plain_len(&layout, chunk)));
            download.segment_hashes[file] = hashes;
        }
        download.next_write = next;
        download.cursor = download.normal(next);
        Ok(download)
    }

    /// What was downloaded; the reason, if the download did not end well; nothing before it has ended.
    pub fn into_result(self) -> Option<Result<Downloaded, TransferError>> {
        self.outcome
    }

    /// Where another download could go on.
    pub fn resume_point(&self) -> ResumePoint {
        let begun = (self.next_write.file + 1).min(self.plan.files.len());
        ResumePoint {
            next: self.next_write,
            segment_hashes: self.segment_hashes.iter().take(begun).cloned().collect(),
        }
    }

    fn next_action(&mut self, now_ms: u64) -> Option<DownloadAction> {
        self.next_sink_call()
            .or_else(|| self.next_open())
            .or_else(|| {
                self.lane.begin_due(now_ms).map(|(at, failures)| DownloadAction::Get { at, failures })
            })
            .or_else(|| self.next_get())
    }

    fn next_sink_call(&mut self) -> Option<DownloadAction> {
        if !matches!(self.ending, Ending::Nothing) {
            return None;
        }
        let at = self.next_write;
        let Some(file) = self.plan.files.get(at.file) else { return self.next_finish() };
        if at.chunk >= file.layout.chunk_count() {
            self.ending = Ending::File;
            return Some(DownloadAction::FinishFile(at.file));
        }
        let stage = self.window.get_mut(&at)?;
        let Stage::Opened(hashes) = stage else { return None };
        *stage = Stage::Writing(core::mem::take(hashes));
        let offset = file.layout.chunk_plain_range(at.chunk).ok()?.start;
        Some(DownloadAction::Write { at, offset })
    }

    /// All files are finished: the release is what was sold, or nothing.
    fn next_finish(&mut self) -> Option<DownloadAction> {
        if self.plan.commitment.is_some_and(|signed| self.commitment() != signed) {
            self.fail(TransferError::CommitmentMismatch);
            return None;
        }
        self.ending = Ending::Release;
        Some(DownloadAction::Finish)
    }

    fn next_open(&mut self) -> Option<DownloadAction> {
        let opening = self.window.values().filter(|stage| matches!(stage, Stage::Opening)).count();
        if opening >= self.limits.opening.max(1) {
            return None;
        }
        let (at, stage) = self.window.iter_mut().find(|(_, stage)| matches!(stage, Stage::Fetched))?;
        *stage = Stage::Opening;
        let at = *at;
        let Some(sha256) = hash_of(&self.plan, at) else {
            self.fail(TransferError::CorruptChunk { at });
            return None;
        };
        Some(DownloadAction::Open { at, sha256 })
    }

    fn next_get(&mut self) -> Option<DownloadAction> {
        if !self.lane.has_room() {
            return None;
        }
        let at = match self.damaged.pop_first() {
            Some(at) => {
                self.lane.count_retry();
                at
            }
            None => self.next_new()?,
        };
        self.lane.begin(at);
        Some(DownloadAction::Get { at, failures: 0 })
    }

    fn next_new(&mut self) -> Option<ChunkAt> {
        if self.held >= self.limits.window.max(1) || self.cursor.file >= self.plan.files.len() {
            return None;
        }
        let at = self.cursor;
        self.cursor = self.normal(ChunkAt { chunk: at.chunk + 1, ..at });
        self.held += 1;
        Some(at)
    }

    /// One past a file's last chunk is the next file's first.
    fn normal(&self, at: ChunkAt) -> ChunkAt {
        match self.plan.files.get(at.file) {
            Some(file) if at.chunk >= file.layout.chunk_count() => ChunkAt { file: at.file + 1, chunk: 0 },
            _ => at,
        }
    }

    fn get_failed(&mut self, at: ChunkAt, error: CallError, now_ms: u64, random: u32) {
        if !self.lane.is_in_flight(at) {
            return;
        }
        match error {
            CallError::Cancelled => self.cancel(),
            _ if self.lane.fail(at, &error, now_ms, random) => {}
            _ => self.fail(TransferError::Call { at, error }),
        }
    }

    fn corrupt(&mut self, at: ChunkAt) {
        if !matches!(self.window.get(&at), Some(Stage::Opening)) {
            return;
        }
        self.window.remove(&at);
        let times = self.damage.entry(at).or_default();
        *times += 1;
        if *times > self.limits.refetches {
            self.fail(TransferError::CorruptChunk { at });
        } else {
            self.damaged.insert(at);
        }
    }

    fn written(&mut self, at: ChunkAt) {
        let Some(Stage::Writing(_)) = self.window.get(&at) else { return };
        let Some(Stage::Writing(hashes)) = self.window.remove(&at) else { return };
        if let Some(all) = self.segment_hashes.get_mut(at.file) {
            all.extend(hashes);
        }
        self.damage.remove(&at);
        self.held -= 1;
        self.next_write = ChunkAt { chunk: at.chunk + 1, ..at };
        let bytes = self.plan.files.get(at.file).map(|file| plain_len(&file.layout, at.chunk));
        self.meter.moved(bytes.unwrap_or_default());
    }

    fn commitment(&self) -> Bytes32 {
        let files = self.plan.files.iter().zip(&self.segment_hashes);
        let hashes: Vec<[u8; 32]> =
            files.map(|(file, segments)| plaintext_hash(file.layout.plaintext_size(), segments)).collect();
        Bytes(commitment(self.plan.salt.as_array(), &hashes))
    }

    fn finished(&mut self) {
        if matches!(self.ending, Ending::Release) {
            let bytes = self.plan.files.iter().map(|file| file.layout.plaintext_size()).sum();
            self.outcome = Some(Ok(Downloaded { commitment: self.commitment(), bytes }));
        }
    }

    fn fail(&mut self, error: TransferError) {
        self.outcome.get_or_insert(Err(error));
    }
}

impl Machine for Download {
    type Action = DownloadAction;
    type Event = DownloadEvent;

    fn poll(&mut self, now_ms: u64) -> Step<DownloadAction> {
        if self.outcome.is_some() {
            return Step::Done;
        }
        match self.next_action(now_ms) {
            Some(action) => Step::Do(action),
            None if self.outcome.is_some() => Step::Done,
            None => Step::Wait(self.lane.wakes_at()),
        }
    }

    fn handle(&mut self, event: DownloadEvent, now_ms: u64, random: u32) {
        if self.outcome.is_some() {
            return;
        }
        match event {
            DownloadEvent::Fetched(at) if self.lane.is_in_flight(at) => {
                self.lane.succeed(at, now_ms, random);
                self.window.insert(at, Stage::Fetched);
            }
            DownloadEvent::Fetched(_) => {}
            DownloadEvent::GetFailed { at, error } => self.get_failed(at, error, now_ms, random),
            DownloadEvent::Opened { at, segment_hashes } => {
                if let Some(stage @ Stage::Opening) = self.window.get_mut(&at) {
                    *stage = Stage::Opened(segment_hashes);
                }
            }
            DownloadEvent::Corrupt(at) => self.corrupt(at),
            DownloadEvent::OpenFailed { at, error } => self.fail(TransferError::Platform { at, error }),
            DownloadEvent::Written(at) => self.written(at),
            DownloadEvent::FileFinished(file) => {
                if matches!(self.ending, Ending::File) && file == self.next_write.file {
                    self.ending = Ending::Nothing;
                    self.next_write = ChunkAt { file: file + 1, chunk: 0 };
                }
            }
            DownloadEvent::Finished => self.finished(),
            DownloadEvent::SinkFailed { file, error } => self.fail(TransferError::Sink { file, error }),
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
            Some(outcome) => Phase::of_outcome(outcome.map(|_| ())),
        };
        self.meter.report(phase, self.lane.retries())
    }
}

fn hash_of(plan: &DownloadPlan, at: ChunkAt) -> Option<Bytes32> {
    plan.files.get(at.file)?.chunks.get(usize::try_from(at.chunk).ok()?).copied()
}

fn plain_len(layout: &Layout, chunk: u64) -> u64 {
    layout.chunk_plain_range(chunk).map(|range| range.end - range.start).unwrap_or_default()
}

/// Segments of the first `chunks` chunks; nothing where the file has fewer chunks.
fn segments_before(layout: &Layout, chunks: u64) -> Option<u64> {
    match chunks.checked_sub(1) {
        None => Some(0),
        Some(last) => layout.chunk_segments(last).ok().map(|segments| segments.end),
    }
}
