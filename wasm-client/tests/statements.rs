//! Signing statements: their frozen forms, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use claimcheck_client::identity::Identity;
use claimcheck_client::secret::Secret32;
use claimcheck_protocol::bytes::{ByteString, Bytes32};
use claimcheck_protocol::inputs::BuyerInput;
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::{Ed25519PublicKey, KeyError, SignatureBytes, X25519PublicKey};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::profile::{Profile, Registration};
use claimcheck_protocol::receipt::{Countersign, Receipt};
use claimcheck_protocol::signed::{Signed, Statement, StatementError};
use serde::Deserialize;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Deserialize)]
struct Frozen {
    statements: Vec<Vector>,
}

#[derive(Deserialize, Clone)]
struct Vector {
    kind: String,
    seed: Bytes32,
    public_key: Ed25519PublicKey,
    body: Value,
    jcs: String,
    hash: Bytes32,
    signature: SignatureBytes,
}

impl Vector {
    fn signer(&self) -> Identity {
        Identity::from_seed(Secret32::from_bytes(self.seed.0))
    }

    /// The hash that verifies, or None where the body does not parse, breaks a rule, or was not signed so.
    fn verify_as<T: Statement>(&self, body: &Value) -> Option<Bytes32> {
        let body: T = serde_json::from_value(body.clone()).ok()?;
        let signed = Signed { body, signature: self.signature };
        signed.verify(&self.public_key).ok().map(|verified| verified.hash())
    }

    fn verify(&self, body: &Value) -> Option<Bytes32> {
        match self.kind.as_str() {
            "profile" => self.verify_as::<Profile>(body),
            "manifest" => self.verify_as::<Manifest>(body),
            "offer" => self.verify_as::<Offer>(body),
            "receipt" => self.verify_as::<Receipt>(body),
            "countersign" => self.verify_as::<Countersign>(body),
            "inputs" => self.verify_as::<BuyerInput>(body),
            other => panic!("{other}"),
        }
    }

    fn sign_again<T: Statement>(&self) -> SignatureBytes {
        let body: T = serde_json::from_value(self.body.clone()).unwrap();
        assert_eq!(serde_json::to_value(&body).unwrap(), self.body, "nothing is lost in the type");
        self.signer().sign_statement(body).unwrap().signature
    }
}

fn frozen() -> Vec<Vector> {
    let frozen: Frozen = serde_json::from_str(include_str!("../../tests/vectors/statements.json")).unwrap();
    assert_eq!(frozen.statements.len(), 10);
    frozen.statements
}

fn body<T: Statement>(kind: &str) -> (Vector, T) {
    let vector = frozen().into_iter().find(|vector| vector.kind == kind).unwrap();
    let body = serde_json::from_value(vector.body.clone()).unwrap();
    (vector, body)
}

#[test]
fn each_kind_has_its_frozen_form() {
    for vector in frozen() {
        assert_eq!(vector.signer().keys().ed25519_pk, vector.public_key);
        assert_eq!(jcs::to_vec(&vector.body).unwrap(), vector.jcs.as_bytes());
        assert_eq!(vector.verify(&vector.body), Some(vector.hash));
        let signature = match vector.kind.as_str() {
            "profile" => vector.sign_again::<Profile>(),
            "manifest" => vector.sign_again::<Manifest>(),
            "offer" => vector.sign_again::<Offer>(),
            "receipt" => vector.sign_again::<Receipt>(),
            "countersign" => vector.sign_again::<Countersign>(),
            "inputs" => vector.sign_again::<BuyerInput>(),
            other => panic!("{other}"),
        };
        assert_eq!(signature, vector.signature);
    }
}

/// Every value in `value` replaced by another of its type, one at a time, and every member and item left out.
fn alterations(value: &Value) -> Vec<Value> {
    let mut all = match value {
        Value::Null => vec![json!("x"), json!(0)],
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            vec![json!(number + 1), json!(number - 1), json!(number.to_string())]
        }
        Value::String(text) => altered_texts(text).into_iter().map(Value::String).collect(),
        Value::Array(_) | Value::Object(_) => Vec::new(),
    };
    if let Value::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            let with = |other: Value| [&items[..index], &[other], &items[index + 1..]].concat();
            all.extend(alterations(item).into_iter().map(|other| Value::Array(with(other))));
            all.push(Value::Array([&items[..index], &items[index + 1..]].concat()));
        }
        all.push(Value::Array(
            items.iter().cloned().chain(items.last().cloned()).chain([json!(0)]).collect(),
        ));
    }
    if let Value::Object(members) = value {
        for (name, member) in members {
            for other in alterations(member) {
                let mut altered = members.clone();
                altered.insert(name.clone(), other);
                all.push(Value::Object(altered));
            }
            let mut without = members.clone();
            without.remove(name);
            all.push(Value::Object(without));
        }
        // Of a receipt's two members, the one that is left out; and what the input of a text leaves out.
        for name in
            ["transfer_id", "link_id", "attachment"].into_iter().filter(|name| !members.contains_key(*name))
        {
            let mut with_null = members.clone();
            with_null.insert(name.to_owned(), Value::Null);
            all.push(Value::Object(with_null));
        }
        let mut with_more = members.clone();
        with_more.insert("more".to_owned(), json!(1));
        all.push(Value::Object(with_more));
    }
    all
}

