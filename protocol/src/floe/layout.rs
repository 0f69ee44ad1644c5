//! Size arithmetic: where each segment and chunk of a file lies, sealed and in the clear.

use core::ops::Range;

use super::{CHUNK_SEGMENTS, FloeError, FloeParams, HEADER_LEN, SEGMENT_OVERHEAD};

/// FLOE's limit of segments in a file under AES-256-GCM.
pub const MAX_SEGMENTS: u64 = 1 << 40;
/// The largest plaintext in bytes: the largest integer that JSON carries exactly (RFC 8785).
pub const MAX_PLAINTEXT: u64 = (1 << 53) - 1;

/// Bytes of the whole FLOE file, header included, of `plaintext` bytes. Inverse of [`plaintext_len`].
pub fn ciphertext_len(params: FloeParams, plaintext: u64) -> Result<u64, FloeError> {
    Layout::of_plaintext(params, plaintext).map(|layout| layout.ciphertext_len())
}

/// Bytes of plaintext in a whole FLOE file of `ciphertext` bytes, header included. Inverse of [`ciphertext_len`].
pub fn plaintext_len(params: FloeParams, ciphertext: u64) -> Result<u64, FloeError> {
    let wrong = FloeError::Length { got: ciphertext };
    let sealed = ciphertext.checked_sub(HEADER_LEN as u64).ok_or(wrong)?;
    let segment_count = sealed.div_ceil(params.enc_seg_len().into());
    let overhead = segment_count.checked_mul(SEGMENT_OVERHEAD.into()).ok_or(wrong)?;
    let plaintext = sealed.checked_sub(overhead).ok_or(wrong)?;
    Layout::of_manifest(params, segment_count, plaintext).map(|layout| layout.plaintext_size())
}

/// The one layout that a plaintext of a given size has: n = max(1, ceil(size / plain segment)) segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    params: FloeParams,
    plaintext_size: u64,
    segment_count: u64,
}

impl Layout {
    /// The layout of `plaintext_size` bytes that are to be sealed.
    pub fn of_plaintext(params: FloeParams, plaintext_size: u64) -> Result<Self, FloeError> {
        let segment_count = plaintext_size.div_ceil(params.plain_seg_len().into()).max(1);
        if segment_count > MAX_SEGMENTS || plaintext_size > MAX_PLAINTEXT {
            return Err(FloeError::TooLong);
        }
        Ok(Self { params, plaintext_size, segment_count })
    }

    /// The layout that a manifest states. Refuses n = 0, an empty last segment after others, and every other n that
    /// does not follow from the size.
    pub fn of_manifest(
        params: FloeParams,
        segment_count: u64,
        plaintext_size: u64,
    ) -> Result<Self, FloeError> {
        let layout = Self::of_plaintext(params, plaintext_size)?;
        let expected = layout.segment_count;
        let is_full = plaintext_size.is_multiple_of(params.plain_seg_len().into());
        match segment_count {
            0 => Err(FloeError::NoSegments),
            got if got == expected => Ok(layout),
            got if got == expected + 1 && is_full && plaintext_size > 0 => Err(FloeError::EmptyLastSegment),
            got => Err(FloeError::SegmentCount { expected, got }),
        }
    }

    /// The parameters of the file.
    pub const fn params(&self) -> FloeParams {
        self.params
    }

    /// Bytes of the file in the clear.
    pub const fn plaintext_size(&self) -> u64 {
        self.plaintext_size
    }

    /// Segments of the file: 1 to 2^40.
    pub const fn segment_count(&self) -> u64 {
        self.segment_count
    }

    /// Chunks of the file: at least 1.
    pub const fn chunk_count(&self) -> u64 {
        self.segment_count.div_ceil(CHUNK_SEGMENTS)
    }

    /// Bytes of all chunks together: 32 n + the plaintext.
    pub const fn chunks_len(&self) -> u64 {
        self.segment_count * SEGMENT_OVERHEAD as u64 + self.plaintext_size
    }

    /// Bytes of the ordinary FLOE file: header and chunks.
    pub const fn ciphertext_len(&self) -> u64 {
        HEADER_LEN as u64 + self.chunks_len()
    }

    /// Whether segment `index` is the last. The only source of FLOE's final flag.
    pub const fn is_final(&self, index: u64) -> bool {
        index == self.segment_count - 1
    }

