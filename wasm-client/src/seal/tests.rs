use claimcheck_protocol::bytes::{ByteString, Bytes32};
use claimcheck_protocol::inputs::{BuyerInput, file_seal_context, seal_context};
use core::convert::Infallible;
use data_encoding::HEXLOWER;
use hpke::rand_core::{TryCryptoRng, TryRng};
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::secret::Secret32;

/// Gives the bytes of a vector instead of random ones.
pub(crate) struct Fixed(pub Bytes32);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("HPKE draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("HPKE draws bytes")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        dst.copy_from_slice(self.0.as_ref());
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published {
    info: String,
    ikm_e: String,
    #[serde(rename = "skRm")]
    sk_rm: String,
    #[serde(rename = "pkRm")]
    pk_rm: String,
    enc: String,
    aad: String,
    pt: String,
    ct: String,
}

#[test]
fn the_published_vector_is_met_both_ways() {
    let vector: Published =
        serde_json::from_str(include_str!("../../../tests/vectors/rfc9180.json")).unwrap();
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).unwrap();
    let array = |hex: &str| -> [u8; 32] { bytes(hex).try_into().unwrap() };
    let recipient = X25519PublicKey::from_bytes(array(&vector.pk_rm)).unwrap();
    let (info, aad, plain) = (bytes(&vector.info), bytes(&vector.aad), bytes(&vector.pt));

    let rng = &mut Fixed(claimcheck_protocol::bytes::Bytes(array(&vector.ikm_e)));
    let sealed = seal_with(rng, &info, &recipient, &plain, &aad).unwrap();
    assert_eq!(HEXLOWER.encode(&sealed), vector.enc + &vector.ct);
    assert_eq!(*open_with(&info, &array(&vector.sk_rm), &sealed, &aad).unwrap(), plain);
}

#[derive(Deserialize)]
struct Vectors {
    purposes: Vec<Sealed>,
    inputs: Vec<SealedInput>,
}

#[derive(Deserialize)]
struct Sealed {
    purpose: String,
    context: ByteString,
    recipient_seed: Bytes32,
    ikm_e: Bytes32,
    plaintext: ByteString,
    sealed: ByteString,
}

#[derive(Deserialize)]
struct SealedInput {
    id: String,
    recipient_seed: Bytes32,
    context: ByteString,
    ikm_e: Bytes32,
    plaintext: ByteString,
    sealed: ByteString,
}

#[derive(Deserialize)]
struct Statements {
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    kind: String,
    body: serde_json::Value,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/vectors/sealed.json")).unwrap()
}

fn check_frozen(purpose: Purpose, vector: &Sealed) {
    let recipient = Identity::from_seed(Secret32::from_bytes(vector.recipient_seed.0));
    let info = [purpose.label(), vector.context.as_ref()].concat();
    let rng = &mut Fixed(vector.ikm_e);
    let sealed = seal_with(rng, &info, &recipient.keys().x25519_pk, vector.plaintext.as_ref(), &[]);
    assert_eq!(sealed.map(ByteString), Ok(vector.sealed.clone()));
    let opened = open_from(purpose, vector.context.as_ref(), &recipient, vector.sealed.as_ref()).unwrap();
    assert_eq!(opened.as_slice(), vector.plaintext.as_ref());
}

#[test]
fn each_purpose_has_its_frozen_form() {
    let vectors = vectors().purposes;
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let purpose = match vector.purpose.as_str() {
            "inputs" => Purpose::Inputs,
            "evidence" => Purpose::Evidence,
            "listing-secret" => Purpose::ListingSecret,
            other => panic!("{other}"),
        };
        check_frozen(purpose, &vector);
    }
}

#[test]
fn each_kind_of_input_has_its_frozen_form() {
    let statements: Statements =
        serde_json::from_str(include_str!("../../../tests/vectors/statements.json")).unwrap();
    let signed = statements.statements.into_iter().filter(|statement| statement.kind == "inputs");
    let (inputs, signed) = (vectors().inputs, signed.collect::<Vec<_>>());
    assert_eq!((inputs.len(), signed.len()), (2, 2));
    for (vector, statement) in inputs.into_iter().zip(signed) {
        let body: BuyerInput = serde_json::from_value(statement.body).unwrap();
        let (transfer, offer) = (&body.transfer_id, body.offer_hash);
        let context = match body.attachment {
            None => seal_context(transfer, offer, &body.id),
            Some(named) => file_seal_context(transfer, offer, &body.id, named.manifest_hash),
        };
        assert_eq!((&vector.id, &vector.context), (&body.id, &ByteString(context)));
        assert_eq!(vector.sealed, body.sealed);
        let SealedInput { recipient_seed, context, ikm_e, plaintext, sealed, id: purpose } = vector;
        check_frozen(Purpose::Inputs, &Sealed { purpose, context, recipient_seed, ikm_e, plaintext, sealed });
    }
}
