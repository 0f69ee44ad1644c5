//! The native backend: bytes in a shared `Vec`, the crates `aes-gcm` and `sha2`.

use core::ops::Range;
use std::sync::Arc;

use super::portable::{self, PortableKey};
use super::{Bulk, BulkError};
use crate::secret::Secret32;

/// The native backend; it has no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeBulk;

/// A part of shared, immutable bytes.
#[derive(Clone)]
pub struct NativeBuf {
    bytes: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl NativeBuf {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }
}

impl From<Vec<u8>> for NativeBuf {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), bytes: Arc::new(bytes) }
    }
}

/// An AES-256-GCM key.
pub struct NativeKey(PortableKey);

impl Bulk for NativeBulk {
    type Buf = NativeBuf;
    type Draft = Vec<u8>;
    type Key = NativeKey;

    fn len(&self, buf: &NativeBuf) -> usize {
        buf.range.len()
    }

    fn view(&self, buf: &NativeBuf, range: Range<usize>) -> Result<NativeBuf, BulkError> {
        buf.as_slice().get(range.clone()).ok_or(BulkError::Range)?;
        let start = buf.range.start + range.start;
        Ok(NativeBuf { bytes: Arc::clone(&buf.bytes), range: start..start + range.len() })
    }

    fn read_small(&self, buf: &NativeBuf, range: Range<usize>) -> Result<Vec<u8>, BulkError> {
        buf.as_slice().get(range).map(<[u8]>::to_vec).ok_or(BulkError::Range)
    }

    fn draft(&self, len: usize) -> Result<Vec<u8>, BulkError> {
        let mut draft = portable::room_for(len)?;
        draft.resize(len, 0);
        Ok(draft)
    }

    fn put(&self, draft: &mut Vec<u8>, offset: usize, source: &NativeBuf) -> Result<(), BulkError> {
        self.put_small(draft, offset, source.as_slice())
    }

    fn put_small(&self, draft: &mut Vec<u8>, offset: usize, source: &[u8]) -> Result<(), BulkError> {
        let end = offset.checked_add(source.len()).ok_or(BulkError::Range)?;
        draft.get_mut(offset..end).ok_or(BulkError::Range)?.copy_from_slice(source);
        Ok(())
    }

    fn finish(&self, draft: Vec<u8>) -> NativeBuf {
        draft.into()
    }

    async fn import_key(&self, raw: &Secret32) -> Result<NativeKey, BulkError> {
        Ok(NativeKey(portable::import_key(raw)))
    }

    async fn seal(
        &self,
        key: &NativeKey,
        iv: &[u8; 12],
        aad: &[u8],
        plain: &NativeBuf,
    ) -> Result<NativeBuf, BulkError> {
        portable::seal(&key.0, iv, aad, copied(plain)?).map(NativeBuf::from)
    }

    async fn open(
        &self,
        key: &NativeKey,
        iv: &[u8; 12],
        aad: &[u8],
        sealed: &NativeBuf,
    ) -> Result<NativeBuf, BulkError> {
        portable::open(&key.0, iv, aad, copied(sealed)?).map(NativeBuf::from)
    }

    async fn sha256(&self, buf: &NativeBuf) -> Result<[u8; 32], BulkError> {
        Ok(portable::sha256([buf.as_slice()].into_iter()))
    }
}

fn copied(buf: &NativeBuf) -> Result<Vec<u8>, BulkError> {
    let mut bytes = portable::room_for(buf.range.len())?;
    bytes.extend_from_slice(buf.as_slice());
    Ok(bytes)
}
