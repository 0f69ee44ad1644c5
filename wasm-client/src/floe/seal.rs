//! Sealing: segments one by one, or a chunk at a time as it is uploaded.

use core::cell::RefCell;
use core::ops::Range;

use claimcheck_protocol::floe::{FloeError, FloeParams, Header, IV_LEN, Layout, SegmentFrame, segment_aad};
use futures_util::future::{try_join, try_join_all};

use super::Error;
use super::keys::EpochKeys;
use crate::bulk::Bulk;
use crate::secret::Secret32;

/// Seals one file.
pub struct Sealer<B: Bulk> {
    bulk: B,
    keys: EpochKeys<B>,
}

/// A chunk ready to be stored.
pub struct SealedChunk<Buf> {
    /// The chunk: up to 8 sealed segments.
    pub bytes: Buf,
    /// SHA-256 of each segment's plaintext, in order.
    pub segment_hashes: Vec<[u8; 32]>,
}

impl<B: Bulk> Sealer<B> {
    /// Begins a file under a key of its own, with a random IV. `aad` as `file_aad` builds it.
    pub fn new(bulk: B, params: FloeParams, key: &Secret32, aad: &[u8]) -> Result<(Self, Header), Error> {
        let mut iv = [0; 32];
        getrandom::fill(&mut iv)?;
        Ok(Self::with_iv(bulk, params, key, aad, iv))
    }

    pub(crate) fn with_iv(
        bulk: B,
        params: FloeParams,
        key: &Secret32,
        aad: &[u8],
        iv: [u8; 32],
    ) -> (Self, Header) {
        let (keys, header) = EpochKeys::begin(params, key, aad, iv);
        (Self { bulk, keys }, header)
    }

    /// Goes on with a file that was begun before. [`Error::WrongKey`] unless the header belongs to this key and aad.
    pub fn resume(
        bulk: B,
        params: FloeParams,
        key: &Secret32,
        aad: &[u8],
        header: &Header,
    ) -> Result<Self, Error> {
        Ok(Self { bulk, keys: EpochKeys::of(params, key, aad, header)? })
    }

    /// Seals segment `index` under a fresh IV. Sealing an index again is safe; each result opens in its place.
    pub async fn seal_segment(&self, index: u64, is_final: bool, plain: &B::Buf) -> Result<B::Buf, Error> {
        self.seal_segment_with_iv(index, is_final, plain, random_iv()?).await
    }

    pub(crate) async fn seal_segment_with_iv(
        &self,
        index: u64,
        is_final: bool,
        plain: &B::Buf,
        iv: [u8; IV_LEN],
    ) -> Result<B::Buf, Error> {
        let frame = SegmentFrame::new(self.keys.params(), iv, self.bulk.len(plain), is_final)?;
        let ciphertext = self.encrypt(index, is_final, &frame, plain).await?;
        let mut segment = self.bulk.draft(frame.sealed_len())?;
        self.place(&mut segment, 0, &frame, &ciphertext)?;
        Ok(self.bulk.finish(segment))
    }

    /// Seals chunk `chunk` of a file of this layout, its segments concurrently. `read` gives the file's bytes of a
    /// range (a segment's at a time), of exactly that length; it is called once for each segment, in order.
    pub async fn seal_chunk<E, F>(
        &self,
        layout: &Layout,
        chunk: u64,
        read: impl Fn(Range<u64>) -> F,
    ) -> Result<SealedChunk<B::Buf>, E>
    where
        E: From<Error>,
        F: Future<Output = Result<B::Buf, E>>,
    {
        self.keys.check(layout)?;
        let segments = layout.chunk_segments(chunk).map_err(Error::from)?;
        self.keys.key(&self.bulk, segments.start).await?;
        let len = layout.chunk_len(chunk).map_err(Error::from)?;
        let draft = RefCell::new(self.bulk.draft(len).map_err(Error::from)?);
        let jobs = segments.map(|index| {
            let range = layout.plain_range(index).map_err(Error::from);
            let plain = range.map(&read);
            let draft = &draft;
            async move { Ok::<_, E>(self.seal_into(draft, layout, index, &plain?.await?).await?) }
        });
        let segment_hashes = try_join_all(jobs).await?;
        Ok(SealedChunk { bytes: self.bulk.finish(draft.into_inner()), segment_hashes })
    }

    /// Seals segment `index` to its place in the chunk, and hashes its plaintext beside.
    async fn seal_into(
        &self,
        chunk: &RefCell<B::Draft>,
        layout: &Layout,
        index: u64,
        plain: &B::Buf,
    ) -> Result<[u8; 32], Error> {
        let len = self.bulk.len(plain);
        if len != layout.plain_segment_len(index)? {
            return Err(FloeError::Length { got: len as u64 }.into());
        }
        let is_final = layout.is_final(index);
        let frame = SegmentFrame::new(self.keys.params(), random_iv()?, len, is_final)?;
        let hash = async { self.bulk.sha256(plain).await.map_err(Error::from) };
        let (ciphertext, hash) = try_join(self.encrypt(index, is_final, &frame, plain), hash).await?;
        let (_, place) = layout.range_in_chunk(index)?;
        self.place(&mut chunk.borrow_mut(), place.start, &frame, &ciphertext)?;
        Ok(hash)
    }

    async fn encrypt(
        &self,
        index: u64,
        is_final: bool,
        frame: &SegmentFrame,
        plain: &B::Buf,
    ) -> Result<B::Buf, Error> {
        let key = self.keys.key(&self.bulk, index).await?;
        Ok(self.bulk.seal(&key, frame.iv(), &segment_aad(index, is_final), plain).await?)
    }

    fn place(
        &self,
        draft: &mut B::Draft,
        offset: usize,
        frame: &SegmentFrame,
        ciphertext: &B::Buf,
    ) -> Result<(), Error> {
        self.bulk.put_small(draft, offset, &frame.encode())?;
        Ok(self.bulk.put(draft, offset + SegmentFrame::LEN, ciphertext)?)
    }
}

fn random_iv() -> Result<[u8; IV_LEN], Error> {
    let mut iv = [0; IV_LEN];
    getrandom::fill(&mut iv)?;
    Ok(iv)
}
