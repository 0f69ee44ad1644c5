//! A `Range` header (RFC 9110 section 14) over one chunk: a single range of bytes made of whole segments.

use claimcheck_protocol::floe::FloeParams;

/// What a `Range` header asks for, before the chunk's length is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// From an offset up to and including another, or to the end.
    From(u64, Option<u64>),
    /// The last so many bytes.
    Last(u64),
}

/// Bytes `start..=last` of a chunk of `size` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte, included.
    pub last: u64,
    /// Bytes of the whole chunk.
    pub size: u64,
}

/// The range is not made of whole segments, or lies beyond the chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSatisfiable;

impl Wanted {
    /// Reads the header. None where it is passed over, as RFC 9110 section 14.2 has it: another unit than bytes,
    /// several ranges, or no range at all.
    pub fn parse(header: &str) -> Option<Self> {
        let (unit, set) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        match set.trim().split_once('-')? {
            ("", suffix) => Some(Self::Last(number(suffix)?)),
            (first, "") => Some(Self::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// The bytes of a chunk of `size` bytes that are meant, if they are whole segments.
    pub fn within(self, size: u64) -> Result<ByteRange, NotSatisfiable> {
        let end = size.checked_sub(1).ok_or(NotSatisfiable)?;
        let (start, last) = match self {
            Self::From(start, last) => (start, last.unwrap_or(end).min(end)),
            Self::Last(0) => return Err(NotSatisfiable),
            Self::Last(count) => (size.saturating_sub(count), end),
        };
        let segment = u64::from(FloeParams::FILE.enc_seg_len());
        let aligned = start.is_multiple_of(segment) && (last == end || (last + 1).is_multiple_of(segment));
        if start > last || !aligned { Err(NotSatisfiable) } else { Ok(ByteRange { start, last, size }) }
    }
}

impl ByteRange {
    /// How many bytes.
    pub const fn length(&self) -> u64 {
        self.last - self.start + 1
    }

    /// The value of `Content-Range`.
    pub fn content_range(&self) -> String {
        format!("bytes {}-{}/{}", self.start, self.last, self.size)
    }
}

/// A number beyond all chunks is one all the same.
fn number(digits: &str) -> Option<u64> {
    // `parse` alone would take a plus sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SEGMENT: u64 = 524_288;
    /// Two full segments and a short one.
    const SIZE: u64 = 2 * SEGMENT + 100;

    fn range(header: &str) -> Result<(u64, u64), NotSatisfiable> {
        let range = Wanted::parse(header).unwrap().within(SIZE)?;
        assert_eq!(range.length(), range.last - range.start + 1);
        Ok((range.start, range.last))
    }

    #[test]
    fn whole_segments_are_given() {
        assert_eq!(range("bytes=0-524287"), Ok((0, SEGMENT - 1)));
        assert_eq!(range("bytes=524288-1048575"), Ok((SEGMENT, 2 * SEGMENT - 1)));
        assert_eq!(range("bytes=524288-"), Ok((SEGMENT, SIZE - 1)));
        assert_eq!(range("Bytes=1048576-1048675"), Ok((2 * SEGMENT, SIZE - 1)));
        assert_eq!(range("bytes=0-99999999"), Ok((0, SIZE - 1)), "cut to the end");
        assert_eq!(range("bytes=-100"), Ok((2 * SEGMENT, SIZE - 1)));
        assert_eq!(range("bytes=-99999999"), Ok((0, SIZE - 1)));
    }

    #[test]
    fn what_is_not_whole_segments_of_the_chunk_is_refused() {
        for header in [
            "bytes=1-524287",
            "bytes=0-524286",
            "bytes=0-524288",
            "bytes=524287-",
            "bytes=-99",
            "bytes=-0",
            "bytes=1048676-",
            "bytes=1572864-",
            "bytes=18446744073709551615-18446744073709551615",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(range(header), Err(NotSatisfiable), "{header}");
        }
        assert_eq!(Wanted::From(0, None).within(0), Err(NotSatisfiable));
    }

    #[test]
    fn what_is_no_single_range_of_bytes_is_passed_over() {
        for header in [
            "pages=1-2",
            "bytes=524288-0",
            "bytes=0-524287,524288-1048575",
            "bytes=",
            "bytes",
            "bytes=-",
            "bytes=+0-524287",
            "bytes=0-524287 ,",
            "bytes=a-b",
            "",
        ] {
            assert_eq!(Wanted::parse(header), None, "{header}");
        }
    }

    #[test]
    fn content_range_names_the_whole() {
        let range = Wanted::From(0, Some(SEGMENT - 1)).within(SIZE).unwrap();
        assert_eq!(range.content_range(), "bytes 0-524287/1048676");
    }
}
