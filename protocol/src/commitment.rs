//! What a release's plaintext is committed to (protocol section 3): a hash per file, and one salted hash of them all.

use sha2::{Digest, Sha256};

use crate::labels;

/// SHA-256(label || u64be(size) || SHA-256(plain segment 0) || …): a file's `plaintext_hash`. `size` is the file's
/// bytes, `segment_hashes` the SHA-256 of each plain segment in order. It never reaches the server unsalted.
pub fn plaintext_hash(size: u64, segment_hashes: &[[u8; 32]]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(labels::PLAINTEXT).chain_update(size.to_be_bytes());
    segment_hashes.iter().fold(hash, Digest::chain_update).finalize().into()
}

/// SHA-256(label || salt || `plaintext_hash` of each file in the manifest's order): a release's `commitment`.
pub fn commitment(salt: &[u8; 32], plaintext_hashes: &[[u8; 32]]) -> [u8; 32] {
    let hash = Sha256::new().chain_update(labels::COMMITMENT).chain_update(salt);
    plaintext_hashes.iter().fold(hash, Digest::chain_update).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn hashes_are_frozen() {
        let hash = plaintext_hash(524_257, &[[1; 32], [2; 32]]);
        assert_eq!(
            HEXLOWER.encode(&hash),
            "59d196baf224c03445872362e7fc9cd17ebf6ad532a668e4008b484e6645be6c"
        );
        let sum = commitment(&[9; 32], &[hash, [3; 32]]);
        assert_eq!(HEXLOWER.encode(&sum), "d9d13caf6f2926c0104830e7653873bf3f4db24be44de93533c51f873028ba77");
    }

    #[test]
    fn size_order_and_salt_count() {
        let (a, b) = ([1; 32], [2; 32]);
        assert_ne!(plaintext_hash(2, &[a, b]), plaintext_hash(2, &[b, a]));
        assert_ne!(plaintext_hash(2, &[a, b]), plaintext_hash(3, &[a, b]));
        assert_ne!(commitment(&a, &[b]), commitment(&b, &[b]));
        assert_ne!(commitment(&a, &[b]), plaintext_hash(0, &[a, b]));
    }
}