    /// Where segment `index` lies in the plaintext, in bytes.
    pub fn plain_range(&self, index: u64) -> Result<Range<u64>, FloeError> {
        if index >= self.segment_count {
            return Err(FloeError::OutOfRange { index });
        }
        let full = u64::from(self.params.plain_seg_len());
        let start = index * full;
        Ok(start..(start + full).min(self.plaintext_size))
    }

    /// Bytes of segment `index` in the clear.
    pub fn plain_segment_len(&self, index: u64) -> Result<usize, FloeError> {
        self.plain_range(index).map(|range| (range.end - range.start) as usize)
    }

    /// Bytes of segment `index` sealed.
    pub fn sealed_segment_len(&self, index: u64) -> Result<usize, FloeError> {
        self.plain_segment_len(index).map(|len| len + SEGMENT_OVERHEAD as usize)
    }

    /// The segments that chunk `chunk` consists of.
    pub fn chunk_segments(&self, chunk: u64) -> Result<Range<u64>, FloeError> {
        if chunk >= self.chunk_count() {
            return Err(FloeError::OutOfRange { index: chunk });
        }
        let first = chunk * CHUNK_SEGMENTS;
        Ok(first..(first + CHUNK_SEGMENTS).min(self.segment_count))
    }

    /// Where chunk `chunk` lies in the plaintext, in bytes.
    pub fn chunk_plain_range(&self, chunk: u64) -> Result<Range<u64>, FloeError> {
        let segments = self.chunk_segments(chunk)?;
        Ok(self.plain_range(segments.start)?.start..self.plain_range(segments.end - 1)?.end)
    }

    /// Bytes of chunk `chunk`, sealed.
    pub fn chunk_len(&self, chunk: u64) -> Result<usize, FloeError> {
        self.chunk_segments(chunk)?.map(|index| self.sealed_segment_len(index)).sum()
    }

