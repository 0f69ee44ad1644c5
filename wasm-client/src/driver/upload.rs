//! Runs an upload: files are read and sealed a segment at a time, and the sealed chunks sent.

use core::cell::RefCell;
use core::ops::Range;
use std::collections::HashMap;
use std::rc::Rc;

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::floe::Layout;
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, try_join_all};

use super::run::{run, within};
use super::{Clock, Host, Journal, Observer, PutChunk, Source};
use crate::bulk::{Bulk, BulkError};
use crate::engine::{
    CallError, ChunkAt, SourceError, TransferError, Upload, UploadAction, UploadEvent, Uploaded,
};
use crate::floe::{Error, Sealer};

/// A file to be sent.
pub struct FileToSend<B: Bulk, S> {
    /// Where its segments and chunks lie.
    pub layout: Layout,
    /// Begun with the file's key and header.
    pub sealer: Sealer<B>,
    /// Its plaintext.
    pub source: S,
}

/// Runs `machine`, which was made for the layouts of `files`. What the manifest says of the files, once the server
/// holds all of their chunks.
pub async fn upload<B, S, R, T, J, O>(
    bulk: &B,
    files: &[FileToSend<B, S>],
    mut machine: Upload,
    host: &Host<'_, R, T, J, O>,
) -> Result<Uploaded, TransferError>
where
    B: Bulk,
    S: Source<Buf = B::Buf>,
    R: PutChunk<Buf = B::Buf>,
    T: Clock,
    J: Journal,
    O: Observer,
{
    let work = Work { bulk, files, host, sealed: RefCell::default() };
    run(&mut machine, host, |action| work.begin(action)).await;
    machine.into_result().unwrap_or(Err(TransferError::Cancelled))
}

struct Work<'a, B: Bulk, S, R, T, J, O> {
    bulk: &'a B,
    files: &'a [FileToSend<B, S>],
    host: &'a Host<'a, R, T, J, O>,
    /// Chunks that are sealed and not stored.
    sealed: RefCell<HashMap<ChunkAt, Rc<B::Buf>>>,
}

enum ReadError {
    Source(SourceError),
    Seal(Error),
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Seal(error)
    }
}

impl<B, S, R, T, J, O> Work<'_, B, S, R, T, J, O>
where
    B: Bulk,
    S: Source<Buf = B::Buf>,
    R: PutChunk<Buf = B::Buf>,
    T: Clock,
    J: Journal,
    O: Observer,
{
    fn begin(&self, action: UploadAction) -> Option<LocalBoxFuture<'_, UploadEvent>> {
        match action {
            UploadAction::ReadAndSeal(at) => Some(self.read_and_seal(at).boxed_local()),
            UploadAction::ReadAndHash(at) => Some(self.read_and_hash(at).boxed_local()),
            UploadAction::Remember(attempt) => Some(
                async move {
                    self.host.journal.attempt(&attempt).await;
                    UploadEvent::Remembered(attempt.at)
                }
                .boxed_local(),
            ),
            UploadAction::Put { at, sha256, failures } => Some(self.put(at, sha256, failures).boxed_local()),
            UploadAction::PutAll => Some(self.put_all().boxed_local()),
            UploadAction::Release(at) => {
                self.sealed.borrow_mut().remove(&at);
                None
            }
        }
    }

    async fn read_and_seal(&self, at: ChunkAt) -> UploadEvent {
        let sealed = async {
            let file = self.file(at)?;
            let read = |range| self.read(file, range);
            let chunk = file.sealer.seal_chunk(&file.layout, at.chunk, read).await?;
            let sha256 = self.bulk.sha256(&chunk.bytes).await.map_err(Error::from)?;
            Ok((chunk, Bytes(sha256)))
        };
        match sealed.await {
            Ok((chunk, sha256)) => {
                self.sealed.borrow_mut().insert(at, Rc::new(chunk.bytes));
                UploadEvent::Sealed { at, sha256, segment_hashes: chunk.segment_hashes }
            }
            Err(error) => failed(at, error),
        }
    }

    async fn read_and_hash(&self, at: ChunkAt) -> UploadEvent {
        let hashed = async {
            let file = self.file(at)?;
            let segments = file.layout.chunk_segments(at.chunk).map_err(Error::from)?;
            try_join_all(segments.map(|index| async move {
                let plain = self.read(file, file.layout.plain_range(index).map_err(Error::from)?).await?;
                Ok::<_, ReadError>(self.bulk.sha256(&plain).await.map_err(Error::from)?)
            }))
            .await
        };
        match hashed.await {
            Ok(segment_hashes) => UploadEvent::Hashed { at, segment_hashes },
            Err(error) => failed(at, error),
        }
    }

    async fn read(&self, file: &FileToSend<B, S>, range: Range<u64>) -> Result<B::Buf, ReadError> {
        let expected = range.end - range.start;
        let plain = file.source.read(range).await.map_err(ReadError::Source)?;
        match (self.bulk.len(&plain) as u64).cmp(&expected) {
            core::cmp::Ordering::Equal => Ok(plain),
            core::cmp::Ordering::Less => Err(ReadError::Source(SourceError::Shorter)),
            core::cmp::Ordering::Greater => Err(ReadError::Source(SourceError::Changed)),
        }
    }

    async fn put(&self, at: ChunkAt, sha256: Bytes32, failures: u32) -> UploadEvent {
        let sealed = self.sealed.borrow().get(&at).cloned();
        let sent = match sealed {
            Some(bytes) => {
                within(self.host.clock, failures, self.host.remote.put_chunk(at, &bytes, sha256)).await
            }
            None => Err(CallError::Cancelled),
        };
        match sent {
            Ok(()) => UploadEvent::Stored(at),
            Err(error) => UploadEvent::PutFailed { at, error },
        }
    }

    async fn put_all(&self) -> UploadEvent {
        // Without room for the whole, each chunk still goes by itself.
        let Ok(body) = self.join_sealed() else { return UploadEvent::PutAllFailed(CallError::Network) };
        match within(self.host.clock, 0, self.host.remote.put_all(&body)).await {
            Ok(hashes) => UploadEvent::AllStored(hashes),
            Err(error) => UploadEvent::PutAllFailed(error),
        }
    }

    fn join_sealed(&self) -> Result<B::Buf, BulkError> {
        let sealed = self.sealed.borrow();
        let mut chunks: Vec<_> = sealed.iter().collect();
        chunks.sort_unstable_by_key(|(at, _)| **at);
        let mut draft = self.bulk.draft(chunks.iter().map(|(_, bytes)| self.bulk.len(bytes)).sum())?;
        let mut offset = 0;
        for (_, bytes) in chunks {
            self.bulk.put(&mut draft, offset, bytes)?;
            offset += self.bulk.len(bytes);
        }
        Ok(self.bulk.finish(draft))
    }

    fn file(&self, at: ChunkAt) -> Result<&FileToSend<B, S>, ReadError> {
        self.files.get(at.file).ok_or(ReadError::Source(SourceError::Unreadable))
    }
}

fn failed(at: ChunkAt, error: ReadError) -> UploadEvent {
    match error {
        ReadError::Source(error) => UploadEvent::SourceFailed { at, error },
        ReadError::Seal(error) => UploadEvent::SealFailed { at, error },
    }
}
