//! Envelopes and sealed things: what opens, and everything that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_client::envelope::{open_envelope, seal_envelope};
use claimcheck_client::identity::Identity;
use claimcheck_client::seal::{OVERHEAD, OpenError, Purpose, SealError, open_from, seal_to};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext, SEALED_LEN};
use claimcheck_protocol::ids::{ReleaseId, TransferId};
use claimcheck_protocol::keys::AilockKeys;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RELEASE_KEY: [u8; 32] = [0x5a; 32];

/// Points of order 1, 2, 4 and 8 of Curve25519 and its twist, and their other spellings (RFC 7748 section 6.1).
const LOW_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    unit(1),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
        0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    near_p(0xec),
    near_p(0xed),
    near_p(0xee),
];

const fn unit(first: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = first;
    bytes
}

/// p = 2^255 - 19 is `ed ff … ff 7f`.
const fn near_p(first: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = first;
    bytes[31] = 0x7f;
    bytes
}

fn identity(seed: u8) -> Identity {
    Identity::from_seed(Secret32::from_bytes([seed; 32]))
}

/// The parts of a transfer's context, so that a test can change one of them.
#[derive(Clone, Copy)]
struct Parts {
    transfer: [u8; 10],
    offer: u8,
    manifest: u8,
    seller: u8,
    buyer: AilockKeys,
}

impl Parts {
    fn new(buyer: &Identity) -> Self {
        Self { transfer: [1; 10], offer: 2, manifest: 3, seller: 1, buyer: *buyer.keys() }
    }

    fn context(&self) -> EnvelopeContext {
        EnvelopeContext::for_transfer(
            &TransferId::from_parts(1_760_000_000_000, self.transfer),
            Bytes([self.offer; 32]),
            Bytes([self.manifest; 32]),
            identity(self.seller).keys().ed25519_pk,
            self.buyer,
        )
    }
}

/// A seller, a buyer, what they agreed on, and the release key sealed for it.
fn sealed() -> (Identity, Identity, Parts, Envelope) {
    let (seller, buyer) = (identity(1), identity(2));
    let parts = Parts::new(&buyer);
    let envelope = seal_envelope(&seller, &parts.context(), &Secret32::from_bytes(RELEASE_KEY)).unwrap();
    (seller, buyer, parts, envelope)
}

fn open(recipient: &Identity, context: &EnvelopeContext, envelope: &Envelope) -> Result<[u8; 32], OpenError> {
    open_envelope(recipient, context, envelope).map(|key| *key.as_bytes())
}

/// Signed anew by the real seller, so that only HPKE can refuse it.
fn signed_again(parts: &Parts, sealed: Bytes<SEALED_LEN>) -> Envelope {
    use ed25519_dalek::{Signer, SigningKey};
    let seed = Secret32::from_bytes([parts.seller; 32]);
    let key = SigningKey::from_bytes(claimcheck_client::schedule::derive_signing_seed(&seed).as_bytes());
    Envelope { sealed, signature: Bytes(key.sign(&parts.context().signing_input(&sealed)).to_bytes()) }
}

#[test]
fn the_buyer_opens_its_envelope_and_each_sealing_differs() {
    let (seller, buyer, parts, envelope) = sealed();
    assert_eq!(open(&buyer, &parts.context(), &envelope), Ok(RELEASE_KEY));
    let again = seal_envelope(&seller, &parts.context(), &Secret32::from_bytes(RELEASE_KEY)).unwrap();
    assert_ne!(again.sealed.0[..32], envelope.sealed.0[..32], "a new ephemeral key");
    assert_ne!(again.sealed.0[32..], envelope.sealed.0[32..]);
    assert_eq!(signed_again(&parts, envelope.sealed), envelope, "the test's own signer agrees");
}

#[test]
fn the_seller_opens_what_it_sealed_to_itself() {
    let seller = identity(1);
    let context = |release: u8, manifest: u8| {
        EnvelopeContext::for_seller(
            &ReleaseId::from_parts(1_760_000_000_000, [release; 10]),
            Bytes([manifest; 32]),
            *seller.keys(),
        )
    };
    let envelope = seal_envelope(&seller, &context(1, 2), &Secret32::from_bytes(RELEASE_KEY)).unwrap();
    assert_eq!(open(&seller, &context(1, 2), &envelope), Ok(RELEASE_KEY));
    assert_eq!(open(&seller, &context(9, 2), &envelope), Err(OpenError));
    assert_eq!(open(&seller, &context(1, 9), &envelope), Err(OpenError));
}

#[test]
fn nobody_else_opens_an_envelope() {
    let (seller, _, parts, envelope) = sealed();
    for other in [seller, identity(3)] {
        assert_eq!(open(&other, &parts.context(), &envelope), Err(OpenError));
    }
}