    /// The chunk that holds segment `index`, and where the sealed segment lies in it, in bytes.
    pub fn range_in_chunk(&self, index: u64) -> Result<(u64, Range<usize>), FloeError> {
        let len = self.sealed_segment_len(index)?;
        let start = (index % CHUNK_SEGMENTS) as usize * self.params.enc_seg_len() as usize;
        Ok((index / CHUNK_SEGMENTS, start..start + len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params() -> impl Strategy<Value = FloeParams> {
        prop_oneof![Just(FloeParams::FILE), (33u32..5000).prop_map(|len| FloeParams::new(len, 20).unwrap())]
    }

    fn file(size: u64) -> Layout {
        Layout::of_plaintext(FloeParams::FILE, size).unwrap()
    }

    #[test]
    fn boundary_sizes_of_a_file() {
        let shape =
            |size| (file(size).segment_count(), file(size).chunk_count(), file(size).ciphertext_len());
        assert_eq!(shape(0), (1, 1, 106));
        assert_eq!(shape(1), (1, 1, 107));
        assert_eq!(shape(524_255), (1, 1, 524_361));
        assert_eq!(shape(524_256), (1, 1, 524_362));
        assert_eq!(shape(524_257), (2, 1, 524_395));
        assert_eq!(shape(4_194_048), (8, 1, 4_194_378));
        assert_eq!(shape(4_194_049), (9, 2, 4_194_411));
        assert_eq!(file(4_194_048).chunk_len(0), Ok(super::super::CHUNK_LEN));
        assert_eq!(file(4_194_049).chunk_len(1), Ok(33));
    }

    #[test]
    fn a_manifest_cannot_state_another_count() {
        let of = |count, size| Layout::of_manifest(FloeParams::FILE, count, size);
        assert!(of(1, 0).is_ok());
        assert!(of(2, 524_257).is_ok());
        assert_eq!(of(0, 0), Err(FloeError::NoSegments));
        assert_eq!(of(0, 10), Err(FloeError::NoSegments));
        assert_eq!(of(2, 524_256), Err(FloeError::EmptyLastSegment));
        assert_eq!(of(2, 0), Err(FloeError::SegmentCount { expected: 1, got: 2 }));
        assert_eq!(of(2, 1), Err(FloeError::SegmentCount { expected: 1, got: 2 }));
        assert_eq!(of(u64::MAX, 524_256), Err(FloeError::SegmentCount { expected: 1, got: u64::MAX }));
    }

    #[test]
    fn limits_hold() {
        let tiny = FloeParams::new(33, 20).unwrap();
        assert_eq!(Layout::of_plaintext(tiny, MAX_SEGMENTS).unwrap().segment_count(), MAX_SEGMENTS);
        assert_eq!(Layout::of_plaintext(tiny, MAX_SEGMENTS + 1), Err(FloeError::TooLong));
        assert!(Layout::of_plaintext(FloeParams::FILE, MAX_PLAINTEXT).is_ok());
        assert_eq!(Layout::of_plaintext(FloeParams::FILE, MAX_PLAINTEXT + 1), Err(FloeError::TooLong));
        assert_eq!(Layout::of_plaintext(FloeParams::FILE, u64::MAX), Err(FloeError::TooLong));
        assert!(plaintext_len(tiny, u64::MAX).is_err());
    }

    #[test]
    fn lengths_that_no_file_has_are_refused() {
        let of = |len| plaintext_len(FloeParams::FILE, len);
        assert_eq!(of(73), Err(FloeError::Length { got: 73 }));
        assert_eq!(of(74), Err(FloeError::NoSegments));
        assert_eq!(of(105), Err(FloeError::Length { got: 105 }));
        assert_eq!(of(106), Ok(0));
        assert_eq!(of(74 + 524_288 + 31), Err(FloeError::SegmentCount { expected: 1, got: 2 }));
        assert_eq!(of(74 + 524_288 + 32), Err(FloeError::EmptyLastSegment));
        assert_eq!(of(74 + 524_288 + 33), Ok(524_257));
    }

    #[test]
    fn indices_outside_are_refused() {
        let layout = file(4_194_049);
        assert_eq!(layout.plain_range(9), Err(FloeError::OutOfRange { index: 9 }));
        assert_eq!(layout.chunk_len(2), Err(FloeError::OutOfRange { index: 2 }));
        assert_eq!(layout.range_in_chunk(u64::MAX), Err(FloeError::OutOfRange { index: u64::MAX }));
        assert_eq!(layout.chunk_segments(u64::MAX), Err(FloeError::OutOfRange { index: u64::MAX }));
    }

    proptest! {
        #[test]
        fn sizes_are_an_inverse_pair(params in params(), size in prop_oneof![0u64..20_000_000, 0..=MAX_PLAINTEXT]) {
            match ciphertext_len(params, size) {
                Ok(sealed) => prop_assert_eq!(plaintext_len(params, sealed), Ok(size)),
                Err(error) => prop_assert_eq!(error, FloeError::TooLong),
            }
        }

        #[test]
        fn every_accepted_ciphertext_length_comes_from_a_plaintext(params in params(), sealed in 0u64..20_000_000) {
            if let Ok(size) = plaintext_len(params, sealed) {
                prop_assert_eq!(ciphertext_len(params, size), Ok(sealed));
            }
        }

        #[test]
        fn only_one_count_is_accepted(params in params(), size in 0u64..100_000, count in 0u64..4000) {
            let expected = Layout::of_plaintext(params, size).unwrap();
            prop_assert_eq!(Layout::of_manifest(params, count, size).is_ok(), count == expected.segment_count());
        }

        #[test]
        fn segments_and_chunks_tile_the_file(enc_seg_len in 33u32..300, size in 0u64..20_000) {
            let layout = Layout::of_plaintext(FloeParams::new(enc_seg_len, 20).unwrap(), size).unwrap();
            let (mut plain, mut sealed) = (0, 0);
            for chunk in 0..layout.chunk_count() {
                prop_assert_eq!(layout.chunk_plain_range(chunk).unwrap().start, plain);
                let mut offset = 0;
                for index in layout.chunk_segments(chunk).unwrap() {
                    let range = layout.plain_range(index).unwrap();
                    prop_assert_eq!(range.start, plain);
                    plain = range.end;
                    let (home, place) = layout.range_in_chunk(index).unwrap();
                    prop_assert_eq!((home, place.start), (chunk, offset));
                    offset = place.end;
                    prop_assert_eq!(layout.is_final(index), plain == size && index + 1 == layout.segment_count());
                }
                prop_assert_eq!(layout.chunk_plain_range(chunk).unwrap().end, plain);
                prop_assert_eq!(layout.chunk_len(chunk), Ok(offset));
                sealed += offset as u64;
            }
            prop_assert_eq!(plain, size);
            prop_assert_eq!(sealed, layout.chunks_len());
        }
    }
}
