//! FLOE (c2sp.org/FLOE, ePrint 2025/2275) as far as it can be read without a key: parameters, sizes and framing.
//!
//! ```text
//! file    = header[74] || segment 0 || … || segment n-1
//! header  = aead 00 | kdf 00 | ENC_SEG_LEN u32be | 00000020 | iv[32] | tag[32]
//! segment = FFFFFFFF | iv[12] | ct[ENC_SEG_LEN - 32] | tag[16]
//! last    = u32be(length of the whole segment) | iv[12] | ct | tag[16]
//! chunk   = 8 consecutive segments, as they are stored; the last chunk is shorter
//! ```
//!
//! AEAD 0 is AES-256-GCM, KDF 0 is HKDF-Expand with SHA-384.

use core::fmt;

use crate::labels;

mod framing;
mod layout;

pub use framing::{HEADER_LEN, Header, IV_LEN, SegmentFrame, TAG_LEN, segment_aad};
pub use layout::{Layout, MAX_PLAINTEXT, MAX_SEGMENTS, ciphertext_len, plaintext_len};

/// Bytes that sealing adds to a segment: prefix 4, IV 12, tag 16.
pub const SEGMENT_OVERHEAD: u32 = 32;
/// Segments in a chunk, except in a file's last chunk.
pub const CHUNK_SEGMENTS: u64 = 8;
/// Bytes of a full chunk under the default parameters.
pub const CHUNK_LEN: usize = 4_194_304;
/// Bytes of `PARAM_ENCODE`, FLOE's encoding of its parameters.
pub const PARAMS_LEN: usize = 10;

/// A full chunk still fits into the 32-bit lengths of wasm.
const MAX_ENC_SEG_LEN: u32 = 1 << 28;
const MAX_ROTATION: u8 = 20;

/// FLOE's parameters that this system lets vary, so that FLOE's published answers can test it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloeParams {
    enc_seg_len: u32,
    rotation: u8,
}

impl FloeParams {
    /// What every Claimcheck file is sealed with: segments of 524,288 bytes, a new key every 2^20 segments.
    pub const FILE: Self = Self { enc_seg_len: 524_288, rotation: 20 };

    /// `enc_seg_len` is the sealed segment's length in bytes, 33 to 2^28; a new AEAD key begins every 2^`rotation`
    /// segments, `rotation` 0 to 20.
    pub const fn new(enc_seg_len: u32, rotation: u8) -> Result<Self, FloeError> {
        if enc_seg_len <= SEGMENT_OVERHEAD || enc_seg_len > MAX_ENC_SEG_LEN || rotation > MAX_ROTATION {
            return Err(FloeError::Parameters);
        }
        Ok(Self { enc_seg_len, rotation })
    }

    /// Bytes of a sealed segment that is not the last.
    pub const fn enc_seg_len(&self) -> u32 {
        self.enc_seg_len
    }

    /// Bytes of plaintext in a segment that is not the last.
    pub const fn plain_seg_len(&self) -> u32 {
        self.enc_seg_len - SEGMENT_OVERHEAD
    }

    /// The first segment of `index`'s epoch: all segments from there to the next epoch share one AEAD key.
    pub const fn epoch(&self, index: u64) -> u64 {
        index & !((1 << self.rotation) - 1)
    }

    /// `PARAM_ENCODE`. The rotation is not in it: FLOE fixes that with the AEAD.
    pub fn encode(&self) -> [u8; PARAMS_LEN] {
        let [a, b, c, d] = self.enc_seg_len.to_be_bytes();
        [0, 0, a, b, c, d, 0, 0, 0, 32]
    }
}

impl Default for FloeParams {
    fn default() -> Self {
        Self::FILE
    }
}

/// FLOE's aad of a file: no server or other seller can pass the ciphertext off as another file.
pub fn file_aad(file_id: &[u8; 16], seller_ed25519: &[u8; 32]) -> Vec<u8> {
    [labels::FILE_AAD, file_id, seller_ed25519].concat()
}

/// Bytes that are no FLOE file of the shape expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloeError {
    /// `ENC_SEG_LEN` or the rotation is out of range.
    Parameters,
    /// A header of another length, or for other parameters than expected.
    Header,
    /// More than 2^40 segments, or a size that JSON cannot carry exactly (above 2^53 - 1).
    TooLong,
    /// No segment at all; even an empty file has one.
    NoSegments,
    /// An empty last segment after others; a file has only one layout.
    EmptyLastSegment,
    /// The number of segments does not follow from the size.
    SegmentCount {
        /// What follows from the size.
        expected: u64,
        /// What was stated.
        got: u64,
    },
    /// A segment or chunk that the file does not have.
    OutOfRange {
        /// The index asked for.
        index: u64,
    },
    /// A sealed segment, chunk or file of the wrong length, in bytes.
    Length {
        /// The length as it arrived.
        got: u64,
    },
    /// A segment's prefix contradicts its length, or whether it is the last.
    Prefix,
}

impl fmt::Display for FloeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters => f.write_str("FLOE parameters are out of range"),
            Self::Header => f.write_str("not a FLOE header for these parameters"),
            Self::TooLong => f.write_str("the file is too long for FLOE"),
            Self::NoSegments => f.write_str("a file has at least one segment"),
            Self::EmptyLastSegment => f.write_str("the last segment is empty though it is not the only one"),
            Self::SegmentCount { expected, got } => {
                write!(f, "{got} segments stated, the size asks for {expected}")
            }
            Self::OutOfRange { index } => write!(f, "the file has no segment or chunk {index}"),
            Self::Length { got } => write!(f, "{got} bytes is not the length expected"),
            Self::Prefix => f.write_str("a segment's prefix contradicts its length or position"),
        }
    }
}

impl core::error::Error for FloeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_parameters_encode_as_the_protocol_says() {
        assert_eq!(FloeParams::FILE.encode(), [0, 0, 0, 8, 0, 0, 0, 0, 0, 32]);
        assert_eq!(FloeParams::FILE.plain_seg_len(), 524_256);
        assert_eq!(u64::from(FloeParams::FILE.enc_seg_len()) * CHUNK_SEGMENTS, CHUNK_LEN as u64);
    }

    #[test]
    fn parameters_have_bounds() {
        assert!(FloeParams::new(33, 0).is_ok());
        assert!(FloeParams::new(1 << 28, 20).is_ok());
        for (enc_seg_len, rotation) in
            [(0, 20), (32, 20), ((1 << 28) + 1, 20), (u32::MAX, 20), (64, 21), (64, 64)]
        {
            assert_eq!(FloeParams::new(enc_seg_len, rotation), Err(FloeError::Parameters));
        }
    }

    #[test]
    fn an_epoch_begins_every_two_to_the_rotation_segments() {
        let params = FloeParams::new(40, 2).unwrap();
        let epochs: Vec<u64> = (0..10).map(|i| params.epoch(i)).collect();
        assert_eq!(epochs, [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]);
        assert_eq!(FloeParams::FILE.epoch((1 << 20) - 1), 0);
        assert_eq!(FloeParams::FILE.epoch(1 << 20), 1 << 20);
    }

    #[test]
    fn the_aad_names_file_and_seller() {
        let aad = file_aad(&[7; 16], &[9; 32]);
        assert_eq!(aad[..19], *b"claimcheck/file/v1\0");
        assert_eq!(aad[19..35], [7; 16]);
        assert_eq!(aad[35..], [9; 32]);
    }
}
