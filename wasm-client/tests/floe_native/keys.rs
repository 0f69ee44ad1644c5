//! When keys are imported, chunks read and IVs drawn.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::poll_fn;
use std::ops::Range;
use std::rc::Rc;
use std::task::Poll;

use claimcheck_client::bulk::native::{NativeBuf, NativeBulk, NativeKey};
use claimcheck_client::bulk::{Bulk, BulkError};
use claimcheck_client::floe::{Error, Opener, Sealer};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::floe::{FloeError, FloeParams, Layout, MAX_SEGMENTS};
use pollster::block_on;

use crate::files::{AAD, key, params, plaintext, reader};

/// The native backend, counting imports.
#[derive(Clone, Default)]
struct Counting(Rc<Cell<u32>>);

impl Bulk for Counting {
    type Buf = NativeBuf;
    type Draft = Vec<u8>;
    type Key = NativeKey;

    fn len(&self, buf: &NativeBuf) -> usize {
        NativeBulk.len(buf)
    }

    fn view(&self, buf: &NativeBuf, range: Range<usize>) -> Result<NativeBuf, BulkError> {
        NativeBulk.view(buf, range)
    }

    fn read_small(&self, buf: &NativeBuf, range: Range<usize>) -> Result<Vec<u8>, BulkError> {
        NativeBulk.read_small(buf, range)
    }

    fn draft(&self, len: usize) -> Result<Vec<u8>, BulkError> {
        NativeBulk.draft(len)
    }

    fn put(&self, draft: &mut Vec<u8>, offset: usize, source: &NativeBuf) -> Result<(), BulkError> {
        NativeBulk.put(draft, offset, source)
    }

    fn put_small(&self, draft: &mut Vec<u8>, offset: usize, source: &[u8]) -> Result<(), BulkError> {
        NativeBulk.put_small(draft, offset, source)
    }

    fn finish(&self, draft: Vec<u8>) -> NativeBuf {
        NativeBulk.finish(draft)
    }

    async fn import_key(&self, raw: &Secret32) -> Result<NativeKey, BulkError> {
        self.0.set(self.0.get() + 1);
        NativeBulk.import_key(raw).await
    }

    async fn seal(
        &self,
        key: &NativeKey,
        iv: &[u8; 12],
        aad: &[u8],
        plain: &NativeBuf,
    ) -> Result<NativeBuf, BulkError> {
        NativeBulk.seal(key, iv, aad, plain).await
    }

    async fn open(
        &self,
        key: &NativeKey,
        iv: &[u8; 12],
        aad: &[u8],
        sealed: &NativeBuf,
    ) -> Result<NativeBuf, BulkError> {
        NativeBulk.open(key, iv, aad, sealed).await
    }

    async fn sha256(&self, buf: &NativeBuf) -> Result<[u8; 32], BulkError> {
        NativeBulk.sha256(buf).await
    }
}

#[test]
fn a_key_is_imported_once_an_epoch() {
    let params = FloeParams::new(40, 2).unwrap();
    let bulk = Counting::default();
    let (sealer, _) = Sealer::new(bulk.clone(), params, &key(), AAD).unwrap();
    for index in 0..12 {
        block_on(sealer.seal_segment(index, false, &vec![0; 8].into())).unwrap();
        assert_eq!(u64::from(bulk.0.get()), index / 4 + 1, "after segment {index}");
    }
}

