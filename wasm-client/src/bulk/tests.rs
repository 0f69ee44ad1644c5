//! What every backend must do alike.

use super::test_bytes::{all, small};
use super::{Bulk, BulkError};
use crate::secret::Secret32;

/// Views share, drafts fill, and nothing outside of a buffer can be named.
#[expect(
    clippy::reversed_empty_ranges,
    reason = "a range that runs backwards is one of the mistakes to refuse"
)]
fn buffers<B: Bulk>(bulk: &B) {
    let ten = small(bulk, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let middle = bulk.view(&ten, 2..8).unwrap();
    assert_eq!(all(bulk, &middle), [2, 3, 4, 5, 6, 7]);
    assert_eq!(all(bulk, &bulk.view(&middle, 1..3).unwrap()), [3, 4], "a view of a view");
    assert_eq!(bulk.len(&bulk.view(&ten, 10..10).unwrap()), 0);
    for range in [0..11, 11..11, 5..4, usize::MAX - 1..usize::MAX] {
        assert_eq!(bulk.view(&ten, range.clone()).err(), Some(BulkError::Range), "{range:?}");
        assert_eq!(bulk.read_small(&ten, range.clone()).err(), Some(BulkError::Range), "{range:?}");
    }
    assert_eq!(bulk.view(&middle, 0..7).err(), Some(BulkError::Range), "past the view, within the buffer");

    let mut draft = bulk.draft(8).unwrap();
    bulk.put(&mut draft, 2, &middle).unwrap();
    bulk.put_small(&mut draft, 0, &[9]).unwrap();
    for offset in [3, 8, usize::MAX] {
        assert_eq!(bulk.put(&mut draft, offset, &middle), Err(BulkError::Range), "{offset}");
        assert_eq!(bulk.put_small(&mut draft, offset, &[0; 6]), Err(BulkError::Range), "{offset}");
    }
    assert_eq!(all(bulk, &bulk.finish(draft)), [9, 0, 2, 3, 4, 5, 6, 7]);
}

/// Sealing adds the tag, and only the same key, IV and aad open.
async fn sealing<B: Bulk>(bulk: &B) {
    let key = bulk.import_key(&Secret32::from_bytes([1; 32])).await.unwrap();
    let plain = small(bulk, b"plain");
    let sealed = bulk.seal(&key, &[2; 12], b"aad", &plain).await.unwrap();
    assert_eq!(bulk.len(&sealed), 5 + 16);
    let opened = bulk.open(&key, &[2; 12], b"aad", &sealed).await.unwrap();
    assert_eq!(all(bulk, &opened), b"plain");

    let refused = Some(BulkError::Rejected);
    assert_eq!(bulk.open(&key, &[3; 12], b"aad", &sealed).await.err(), refused);
    assert_eq!(bulk.open(&key, &[2; 12], b"aae", &sealed).await.err(), refused);
    let other = bulk.import_key(&Secret32::from_bytes([4; 32])).await.unwrap();
    assert_eq!(bulk.open(&other, &[2; 12], b"aad", &sealed).await.err(), refused);
    for len in 0..bulk.len(&sealed) {
        let cut = bulk.view(&sealed, 0..len).unwrap();
        assert_eq!(bulk.open(&key, &[2; 12], b"aad", &cut).await.err(), refused, "cut to {len}");
    }
}

async fn hashing<B: Bulk>(bulk: &B) {
    let hex = |hash: [u8; 32]| data_encoding::HEXLOWER.encode(&hash);
    let empty = hex(bulk.sha256(&small(bulk, b"")).await.unwrap());
    assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let abc = hex(bulk.sha256(&small(bulk, b"abc")).await.unwrap());
    assert_eq!(abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn native() {
    let bulk = super::native::NativeBulk;
    buffers(&bulk);
    assert_eq!(bulk.draft(usize::MAX).err(), Some(BulkError::Memory));
    pollster::block_on(sealing(&bulk));
    pollster::block_on(hashing(&bulk));
}

#[cfg(target_arch = "wasm32")]
mod web {
    use super::super::test_bytes::pattern;
    use super::super::web::WebBulk;
    use super::*;
    use crate::floe::Sealer;
    use claimcheck_protocol::floe::FloeParams;
    use wasm_bindgen_test::{console_log, wasm_bindgen_test};

    fn backends() -> [WebBulk; 2] {
        let detected = WebBulk::detect();
        assert!(detected.is_webcrypto() && !WebBulk::portable().is_webcrypto());
        [detected, WebBulk::portable()]
    }

    #[wasm_bindgen_test]
    async fn both_behave() {
        for bulk in backends() {
            buffers(&bulk);
            sealing(&bulk).await;
            hashing(&bulk).await;
        }
    }

    /// Random plaintexts, keys, IVs and aads; what one seals the other seals to the same bytes, and opens.
    #[wasm_bindgen_test]
    async fn backends_agree_on_random_input() {
        let [webcrypto, portable] = backends();
        for _ in 0..100 {
            let seed = Secret32::random().unwrap();
            let shown = data_encoding::HEXLOWER.encode(seed.as_bytes());
            console_log!("seed {shown}");
            let [a, b, c, rest @ ..] = *seed.as_bytes();
            let len = usize::from(a) * usize::from(b) * usize::from(c % 16);
            let (iv, aad) = (rest[..12].try_into().unwrap(), &rest[12..usize::from(12 + a % 18)]);
            let plain = pattern(&webcrypto, len);
            let keys =
                (webcrypto.import_key(&seed).await.unwrap(), portable.import_key(&seed).await.unwrap());
            let sealed = webcrypto.seal(&keys.0, &iv, aad, &plain).await.unwrap();
            let same = portable.seal(&keys.1, &iv, aad, &plain).await.unwrap();
            assert_eq!(sealed.to_vec(), same.to_vec(), "seed {shown}");
            assert_eq!(webcrypto.sha256(&sealed).await, portable.sha256(&sealed).await, "seed {shown}");
            let opened = portable.open(&keys.1, &iv, aad, &sealed).await.unwrap();
            let again = webcrypto.open(&keys.0, &iv, aad, &same).await.unwrap();
            assert_eq!((opened.to_vec(), again.to_vec()), (plain.to_vec(), plain.to_vec()), "seed {shown}");
        }
    }

    fn wasm_memory() -> u32 {
        let memory: js_sys::WebAssembly::Memory =
            wasm_bindgen::JsCast::unchecked_into(wasm_bindgen::memory());
        let buffer: js_sys::ArrayBuffer = wasm_bindgen::JsCast::unchecked_into(memory.buffer());
        buffer.byte_length()
    }

    /// A segment far larger than anything else here: were it copied in, wasm memory would have to grow for it.
    async fn growth(bulk: WebBulk) -> u32 {
        const LEN: u32 = 64 << 20;
        let params = FloeParams::new(LEN + 32, 20).unwrap();
        let (sealer, _) = Sealer::new(bulk.clone(), params, &Secret32::random().unwrap(), b"").unwrap();
        let plain = bulk.finish(bulk.draft(LEN as usize).unwrap());
        let before = wasm_memory();
        let sealed = sealer.seal_segment(0, false, &plain).await.unwrap();
        bulk.sha256(&sealed).await.unwrap();
        wasm_memory() - before
    }

    #[wasm_bindgen_test]
    async fn file_bytes_stay_out_of_wasm_memory() {
        let [webcrypto, portable] = backends();
        assert!(growth(webcrypto).await < 1 << 20);
        assert!(growth(portable).await >= 64 << 20, "the measure does not measure");
    }
}
