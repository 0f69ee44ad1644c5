//! Sealed chunks in R2: created once, hash-checked by R2 while they stream, listed in order, deleted by release.
//!
//! ```text
//! key = <release_id>/<file_id>/<index, 8 digits>
//! ```

use core::fmt;

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{FileId, ReleaseId};
use worker::web_sys::ReadableStream;
use worker::{Bucket, Conditional, Error, Object, Range, ResponseBody};

use crate::byte_range::ByteRange;
use crate::chunk_map::ChunkObject;
use crate::error::ApiError;

/// R2's error when bytes do not have the checksum that they were announced with.
const CHECKSUM_ERROR: &str = "10037";
/// Keys that R2 lists, and deletes, in one call.
const PAGE: u32 = 1_000;

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkKey {
    /// The release.
    pub release_id: ReleaseId,
    /// The file.
    pub file_id: FileId,
    /// Index in the file.
    pub index: u64,
}

impl fmt::Display for ChunkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{:08}", self.release_id, self.file_id, self.index)
    }
}

impl ChunkKey {
    fn parse(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        let parsed = Self {
            release_id: parts.next()?.parse().ok()?,
            file_id: parts.next()?.parse().ok()?,
            index: parts.next()?.parse().ok()?,
        };
        (parsed.to_string() == key).then_some(parsed)
    }
}

/// What became of a chunk that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is stored now.
    Stored,
    /// There was one already, with this hash.
    Exists(Option<Bytes32>),
    /// The bytes have another hash than announced; nothing is stored.
    WrongDigest,
}

/// A chunk that is stored, to be sent.
#[derive(Debug)]
pub struct FoundChunk {
    /// Bytes of the whole chunk.
    pub size: u64,
    /// R2's, quoted.
    pub etag: String,
    /// Of the whole chunk, if R2 checked one when it was stored.
    pub sha256: Option<Bytes32>,
    /// The stream, or nothing after a HEAD.
    pub body: Option<ResponseBody>,
}

/// First parts of keys, in order.
#[derive(Debug)]
pub struct Prefixes {
    /// Without the slash.
    pub names: Vec<String>,
    /// Whether there are no more.
    pub is_last: bool,
}

/// The bucket.
#[derive(Debug)]
pub struct Blobs {
    bucket: Bucket,
}