/// The text with its first, middle and last character changed, cut, and extended.
fn altered_texts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut all = vec![format!("{text}A"), format!(" {text}")];
    for position in [0, chars.len() / 2, chars.len().saturating_sub(1)] {
        if let Some(char) = chars.get(position) {
            let mut altered = chars.clone();
            altered[position] = if *char == 'a' { 'b' } else { 'a' };
            all.push(altered.into_iter().collect());
        }
    }
    if !text.is_empty() {
        all.push(String::new());
    }
    all
}

#[test]
fn no_member_of_a_signed_body_can_be_altered() {
    for vector in frozen() {
        let altered = alterations(&vector.body);
        assert!(altered.len() > 15, "{}: {}", vector.kind, altered.len());
        for body in altered {
            assert_ne!(body, vector.body);
            assert_eq!(vector.verify(&body), None, "{}: {body}", vector.kind);
        }
    }
}

#[test]
fn no_bit_of_a_signature_can_be_altered_and_no_other_key_verifies() {
    for vector in frozen() {
        for bit in 0..512 {
            let mut altered = vector.clone();
            altered.signature.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(altered.verify(&vector.body), None, "{}: bit {bit}", vector.kind);
        }
        let mut other = vector.clone();
        other.public_key = Identity::from_seed(Secret32::from_bytes([9; 32])).keys().ed25519_pk;
        assert_eq!(other.verify(&vector.body), None);
    }
}

/// The body of one kind under the label of another.
macro_rules! relabelled {
    ($name:ident, $body:ty, $label:ty) => {
        #[derive(serde::Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name($body);

        impl Statement for $name {
            const LABEL: &'static [u8] = <$label>::LABEL;

            fn check(&self) -> Result<(), StatementError> {
                self.0.check()
            }
        }
    };
}

relabelled!(ProfileAsOffer, Profile, Offer);
relabelled!(OfferAsManifest, Offer, Manifest);
relabelled!(ManifestAsReceipt, Manifest, Receipt);
relabelled!(ReceiptAsCountersign, Receipt, Countersign);
relabelled!(InputAsReceipt, BuyerInput, Receipt);

fn refused_as<T: Statement, Other: Statement>(kind: &str) {
    let (vector, body) = body::<T>(kind);
    let signed = vector.signer().sign_statement(body).unwrap();
    let body: Other = serde_json::from_value(vector.body.clone()).unwrap();
    let other = Signed { body, signature: signed.signature };
    let refused = Err(StatementError::Key(KeyError::InvalidSignature));
    assert_eq!(other.verify(&vector.public_key).map(|_| ()), refused, "{kind}");
}

#[test]
fn a_signature_of_one_kind_does_not_pass_for_another() {
    refused_as::<Profile, ProfileAsOffer>("profile");
    refused_as::<Offer, OfferAsManifest>("offer");
    refused_as::<Manifest, ManifestAsReceipt>("manifest");
    refused_as::<Receipt, ReceiptAsCountersign>("receipt");
    refused_as::<BuyerInput, InputAsReceipt>("inputs");
}

#[test]
fn a_body_that_breaks_a_rule_is_not_signed() {
    let refuses = |result: Result<(), StatementError>| {
        assert!(matches!(result, Err(StatementError::Invalid(_))), "{result:?}");
    };
    let (vector, mut profile) = body::<Profile>("profile");
    profile.display_name = "x".repeat(101);
    refuses(vector.signer().sign_statement(profile).map(|_| ()));

    let (vector, mut offer) = body::<Offer>("offer");
    offer.title = " ".to_owned();
    refuses(vector.signer().sign_statement(offer).map(|_| ()));

    let (vector, mut manifest) = body::<Manifest>("manifest");
    manifest.files[0].segment_count += 1;
    refuses(vector.signer().sign_statement(manifest).map(|_| ()));

    let (vector, mut receipt) = body::<Receipt>("receipt");
    receipt.transfer_id = None;
    refuses(vector.signer().sign_statement(receipt).map(|_| ()));

    let (vector, mut input) = body::<BuyerInput>("inputs");
    input.sealed = ByteString(vec![0; 48]);
    refuses(vector.signer().sign_statement(input).map(|_| ()));
}

#[test]
fn a_registration_verifies_and_its_keys_cannot_be_swapped() {
    let identity = Identity::from_seed(Secret32::from_bytes([1; 32]));
    let registration = identity.make_registration("Ada".to_owned(), 1_760_000_000).unwrap();
    let (keys, profile) = registration.clone().verify().unwrap();
    assert_eq!(keys, *identity.keys());
    assert_eq!(profile.body().id, *identity.id());
    assert_eq!((profile.body().display_name.as_str(), profile.body().created_at), ("Ada", 1_760_000_000));

    let travelled: Registration =
        serde_json::from_value(serde_json::to_value(&registration).unwrap()).unwrap();
    assert_eq!(travelled, registration);

    let mallory = Identity::from_seed(Secret32::from_bytes([2; 32]));
    let mismatch = Err(StatementError::Key(KeyError::IdMismatch));
    for keys in [
        *mallory.keys(),
        claimcheck_protocol::keys::AilockKeys { x25519_pk: mallory.keys().x25519_pk, ..*identity.keys() },
        claimcheck_protocol::keys::AilockKeys {
            x25519_pk: X25519PublicKey::from_bytes([9; 32]).unwrap(),
            ..*identity.keys()
        },
    ] {
        let swapped = Registration { keys, ..registration.clone() };
        assert_eq!(swapped.verify().map(|_| ()), mismatch);
    }
    let mut renamed = registration;
    renamed.profile.body.display_name = "Eve".to_owned();
    assert!(renamed.verify().is_err());
}
