//! Types of files: what is declared is held to the first bytes, before a file is sent and as it arrives.

use core::cell::RefCell;

use claimcheck_protocol::media_type::MediaType;

use super::{Client, Failure, FileForSale, HashedSource, ReceivingSink};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control, Sink, Source};
use crate::engine::{SinkError, SourceError, TransferError};
use crate::file_type::{HEAD_LEN, contradiction, find_type};
use crate::http::Http;

/// A file to be sent, of a type that its first bytes do not contradict.
pub(super) struct TypedFile<S> {
    pub(super) path: String,
    /// As it is signed.
    pub(super) content_type: MediaType,
    pub(super) size: u64,
    pub(super) mode: Option<u32>,
    pub(super) source: S,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Reads the first bytes of each file. Where nothing is declared of one, its type is what they say.
    pub(super) async fn type_files<S: HashedSource<Buf = B::Buf>>(
        &self,
        files: Vec<FileForSale<S>>,
        control: &Control,
    ) -> Result<Vec<TypedFile<S>>, Failure> {
        let mut typed = Vec::with_capacity(files.len());
        for (index, file) in files.into_iter().enumerate() {
            if control.is_cancelled() {
                return Err(TransferError::Cancelled.into());
            }
            let unreadable = |error| TransferError::Source { file: index, error };
            let head = self.read_head(&file).await.map_err(unreadable)?;
            let content_type = match file.declared {
                Some(declared) => match contradiction(&declared, &head) {
                    Some(found) => return Err(Failure::TypeMismatch { file: index, declared, found }),
                    None => declared,
                },
                None => find_type(&head),
            };
            let FileForSale { path, size, mode, source, .. } = file;
            typed.push(TypedFile { path, content_type, size, mode, source });
        }
        Ok(typed)
    }

    async fn read_head<S: Source<Buf = B::Buf>>(
        &self,
        file: &FileForSale<S>,
    ) -> Result<Vec<u8>, SourceError> {
        let wanted = usize::try_from(file.size).unwrap_or(HEAD_LEN).min(HEAD_LEN);
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let read = file.source.read(0..wanted as u64).await?;
        match self.bulk.len(&read).cmp(&wanted) {
            core::cmp::Ordering::Less => Err(SourceError::Shorter),
            core::cmp::Ordering::Equal => {
                self.bulk.read_small(&read, 0..wanted).map_err(|_| SourceError::Unreadable)
            }
            core::cmp::Ordering::Greater => Err(SourceError::Changed),
        }
    }
}

/// A sink that looks at the first bytes of each file on their way to another one. Whatever it finds, they arrive: the
/// person has paid for them.
pub(super) struct TypingSink<'a, K, B> {
    sink: &'a K,
    bulk: &'a B,
    /// By file.
    declared: Vec<&'a MediaType>,
    /// By file: what it is, where that is not what was declared.
    found: RefCell<Vec<Option<MediaType>>>,
}

impl<'a, K, B> TypingSink<'a, K, B> {
    /// For files of these declared types.
    pub(super) fn new(sink: &'a K, bulk: &'a B, declared: impl Iterator<Item = &'a MediaType>) -> Self {
        let declared: Vec<_> = declared.collect();
        let found = RefCell::new(vec![None; declared.len()]);
        Self { sink, bulk, declared, found }
    }

    /// What each file is, where that is not what was declared.
    pub(super) fn into_found(self) -> Vec<Option<MediaType>> {
        self.found.into_inner()
    }
}

impl<K, B> Sink for TypingSink<'_, K, B>
where
    B: Bulk,
    K: ReceivingSink<Buf = B::Buf>,
{
    type Buf = B::Buf;

    async fn write(&self, file: usize, offset: u64, bytes: B::Buf) -> Result<(), SinkError> {
        if offset == 0
            && let Some(declared) = self.declared.get(file)
            && let Ok(head) = self.bulk.read_small(&bytes, 0..self.bulk.len(&bytes).min(HEAD_LEN))
            && let Some(slot) = self.found.borrow_mut().get_mut(file)
        {
            *slot = contradiction(declared, &head);
        }
        self.sink.write(file, offset, bytes).await
    }

    async fn finish_file(&self, file: usize) -> Result<(), SinkError> {
        self.sink.finish_file(file).await
    }

    async fn finish(&self) -> Result<(), SinkError> {
        self.sink.finish().await
    }

    async fn abort(&self) {
        self.sink.abort().await;
    }
}
