//! Bytes for tests, made and read back where a backend keeps them.

use super::Bulk;

pub(crate) fn small<B: Bulk>(bulk: &B, bytes: &[u8]) -> B::Buf {
    let mut draft = bulk.draft(bytes.len()).unwrap();
    bulk.put_small(&mut draft, 0, bytes).unwrap();
    bulk.finish(draft)
}

pub(crate) fn all<B: Bulk>(bulk: &B, buf: &B::Buf) -> Vec<u8> {
    bulk.read_small(buf, 0..bulk.len(buf)).unwrap()
}

/// The plaintext of the frozen vectors: a block of 4099 bytes (a prime, so that no two segments are alike), repeated.
pub(crate) fn pattern<B: Bulk>(bulk: &B, len: usize) -> B::Buf {
    let block: Vec<u8> = (0..4099u32).map(|j| (j * j + 7 * j) as u8).collect();
    let mut draft = bulk.draft(len).unwrap();
    for offset in (0..len).step_by(block.len()) {
        bulk.put_small(&mut draft, offset, &block[..block.len().min(len - offset)]).unwrap();
    }
    bulk.finish(draft)
}