#[test]
fn all_segments_of_a_chunk_are_read_at_once() {
    let layout = Layout::of_plaintext(params(40), 64).unwrap();
    let (sealer, _) = Sealer::new(NativeBulk, layout.params(), &key(), AAD).unwrap();
    let (begun, polls) = (&Cell::new(0), &Cell::new(0));
    let read = |range: Range<u64>| {
        begun.set(begun.get() + 1);
        poll_fn(move |context| {
            polls.set(polls.get() + 1);
            assert!(polls.get() < 1000, "a segment waits for the one before");
            if begun.get() == 8 {
                return Poll::Ready(Ok::<_, Error>(vec![0; (range.end - range.start) as usize].into()));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    };
    let sealed = block_on(sealer.seal_chunk(&layout, 0, read)).unwrap();
    assert_eq!(sealed.segment_hashes.len(), 8);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let layout = Layout::of_plaintext(params(40), 20).unwrap();
    let (sealer, _) = Sealer::new(NativeBulk, layout.params(), &key(), AAD).unwrap();
    for len in [0, 7, 9] {
        let read = |_| std::future::ready(Ok::<NativeBuf, Error>(vec![0; len].into()));
        let sealed = block_on(sealer.seal_chunk(&layout, 0, read)).map(|_| ());
        assert_eq!(sealed, Err(Error::Shape(FloeError::Length { got: len as u64 })));
    }
    let read = |_| std::future::ready(Err::<NativeBuf, _>(Error::Entropy));
    let sealed = block_on(sealer.seal_chunk(&layout, 0, read)).map(|_| ());
    assert_eq!(sealed, Err(Error::Entropy), "the reader's own error comes through");
}

#[test]
fn a_file_goes_on_under_its_header_with_new_ivs() {
    let plain = plaintext(100);
    let layout = Layout::of_plaintext(params(40), 100).unwrap();
    let (sealer, header) = Sealer::new(NativeBulk, layout.params(), &key(), AAD).unwrap();
    let before = block_on(sealer.seal_chunk(&layout, 1, reader(&plain))).unwrap();
    let again = Sealer::resume(NativeBulk, layout.params(), &key(), AAD, &header).unwrap();
    let after = block_on(again.seal_chunk(&layout, 1, reader(&plain))).unwrap();
    assert_ne!(before.bytes.as_slice(), after.bytes.as_slice());
    assert_eq!(before.segment_hashes, after.segment_hashes);
    let opener = Opener::new(NativeBulk, layout.params(), &key(), AAD, &header).unwrap();
    for chunk in [before, after] {
        assert!(block_on(opener.open_chunk(&layout, 1, &chunk.bytes)).is_ok());
    }
    let other = Secret32::from_bytes([6; 32]);
    let resumed = Sealer::resume(NativeBulk, layout.params(), &other, AAD, &header).map(|_| ());
    assert_eq!(resumed, Err(Error::WrongKey));
}

#[test]
fn ivs_do_not_repeat() {
    let params = params(40);
    let mut headers = BTreeSet::new();
    let mut ivs = BTreeSet::new();
    for _ in 0..50 {
        let (sealer, header) = Sealer::new(NativeBulk, params, &key(), AAD).unwrap();
        assert!(headers.insert(*header.iv()));
        for _ in 0..50 {
            let sealed = block_on(sealer.seal_segment(0, true, &Vec::new().into())).unwrap();
            assert!(ivs.insert(sealed.as_slice()[4..16].to_vec()));
        }
    }
}

#[test]
fn the_core_takes_an_empty_last_segment_but_no_segment_beyond_the_last_possible() {
    let (sealer, header) = Sealer::new(NativeBulk, params(40), &key(), AAD).unwrap();
    let opener = Opener::new(NativeBulk, params(40), &key(), AAD, &header).unwrap();
    let empty = block_on(sealer.seal_segment(3, true, &Vec::new().into())).unwrap();
    assert_eq!(block_on(opener.open_segment(3, true, &empty)).unwrap().as_slice(), b"");
    let last = block_on(sealer.seal_segment(MAX_SEGMENTS - 1, true, &Vec::new().into())).unwrap();
    assert!(block_on(opener.open_segment(MAX_SEGMENTS - 1, true, &last)).is_ok());
    let beyond = block_on(sealer.seal_segment(MAX_SEGMENTS, true, &Vec::new().into())).map(|_| ());
    assert_eq!(beyond, Err(Error::Shape(FloeError::OutOfRange { index: MAX_SEGMENTS })));
}
