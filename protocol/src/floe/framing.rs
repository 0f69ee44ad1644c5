//! The public bytes around the ciphertext: a file's header and a segment's prefix and IV.

use core::ops::Range;

use super::{FloeError, FloeParams, PARAMS_LEN, SEGMENT_OVERHEAD};

/// Bytes of a header.
pub const HEADER_LEN: usize = PARAMS_LEN + HEADER_IV_LEN + HEADER_TAG_LEN;
/// Bytes of a segment's IV.
pub const IV_LEN: usize = 12;
/// Bytes of a segment's authentication tag.
pub const TAG_LEN: usize = 16;

const HEADER_IV_LEN: usize = 32;
const HEADER_TAG_LEN: usize = 32;
const PREFIX_LEN: usize = 4;
/// The prefix of each segment but the last.
const NOT_FINAL: u32 = u32::MAX;

/// A file's header, its parameters as expected and its tag not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    params: [u8; PARAMS_LEN],
    iv: [u8; HEADER_IV_LEN],
    tag: [u8; HEADER_TAG_LEN],
}

impl Header {
    /// A header of these parts.
    pub fn new(params: FloeParams, iv: [u8; HEADER_IV_LEN], tag: [u8; HEADER_TAG_LEN]) -> Self {
        Self { params: params.encode(), iv, tag }
    }

    /// Reads a header of exactly 74 bytes that states exactly these parameters.
    pub fn parse(params: FloeParams, bytes: &[u8]) -> Result<Self, FloeError> {
        let bytes: &[u8; HEADER_LEN] = bytes.try_into().map_err(|_| FloeError::Header)?;
        let (stated, rest) = bytes.split_first_chunk::<PARAMS_LEN>().ok_or(FloeError::Header)?;
        let (iv, tag) = rest.split_first_chunk::<HEADER_IV_LEN>().ok_or(FloeError::Header)?;
        let tag: &[u8; HEADER_TAG_LEN] = tag.try_into().map_err(|_| FloeError::Header)?;
        if *stated != params.encode() {
            return Err(FloeError::Header);
        }
        Ok(Self { params: *stated, iv: *iv, tag: *tag })
    }

    /// The 74 bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let (params, rest) = bytes.split_at_mut(PARAMS_LEN);
        let (iv, tag) = rest.split_at_mut(HEADER_IV_LEN);
        params.copy_from_slice(&self.params);
        iv.copy_from_slice(&self.iv);
        tag.copy_from_slice(&self.tag);
        bytes
    }

    /// `PARAM_ENCODE` as the header states it.
    pub const fn params(&self) -> &[u8; PARAMS_LEN] {
        &self.params
    }

    /// The file's IV, an input of every key.
    pub const fn iv(&self) -> &[u8; HEADER_IV_LEN] {
        &self.iv
    }

    /// The key-committing tag.
    pub const fn tag(&self) -> &[u8; HEADER_TAG_LEN] {
        &self.tag
    }
}

/// A sealed segment's shape: its prefix is right for its length and position; its ciphertext is not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentFrame {
    iv: [u8; IV_LEN],
    sealed_len: u32,
    is_final: bool,
}

impl SegmentFrame {
    /// Bytes before the ciphertext: prefix and IV.
    pub const LEN: usize = PREFIX_LEN + IV_LEN;

    /// The frame for `plain_len` bytes of plaintext. A segment that is not the last is full; the last is at most full.
    pub fn new(
        params: FloeParams,
        iv: [u8; IV_LEN],
        plain_len: usize,
        is_final: bool,
    ) -> Result<Self, FloeError> {
        let sealed_len = (plain_len as u64).saturating_add(SEGMENT_OVERHEAD.into());
        Self::checked(params, iv, sealed_len, is_final)
    }

    /// Reads the first 16 bytes of a segment of `sealed_len` bytes in all. `is_final` comes from the file's segment
    /// count, and the prefix and the length must both agree with it.
    pub fn parse(
        params: FloeParams,
        start: &[u8],
        sealed_len: usize,
        is_final: bool,
    ) -> Result<Self, FloeError> {
        let wrong = FloeError::Length { got: sealed_len as u64 };
        let (prefix, iv) = start.split_first_chunk::<PREFIX_LEN>().ok_or(wrong)?;
        let iv = iv.try_into().map_err(|_| wrong)?;
        let frame = Self::checked(params, iv, sealed_len as u64, is_final)?;
        if u32::from_be_bytes(*prefix) != frame.prefix() {
            return Err(FloeError::Prefix);
        }
        Ok(frame)
    }

    fn checked(
        params: FloeParams,
        iv: [u8; IV_LEN],
        sealed_len: u64,
        is_final: bool,
    ) -> Result<Self, FloeError> {
        let wrong = FloeError::Length { got: sealed_len };
        let len = u32::try_from(sealed_len).map_err(|_| wrong)?;
        let allowed = if is_final { SEGMENT_OVERHEAD } else { params.enc_seg_len() }..=params.enc_seg_len();
        if !allowed.contains(&len) {
            return Err(wrong);
        }
        Ok(Self { iv, sealed_len: len, is_final })
    }

