//! The frozen vectors of `tests/vectors/floe.json`, on every backend: natively, in Node and in a browser.

use claimcheck_protocol::commitment::plaintext_hash;
use claimcheck_protocol::floe::{FloeParams, Header, Layout};
use data_encoding::HEXLOWER;
use serde::Deserialize;

use super::{Error, Opener, Sealer};
use crate::bulk::test_bytes::{all, pattern, small};
use crate::bulk::{Bulk, BulkError};
use crate::secret::Secret32;

#[derive(Deserialize)]
struct Vectors {
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Setting {
    enc_seg_len: u32,
    rotation: u8,
    key: String,
    aad: String,
    header: String,
}

#[derive(Deserialize)]
struct Accepted {
    name: String,
    #[serde(flatten)]
    setting: Setting,
    iv: String,
    segment_ivs: Vec<String>,
    plaintext_len: u64,
    plaintext_hash: String,
    body_sha256: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    error: String,
    #[serde(flatten)]
    setting: Setting,
    index: u64,
    is_final: bool,
    segment: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/vectors/floe.json")).unwrap()
}

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

impl Setting {
    fn params(&self) -> FloeParams {
        FloeParams::new(self.enc_seg_len, self.rotation).unwrap()
    }

    fn key(&self) -> Secret32 {
        Secret32::from_bytes(unhex(&self.key))
    }

    fn aad(&self) -> Vec<u8> {
        HEXLOWER.decode(self.aad.as_bytes()).unwrap()
    }

    fn opener<B: Bulk>(&self, bulk: &B) -> Result<Opener<B>, Error> {
        let header = Header::parse(self.params(), &HEXLOWER.decode(self.header.as_bytes()).unwrap())?;
        Opener::new(bulk.clone(), self.params(), &self.key(), &self.aad(), &header)
    }
}

impl Accepted {
    /// Seals with the vector's IVs; the whole body.
    async fn sealed<B: Bulk>(&self, bulk: &B, layout: &Layout) -> B::Buf {
        let (params, key) = (self.setting.params(), self.setting.key());
        let (sealer, header) =
            Sealer::with_iv(bulk.clone(), params, &key, &self.setting.aad(), unhex(&self.iv));
        assert_eq!(HEXLOWER.encode(&header.encode()), self.setting.header, "{}", self.name);
        let plain = pattern(bulk, self.plaintext_len as usize);
        let mut body = bulk.draft(layout.chunks_len() as usize).unwrap();
        let mut offset = 0;
        for (index, iv) in (0..).zip(&self.segment_ivs) {
            let range = layout.plain_range(index).unwrap();
            let part = bulk.view(&plain, range.start as usize..range.end as usize).unwrap();
            let is_final = layout.is_final(index);
            let segment = sealer.seal_segment_with_iv(index, is_final, &part, unhex(iv)).await.unwrap();
            bulk.put(&mut body, offset, &segment).unwrap();
            offset += bulk.len(&segment);
        }
        bulk.finish(body)
    }

