//! Which chunks of a release are stored, which are missing, and whether they are the manifest's.

use std::collections::{BTreeMap, BTreeSet};

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::floe::{FloeParams, Layout};
use claimcheck_protocol::ids::FileId;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::wire::{ChunkRange, StoredChunk, UploadFile};

/// A chunk as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkObject {
    /// The file.
    pub file_id: FileId,
    /// Index in the file.
    pub index: u64,
    /// Bytes.
    pub size: u64,
    /// Of the bytes, as the store checked it. None: the object was not put by this Worker.
    pub sha256: Option<Bytes32>,
}

/// How the stored chunks fall short of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortfall {
    /// So many are not there.
    Missing(u64),
    /// One is there with another length or hash.
    Differs {
        /// The file.
        file_id: FileId,
        /// Index in the file.
        index: u64,
    },
    /// The manifest's counts and sizes contradict each other.
    Contradiction,
}

/// Runs of chunks of `files` that are not among `stored`, in the order of `files`.
pub fn missing(files: &[UploadFile], stored: &[ChunkObject]) -> Vec<ChunkRange> {
    let present: BTreeSet<_> = stored.iter().map(|chunk| (chunk.file_id, chunk.index)).collect();
    files.iter().flat_map(|file| missing_of(file, &present)).collect()
}

fn missing_of(file: &UploadFile, present: &BTreeSet<(FileId, u64)>) -> Vec<ChunkRange> {
    let file_id = file.file_id;
    let count = Layout::of_manifest(FloeParams::FILE, file.segment_count, file.plaintext_size)
        .map_or(0, |layout| layout.chunk_count());
    let mut ranges: Vec<ChunkRange> = Vec::new();
    for index in (0..count).filter(|index| !present.contains(&(file_id, *index))) {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == index => range.last = index,
            _ => ranges.push(ChunkRange { file_id, first: index, last: index }),
        }
    }
    ranges
}

/// The stored chunks as a client compares them with its own.
pub fn listed(stored: &[ChunkObject]) -> Vec<StoredChunk> {
    let entry = |chunk: &ChunkObject| {
        chunk.sha256.map(|sha256| StoredChunk { file_id: chunk.file_id, index: chunk.index, sha256 })
    };
    stored.iter().filter_map(entry).collect()
}

/// Refuses a manifest of which not every chunk is stored with its exact length and hash. The lengths of a file's
/// chunks then sum to 32 n + plaintext_size.
pub fn check(manifest: &Manifest, stored: &[ChunkObject]) -> Result<(), Shortfall> {
    let present: BTreeMap<_, _> = stored.iter().map(|chunk| ((chunk.file_id, chunk.index), chunk)).collect();
    let absent = manifest.files.iter().map(|file| check_file(file, &present)).sum::<Result<u64, _>>()?;
    if absent > 0 { Err(Shortfall::Missing(absent)) } else { Ok(()) }
}

