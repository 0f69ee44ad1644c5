//! What a server, or a fault on the way, may do to a file: each change is refused, whoever states the size.

use claimcheck_client::bulk::BulkError;
use claimcheck_client::bulk::native::NativeBulk;
use claimcheck_client::floe::{Error, Opener};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::floe::{FloeError, FloeParams, HEADER_LEN, Header, Layout};
use pollster::block_on;

use crate::files::{AAD, key, open_as, open_file, params, plaintext, seal_file};

const SEG: usize = 40;
const REJECTED: Error = Error::Bulk(BulkError::Rejected);

/// Nineteen full segments of 8 bytes and one of 5: chunks of 8, 8 and 4 segments.
struct Sample {
    layout: Layout,
    plain: Vec<u8>,
    file: Vec<u8>,
}

impl Sample {
    fn new() -> Self {
        let plain = plaintext(19 * 8 + 5);
        let layout = Layout::of_plaintext(params(SEG as u32), plain.len() as u64).unwrap();
        let file = seal_file(layout.params(), &key(), AAD, &plain);
        Self { layout, plain, file }
    }

    fn params(&self) -> FloeParams {
        self.layout.params()
    }

    fn segment(&self, index: usize) -> std::ops::Range<usize> {
        let start = HEADER_LEN + index * SEG;
        start..(start + SEG).min(self.file.len())
    }

    /// Refused with the manifest's size, and also where the size is taken from the length.
    fn check_refused(&self, file: &[u8], what: &str) {
        let stated = open_as(&self.layout, &key(), AAD, file);
        assert!(stated.is_err(), "{what}, as the manifest says");
        assert!(open_file(self.params(), &key(), AAD, file).is_err(), "{what}, as its length says");
    }
}

#[test]
fn the_sample_opens() {
    let sample = Sample::new();
    assert_eq!(open_as(&sample.layout, &key(), AAD, &sample.file).as_ref(), Ok(&sample.plain));
    assert_eq!(open_file(sample.params(), &key(), AAD, &sample.file).as_ref(), Ok(&sample.plain));
}

#[test]
fn every_truncation() {
    let sample = Sample::new();
    for len in 0..sample.file.len() {
        sample.check_refused(&sample.file[..len], &format!("cut to {len}"));
    }
}

#[test]
fn every_bit_flip() {
    let sample = Sample::new();
    for bit in 0..sample.file.len() * 8 {
        let mut file = sample.file.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        sample.check_refused(&file, &format!("bit {bit} flipped"));
    }
}

#[test]
fn every_swap_of_two_segments() {
    let sample = Sample::new();
    for a in 0..19 {
        for b in a + 1..19 {
            let mut file = sample.file.clone();
            let (from, to) = (sample.segment(a), sample.segment(b));
            file[from.clone()].copy_from_slice(&sample.file[to.clone()]);
            file[to].copy_from_slice(&sample.file[from]);
            sample.check_refused(&file, &format!("{a} and {b} swapped"));
        }
    }
}

#[test]
fn every_duplication_and_removal_of_a_segment() {
    let sample = Sample::new();
    for index in 0..20 {
        let range = sample.segment(index);
        let (before, after) = (&sample.file[..range.end], &sample.file[range.end..]);
        sample.check_refused(
            &[before, &sample.file[range.clone()], after].concat(),
            &format!("{index} doubled"),
        );
        sample.check_refused(&[&sample.file[..range.start], after].concat(), &format!("{index} removed"));
    }
}

#[test]
fn every_extension() {
    let sample = Sample::new();
    for len in 1..=2 * SEG {
        sample.check_refused(&[&sample.file[..], &vec![0; len]].concat(), &format!("{len} zeros appended"));
        let tail = &sample.file[sample.file.len() - len..];
        sample.check_refused(&[&sample.file[..], tail].concat(), &format!("the last {len} bytes again"));
    }
}

#[test]
fn chunks_swapped_or_of_another_file() {
    let sample = Sample::new();
    let (first, second) = (HEADER_LEN..HEADER_LEN + 8 * SEG, HEADER_LEN + 8 * SEG..HEADER_LEN + 16 * SEG);
    let mut swapped = sample.file.clone();
    swapped[first.clone()].copy_from_slice(&sample.file[second.clone()]);
    swapped[second.clone()].copy_from_slice(&sample.file[first.clone()]);
    assert_eq!(open_as(&sample.layout, &key(), AAD, &swapped), Err(REJECTED));

    let twin = Sample::new();
    let mut mixed = sample.file.clone();
    mixed[second.clone()].copy_from_slice(&twin.file[second]);
    assert_eq!(
        open_as(&sample.layout, &key(), AAD, &mixed),
        Err(REJECTED),
        "same key, same plaintext, other iv"
    );
    let mut headed = sample.file.clone();
    headed[..HEADER_LEN].copy_from_slice(&twin.file[..HEADER_LEN]);
    assert_eq!(open_as(&sample.layout, &key(), AAD, &headed), Err(REJECTED), "the twin's header");
}

#[test]
fn another_key_or_aad() {
    let sample = Sample::new();
    let other = Secret32::from_bytes([6; 32]);
    assert_eq!(open_as(&sample.layout, &other, AAD, &sample.file), Err(Error::WrongKey));
    for aad in [&b""[..], b"claimchec", b"claimcheckk", b"Claimcheck"] {
        assert_eq!(open_as(&sample.layout, &key(), aad, &sample.file), Err(Error::WrongKey));
    }
}

#[test]
fn every_wrong_final_flag_and_index() {
    let sample = Sample::new();
    let header = Header::parse(sample.params(), &sample.file[..HEADER_LEN]).unwrap();
    let opener = Opener::new(NativeBulk, sample.params(), &key(), AAD, &header).unwrap();
    for place in 0..20 {
        let segment = sample.file[sample.segment(place)].to_vec().into();
        for index in 0..21 {
            for is_final in [false, true] {
                let opened = block_on(opener.open_segment(index, is_final, &segment));
                let is_right = index == place as u64 && is_final == (place == 19);
                assert_eq!(opened.is_ok(), is_right, "segment {place} as {index}, final {is_final}");
            }
        }
    }
}

#[test]
fn a_manifest_that_states_another_size() {
    let sample = Sample::new();
    for size in 0..300 {
        let layout = Layout::of_plaintext(sample.params(), size).unwrap();
        let opened = open_as(&layout, &key(), AAD, &sample.file);
        assert_eq!(opened.is_ok(), size == sample.plain.len() as u64, "{size} bytes stated");
    }
}

#[test]
fn a_layout_or_header_for_other_parameters() {
    let sample = Sample::new();
    let header = Header::parse(sample.params(), &sample.file[..HEADER_LEN]).unwrap();
    let opener = Opener::new(NativeBulk, sample.params(), &key(), AAD, &header).unwrap();
    let other = Layout::of_plaintext(params(41), 10).unwrap();
    let opened = block_on(opener.open_chunk(&other, 0, &vec![0; 42].into())).map(|_| ());
    assert_eq!(opened, Err(Error::Shape(FloeError::Parameters)));
    let opened = Opener::new(NativeBulk, params(41), &key(), AAD, &header).map(|_| ());
    assert_eq!(opened, Err(Error::Shape(FloeError::Header)));
    let beyond = block_on(opener.open_chunk(&sample.layout, 3, &vec![0; 40].into())).map(|_| ());
    assert_eq!(beyond, Err(Error::Shape(FloeError::OutOfRange { index: 3 })));
}