    /// Opens chunk by chunk, and compares what comes out with the pattern.
    async fn check_opened<B: Bulk>(&self, bulk: &B, layout: &Layout, body: &B::Buf) {
        let opener = self.setting.opener(bulk).unwrap();
        let plain = pattern(bulk, self.plaintext_len as usize);
        let (mut hashes, mut offset, mut at) = (Vec::new(), 0, 0);
        for chunk in 0..layout.chunk_count() {
            let len = layout.chunk_len(chunk).unwrap();
            let sealed = bulk.view(body, offset..offset + len).unwrap();
            for opened in opener.open_chunk(layout, chunk, &sealed).await.unwrap() {
                let expected = bulk.view(&plain, at..at + bulk.len(&opened.plain)).unwrap();
                assert_eq!(opened.hash, bulk.sha256(&expected).await.unwrap(), "{}", self.name);
                at += bulk.len(&opened.plain);
                hashes.push(opened.hash);
            }
            offset += len;
        }
        assert_eq!(at as u64, self.plaintext_len);
        let hash = plaintext_hash(self.plaintext_len, &hashes);
        assert_eq!(HEXLOWER.encode(&hash), self.plaintext_hash, "{}", self.name);
    }
}

async fn accepts<B: Bulk>(bulk: B) {
    for vector in vectors().accepted {
        let layout = Layout::of_plaintext(vector.setting.params(), vector.plaintext_len).unwrap();
        assert_eq!(layout.segment_count(), vector.segment_ivs.len() as u64);
        let body = vector.sealed(&bulk, &layout).await;
        let hash = bulk.sha256(&body).await.unwrap();
        assert_eq!(HEXLOWER.encode(&hash), vector.body_sha256, "{}", vector.name);
        if let Some(expected) = &vector.body {
            assert_eq!(HEXLOWER.encode(&all(&bulk, &body)), *expected, "{}", vector.name);
        }
        vector.check_opened(&bulk, &layout, &body).await;
    }
}

async fn refuses<B: Bulk>(bulk: B) {
    for vector in vectors().refused {
        let segment = small(&bulk, &HEXLOWER.decode(vector.segment.as_bytes()).unwrap());
        let result = match vector.setting.opener(&bulk) {
            Ok(opener) => opener.open_segment(vector.index, vector.is_final, &segment).await,
            Err(error) => Err(error),
        };
        let error = match result.map(|_| ()) {
            Ok(()) => "none",
            Err(Error::WrongKey) => "wrong_key",
            Err(Error::Shape(_)) => "shape",
            Err(Error::Bulk(BulkError::Rejected)) => "rejected",
            Err(_) => "another",
        };
        assert_eq!(error, vector.error, "{}", vector.name);
    }
}

/// A chunk sealed under random IVs opens again, and the chunk before cannot take its place.
async fn chunks_go_round<B: Bulk>(bulk: B) {
    let params = FloeParams::new(40, 2).unwrap();
    let layout = Layout::of_plaintext(params, 8 * 8 * 2 + 5).unwrap();
    let plain = pattern(&bulk, layout.plaintext_size() as usize);
    let key = Secret32::random().unwrap();
    let (sealer, header) = Sealer::new(bulk.clone(), params, &key, b"aad").unwrap();
    let opener = Opener::new(bulk.clone(), params, &key, b"aad", &header).unwrap();
    let mut sealed = Vec::new();
    for chunk in 0..layout.chunk_count() {
        let read = |range: core::ops::Range<u64>| {
            let part = bulk.view(&plain, range.start as usize..range.end as usize).map_err(Error::from);
            async { part }
        };
        let done = sealer.seal_chunk(&layout, chunk, read).await.unwrap();
        let opened = opener.open_chunk(&layout, chunk, &done.bytes).await.unwrap();
        let hashes: Vec<_> = opened.iter().map(|segment| segment.hash).collect();
        assert_eq!(hashes, done.segment_hashes);
        let bytes: Vec<u8> = opened.iter().flat_map(|segment| all(&bulk, &segment.plain)).collect();
        let range = layout.chunk_plain_range(chunk).unwrap();
        assert_eq!(bytes, all(&bulk, &plain)[range.start as usize..range.end as usize]);
        sealed.push(done.bytes);
    }
    assert_eq!(sealed.len(), 3);
    let swapped = opener.open_chunk(&layout, 1, &sealed[0]).await.map(|_| ());
    assert_eq!(swapped, Err(Error::Bulk(BulkError::Rejected)));
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use crate::bulk::native::NativeBulk;

    #[test]
    fn accepts() {
        pollster::block_on(super::accepts(NativeBulk));
    }

    #[test]
    fn refuses() {
        pollster::block_on(super::refuses(NativeBulk));
    }

    #[test]
    fn chunks_go_round() {
        pollster::block_on(super::chunks_go_round(NativeBulk));
    }
}

#[cfg(target_arch = "wasm32")]
mod web {
    use crate::bulk::web::WebBulk;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn webcrypto() -> WebBulk {
        let bulk = WebBulk::detect();
        assert!(bulk.is_webcrypto());
        bulk
    }

    #[wasm_bindgen_test]
    async fn webcrypto_accepts() {
        super::accepts(webcrypto()).await;
    }

    #[wasm_bindgen_test]
    async fn portable_accepts() {
        super::accepts(WebBulk::portable()).await;
    }

    #[wasm_bindgen_test]
    async fn webcrypto_refuses() {
        super::refuses(webcrypto()).await;
    }

    #[wasm_bindgen_test]
    async fn portable_refuses() {
        super::refuses(WebBulk::portable()).await;
    }

    #[wasm_bindgen_test]
    async fn webcrypto_chunks_go_round() {
        super::chunks_go_round(webcrypto()).await;
    }

    #[wasm_bindgen_test]
    async fn portable_chunks_go_round() {
        super::chunks_go_round(WebBulk::portable()).await;
    }
}
