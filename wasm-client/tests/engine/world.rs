//! A release of small chunks, and one seller and one buyer who move it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use claimcheck_client::bulk::native::NativeBulk;
use claimcheck_client::driver::{self, Clock, Control, FileToOpen, FileToSend, Host, Stopped};
use claimcheck_client::engine::{
    ChunkAt, Download, DownloadFile, DownloadLimits, DownloadPlan, Downloaded, Phase, Progress, ResumePoint,
    TransferError, Upload, UploadLimits, Uploaded,
};
use claimcheck_client::floe::{Opener, Sealer};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::commitment::{commitment, plaintext_hash};
use claimcheck_protocol::floe::{FloeParams, Header, Layout};
use futures_util::future::{Either, select};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::clock::VirtualClock;
use crate::faults::Chance;
use crate::files::{Disk, Folder, Notes};
use crate::server::Server;

/// Plain bytes of a segment and of a chunk under [`params`].
pub const SEGMENT: usize = 32;
pub const CHUNK: usize = 8 * SEGMENT;

const SALT: [u8; 32] = [9; 32];

pub fn params() -> FloeParams {
    FloeParams::new(64, 20).unwrap()
}

pub fn together() -> UploadLimits {
    UploadLimits { together_bytes: u64::MAX, together_chunks: 900, ..UploadLimits::default() }
}

pub fn at(file: usize, chunk: u64) -> ChunkAt {
    ChunkAt { file, chunk }
}

/// Sizes at and beside the edges of segments and chunks, in one to four files.
pub fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let edges = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7];
    prop::collection::vec(prop_oneof![prop::sample::select(edges.to_vec()), 0..6 * CHUNK], 1..4)
}

pub struct World {
    pub params: FloeParams,
    pub clock: VirtualClock,
    pub server: Server,
    pub control: Control,
    pub notes: Notes,
    pub progress: RefCell<Vec<Progress>>,
    pub disks: Vec<Disk>,
    /// What was said of the files before they were read, in bytes.
    sizes: Vec<usize>,
    headers: Vec<Header>,
}

impl World {
    pub fn new(seed: u64, sizes: &[usize]) -> Self {
        Self::with_params(seed, sizes, params())
    }

    pub fn with_params(seed: u64, sizes: &[usize], params: FloeParams) -> Self {
        let chance = Chance::new(seed);
        let clock = VirtualClock::new(chance.clone());
        let notes = Notes::default();
        let disk = |size: &usize| Disk {
            bytes: chance.bytes(*size),
            fails_from: None,
            clock: clock.clone(),
            chance: chance.clone(),
            read_to: Rc::default(),
        };
        Self {
            params,
            server: Server::new(&clock, &chance, &notes),
            control: Control::new(),
            progress: RefCell::default(),
            disks: sizes.iter().map(disk).collect(),
            sizes: sizes.to_vec(),
            headers: sizes
                .iter()
                .map(|_| Sealer::new(NativeBulk, params, &key(), b"aad").unwrap().1)
                .collect(),
            clock,
            notes,
        }
    }

    pub fn layouts(&self) -> Vec<Layout> {
        self.sizes.iter().map(|size| Layout::of_plaintext(self.params, *size as u64).unwrap()).collect()
    }

    /// All chunks of the release, in order.
    pub fn all(&self) -> Vec<ChunkAt> {
        let files = self.layouts().into_iter().enumerate();
        files.flat_map(|(file, layout)| (0..layout.chunk_count()).map(move |chunk| at(file, chunk))).collect()
    }

    pub fn upload(&self) -> Result<Uploaded, TransferError> {
        self.run_upload(Upload::new(&self.layouts(), UploadLimits::default()))
    }

    /// What a client does after a reload: it has its notes, and asks the server what it holds.
    pub fn resume_upload(&self) -> Result<Uploaded, TransferError> {
        let (notes, stored) = (self.notes.attempts.borrow().clone(), self.server.stored());
        self.run_upload(Upload::resume(&self.layouts(), UploadLimits::default(), &notes, &stored)?)
    }

    /// As one body, if it is within the limits and its chunks are more than go out at once.
    pub fn upload_together(&self, limits: UploadLimits) -> Result<Uploaded, TransferError> {
        let lengths = |file: usize, layout: Layout| {
            (0..layout.chunk_count()).map(move |chunk| (at(file, chunk), layout.chunk_len(chunk).unwrap()))
        };
        let layouts = self.layouts().into_iter().enumerate();
        self.server.expected.replace(layouts.flat_map(|(file, layout)| lengths(file, layout)).collect());
        self.run_upload(Upload::new(&self.layouts(), limits))
    }

