//! The one source of entropy.

use crate::error::ApiError;

/// `N` random bytes.
pub fn make_bytes<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ApiError::Bug("no entropy"))?;
    Ok(bytes)
}
