//! Evidence in a dispute: what one side tells the arbiter, sealed so that nobody else reads it.
//!
//! ```text
//! plain  = JCS({text, release_key?, files?: [{path, content_type, bytes}]})     bytes in base64url
//! sealed = HPKE of plain to the arbiter, for the purpose `evidence`, context Dispute::evidence_context
//! ```
//!
//! `release_key` (32 bytes) lets the arbiter open what was sold, and see for itself.

use core::fmt;

use claimcheck_protocol::bytes::{ByteString, Bytes, Bytes32};
use claimcheck_protocol::dispute::{Dispute, MAX_EVIDENCE};
use claimcheck_protocol::jcs;
use claimcheck_protocol::keys::X25519PublicKey;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::meta::is_safe_path;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::Identity;
use crate::seal::{OVERHEAD, Purpose, open_from, seal_to};
use crate::secret::Secret32;

/// What a party says, and what it encloses.
pub struct Evidence {
    /// Its own words.
    pub text: String,
    /// Opens the files of the sale.
    pub release_key: Option<Secret32>,
    /// Screenshots and the like.
    pub files: Vec<EvidenceFile>,
}

/// A file that is enclosed whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// A relative path that stays inside its folder.
    pub path: String,
    /// What it is.
    pub content_type: MediaType,
    /// All of it.
    pub bytes: ByteString,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release_key: Option<Bytes32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<EvidenceFile>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        if let Some(key) = &mut self.release_key {
            zeroize::Zeroize::zeroize(&mut key.0);
        }
    }
}

/// Evidence cannot be sealed, or what was sealed is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceError {
    /// The statement has none.
    Missing,
    /// Longer than a dispute takes.
    TooLong,
    /// A path could leave the folder that it is saved in.
    Path,
    /// Not sealed to this Ailock for this statement, or altered.
    Rejected,
    /// It opens, and has not the form of evidence.
    Malformed,
}

impl EvidenceError {
    /// In one sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "there is no evidence",
            Self::TooLong => "evidence must not be longer than 256 KiB in all",
            Self::Path => "the path of an enclosed file must be relative and stay inside its folder",
            Self::Rejected => {
                "the evidence was not sealed to this identity for this statement, or was altered"
            }
            Self::Malformed => "the evidence opens, but is not in the form of evidence",
        }
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for EvidenceError {}

/// Seals evidence to the arbiter. `context` is the statement's [`Dispute::evidence_context`].
pub fn seal_evidence(
    context: &[u8],
    arbiter: &X25519PublicKey,
    evidence: &Evidence,
) -> Result<ByteString, EvidenceError> {
    let plain = write(evidence)?;
    let sealed = seal_to(Purpose::Evidence, context, arbiter, &plain);
    sealed.map(ByteString).map_err(|_| EvidenceError::Rejected)
}

/// Opens the evidence of a statement with the arbiter's key.
pub fn open_evidence(arbiter: &Identity, statement: &Dispute) -> Result<Evidence, EvidenceError> {
    let sealed = statement.evidence.as_ref().ok_or(EvidenceError::Missing)?;
    let plain = open_from(Purpose::Evidence, &statement.evidence_context(), arbiter, sealed.as_ref())
        .map_err(|_| EvidenceError::Rejected)?;
    let mut read: Plain = serde_json::from_slice(&plain).map_err(|_| EvidenceError::Malformed)?;
    check_paths(&read.files)?;
    Ok(Evidence {
        text: core::mem::take(&mut read.text),
        release_key: read.release_key.map(|key| Secret32::from_bytes(key.0)),
        files: core::mem::take(&mut read.files),
    })
}

fn write(evidence: &Evidence) -> Result<Zeroizing<Vec<u8>>, EvidenceError> {
    check_paths(&evidence.files)?;
    let plain = Plain {
        text: evidence.text.clone(),
        release_key: evidence.release_key.as_ref().map(|key| Bytes(*key.as_bytes())),
        files: evidence.files.clone(),
    };
    let bytes = jcs::to_vec(&plain).map(Zeroizing::new).map_err(|_| EvidenceError::Malformed)?;
    if bytes.len() + OVERHEAD > MAX_EVIDENCE {
        return Err(EvidenceError::TooLong);
    }
    Ok(bytes)
}