#[test]
fn only_the_seller_of_the_context_seals() {
    let (_, buyer, parts, _) = sealed();
    let release_key = Secret32::from_bytes(RELEASE_KEY);
    for other in [buyer, identity(3)] {
        assert_eq!(seal_envelope(&other, &parts.context(), &release_key), Err(SealError::WrongSealer));
    }
}

#[test]
fn each_part_of_the_context_is_bound() {
    let (_, buyer, parts, envelope) = sealed();
    let third = identity(3);
    let altered = [
        Parts { transfer: [9; 10], ..parts },
        Parts { offer: 9, ..parts },
        Parts { manifest: 9, ..parts },
        Parts { seller: 3, ..parts },
        Parts { buyer: AilockKeys { ed25519_pk: third.keys().ed25519_pk, ..parts.buyer }, ..parts },
        Parts { buyer: AilockKeys { x25519_pk: third.keys().x25519_pk, ..parts.buyer }, ..parts },
    ];
    for (index, other) in altered.iter().enumerate() {
        assert_eq!(open(&buyer, &other.context(), &envelope), Err(OpenError), "part {index}, signature");
        let signed = signed_again(other, envelope.sealed);
        assert_eq!(other.context().verify(&signed), Ok(()), "part {index}");
        assert_eq!(open(&buyer, &other.context(), &signed), Err(OpenError), "part {index}, HPKE");
    }
}

#[test]
fn every_flipped_bit_is_refused_by_the_signature_and_by_hpke() {
    let (_, buyer, parts, envelope) = sealed();
    for bit in 0..SEALED_LEN * 8 {
        let mut altered = envelope.clone();
        altered.sealed.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&buyer, &parts.context(), &altered), Err(OpenError), "bit {bit}");
        let signed = signed_again(&parts, altered.sealed);
        // X25519 ignores the last bit of a public key, but the KEM's context holds its bytes.
        assert_eq!(open(&buyer, &parts.context(), &signed), Err(OpenError), "bit {bit}, signed again");
    }
    for bit in 0..512 {
        let mut altered = envelope.clone();
        altered.signature.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&buyer, &parts.context(), &altered), Err(OpenError), "bit {bit} of the signature");
    }
}

#[test]
fn an_encapsulated_key_of_low_order_is_refused() {
    let (_, buyer, parts, envelope) = sealed();
    for point in LOW_ORDER {
        for top_bit in [0, 0x80] {
            let mut sealed = envelope.sealed;
            sealed.0[..32].copy_from_slice(&point);
            sealed.0[31] |= top_bit;
            let signed = signed_again(&parts, sealed);
            assert_eq!(open(&buyer, &parts.context(), &signed), Err(OpenError));
            assert_eq!(open_from(Purpose::Inputs, b"", &buyer, sealed.as_ref()).map(|_| ()), Err(OpenError));
        }
    }
}

#[test]
fn sealed_things_open_for_their_recipient_purpose_and_context_alone() {
    let recipient = identity(1);
    let all = [Purpose::Inputs, Purpose::Evidence, Purpose::ListingSecret];
    for purpose in all {
        for plaintext in [&b""[..], b"x", &[7; 1000]] {
            let sealed = seal_to(purpose, b"context", &recipient.keys().x25519_pk, plaintext).unwrap();
            assert_eq!(sealed.len(), plaintext.len() + OVERHEAD);
            let opened = open_from(purpose, b"context", &recipient, &sealed).unwrap();
            assert_eq!(opened.as_slice(), plaintext);
            let refuse = |purpose, context: &[u8], identity: &Identity, sealed: &[u8]| {
                assert_eq!(open_from(purpose, context, identity, sealed).map(|_| ()), Err(OpenError));
            };
            all.into_iter()
                .filter(|other| *other != purpose)
                .for_each(|other| refuse(other, b"context", &recipient, &sealed));
            refuse(purpose, b"contexT", &recipient, &sealed);
            refuse(purpose, b"context\0", &recipient, &sealed);
            refuse(purpose, b"", &recipient, &sealed);
            refuse(purpose, b"context", &identity(2), &sealed);
            for len in [0, 31, 32, 47, 48, sealed.len() - 1].into_iter().filter(|len| *len < sealed.len()) {
                refuse(purpose, b"context", &recipient, &sealed[..len]);
            }
            refuse(purpose, b"context", &recipient, &[&sealed[..], &[0]].concat());
        }
    }
}

#[test]
fn an_envelope_does_not_pass_for_another_purpose() {
    let (_, buyer, parts, envelope) = sealed();
    let info = parts.context().info();
    let context = &info[claimcheck_protocol::labels::SEAL_ENVELOPE.len()..];
    for purpose in [Purpose::Inputs, Purpose::Evidence, Purpose::ListingSecret] {
        assert!(open_from(purpose, context, &buyer, envelope.sealed.as_ref()).is_err());
    }
}
