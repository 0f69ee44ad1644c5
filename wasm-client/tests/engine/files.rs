//! A source, a sink and a journal in memory that notice when they are used wrongly, and fail where told.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use claimcheck_client::bulk::native::NativeBuf;
use claimcheck_client::driver::{Clock, Journal, Sink, Source};
use claimcheck_client::engine::{Attempt, ChunkAt, SinkError, SourceError};

use crate::clock::VirtualClock;
use crate::faults::Chance;
use crate::world::CHUNK;

/// A file on the seller's disk.
#[derive(Clone)]
pub struct Disk {
    pub bytes: Vec<u8>,
    /// Reads at or beyond this offset fail so.
    pub fails_from: Option<(u64, SourceError)>,
    pub clock: VirtualClock,
    pub chance: Chance,
    /// How far the file was read, in bytes.
    pub read_to: Rc<Cell<u64>>,
}

impl Source for Disk {
    type Buf = NativeBuf;

    async fn read(&self, range: Range<u64>) -> Result<NativeBuf, SourceError> {
        self.read_to.set(self.read_to.get().max(range.end));
        self.clock.sleep(u64::from(self.chance.below(20))).await;
        match self.fails_from {
            Some((offset, error)) if range.end > offset => Err(error),
            _ => {
                let (start, end) = (range.start as usize, range.end as usize);
                let end = end.min(self.bytes.len());
                Ok(self.bytes[start.min(end)..end].to_vec().into())
            }
        }
    }
}

/// Where a download goes. Asserts the order that [`Sink`] promises.
pub struct Folder {
    pub clock: VirtualClock,
    pub files: RefCell<Vec<Vec<u8>>>,
    pub finished_files: Cell<usize>,
    pub is_finished: Cell<bool>,
    pub is_aborted: Cell<bool>,
    /// Writes that end beyond this many bytes in all fail so.
    pub fails_from: Option<(usize, SinkError)>,
    is_busy: Cell<bool>,
}

impl Folder {
    pub fn new(clock: &VirtualClock, files: usize) -> Self {
        Self {
            clock: clock.clone(),
            files: RefCell::new(vec![Vec::new(); files]),
            finished_files: Cell::new(0),
            is_finished: Cell::new(false),
            is_aborted: Cell::new(false),
            fails_from: None,
            is_busy: Cell::new(false),
        }
    }

    pub fn len(&self) -> usize {
        self.files.borrow().iter().map(Vec::len).sum()
    }

    /// What is left after an abort, where the folder can be resumed: all that was written before `next`.
    pub fn keep(&self, next: ChunkAt) {
        if let Some(file) = self.files.borrow_mut().get_mut(next.file) {
            file.truncate(next.chunk as usize * CHUNK);
        }
        self.is_aborted.set(false);
    }

    async fn work(&self) {
        assert!(!self.is_busy.replace(true), "two calls at once");
        assert!(!self.is_finished.get() && !self.is_aborted.get(), "used after its end");
        self.clock.sleep(5).await;
        self.is_busy.set(false);
    }
}

impl Sink for Folder {
    type Buf = NativeBuf;

    async fn write(&self, file: usize, offset: u64, bytes: NativeBuf) -> Result<(), SinkError> {
        self.work().await;
        assert_eq!(file, self.finished_files.get(), "files come in order");
        match self.fails_from {
            Some((limit, error)) if self.len() + bytes.as_slice().len() > limit => Err(error),
            _ => {
                let file = &mut self.files.borrow_mut()[file];
                assert_eq!(file.len() as u64, offset, "bytes come in order");
                file.extend_from_slice(bytes.as_slice());
                Ok(())
            }
        }
    }

    async fn finish_file(&self, file: usize) -> Result<(), SinkError> {
        self.work().await;
        assert_eq!(file, self.finished_files.get());
        self.finished_files.set(file + 1);
        Ok(())
    }

    async fn finish(&self) -> Result<(), SinkError> {
        self.work().await;
        assert_eq!(self.finished_files.get(), self.files.borrow().len());
        self.is_finished.set(true);
        Ok(())
    }

    async fn abort(&self) {
        self.is_busy.set(false);
        assert!(!self.is_finished.get() && !self.is_aborted.replace(true));
    }
}

/// A chunk in the sink, and the SHA-256 of its plain segments.
type Written = (ChunkAt, Vec<[u8; 32]>);

/// What survives a reload.
#[derive(Clone, Default)]
pub struct Notes {
    pub attempts: Rc<RefCell<Vec<Attempt>>>,
    pub written: Rc<RefCell<Vec<Written>>>,
}

impl Journal for Notes {
    async fn attempt(&self, attempt: &Attempt) {
        self.attempts.borrow_mut().push(*attempt);
    }

    async fn written(&self, at: ChunkAt, segment_hashes: &[[u8; 32]]) {
        self.written.borrow_mut().push((at, segment_hashes.to_vec()));
    }
}
