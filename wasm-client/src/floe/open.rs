//! Opening: a segment alone, or a chunk at a time as it was stored.

use claimcheck_protocol::floe::{FloeError, FloeParams, Header, Layout, SegmentFrame, segment_aad};
use futures_util::future::try_join_all;

use super::Error;
use super::keys::EpochKeys;
use crate::bulk::Bulk;
use crate::secret::Secret32;

/// Opens one file, whose header belongs to the key and aad.
pub struct Opener<B: Bulk> {
    bulk: B,
    keys: EpochKeys<B>,
}

/// An authentic segment in the clear.
pub struct OpenedSegment<Buf> {
    /// The file's bytes.
    pub plain: Buf,
    /// Their SHA-256.
    pub hash: [u8; 32],
}

impl<B: Bulk> Opener<B> {
    /// Checks the header's tag in constant time. [`Error::WrongKey`] unless it belongs to this key and aad.
    pub fn new(
        bulk: B,
        params: FloeParams,
        key: &Secret32,
        aad: &[u8],
        header: &Header,
    ) -> Result<Self, Error> {
        Ok(Self { bulk, keys: EpochKeys::of(params, key, aad, header)? })
    }

    /// Opens segment `index`. `is_final` comes from the file's segment count, never from the segment.
    pub async fn open_segment(&self, index: u64, is_final: bool, sealed: &B::Buf) -> Result<B::Buf, Error> {
        let len = self.bulk.len(sealed);
        let start = self.bulk.read_small(sealed, 0..len.min(SegmentFrame::LEN))?;
        let frame = SegmentFrame::parse(self.keys.params(), &start, len, is_final)?;
        let ciphertext = self.bulk.view(sealed, frame.ciphertext())?;
        let key = self.keys.key(&self.bulk, index).await?;
        Ok(self.bulk.open(&key, frame.iv(), &segment_aad(index, is_final), &ciphertext).await?)
    }

    /// Opens chunk `chunk` of a file of this layout: its segments in order, opened and hashed concurrently.
    /// The caller has checked the chunk's own hash, so that a fault on the way is not taken for a wrong key.
    pub async fn open_chunk(
        &self,
        layout: &Layout,
        chunk: u64,
        sealed: &B::Buf,
    ) -> Result<Vec<OpenedSegment<B::Buf>>, Error> {
        self.keys.check(layout)?;
        let segments = layout.chunk_segments(chunk)?;
        let len = self.bulk.len(sealed);
        if len != layout.chunk_len(chunk)? {
            return Err(FloeError::Length { got: len as u64 }.into());
        }
        self.keys.key(&self.bulk, segments.start).await?;
        try_join_all(segments.map(|index| self.open_within(layout, index, sealed))).await
    }

    async fn open_within(
        &self,
        layout: &Layout,
        index: u64,
        chunk: &B::Buf,
    ) -> Result<OpenedSegment<B::Buf>, Error> {
        let (_, place) = layout.range_in_chunk(index)?;
        let sealed = self.bulk.view(chunk, place)?;
        let plain = self.open_segment(index, layout.is_final(index), &sealed).await?;
        let hash = self.bulk.sha256(&plain).await?;
        Ok(OpenedSegment { plain, hash })
    }
}