    fn run_upload(&self, machine: Upload) -> Result<Uploaded, TransferError> {
        self.clock.block_on(self.uploading(machine))
    }

    /// Begins, and is killed (the tab closed) at that time.
    pub fn upload_killed_at(&self, ms: u64) {
        let machine = Upload::new(&self.layouts(), UploadLimits::default());
        let sleep = std::pin::pin!(self.clock.sleep(ms));
        let upload = std::pin::pin!(self.uploading(machine));
        drop(self.clock.block_on(select(sleep, upload)));
    }

    pub async fn uploading(&self, machine: Upload) -> Result<Uploaded, TransferError> {
        self.progress.borrow_mut().clear();
        let files: Vec<FileToSend<NativeBulk, Disk>> =
            (self.disks.iter().zip(self.layouts()).zip(&self.headers))
                .map(|((disk, layout), header)| FileToSend {
                    layout,
                    sealer: Sealer::resume(NativeBulk, self.params, &key(), b"aad", header).unwrap(),
                    source: disk.clone(),
                })
                .collect();
        let observer = |progress: Progress| self.observe(progress);
        let host = self.host(&observer);
        driver::upload(&NativeBulk, &files, machine, &host).await
    }

    fn host<'a, O>(&'a self, observer: &'a O) -> Host<'a, Server, VirtualClock, Notes, O> {
        Host {
            remote: &self.server,
            clock: &self.clock,
            journal: &self.notes,
            observer,
            control: &self.control,
        }
    }

    /// Progress never falls, and nothing follows its end.
    fn observe(&self, progress: Progress) {
        let mut all = self.progress.borrow_mut();
        if let Some(last) = all.last() {
            assert!(!last.phase.is_final(), "{progress:?} after {last:?}");
            assert!(last.bytes_done <= progress.bytes_done && last.chunks_done <= progress.chunks_done);
            assert!(last.retries <= progress.retries);
            assert_eq!((last.bytes_total, last.chunks_total), (progress.bytes_total, progress.chunks_total));
        }
        assert!(progress.bytes_done <= progress.bytes_total && progress.chunks_done <= progress.chunks_total);
        all.push(progress);
    }

    pub fn phases(&self) -> Vec<Phase> {
        let mut phases: Vec<Phase> = self.progress.borrow().iter().map(|progress| progress.phase).collect();
        phases.dedup();
        phases
    }

    pub fn last_progress(&self) -> Progress {
        *self.progress.borrow().last().unwrap()
    }

    /// The whole release stored, as a seller leaves it.
    pub fn stored(seed: u64, sizes: &[usize]) -> Self {
        let world = Self::new(seed, sizes);
        world.upload().unwrap();
        world.server.calls.borrow_mut().clear();
        world
    }

    pub fn plan(&self) -> DownloadPlan {
        let chunks = self.server.chunks.borrow();
        let hashes =
            |file| chunks.range(at(file, 0)..at(file + 1, 0)).map(|(_, bytes)| crate::server::sha256(bytes));
        let files = self.layouts().into_iter().enumerate();
        let files = files.map(|(file, layout)| DownloadFile { layout, chunks: hashes(file).collect() });
        DownloadPlan { files: files.collect(), salt: Bytes(SALT), commitment: Some(self.commitment()) }
    }

    pub fn commitment(&self) -> Bytes<32> {
        let hashes: Vec<[u8; 32]> =
            self.disks.iter().map(|disk| plain_hash(&disk.bytes, self.params)).collect();
        Bytes(commitment(&SALT, &hashes))
    }

    pub fn folder(&self) -> Folder {
        Folder::new(&self.clock, self.disks.len())
    }

    pub fn download(&self, folder: &Folder) -> Result<Downloaded, Stopped> {
        self.run_download(Download::new(self.plan(), DownloadLimits::default()), folder)
    }

    pub fn resume_download(&self, folder: &Folder, point: ResumePoint) -> Result<Downloaded, Stopped> {
        self.run_download(Download::resume(self.plan(), DownloadLimits::default(), point).unwrap(), folder)
    }

    pub fn run_download(&self, machine: Download, folder: &Folder) -> Result<Downloaded, Stopped> {
        self.clock.block_on(self.downloading(machine, folder))
    }

    pub async fn downloading(&self, machine: Download, folder: &Folder) -> Result<Downloaded, Stopped> {
        self.progress.borrow_mut().clear();
        let files: Vec<FileToOpen<NativeBulk>> = (self.layouts().into_iter().zip(&self.headers))
            .map(|(layout, header)| FileToOpen {
                layout,
                opener: Opener::new(NativeBulk, self.params, &key(), b"aad", header).unwrap(),
            })
            .collect();
        let held_most = Cell::new(0);
        let observer = |progress: Progress| {
            held_most.set(held_most.get().max(self.held(&progress)));
            self.observe(progress);
        };
        let host = self.host(&observer);
        let done = driver::download(&NativeBulk, &files, machine, folder, &host).await;
        assert!(held_most.get() <= DownloadLimits::default().window, "{} chunks held", held_most.get());
        done
    }