/// How many chunks of `file` are missing.
fn check_file(
    file: &ManifestFile,
    present: &BTreeMap<(FileId, u64), &ChunkObject>,
) -> Result<u64, Shortfall> {
    let layout = file.layout().map_err(|_| Shortfall::Contradiction)?;
    let (mut absent, mut sum) = (0, 0);
    for (index, sha256) in (0..).zip(&file.chunks) {
        let length = layout.chunk_len(index).map_err(|_| Shortfall::Contradiction)? as u64;
        sum += length;
        match present.get(&(file.file_id, index)) {
            None => absent += 1,
            Some(chunk) if chunk.size == length && chunk.sha256 == Some(*sha256) => {}
            Some(_) => return Err(Shortfall::Differs { file_id: file.file_id, index }),
        }
    }
    if sum == layout.chunks_len() { Ok(absent) } else { Err(Shortfall::Contradiction) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claimcheck_protocol::bytes::{ByteString, Bytes};
    use claimcheck_protocol::ids::{ProductId, ReleaseId};
    use claimcheck_protocol::keys::{AilockId, Ed25519PublicKey, X25519PublicKey};
    use claimcheck_protocol::signed::V1;

    const SIZE: u64 = 3 * 4_194_048 + 1;

    fn file_id(number: u8) -> FileId {
        FileId::from_parts(1, [number; 10])
    }

    fn upload_file(number: u8, size: u64) -> UploadFile {
        UploadFile {
            file_id: file_id(number),
            header: Bytes([0; 74]),
            segment_count: size.div_ceil(524_256).max(1),
            plaintext_size: size,
            declared_type: "text/plain".parse().unwrap(),
        }
    }

    fn manifest() -> Manifest {
        let file = upload_file(1, SIZE);
        let mut key = [0x66; 32];
        key[0] = 0x58;
        Manifest {
            v: V1,
            release_id: ReleaseId::from_parts(1, [0; 10]),
            product_id: ProductId::from_parts(1, [0; 10]),
            seller: AilockId::derive(
                &Ed25519PublicKey::from_bytes(key).unwrap(),
                &X25519PublicKey::from_bytes([9; 32]).unwrap(),
            ),
            files: vec![ManifestFile {
                file_id: file.file_id,
                header: file.header,
                segment_count: file.segment_count,
                plaintext_size: file.plaintext_size,
                declared_type: file.declared_type,
                chunks: (0..4).map(|index| Bytes([index; 32])).collect(),
            }],
            commitment: Bytes([0; 32]),
            sealed_meta: ByteString(vec![]),
        }
    }

    fn stored() -> Vec<ChunkObject> {
        let chunk = |index: u8, size| ChunkObject {
            file_id: file_id(1),
            index: index.into(),
            size,
            sha256: Some(Bytes([index; 32])),
        };
        vec![chunk(0, 4_194_304), chunk(1, 4_194_304), chunk(2, 4_194_304), chunk(3, 33)]
    }

    #[test]
    fn missing_chunks_are_runs_by_file() {
        let files = [upload_file(2, 0), upload_file(1, SIZE)];
        let run = |number, first, last| ChunkRange { file_id: file_id(number), first, last };
        assert_eq!(missing(&files, &[]), [run(2, 0, 0), run(1, 0, 3)]);
        let stored = stored();
        assert_eq!(missing(&files, &stored[1..2]), [run(2, 0, 0), run(1, 0, 0), run(1, 2, 3)]);
        assert_eq!(missing(&files[1..], &stored), []);
    }

    #[test]
    fn a_complete_release_passes_and_each_lack_is_counted() {
        assert_eq!(check(&manifest(), &stored()), Ok(()));
        assert_eq!(check(&manifest(), &stored()[2..]), Err(Shortfall::Missing(2)));
        assert_eq!(check(&manifest(), &[]), Err(Shortfall::Missing(4)));
    }

    #[test]
    fn another_length_or_hash_is_no_chunk_of_the_manifest() {
        for (index, spoil) in [
            (3, (|chunk| chunk.size += 1) as fn(&mut ChunkObject)),
            (1, |chunk| chunk.sha256 = Some(Bytes([9; 32]))),
            (2, |chunk| chunk.sha256 = None),
        ] {
            let mut stored = stored();
            spoil(&mut stored[index]);
            let differs = Shortfall::Differs { file_id: file_id(1), index: index as u64 };
            assert_eq!(check(&manifest(), &stored), Err(differs));
        }
    }

    #[test]
    fn a_manifest_that_leaves_a_chunk_out_is_refused() {
        let mut manifest = manifest();
        manifest.files[0].chunks.pop();
        assert_eq!(check(&manifest, &stored()), Err(Shortfall::Contradiction));
    }

    #[test]
    fn an_object_of_unknown_hash_is_not_listed() {
        let mut stored = stored();
        stored[0].sha256 = None;
        assert_eq!(listed(&stored).len(), 3);
    }
}
