//! Assertions and proofs of possession, held to the verification that the server runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_client::identity::Identity;
use claimcheck_client::proof::{DpopKey, ProvedCall};
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::auth::assertion::{ClientAssertion, PresentedAssertion};
use claimcheck_protocol::auth::dpop::{self, Call};
use claimcheck_protocol::auth::{AuthError, CLOCK_TOLERANCE};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ISSUER: &str = "https://claimcheck.example";
const NOW: i64 = 1_760_000_000;

fn identity(seed: u8) -> Identity {
    Identity::from_seed(Secret32::from_bytes([seed; 32]))
}

fn verify_assertion(token: &str, signer: &Identity, now: i64) -> Result<ClientAssertion, AuthError> {
    let key = signer.keys().ed25519_pk;
    let client_id = signer.id().to_string();
    PresentedAssertion::parse(token)?.verify(&key, Some(&client_id), ISSUER, now)
}

#[test]
fn an_assertion_authenticates_its_ailock_at_one_server() {
    let (ada, eve) = (identity(1), identity(2));
    let token = ada.sign_assertion(ISSUER, NOW).unwrap();
    let verified = verify_assertion(&token, &ada, NOW).unwrap();
    assert_eq!(verified.ailock_id, *ada.id());
    assert_eq!(PresentedAssertion::parse(&token).unwrap().claimed_id(), ada.id());
    assert_eq!(verify_assertion(&token, &eve, NOW), Err(AuthError::InvalidSignature));
    let elsewhere = ada.sign_assertion("https://other.example", NOW).unwrap();
    assert_eq!(verify_assertion(&elsewhere, &ada, NOW), Err(AuthError::WrongAudience));
}

#[test]
fn an_assertion_stands_a_clock_a_minute_off_and_then_expires() {
    let ada = identity(1);
    for offset in [-CLOCK_TOLERANCE, 0, CLOCK_TOLERANCE] {
        let token = ada.sign_assertion(ISSUER, NOW + offset).unwrap();
        assert!(verify_assertion(&token, &ada, NOW).is_ok(), "{offset}");
    }
    let token = ada.sign_assertion(ISSUER, NOW).unwrap();
    assert_eq!(verify_assertion(&token, &ada, NOW + 300), Err(AuthError::Expired));
}

#[test]
fn every_assertion_and_proof_has_a_jti_of_its_own() {
    let (ada, key) = (identity(1), DpopKey::make().unwrap());
    let uri = "https://claimcheck.example/token";
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let assertion = ada.sign_assertion(ISSUER, NOW).unwrap();
        assert!(seen.insert(verify_assertion(&assertion, &ada, NOW).unwrap().jti));
        let proof = key.sign_proof(&ProvedCall { method: "POST", uri, token: None, now: NOW }).unwrap();
        let call = Call { method: "POST", uri, token: None, now: NOW };
        assert!(seen.insert(dpop::verify(&proof, &call).unwrap().jti));
    }
    assert!(seen.iter().all(|jti| jti.len() == 22), "16 bytes in base64url");
}

#[test]
fn a_proof_is_for_one_method_address_token_and_time() {
    let key = DpopKey::make().unwrap();
    let uri = "https://claimcheck.example/api/products-claim?transfer_id=1";
    let proved = ProvedCall { method: "POST", uri, token: Some("token"), now: NOW };
    let proof = key.sign_proof(&proved).unwrap();
    let call = Call { method: "POST", uri, token: Some("token"), now: NOW };
    assert_eq!(dpop::verify(&proof, &call).unwrap().jkt, key.thumbprint());
    for (altered, error) in [
        (Call { method: "GET", ..call }, AuthError::WrongMethod),
        (Call { uri: "https://claimcheck.example/api/products-ack", ..call }, AuthError::WrongUri),
        (Call { uri: "https://other.example/api/products-claim", ..call }, AuthError::WrongUri),
        (Call { token: Some("another"), ..call }, AuthError::WrongTokenHash),
        (Call { now: NOW + CLOCK_TOLERANCE + 1, ..call }, AuthError::ClockSkew),
        (Call { now: NOW - CLOCK_TOLERANCE - 1, ..call }, AuthError::ClockSkew),
    ] {
        assert_eq!(dpop::verify(&proof, &altered), Err(error));
    }
    let unbound = key.sign_proof(&ProvedCall { token: None, ..proved }).unwrap();
    assert_eq!(dpop::verify(&unbound, &call), Err(AuthError::WrongTokenHash));
}

#[test]
fn query_and_fragment_stay_out_of_a_proof() {
    let key = DpopKey::make().unwrap();
    let address = "https://claimcheck.example/downloads/x";
    for tail in ["?a=secret", "#secret", "?a=secret#secret", "#secret?a=secret"] {
        let uri = format!("{address}{tail}");
        let proof = key.sign_proof(&ProvedCall { method: "GET", uri: &uri, token: None, now: NOW }).unwrap();
        let payload = proof.split('.').nth(1).unwrap();
        let payload = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(claims["htu"], address);
        assert!(!String::from_utf8(payload).unwrap().contains("secret"));
    }
}

#[test]
fn a_kept_secret_gives_the_same_key_again() {
    let key = |byte| DpopKey::from_secret(&Secret32::from_bytes([byte; 32]));
    assert_eq!(key(1).thumbprint(), key(1).thumbprint());
    assert_ne!(key(1).thumbprint(), key(2).thumbprint());
    assert_ne!(DpopKey::make().unwrap().thumbprint(), DpopKey::make().unwrap().thumbprint());
}

#[test]
fn an_assertion_and_a_proof_do_not_pass_for_each_other() {
    let ada = identity(1);
    let uri = "https://claimcheck.example/token";
    let assertion = ada.sign_assertion(ISSUER, NOW).unwrap();
    let call = Call { method: "POST", uri, token: None, now: NOW };
    assert_eq!(dpop::verify(&assertion, &call), Err(AuthError::WrongType));
    let key = DpopKey::make().unwrap();
    let proof = key.sign_proof(&ProvedCall { method: "POST", uri, token: None, now: NOW }).unwrap();
    assert_eq!(verify_assertion(&proof, &ada, NOW), Err(AuthError::WrongType));
}