impl Blobs {
    /// Over a binding.
    pub const fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    /// Streams a chunk in. `body` must be a stream whose length the runtime knows, such as a request's own.
    pub async fn put(
        &self,
        key: ChunkKey,
        body: ReadableStream,
        sha256: Bytes32,
    ) -> Result<PutOutcome, ApiError> {
        let absent = Conditional { etag_does_not_match: Some("*".to_owned()), ..Conditional::default() };
        let put = self.bucket.put(key.to_string(), body).only_if(absent).sha256(sha256.0.to_vec());
        match put.execute().await {
            Ok(Some(_)) => Ok(PutOutcome::Stored),
            Ok(None) => Ok(PutOutcome::Exists(self.head(&key.to_string()).await?)),
            Err(error) if error.to_string().contains(CHECKSUM_ERROR) => Ok(PutOutcome::WrongDigest),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A chunk's stream, or the stream of a range that lies within it.
    pub async fn get_chunk(
        &self,
        key: ChunkKey,
        range: Option<ByteRange>,
    ) -> Result<Option<FoundChunk>, ApiError> {
        let mut get = self.bucket.get(key.to_string());
        if let Some(range) = range {
            get = get.range(Range::OffsetWithLength { offset: range.start, length: range.length() });
        }
        let object = get.execute().await.map_err(|error| failed(&error))?;
        object.map(found).transpose()
    }

    /// What is known of a chunk without its bytes.
    pub async fn head_chunk(&self, key: ChunkKey) -> Result<Option<FoundChunk>, ApiError> {
        let object = self.bucket.head(key.to_string()).await.map_err(|error| failed(&error))?;
        object.map(found).transpose()
    }

    /// The chunks of a release, by file and index.
    pub async fn list(&self, release_id: ReleaseId) -> Result<Vec<ChunkObject>, ApiError> {
        let mut chunks = Vec::new();
        let mut cursor = None;
        loop {
            let mut list = self.bucket.list().prefix(prefix(release_id)).limit(PAGE);
            if let Some(cursor) = cursor {
                list = list.cursor(cursor);
            }
            let page = list.execute().await.map_err(|error| failed(&error))?;
            for object in page.objects() {
                if let Some(key) = ChunkKey::parse(&object.key()) {
                    chunks.push(self.chunk_object(key, &object).await?);
                }
            }
            cursor = page.cursor();
            if !page.truncated() || cursor.is_none() {
                return Ok(chunks);
            }
        }
    }

    /// The first parts of keys after `after`, at most `limit`, in order: releases, and whatever else there is.
    pub async fn prefixes(&self, after: &str, limit: u32) -> Result<Prefixes, ApiError> {
        let mut list = self.bucket.list().delimiter("/").limit(limit);
        if !after.is_empty() {
            // Greater than every key under it, since '0' follows '/', and than no other release's.
            list = list.start_after(format!("{after}0"));
        }
        let page = list.execute().await.map_err(|error| failed(&error))?;
        let first = |key: &str| key.trim_end_matches('/').to_owned();
        let mut names: Vec<_> = page.delimited_prefixes().iter().map(|key| first(key)).collect();
        names.extend(page.objects().iter().map(|object| first(&object.key())));
        names.sort_unstable();
        Ok(Prefixes { names, is_last: !page.truncated() })
    }

    /// Deletes one chunk.
    pub async fn delete_chunk(&self, key: ChunkKey) -> Result<(), ApiError> {
        self.bucket.delete(key.to_string()).await.map_err(|error| failed(&error))
    }

    /// Deletes chunks of a release, at most `pages` thousand of them. Whether none is left.
    pub async fn delete(&self, release_id: ReleaseId, pages: u32) -> Result<bool, ApiError> {
        for _ in 0..pages {
            // Without a cursor: what was listed before is gone.
            let list = self.bucket.list().prefix(prefix(release_id)).limit(PAGE);
            let page = list.execute().await.map_err(|error| failed(&error))?;
            let keys: Vec<String> = page.objects().iter().map(Object::key).collect();
            if !keys.is_empty() {
                self.bucket.delete_multiple(keys).await.map_err(|error| failed(&error))?;
            }
            if !page.truncated() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// R2 lists checksums; should it ever leave them out, a HEAD has them.
    async fn chunk_object(&self, key: ChunkKey, object: &Object) -> Result<ChunkObject, ApiError> {
        let sha256 = match checked_sha256(object) {
            Some(sha256) => Some(sha256),
            None => self.head(&object.key()).await?,
        };
        Ok(ChunkObject { file_id: key.file_id, index: key.index, size: object.size(), sha256 })
    }

    async fn head(&self, key: &str) -> Result<Option<Bytes32>, ApiError> {
        let object = self.bucket.head(key).await.map_err(|error| failed(&error))?;
        Ok(object.as_ref().and_then(checked_sha256))
    }
}

fn found(object: Object) -> Result<FoundChunk, ApiError> {
    let body = object.body().map(|body| body.response_body()).transpose()?;
    Ok(FoundChunk { size: object.size(), etag: object.http_etag(), sha256: checked_sha256(&object), body })
}

fn checked_sha256(object: &Object) -> Option<Bytes32> {
    object.checksum().sha256.and_then(|bytes| Bytes32::try_from(bytes.as_slice()).ok())
}

fn prefix(release_id: ReleaseId) -> String {
    format!("{release_id}/")
}

fn failed(error: &Error) -> ApiError {
    ApiError::Dependency("r2", <&'static str>::from(error).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_indices_and_have_one_spelling() {
        let key = |index| ChunkKey {
            release_id: ReleaseId::from_parts(1, [0; 10]),
            file_id: FileId::from_parts(2, [0; 10]),
            index,
        };
        let text = key(7).to_string();
        assert!(text.ends_with("/00000007"));
        assert_eq!(ChunkKey::parse(&text), Some(key(7)));
        assert!(key(9).to_string() < key(10).to_string() && key(99).to_string() < key(15_000).to_string());
        for other in
            ["", "a/b/c", &text.replace("00000007", "7"), &format!("{text}/"), &text.replace("0007", "+007")]
        {
            assert_eq!(ChunkKey::parse(other), None, "{other}");
        }
    }
}
