//! From a link's password to the part that it has in the link's keys: Argon2id (RFC 9106).
//!
//! It takes 64 MiB and about a second. WebAssembly's memory never shrinks, so in a browser it belongs into a worker that
//! is thrown away afterwards.

use argon2::{Algorithm, Argon2, Params, Version};
use claimcheck_protocol::ids::LinkId;
use zeroize::Zeroizing;

use crate::secret::Secret32;

/// Kibibytes of memory.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over it.
const PASSES: u32 = 3;
/// Lanes.
const LANES: u32 = 1;

/// There is not enough memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMemory;

/// `password` is UTF-8 in Unicode's form NFKC, so that it does not matter on what keyboard it was typed.
pub fn derive_password(password: &str, link_id: &LinkId) -> Result<Secret32, NoMemory> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(|_| NoMemory)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), link_id.as_bytes(), key.as_mut_slice())
        .map_err(|_| NoMemory)?;
    Ok(Secret32::from_bytes(*key))
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::bytes::Bytes32;
    use serde::Deserialize;

    use super::*;
    use crate::schedule::LinkSecret;
    use crate::wrapped_key::{WrappedKey, unwrap_key};

    #[derive(Deserialize)]
    struct Vectors {
        passwords: Vec<Vector>,
        links: Vec<Link>,
    }

    #[derive(Deserialize)]
    struct Link {
        password: Option<String>,
        link_id: LinkId,
        secret: Bytes32,
        manifest_hash: Bytes32,
        key: Bytes32,
        wrapped_key: WrappedKey,
        auth_hash: Bytes32,
    }

    #[derive(Deserialize)]
    struct Vector {
        password: String,
        link_id: LinkId,
        key: Bytes32,
    }

    #[test]
    fn every_password_has_its_frozen_key() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/links.json")).unwrap();
        assert_eq!(vectors.passwords.len(), 2);
        for vector in vectors.passwords {
            let key = derive_password(&vector.password, &vector.link_id).unwrap();
            assert_eq!(key.as_bytes(), vector.key.as_array(), "{}", vector.password);
        }
    }

    #[test]
    fn a_link_opens_with_its_password_or_without_one_as_another_implementation_closed_it() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/links.json")).unwrap();
        assert_eq!(vectors.links.iter().filter(|link| link.password.is_some()).count(), 1);
        for vector in &vectors.links {
            let secret = Secret32::from_bytes(vector.secret.0);
            let password =
                vector.password.as_ref().map(|text| derive_password(text, &vector.link_id).unwrap());
            let link = LinkSecret {
                secret: &secret,
                password: password.as_ref(),
                id: vector.link_id.as_bytes(),
                manifest_hash: &vector.manifest_hash,
            };
            assert_eq!(unwrap_key(&link, &vector.wrapped_key).unwrap().as_bytes(), vector.key.as_array());
            assert_eq!(link.auth_hash(), vector.auth_hash);
        }
    }
}
