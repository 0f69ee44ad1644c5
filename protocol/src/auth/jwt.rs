//! JSON Web Tokens in compact form (RFC 7519, RFC 7515 section 7.1): reading, the signature, and what is signed.
//!
//! ```text
//! base64url(header) . base64url(claims) . base64url(64 bytes of signature)
//! |------- signing input -------------|
//! ```

use data_encoding::BASE64URL_NOPAD;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::AuthError;
use super::jwk::PublicJwk;
use crate::bytes::Bytes;
use crate::keys::SignatureBytes;

/// The longest token that is read, in bytes.
pub const MAX_TOKEN: usize = 4096;

/// The algorithms taken (RFC 7518, RFC 8037, RFC 9864).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// `Ed25519`.
    Ed25519,
    /// `EdDSA`, the older name; here always over Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// `ES256`.
    #[serde(rename = "ES256")]
    Es256,
}

/// The header of a token that is made here.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    /// The kind of token.
    pub typ: &'static str,
    /// The algorithm of the signature.
    pub alg: Algorithm,
    /// Which key of the issuer signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The key itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwk: Option<PublicJwk>,
}

/// A header as it arrives.
#[derive(Deserialize)]
struct ReceivedHeader {
    typ: Option<String>,
    alg: String,
    kid: Option<String>,
    jwk: Option<serde_json::Value>,
    crit: Option<IgnoredAny>,
}

/// A token whose form is right and whose signature nobody has checked.
pub struct Unverified<'a> {
    /// Kind of token, from the header.
    pub typ: Option<String>,
    /// Algorithm, from the header.
    pub alg: Algorithm,
    /// Key id, from the header.
    pub kid: Option<String>,
    jwk: Option<serde_json::Value>,
    signing_input: &'a str,
    claims: Vec<u8>,
    signature: SignatureBytes,
}

fn decode(part: &str) -> Result<Vec<u8>, AuthError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| AuthError::Malformed)
}

impl<'a> Unverified<'a> {
    /// Reads the form and the header. The claims stay bytes.
    pub fn parse(token: &'a str) -> Result<Self, AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Malformed);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(AuthError::Malformed)?;
        let (header, claims) = signing_input.split_once('.').ok_or(AuthError::Malformed)?;
        let header: ReceivedHeader =
            serde_json::from_slice(&decode(header)?).map_err(|_| AuthError::Malformed)?;
        if header.crit.is_some() {
            return Err(AuthError::UnknownExtension);
        }
        let alg = match header.alg.as_str() {
            "Ed25519" => Algorithm::Ed25519,
            "EdDSA" => Algorithm::EdDsa,
            "ES256" => Algorithm::Es256,
            _ => return Err(AuthError::WrongAlgorithm),
        };
        Ok(Self {
            typ: header.typ,
            alg,
            kid: header.kid,
            jwk: header.jwk,
            signing_input,
            claims: decode(claims)?,
            signature: Bytes::from_base64url(signature).map_err(|_| AuthError::Malformed)?,
        })
    }

    /// The key that the header carries.
    pub fn embedded_key(&self) -> Result<PublicJwk, AuthError> {
        let jwk = self.jwk.clone().ok_or(AuthError::InvalidKey)?;
        serde_json::from_value(jwk).map_err(|_| AuthError::InvalidKey)
    }

    /// The claims as nobody has proved them: only to find the key with which to verify.
    pub fn unproved_claims<T: DeserializeOwned>(&self) -> Result<T, AuthError> {
        serde_json::from_slice(&self.claims).map_err(|_| AuthError::Malformed)
    }

    /// The claims, once the signature by `key` holds.
    pub fn verify<T: DeserializeOwned>(&self, key: &PublicJwk) -> Result<T, AuthError> {
        key.verify(self.alg, self.signing_input.as_bytes(), &self.signature)?;
        self.unproved_claims()
    }
}

/// What is signed: `base64url(header).base64url(claims)`.
pub fn unsigned<T: Serialize>(header: &Header, claims: &T) -> Result<String, AuthError> {
    let encode = |json: serde_json::Result<Vec<u8>>| {
        json.map(|bytes| BASE64URL_NOPAD.encode(&bytes)).map_err(|_| AuthError::Malformed)
    };
    Ok(format!("{}.{}", encode(serde_json::to_vec(header))?, encode(serde_json::to_vec(claims))?))
}

/// The token: what was signed, and the signature over it.
pub fn attach(signing_input: &str, signature: &SignatureBytes) -> String {
    format!("{signing_input}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8037 appendix A.4: a JWS by the key of RFC 8032 section 7.1, test 1.
    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn with_header(header: &str) -> String {
        format!("{}.e30.{}", BASE64URL_NOPAD.encode(header.as_bytes()), Bytes([0; 64]))
    }

    #[test]
    fn the_published_signature_verifies_and_no_other() {
        let key: PublicJwk = serde_json::from_str(KEY).unwrap();
        let token = Unverified::parse(SIGNED).unwrap();
        assert_eq!(token.alg, Algorithm::EdDsa);
        let result = key.verify(token.alg, token.signing_input.as_bytes(), &token.signature);
        assert_eq!(result, Ok(()));
        assert_eq!(key.verify(Algorithm::Es256, b"", &token.signature), Err(AuthError::WrongAlgorithm));
        let other = SIGNED.replacen("RXhh", "RXhi", 1);
        let token = Unverified::parse(&other).unwrap();
        assert_eq!(token.verify::<()>(&key), Err(AuthError::InvalidSignature));
    }

    #[test]
    fn other_forms_are_refused() {
        let refused = |token: &str| Unverified::parse(token).err();
        assert_eq!(refused(""), Some(AuthError::Malformed));
        assert_eq!(refused("e30.e30"), Some(AuthError::Malformed));
        assert_eq!(refused(&format!("{SIGNED}=")), Some(AuthError::Malformed), "padded");
        assert_eq!(refused(&format!("{SIGNED}.AAAA")), Some(AuthError::Malformed), "four parts");
        assert_eq!(refused(&"a".repeat(MAX_TOKEN + 1)), Some(AuthError::Malformed));
        assert_eq!(refused(&with_header("{}")), Some(AuthError::Malformed), "no alg");
        assert_eq!(refused(&with_header(r#"{"alg":"EdDSA","alg":"EdDSA"}"#)), Some(AuthError::Malformed));
        for alg in ["none", "HS256", "RS256", "ES384", "eddsa"] {
            let token = with_header(&format!(r#"{{"alg":"{alg}"}}"#));
            assert_eq!(refused(&token), Some(AuthError::WrongAlgorithm), "{alg}");
        }
        assert_eq!(
            refused(&with_header(r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#)),
            Some(AuthError::UnknownExtension)
        );
        assert_eq!(refused(&with_header(r#"{"alg":"EdDSA"}"#)), None);
    }
}
