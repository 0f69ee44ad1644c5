//! Sealing a release key into an envelope, and opening one; its form is [`claimcheck_protocol::envelope`]'s.

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext};

use crate::identity::Identity;
use crate::seal::{self, OpenError, SealError};
use crate::secret::Secret32;

/// Seals a release key to the recipient that `context` names, and signs. `seller` must be the seller of the context.
pub fn seal_envelope(
    seller: &Identity,
    context: &EnvelopeContext,
    release_key: &Secret32,
) -> Result<Envelope, SealError> {
    let sealed = seal::seal(&context.info(), &context.recipient().x25519_pk, release_key.as_bytes())?;
    sign_envelope(seller, context, &sealed)
}

fn sign_envelope(seller: &Identity, context: &EnvelopeContext, sealed: &[u8]) -> Result<Envelope, SealError> {
    let sealed = Bytes::try_from(sealed).map_err(|_| SealError::Cipher)?;
    let envelope = Envelope { sealed, signature: seller.sign_bytes(&context.signing_input(&sealed)) };
    context.verify(&envelope).map_err(|_| SealError::WrongSealer)?;
    Ok(envelope)
}

/// The release key, once the seller's signature holds and the envelope opens. Whether the key is the release's, the
/// header tag of each file tells.
pub fn open_envelope(
    recipient: &Identity,
    context: &EnvelopeContext,
    envelope: &Envelope,
) -> Result<Secret32, OpenError> {
    context.verify(envelope).map_err(|_| OpenError)?;
    let opened = seal::open(&context.info(), recipient, envelope.sealed.as_ref())?;
    Secret32::from_slice(&opened).ok_or(OpenError)
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::{ByteString, Bytes32};
    use claimcheck_protocol::ids::{ReleaseId, TransferId};
    use serde::Deserialize;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::seal::tests::Fixed;

    #[derive(Deserialize)]
    struct Vectors {
        transfer_envelope: Vector,
        seller_envelope: Vector,
    }

    #[derive(Deserialize)]
    struct Vector {
        subject: String,
        offer_hash: Option<Bytes32>,
        manifest_hash: Bytes32,
        seller_seed: Bytes32,
        recipient_seed: Bytes32,
        ikm_e: Bytes32,
        release_key: Bytes32,
        info: ByteString,
        envelope: Envelope,
    }

    fn check(vector: Vector) {
        let seller = Identity::from_seed(Secret32::from_bytes(vector.seller_seed.0));
        let recipient = Identity::from_seed(Secret32::from_bytes(vector.recipient_seed.0));
        let context = match vector.offer_hash {
            Some(offer_hash) => EnvelopeContext::for_transfer(
                &vector.subject.parse::<TransferId>().unwrap(),
                offer_hash,
                vector.manifest_hash,
                seller.keys().ed25519_pk,
                *recipient.keys(),
            ),
            None => EnvelopeContext::for_seller(
                &vector.subject.parse::<ReleaseId>().unwrap(),
                vector.manifest_hash,
                *seller.keys(),
            ),
        };
        let info = context.info();
        assert_eq!(info, vector.info.0);
        let rng = &mut Fixed(vector.ikm_e);
        let sealed =
            seal::seal_with(rng, &info, &recipient.keys().x25519_pk, vector.release_key.as_ref(), &[])
                .unwrap();
        assert_eq!(sign_envelope(&seller, &context, &sealed), Ok(vector.envelope.clone()));
        let release_key = open_envelope(&recipient, &context, &vector.envelope).unwrap();
        assert_eq!(release_key.as_bytes(), vector.release_key.as_array());
    }

    #[test]
    fn envelopes_have_their_frozen_form() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/sealed.json")).unwrap();
        check(vectors.transfer_envelope);
        check(vectors.seller_envelope);
    }
}
