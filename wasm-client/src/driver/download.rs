//! Runs a download: chunks are fetched, checked and opened, and the plaintext written a segment at a time.

use core::cell::RefCell;
use std::collections::HashMap;

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::floe::Layout;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::run::{run, within};
use super::{Clock, GetChunk, Host, Journal, Observer, Sink};
use crate::bulk::{Bulk, BulkError};
use crate::engine::{
    ChunkAt, Download, DownloadAction, DownloadEvent, Downloaded, ResumePoint, SinkError, TransferError,
};
use crate::floe::{Error, OpenedSegment, Opener};

/// A download that did not end well.
pub struct Stopped {
    /// Why.
    pub error: TransferError,
    /// Where another one can go on, if the sink kept what was written.
    pub resume: ResumePoint,
}

/// A file to be opened.
pub struct FileToOpen<B: Bulk> {
    /// Where its segments and chunks lie.
    pub layout: Layout,
    /// Made with the file's key and header.
    pub opener: Opener<B>,
}

/// Runs `machine`, which was made for the same `files`, into `sink`. On success the sink is finished, else aborted.
pub async fn download<B, K, R, T, J, O>(
    bulk: &B,
    files: &[FileToOpen<B>],
    mut machine: Download,
    sink: &K,
    host: &Host<'_, R, T, J, O>,
) -> Result<Downloaded, Stopped>
where
    B: Bulk,
    K: Sink<Buf = B::Buf>,
    R: GetChunk<Buf = B::Buf>,
    T: Clock,
    J: Journal,
    O: Observer,
{
    let work = Work { bulk, files, sink, host, kept: RefCell::default() };
    run(&mut machine, host, |action| Some(work.begin(action))).await;
    let resume = machine.resume_point();
    match machine.into_result().unwrap_or(Err(TransferError::Cancelled)) {
        Ok(downloaded) => Ok(downloaded),
        Err(error) => {
            sink.abort().await;
            Err(Stopped { error, resume })
        }
    }
}

struct Work<'a, B: Bulk, K, R, T, J, O> {
    bulk: &'a B,
    files: &'a [FileToOpen<B>],
    sink: &'a K,
    host: &'a Host<'a, R, T, J, O>,
    kept: RefCell<HashMap<ChunkAt, Kept<B::Buf>>>,
}

enum Kept<Buf> {
    Sealed(Buf),
    Plain(Vec<OpenedSegment<Buf>>),
}

impl<B, K, R, T, J, O> Work<'_, B, K, R, T, J, O>
where
    B: Bulk,
    K: Sink<Buf = B::Buf>,
    R: GetChunk<Buf = B::Buf>,
    T: Clock,
    J: Journal,
    O: Observer,
{
    fn begin(&self, action: DownloadAction) -> LocalBoxFuture<'_, DownloadEvent> {
        match action {
            DownloadAction::Get { at, failures } => self.fetch(at, failures).boxed_local(),
            DownloadAction::Open { at, sha256 } => self.open(at, sha256).boxed_local(),
            DownloadAction::Write { at, offset } => self.write(at, offset).boxed_local(),
            DownloadAction::FinishFile(file) => async move {
                let done = self.sink.finish_file(file).await;
                done.map_or_else(
                    |error| DownloadEvent::SinkFailed { file, error },
                    |()| DownloadEvent::FileFinished(file),
                )
            }
            .boxed_local(),
            DownloadAction::Finish => async move {
                let file = self.files.len();
                let done = self.sink.finish().await;
                done.map_or_else(
                    |error| DownloadEvent::SinkFailed { file, error },
                    |()| DownloadEvent::Finished,
                )
            }
            .boxed_local(),
        }
    }

    async fn fetch(&self, at: ChunkAt, failures: u32) -> DownloadEvent {
        match within(self.host.clock, failures, self.host.remote.get_chunk(at)).await {
            Ok(sealed) => {
                self.kept.borrow_mut().insert(at, Kept::Sealed(sealed));
                DownloadEvent::Fetched(at)
            }
            Err(error) => DownloadEvent::GetFailed { at, error },
        }
    }

    async fn open(&self, at: ChunkAt, sha256: Bytes32) -> DownloadEvent {
        let kept = self.kept.borrow_mut().remove(&at);
        let (Some(Kept::Sealed(sealed)), Some(file)) = (kept, self.files.get(at.file)) else {
            return DownloadEvent::Corrupt(at);
        };
        let opened = async {
            if Bytes(self.bulk.sha256(&sealed).await?) != sha256 {
                return Err(BulkError::Rejected.into());
            }
            file.opener.open_chunk(&file.layout, at.chunk, &sealed).await
        };
        match opened.await {
            Ok(segments) => {
                let segment_hashes = segments.iter().map(|segment| segment.hash).collect();
                self.kept.borrow_mut().insert(at, Kept::Plain(segments));
                DownloadEvent::Opened { at, segment_hashes }
            }
            Err(Error::Shape(_) | Error::Bulk(BulkError::Rejected)) => DownloadEvent::Corrupt(at),
            Err(error) => DownloadEvent::OpenFailed { at, error },
        }
    }

    async fn write(&self, at: ChunkAt, mut offset: u64) -> DownloadEvent {
        let kept = self.kept.borrow_mut().remove(&at);
        let Some(Kept::Plain(segments)) = kept else {
            return DownloadEvent::SinkFailed { file: at.file, error: SinkError::Failed };
        };
        let hashes: Vec<[u8; 32]> = segments.iter().map(|segment| segment.hash).collect();
        for OpenedSegment { plain, .. } in segments {
            let len = self.bulk.len(&plain) as u64;
            if let Err(error) = self.sink.write(at.file, offset, plain).await {
                return DownloadEvent::SinkFailed { file: at.file, error };
            }
            offset += len;
        }
        self.host.journal.written(at, &hashes).await;
        DownloadEvent::Written(at)
    }
}