fn check_paths(files: &[EvidenceFile]) -> Result<(), EvidenceError> {
    if files.iter().all(|file| is_safe_path(&file.path)) { Ok(()) } else { Err(EvidenceError::Path) }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::seal::seal_with;
    use crate::seal::tests::Fixed;

    #[derive(Deserialize)]
    struct Vectors {
        evidence: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        arbiter_seed: Bytes32,
        ikm_e: Bytes32,
        plain: serde_json::Value,
        dispute: Dispute,
    }

    fn vectors() -> Vec<(Identity, Vector)> {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/sealed.json")).unwrap();
        let with_arbiter =
            |vector: Vector| (Identity::from_seed(Secret32::from_bytes(vector.arbiter_seed.0)), vector);
        vectors.evidence.into_iter().map(with_arbiter).collect()
    }

    fn plain(evidence: &Evidence) -> serde_json::Value {
        serde_json::from_slice(&write(evidence).unwrap()).unwrap()
    }

    fn sealing(arbiter: &Identity, dispute: &Dispute, plain: &[u8]) -> Dispute {
        let context = dispute.evidence_context();
        let sealed = seal_to(Purpose::Evidence, &context, &arbiter.keys().x25519_pk, plain).unwrap();
        Dispute { evidence: Some(ByteString(sealed)), ..dispute.clone() }
    }

    fn refused(arbiter: &Identity, dispute: &Dispute) -> EvidenceError {
        open_evidence(arbiter, dispute).map(|_| ()).unwrap_err()
    }

    #[test]
    fn evidence_has_its_frozen_form() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 2, "with everything, and with a text alone");
        for (arbiter, vector) in vectors {
            let opened = open_evidence(&arbiter, &vector.dispute).unwrap();
            assert_eq!(plain(&opened), vector.plain);
            let context = vector.dispute.evidence_context();
            let info = [claimcheck_protocol::labels::SEAL_EVIDENCE, &context].concat();
            let rng = &mut Fixed(vector.ikm_e);
            let bytes = write(&opened).unwrap();
            let sealed = seal_with(rng, &info, &arbiter.keys().x25519_pk, &bytes, &[]).unwrap();
            assert_eq!(Some(ByteString(sealed)), vector.dispute.evidence);
        }
    }

    #[test]
    fn only_the_arbiter_opens_it_and_only_under_its_own_statement() {
        let (arbiter, vector) = vectors().remove(0);
        let other = Identity::make().unwrap();
        assert_eq!(refused(&other, &vector.dispute), EvidenceError::Rejected);
        let moved = Dispute { by: *other.id(), ..vector.dispute.clone() };
        assert_eq!(refused(&arbiter, &moved), EvidenceError::Rejected);
        let id = claimcheck_protocol::ids::BuyerDisputeId::from_parts(1, [0; 10]);
        let moved = Dispute { dispute_id: id, ..vector.dispute.clone() };
        assert_eq!(refused(&arbiter, &moved), EvidenceError::Rejected);
        let none = Dispute { evidence: None, ..vector.dispute.clone() };
        assert_eq!(refused(&arbiter, &none), EvidenceError::Missing);
        let sealed = vector.dispute.evidence.clone().unwrap().0;
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            let dispute = Dispute { evidence: Some(ByteString(altered)), ..vector.dispute.clone() };
            assert_eq!(refused(&arbiter, &dispute), EvidenceError::Rejected, "byte {index}");
        }
    }

    #[test]
    fn authentic_bytes_of_another_form_are_refused() {
        let (arbiter, vector) = vectors().remove(0);
        for plain in
            ["", "{}", "[]", r#"{"text":1}"#, r#"{"text":"","more":1}"#, r#"{"text":"","release_key":"AA"}"#]
        {
            let dispute = sealing(&arbiter, &vector.dispute, plain.as_bytes());
            assert_eq!(refused(&arbiter, &dispute), EvidenceError::Malformed, "{plain}");
        }
        let escaping = r#"{"text":"","files":[{"path":"../x","content_type":"text/plain","bytes":""}]}"#;
        let dispute = sealing(&arbiter, &vector.dispute, escaping.as_bytes());
        assert_eq!(refused(&arbiter, &dispute), EvidenceError::Path);
    }

    #[test]
    fn what_is_too_long_or_escapes_its_folder_is_not_sealed() {
        let (arbiter, vector) = vectors().remove(0);
        let seal = |text: String, path: &str| {
            let content_type = "text/plain".parse().unwrap();
            let file = EvidenceFile { path: path.to_owned(), content_type, bytes: ByteString(vec![]) };
            let evidence = Evidence { text, release_key: None, files: vec![file] };
            seal_evidence(&vector.dispute.evidence_context(), &arbiter.keys().x25519_pk, &evidence)
        };
        assert!(seal("x".repeat(262_000), "a").is_ok());
        assert_eq!(seal("x".repeat(262_144), "a"), Err(EvidenceError::TooLong));
        assert_eq!(seal(String::new(), "../a"), Err(EvidenceError::Path));
    }
}
