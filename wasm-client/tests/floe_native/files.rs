//! Whole files through the public API: header and chunks in one `Vec`.

use std::ops::Range;

use claimcheck_client::bulk::native::{NativeBuf, NativeBulk};
use claimcheck_client::floe::{Error, Opener, Sealer};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::floe::{FloeParams, HEADER_LEN, Header, Layout, plaintext_len};
use pollster::block_on;

pub const KEY: [u8; 32] = [5; 32];
pub const AAD: &[u8] = b"claimcheck";

pub fn key() -> Secret32 {
    Secret32::from_bytes(KEY)
}

pub fn params(enc_seg_len: u32) -> FloeParams {
    FloeParams::new(enc_seg_len, 20).unwrap()
}

/// Bytes in which no two segments are alike.
pub fn plaintext(len: usize) -> Vec<u8> {
    (0..len as u64).map(|i| (i ^ (i >> 8) ^ (i >> 16).wrapping_mul(31)) as u8).collect()
}

/// Gives the ranges of a plaintext to `seal_chunk`.
pub fn reader(plain: &[u8]) -> impl Fn(Range<u64>) -> std::future::Ready<Result<NativeBuf, Error>> {
    |range| std::future::ready(Ok(plain[range.start as usize..range.end as usize].to_vec().into()))
}

pub fn seal_file(params: FloeParams, key: &Secret32, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let layout = Layout::of_plaintext(params, plain.len() as u64).unwrap();
    let (sealer, header) = Sealer::new(NativeBulk, params, key, aad).unwrap();
    let mut file = header.encode().to_vec();
    for chunk in 0..layout.chunk_count() {
        let sealed = block_on(sealer.seal_chunk(&layout, chunk, reader(plain))).unwrap();
        file.extend_from_slice(sealed.bytes.as_slice());
    }
    assert_eq!(file.len() as u64, layout.ciphertext_len());
    file
}

fn opener(params: FloeParams, key: &Secret32, aad: &[u8], file: &[u8]) -> Result<Opener<NativeBulk>, Error> {
    let header = Header::parse(params, &file[..HEADER_LEN.min(file.len())])?;
    Opener::new(NativeBulk, params, key, aad, &header)
}

/// Opens a file whose size is not known from elsewhere.
pub fn open_file(params: FloeParams, key: &Secret32, aad: &[u8], file: &[u8]) -> Result<Vec<u8>, Error> {
    let layout = Layout::of_plaintext(params, plaintext_len(params, file.len() as u64)?)?;
    open_as(&layout, key, aad, file)
}

/// Opens a file as the layout of its manifest says.
pub fn open_as(layout: &Layout, key: &Secret32, aad: &[u8], file: &[u8]) -> Result<Vec<u8>, Error> {
    let opener = opener(layout.params(), key, aad, file)?;
    let mut rest = &file[HEADER_LEN..];
    let mut plain = Vec::new();
    for chunk in 0..layout.chunk_count() {
        let bytes;
        let is_last = chunk + 1 == layout.chunk_count();
        let len = if is_last { rest.len() } else { layout.chunk_len(chunk)?.min(rest.len()) };
        (bytes, rest) = rest.split_at(len);
        for segment in block_on(opener.open_chunk(layout, chunk, &bytes.to_vec().into()))? {
            plain.extend_from_slice(segment.plain.as_slice());
        }
    }
    Ok(plain)
}

/// Opens all that FLOE allows, an empty last segment too: the last piece is the last segment.
pub fn open_pieces(params: FloeParams, key: &Secret32, aad: &[u8], file: &[u8]) -> Result<Vec<u8>, Error> {
    let opener = opener(params, key, aad, file)?;
    let pieces: Vec<&[u8]> = file[HEADER_LEN..].chunks(params.enc_seg_len() as usize).collect();
    let mut plain = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let is_final = index + 1 == pieces.len();
        let opened = block_on(opener.open_segment(index as u64, is_final, &piece.to_vec().into()))?;
        plain.extend_from_slice(opened.as_slice());
    }
    Ok(plain)
}