    /// Chunks from the first that is not written to the last that was requested.
    fn held(&self, progress: &Progress) -> u64 {
        let calls = self.server.calls.borrow();
        let all = self.all();
        let last = calls.iter().filter_map(|(called, _)| all.iter().position(|at| at == called)).max();
        last.map_or(0, |last| (last as u64 + 1).saturating_sub(progress.chunks_done))
    }

    /// Runs beside the transfer: does something at a time.
    pub async fn beside<T>(&self, transfer: impl Future<Output = T>, at_ms: u64, act: impl FnOnce()) -> T {
        let sleep = std::pin::pin!(self.clock.sleep(at_ms));
        match select(sleep, std::pin::pin!(transfer)).await {
            Either::Left(((), transfer)) => {
                act();
                transfer.await
            }
            Either::Right((done, _)) => done,
        }
    }

    /// Each chunk is stored as the result says, and opens to the file; the hashes are the plaintext's.
    pub fn assert_uploaded(&self, uploaded: &Uploaded) {
        let chunks = self.server.chunks.borrow();
        assert_eq!(chunks.keys().copied().collect::<Vec<_>>(), self.all());
        for (index, (file, disk)) in uploaded.files.iter().zip(&self.disks).enumerate() {
            let stored: Vec<_> =
                chunks.range(at(index, 0)..at(index + 1, 0)).map(|(_, bytes)| bytes).collect();
            assert_eq!(
                file.chunks,
                stored.iter().map(|bytes| crate::server::sha256(bytes)).collect::<Vec<_>>()
            );
            assert_eq!(file.plaintext_size, disk.bytes.len() as u64);
            assert_eq!(file.segment_count, self.layouts()[index].segment_count());
            assert!(file.plaintext_hash == plain_hash(&disk.bytes, self.params));
            assert!(
                self.open(index, &stored.into_iter().flatten().copied().collect::<Vec<_>>()) == disk.bytes
            );
        }
        let progress = self.last_progress();
        assert_eq!(progress.phase, Phase::Ended);
        assert_eq!(progress.bytes_done, progress.bytes_total);
        assert_eq!(progress.chunks_done, progress.chunks_total);
        assert_eq!(progress.bytes_total, self.disks.iter().map(|disk| disk.bytes.len() as u64).sum::<u64>());
    }

    /// Opens a stored file by segments, apart from the driver.
    fn open(&self, file: usize, sealed: &[u8]) -> Vec<u8> {
        let opener = Opener::new(NativeBulk, self.params, &key(), b"aad", &self.headers[file]).unwrap();
        let layout = self.layouts()[file];
        let segments = sealed.chunks(self.params.enc_seg_len() as usize).enumerate();
        let plain = segments.flat_map(|(index, segment)| {
            let (index, segment) = (index as u64, segment.to_vec().into());
            let plain =
                self.clock.block_on(opener.open_segment(index, layout.is_final(index), &segment)).unwrap();
            plain.as_slice().to_vec()
        });
        plain.collect()
    }

    pub fn assert_downloaded(&self, downloaded: &Downloaded, folder: &Folder) {
        assert!(folder.is_finished.get() && !folder.is_aborted.get());
        let originals: Vec<&Vec<u8>> = self.disks.iter().map(|disk| &disk.bytes).collect();
        assert!(folder.files.borrow().iter().collect::<Vec<_>>() == originals);
        assert_eq!(downloaded.commitment, self.commitment());
        assert_eq!(downloaded.bytes as usize, folder.len());
        let progress = self.last_progress();
        assert_eq!((progress.phase, progress.bytes_done), (Phase::Ended, progress.bytes_total));
        assert_eq!(progress.chunks_done, progress.chunks_total);
    }
}

fn key() -> Secret32 {
    Secret32::from_bytes([7; 32])
}

/// Protocol section 3, computed apart from the engine.
fn plain_hash(bytes: &[u8], params: FloeParams) -> [u8; 32] {
    let mut hashes: Vec<[u8; 32]> =
        bytes.chunks(params.plain_seg_len() as usize).map(|segment| Sha256::digest(segment).into()).collect();
    if hashes.is_empty() {
        hashes.push(Sha256::digest([]).into());
    }
    plaintext_hash(bytes.len() as u64, &hashes)
}
