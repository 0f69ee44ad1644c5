//! The server's own signing key: access tokens, tickets and countersignatures are made with it.

use std::cell::OnceCell;
use std::rc::Rc;

use claimcheck_protocol::auth::AuthError;
use claimcheck_protocol::auth::access_token::ServerKey;
use claimcheck_protocol::auth::jwt;
use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::WebhookId;
use claimcheck_protocol::keys::{Ed25519PublicKey, SignatureBytes};
use claimcheck_protocol::labels;
use claimcheck_protocol::signed::{Signed, Statement, signing_input};
use claimcheck_protocol::webhook_signature::SECRET_LEN;
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;
use worker::Env;
use zeroize::Zeroizing;

use crate::context::Ctx;
use crate::error::ApiError;
use crate::store::server_keys;

/// The keys of this deployment.
pub struct ServerKeys {
    signing: SigningKey,
    public: Vec<ServerKey>,
    /// What the secrets of webhooks are derived from, the present one first.
    webhook: Vec<Zeroizing<[u8; 32]>>,
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
        let mut webhook = vec![expand(seed, labels::SERVER_WEBHOOK_KEY)?];
        if let Some(previous) = previous.filter(|seed| !seed.is_empty()) {
            public.push(public_key(&derive_key(previous)?)?);
            webhook.push(expand(previous, labels::SERVER_WEBHOOK_KEY)?);
        }
        Ok(Self { signing, public, webhook })
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

    /// The secrets of a webhook, the present one first; while the server's seed is being rotated there are two.
    pub fn webhook_secrets(&self, id: WebhookId, salt: Bytes32) -> Result<Vec<[u8; SECRET_LEN]>, ApiError> {
        let info = [id.as_bytes().as_slice(), salt.0.as_slice()].concat();
        let derive = |key: &Zeroizing<[u8; 32]>| derive_bytes(key.as_ref(), &info).map(|secret| *secret);
        self.webhook.iter().map(derive).collect()
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

/// Every key that vouches for what this server signed: those in use, then those of earlier times. Tokens are taken
/// under those in use only.
pub async fn published(ctx: &Ctx) -> Result<Vec<ServerKey>, ApiError> {
    let in_use = ctx.server_keys()?;
    let mut keys = in_use.public().to_vec();
    for earlier in server_keys::trusted(&ctx.store).await? {
        if !keys.iter().any(|key| key.kid == earlier.kid) {
            keys.push(earlier);
        }
    }
    Ok(keys)
}

/// Keeps the keys in use, which a later rotation takes out of it. How many are new.
pub async fn keep(ctx: &Ctx) -> Result<usize, ApiError> {
    let mut kept = 0;
    for key in ctx.server_keys()?.public() {
        kept += ctx.store.run(server_keys::keep(key, ctx.now.seconds())).await?;
    }
    Ok(kept)
}

fn derive_key(seed: &str) -> Result<SigningKey, ApiError> {
    Ok(SigningKey::from_bytes(&*expand(seed, labels::SERVER_ED25519_KEY)?))
}

fn expand(seed: &str, label: &[u8]) -> Result<Zeroizing<[u8; 32]>, ApiError> {
    let seed = Bytes32::from_base64url(seed.trim())
        .map(|seed| Zeroizing::new(seed.0))
        .map_err(|_| ApiError::Bug("a server seed is not 32 bytes in base64url"))?;
    derive_bytes(seed.as_ref(), label)
}

fn derive_bytes(key: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; 32]>, ApiError> {
    let mut bytes = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key)
        .expand(info, bytes.as_mut())
        .map_err(|_| ApiError::Bug("HKDF refused 32 bytes"))?;
    Ok(bytes)
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
    fn each_webhook_has_a_secret_of_its_own_and_keeps_it_through_a_rotation() {
        let seed = |byte| Bytes([byte; 32]).to_base64url();
        let (old, new) = (ServerKeys::derive(&seed(1), None), ServerKeys::derive(&seed(2), Some(&seed(1))));
        let (old, new) = (old.unwrap(), new.unwrap());
        let id = |random| WebhookId::from_parts(1, [random; 10]);
        let secrets = |keys: &ServerKeys, id, salt| keys.webhook_secrets(id, Bytes([salt; 32])).unwrap();
        let first = secrets(&old, id(1), 1);
        assert_eq!(secrets(&new, id(1), 1)[1..], first);
        assert_eq!(secrets(&new, id(1), 1).len(), 2);
        for other in [secrets(&old, id(2), 1), secrets(&old, id(1), 2), secrets(&new, id(1), 1)] {
            assert_ne!(other[0], first[0]);
        }
    }

    #[test]
    fn a_seed_has_32_bytes() {
        assert!(ServerKeys::derive("", None).is_err());
        assert!(ServerKeys::derive(&Bytes([1; 31]).to_base64url(), None).is_err());
        assert!(ServerKeys::derive(&Bytes([1; 32]).to_base64url(), Some("x")).is_err());
    }
}
