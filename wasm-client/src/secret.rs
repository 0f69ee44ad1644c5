//! Thirty-two secret bytes: keys and seeds, wiped when they go out of scope.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 32-byte secret. It cannot be printed, cloned or serialized, and is wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret32([u8; 32]);

impl Secret32 {
    /// Takes the bytes over. The caller wipes its own copy.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Takes bytes over, if they are 32. The caller wipes its own copy.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self).ok()
    }

    /// A fresh secret from the system's entropy.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut secret = Self([0; 32]);
        getrandom::fill(&mut secret.0)?;
        Ok(secret)
    }

    /// The bytes, for a cipher or a derivation.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_differ() {
        let (a, b) = (Secret32::random().unwrap(), Secret32::random().unwrap());
        assert_ne!(a.as_bytes(), b.as_bytes());
        assert_ne!(a.as_bytes(), &[0; 32]);
    }

    #[test]
    fn only_32_bytes_are_a_secret() {
        assert_eq!(Secret32::from_slice(&[7; 32]).unwrap().as_bytes(), &[7; 32]);
        assert!([0, 31, 33].iter().all(|len| Secret32::from_slice(&vec![7; *len]).is_none()));
    }

    #[test]
    fn wiping_leaves_zeros() {
        let mut secret = Secret32::from_bytes([7; 32]);
        secret.zeroize();
        assert_eq!(secret.as_bytes(), &[0; 32]);
    }
}
