//! The server's own signing key: access tokens, tickets and countersignatures are made with it.

use std::cell::OnceCell;
use std::rc::Rc;

use claimcheck_protocol::auth::AuthError;
use claimcheck_protocol::auth::access_token::ServerKey;
use claimcheck_protocol::auth::jwt;
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::keys::{Ed25519PublicKey, SignatureBytes};
use claimcheck_protocol::labels;
use claimcheck_protocol::signed::{Signed, Statement, signing_input};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;
use worker::Env;
use zeroize::Zeroizing;

use crate::error::ApiError;

/// The keys of this deployment.
pub struct ServerKeys {
    signing: SigningKey,
    public: Vec<ServerKey>,
}

thread_local! {
    // An isolate never sees its secrets change; deriving and checking the key costs as much as verifying a token.
    static DERIVED: OnceCell<Rc<ServerKeys>> = const { OnceCell::new() };
}

impl ServerKeys {
    /// From `SERVER_SEED` (32 bytes, base64url), and `SERVER_SEED_PREVIOUS` while a rotation lasts: tokens of the
    /// previous key still verify, new ones are by the present key.
    pub fn load(env: &Env) -> Result<Rc<Self>, ApiError> {
        DERIVED.with(|derived| {
            if let Some(keys) = derived.get() {
                return Ok(Rc::clone(keys));
            }
            let secret = |name: &str| env.secret(name).ok().map(|value| Zeroizing::new(value.to_string()));
            let seed = secret("SERVER_SEED").ok_or(ApiError::Bug("the secret SERVER_SEED is missing"))?;
            let keys =
                Rc::new(Self::derive(&seed, secret("SERVER_SEED_PREVIOUS").as_deref().map(String::as_str))?);
            Ok(Rc::clone(derived.get_or_init(|| keys)))
        })
    }

    fn derive(seed: &str, previous: Option<&str>) -> Result<Self, ApiError> {
        let signing = derive_key(seed)?;
        let mut public = vec![public_key(&signing)?];
        if let Some(previous) = previous.filter(|seed| !seed.is_empty()) {
            public.push(public_key(&derive_key(previous)?)?);
        }
        Ok(Self { signing, public })
    }

    /// The keys whose tokens are taken, the present one first.
    pub fn public(&self) -> &[ServerKey] {
        &self.public
    }

    /// The name of the present key.
    pub fn kid(&self) -> &str {
        self.public.first().map_or("", |key| key.kid.as_str())
    }

    /// Signs bytes that begin with a label or are a JWT's signing input.
    pub fn sign(&self, message: &[u8]) -> SignatureBytes {
        Bytes(self.signing.sign(message).to_bytes())
    }

    /// Completes a JWT.
    pub fn sign_jwt(&self, unsigned: Result<String, AuthError>) -> Result<String, ApiError> {
        let unsigned = unsigned.map_err(|_| ApiError::Bug("claims have no JSON form"))?;
        Ok(jwt::attach(&unsigned, &self.sign(unsigned.as_bytes())))
    }

    /// Signs a statement.
    pub fn sign_statement<T: Statement>(&self, body: T) -> Result<Signed<T>, ApiError> {
        let input = signing_input(&body).map_err(|_| ApiError::Bug("a statement has no canonical form"))?;
        Ok(Signed { signature: self.sign(&input), body })
    }
}

fn derive_key(seed: &str) -> Result<SigningKey, ApiError> {
    let seed = Bytes32::from_base64url(seed.trim())
        .map(|seed| Zeroizing::new(seed.0))
        .map_err(|_| ApiError::Bug("a server seed is not 32 bytes in base64url"))?;
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed.as_ref())
        .expand(labels::SERVER_ED25519_KEY, key.as_mut())
        .map_err(|_| ApiError::Bug("HKDF refused 32 bytes"))?;
    Ok(SigningKey::from_bytes(&key))
}

fn public_key(signing: &SigningKey) -> Result<ServerKey, ApiError> {
    Ed25519PublicKey::from_bytes(signing.verifying_key().to_bytes())
        .map(ServerKey::new)
        .map_err(|_| ApiError::Bug("the server's key is of low order"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_previous_key_stays_known_and_does_not_sign() {
        let old = ServerKeys::derive(&Bytes([1; 32]).to_base64url(), None).unwrap();
        let new =
            ServerKeys::derive(&Bytes([2; 32]).to_base64url(), Some(&Bytes([1; 32]).to_base64url())).unwrap();
        assert_eq!(new.public().len(), 2);
        assert_eq!(new.public().last(), old.public().first());
        assert_ne!(new.kid(), old.kid());
        let signature = new.sign(b"message");
        assert_eq!(new.public()[0].key.verify(b"message", &signature), Ok(()));
        assert!(new.public()[1].key.verify(b"message", &signature).is_err());
    }

    #[test]
    fn a_seed_has_32_bytes() {
        assert!(ServerKeys::derive("", None).is_err());
        assert!(ServerKeys::derive(&Bytes([1; 31]).to_base64url(), None).is_err());
        assert!(ServerKeys::derive(&Bytes([1; 32]).to_base64url(), Some("x")).is_err());
    }
}
