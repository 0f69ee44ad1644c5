//! The crate `floe-rs`, an independent implementation, opens what we seal, and we open what it seals.

use claimcheck_client::secret::Secret32;
use floe_rs::gcm::{FloeDecryptor, FloeEncryptor, FloeKey, Header, Segment};
use proptest::prelude::*;

use crate::files::{open_file, params, plaintext, seal_file};

fn their_seal<const S: u32>(key: [u8; 32], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let encryptor = FloeEncryptor::<S>::new(&FloeKey::from(key), aad);
    let header = encryptor.header();
    let mut file = [&params(S).encode()[..], header.iv().as_array(), header.tag().as_array()].concat();
    let mut pieces: Vec<&[u8]> = plain.chunks(encryptor.input_size()).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    for (index, piece) in pieces.iter().enumerate() {
        let mut sealed = vec![0; encryptor.output_size(piece)];
        encryptor.encrypt_segment(piece, &mut sealed, index as u64, index + 1 == pieces.len()).unwrap();
        file.extend_from_slice(&sealed);
    }
    file
}

fn their_open<const S: u32>(key: [u8; 32], aad: &[u8], file: &[u8]) -> Vec<u8> {
    let (header, body) = file.split_at(Header::LENGTH);
    let header = Header::from_bytes(header).unwrap();
    let decryptor = FloeDecryptor::<S>::new(&FloeKey::from(key), aad, &header).unwrap();
    let pieces: Vec<&[u8]> = body.chunks(S as usize).collect();
    let mut plain = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let segment = Segment::from_bytes(piece).unwrap();
        let mut opened = vec![0; segment.plaintext_size()];
        let is_final = index + 1 == pieces.len();
        decryptor.decrypt_segment(&segment, &mut opened, index as u64, is_final).unwrap();
        plain.extend_from_slice(&opened);
    }
    plain
}

fn check<const S: u32>(key: [u8; 32], aad: &[u8], plain: &[u8]) {
    let ours = seal_file(params(S), &Secret32::from_bytes(key), aad, plain);
    assert!(their_open::<S>(key, aad, &ours) == plain, "they open ours of {}", plain.len());
    let theirs = their_seal::<S>(key, aad, plain);
    let opened = open_file(params(S), &Secret32::from_bytes(key), aad, &theirs).unwrap();
    assert!(opened == plain, "we open theirs of {}", plain.len());
}

#[test]
fn boundary_sizes() {
    const MIB_4: usize = 4 << 20;
    let sizes =
        [0, 1, 524_255, 524_256, 524_257, 4_194_047, 4_194_048, 4_194_049, MIB_4 - 1, MIB_4, MIB_4 + 1];
    for size in sizes.into_iter().chain([2 * MIB_4 - 1, 2 * MIB_4, 2 * MIB_4 + 1]) {
        check::<524_288>([7; 32], b"aad", &plaintext(size));
    }
    for size in (0..=17).chain(63..=66) {
        check::<33>([8; 32], b"", &plaintext(size));
        check::<40>([9; 32], b"aad", &plaintext(size));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_files(key: [u8; 32], aad: Vec<u8>, plain in prop::collection::vec(any::<u8>(), 0..6000), shape in 0..4) {
        match shape {
            0 => check::<33>(key, &aad, &plain),
            1 => check::<64>(key, &aad, &plain),
            2 => check::<1000>(key, &aad, &plain),
            _ => check::<4096>(key, &aad, &plain),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn random_lengths_of_real_segments(key: [u8; 32], size in 0usize..10_000_000) {
        check::<524_288>(key, b"aad", &plaintext(size));
    }
}