    const fn prefix(&self) -> u32 {
        if self.is_final { self.sealed_len } else { NOT_FINAL }
    }

    /// The 16 bytes before the ciphertext.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (prefix, iv) = bytes.split_at_mut(PREFIX_LEN);
        prefix.copy_from_slice(&self.prefix().to_be_bytes());
        iv.copy_from_slice(&self.iv);
        bytes
    }

    /// The segment's IV.
    pub const fn iv(&self) -> &[u8; IV_LEN] {
        &self.iv
    }

    /// Bytes of the whole sealed segment.
    pub const fn sealed_len(&self) -> usize {
        self.sealed_len as usize
    }

    /// Where `ct || tag` lies in the sealed segment, in bytes.
    pub const fn ciphertext(&self) -> Range<usize> {
        Self::LEN..self.sealed_len()
    }
}

/// The AEAD's associated data of segment `index`: `u64be(index) || 01` for the last, `00` for the others.
pub fn segment_aad(index: u64, is_final: bool) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = index.to_be_bytes();
    [a, b, c, d, e, f, g, h, u8::from(is_final)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARAMS: FloeParams = FloeParams::FILE;

    #[test]
    fn a_header_round_trips_and_is_strict() {
        let header = Header::new(PARAMS, [1; 32], [2; 32]);
        let bytes = header.encode();
        assert_eq!(bytes[..10], [0, 0, 0, 8, 0, 0, 0, 0, 0, 32]);
        assert_eq!((bytes[10..42].to_vec(), bytes[42..].to_vec()), (vec![1; 32], vec![2; 32]));
        assert_eq!(Header::parse(PARAMS, &bytes), Ok(header));
        assert_eq!(Header::parse(PARAMS, &bytes[..73]), Err(FloeError::Header));
        assert_eq!(Header::parse(PARAMS, &[&bytes[..], &[0]].concat()), Err(FloeError::Header));
        for position in 0..PARAMS_LEN {
            let mut other = bytes;
            other[position] ^= 1;
            assert_eq!(Header::parse(PARAMS, &other), Err(FloeError::Header), "byte {position}");
        }
    }

    #[test]
    fn a_segment_is_what_its_position_says() {
        let full = SegmentFrame::new(PARAMS, [3; 12], 524_256, false).unwrap();
        assert_eq!(full.encode()[..4], [0xff; 4]);
        assert_eq!(full.ciphertext(), 16..524_288);
        assert_eq!(SegmentFrame::parse(PARAMS, &full.encode(), 524_288, false), Ok(full));
        assert_eq!(SegmentFrame::parse(PARAMS, &full.encode(), 524_288, true), Err(FloeError::Prefix));
        let wrong = FloeError::Length { got: 524_287 };
        assert_eq!(SegmentFrame::parse(PARAMS, &full.encode(), 524_287, false), Err(wrong));

        let last = SegmentFrame::new(PARAMS, [3; 12], 524_256, true).unwrap();
        assert_eq!(last.encode()[..4], [0, 8, 0, 0], "a full last segment still states its length");
        assert_eq!(SegmentFrame::parse(PARAMS, &last.encode(), 524_288, false), Err(FloeError::Prefix));
        assert_eq!(SegmentFrame::parse(PARAMS, &last.encode(), 524_287, true), Err(FloeError::Prefix));
    }

    #[test]
    fn lengths_have_bounds() {
        let new = |len, is_final| SegmentFrame::new(PARAMS, [0; 12], len, is_final);
        assert!(new(0, true).is_ok());
        assert!(new(524_257, true).is_err());
        assert!(new(524_255, false).is_err());
        assert!(new(524_257, false).is_err());
        assert!(new(usize::MAX, true).is_err());
        let parse = |start: &[u8], len| SegmentFrame::parse(PARAMS, start, len, true);
        assert!(parse(&[0; 16], 31).is_err());
        assert!(parse(&[0; 15], 40).is_err());
        assert!(parse(&[0; 17], 40).is_err());
        assert!(parse(&[], 0).is_err());
    }

    #[test]
    fn the_aad_is_position_and_flag() {
        assert_eq!(segment_aad(0x0102, false), [0, 0, 0, 0, 0, 0, 1, 2, 0]);
        assert_eq!(segment_aad(u64::MAX, true), [255, 255, 255, 255, 255, 255, 255, 255, 1]);
    }

    proptest! {
        #[test]
        fn frames_round_trip(seg in 33u32..10_000, plain in 0usize..10_000, iv: [u8; 12], is_final: bool) {
            let params = FloeParams::new(seg, 20).unwrap();
            let full = params.plain_seg_len() as usize;
            match SegmentFrame::new(params, iv, plain, is_final) {
                Ok(frame) => {
                    prop_assert!(plain == full || (is_final && plain < full));
                    prop_assert_eq!(SegmentFrame::parse(params, &frame.encode(), plain + 32, is_final), Ok(frame));
                    prop_assert!(SegmentFrame::parse(params, &frame.encode(), plain + 32, !is_final).is_err());
                }
                Err(_) => prop_assert!(plain > full || (!is_final && plain != full)),
            }
        }
    }
}
