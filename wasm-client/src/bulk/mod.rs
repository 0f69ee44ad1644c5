//! Bulk work on file bytes (AES-256-GCM, SHA-256, copying), generic over where the bytes live.
//!
//! | backend | bytes live in | cipher and hash |
//! |---|---|---|
//! | [`native::NativeBulk`] | a `Vec` | the crates `aes-gcm` and `sha2` |
//! | `web::WebBulk::detect` | a JavaScript `Uint8Array`, never in wasm memory | `crypto.subtle` |
//! | `web::WebBulk::portable`, where `crypto.subtle` is missing | a `Uint8Array`, copied in a segment at a time | the crates |

use core::fmt;
use core::ops::Range;

use crate::secret::Secret32;

pub mod native;
mod portable;
#[cfg(target_arch = "wasm32")]
pub mod web;
#[cfg(target_arch = "wasm32")]
pub(crate) mod webcrypto;

#[cfg(test)]
pub(crate) mod test_bytes;
#[cfg(test)]
mod tests;

/// A place for file bytes and the means to seal, open and hash them there. Cloning gives another handle, not a copy.
#[expect(
    async_fn_in_trait,
    reason = "JavaScript promises are bound to their thread, so no future here is Send"
)]
pub trait Bulk: Clone {
    /// Immutable bytes; cheap to view.
    type Buf;
    /// Bytes being put together; nobody else sees them until [`Bulk::finish`].
    type Draft;
    /// An AES-256-GCM key, ready for use.
    type Key;

    /// Bytes in `buf`.
    fn len(&self, buf: &Self::Buf) -> usize;

    /// A part of `buf`, sharing its memory. [`BulkError::Range`] outside of it.
    fn view(&self, buf: &Self::Buf, range: Range<usize>) -> Result<Self::Buf, BulkError>;

    /// A copy of a few bytes (a segment's prefix, say). [`BulkError::Range`] outside of `buf`.
    fn read_small(&self, buf: &Self::Buf, range: Range<usize>) -> Result<Vec<u8>, BulkError>;

    /// `len` zero bytes to be filled. [`BulkError::Memory`] where there is no room.
    fn draft(&self, len: usize) -> Result<Self::Draft, BulkError>;

    /// Copies `source` to `offset`. [`BulkError::Range`] where it does not fit.
    fn put(&self, draft: &mut Self::Draft, offset: usize, source: &Self::Buf) -> Result<(), BulkError>;

    /// Copies a few bytes to `offset`. [`BulkError::Range`] where they do not fit.
    fn put_small(&self, draft: &mut Self::Draft, offset: usize, source: &[u8]) -> Result<(), BulkError>;

    /// Ends the writing, without a copy.
    fn finish(&self, draft: Self::Draft) -> Self::Buf;

    /// Makes a key ready. It cannot be read back.
    async fn import_key(&self, raw: &Secret32) -> Result<Self::Key, BulkError>;

    /// AES-256-GCM with a tag of 128 bits: `ct || tag`, 16 bytes longer than `plain`.
    async fn seal(
        &self,
        key: &Self::Key,
        iv: &[u8; 12],
        aad: &[u8],
        plain: &Self::Buf,
    ) -> Result<Self::Buf, BulkError>;

    /// The inverse of [`Bulk::seal`]. [`BulkError::Rejected`] for everything that is not authentic.
    async fn open(
        &self,
        key: &Self::Key,
        iv: &[u8; 12],
        aad: &[u8],
        sealed: &Self::Buf,
    ) -> Result<Self::Buf, BulkError>;

    /// SHA-256.
    async fn sha256(&self, buf: &Self::Buf) -> Result<[u8; 32], BulkError>;
}

/// Why bulk work failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BulkError {
    /// Not authentic under this key, IV and aad; deliberately says no more.
    Rejected,
    /// Bytes outside of a buffer were named: the caller's mistake, or a buffer that was given away.
    Range,
    /// No memory for a buffer of that length.
    Memory,
    /// The platform's cryptography failed where it must not.
    Platform,
}

impl fmt::Display for BulkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "the sealed bytes are not authentic",
            Self::Range => "bytes outside of a buffer were named",
            Self::Memory => "not enough memory",
            Self::Platform => "the platform's cryptography failed",
        })
    }
}

impl core::error::Error for BulkError {}
