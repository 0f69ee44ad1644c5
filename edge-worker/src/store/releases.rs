//! Completed releases and their files.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::envelope::Envelope;
use claimcheck_protocol::ids::ReleaseId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::{AilockId, SignatureBytes};
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::signed::{Signed, Verified};
use claimcheck_protocol::wire;
use serde::Deserialize;

use super::uploads::{Upload, forget_files};
use super::{JsonText, Param, Query, Store, StoreError, sql};

/// A completed release.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// The release.
    pub id: ReleaseId,
    /// Who signed it.
    pub seller_ailock_id: AilockId,
    /// Its manifest.
    pub manifest: JsonText<Manifest>,
    /// SHA-256(JCS(manifest)).
    pub manifest_hash: Bytes32,
    /// The seller's.
    pub manifest_signature: SignatureBytes,
    /// The release key, sealed to the seller.
    pub self_envelope: JsonText<Envelope>,
    /// Unix seconds.
    pub completed_at: i64,
    /// Unix seconds after which the chunks may be deleted, unless a sale needs them.
    pub expires_at: i64,
    /// Unix seconds at which they were.
    pub deleted_at: Option<i64>,
    /// Unix seconds at which the seller took it back.
    pub withdrawn_at: Option<i64>,
}

impl Release {
    /// Whether nothing new may begin with it.
    pub const fn is_gone(&self) -> bool {
        self.deleted_at.is_some() || self.withdrawn_at.is_some()
    }
}

impl From<Release> for wire::Release {
    fn from(release: Release) -> Self {
        Self {
            release_id: release.id,
            product_id: release.manifest.0.product_id,
            manifest_hash: release.manifest_hash,
            manifest: Signed { body: release.manifest.0, signature: release.manifest_signature },
            self_envelope: release.self_envelope.0,
            completed_at: release.completed_at,
            expires_at: release.expires_at,
        }
    }
}

/// A release by its id, whoever sold it.
pub async fn find(store: &Store, id: ReleaseId) -> Result<Option<Release>, StoreError> {
    let query = sql(
        "select id, seller_ailock_id, manifest, manifest_hash, manifest_signature, self_envelope, \
         completed_at, expires_at, deleted_at, \
         (select withdrawn_at from withdrawn_releases w where w.release_id = releases.id) as withdrawn_at from releases where id = ?1",
    );
    store.first(query.bind(id)).await
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether the chunks of a release are still there.
pub async fn is_stored(store: &Store, id: ReleaseId) -> Result<bool, StoreError> {
    let query = sql("select count(*) as found from releases where id = ?1 and deleted_at is null").bind(id);
    Ok(store.first::<Found>(query).await?.is_some_and(|row| row.found > 0))
}

/// A release that would complete its upload.
#[derive(Debug)]
pub struct NewRelease<'a> {
    /// The upload.
    pub upload: &'a Upload,
    /// Of exactly the upload's files.
    pub manifest: &'a Verified<Manifest>,
    /// The seller's, over it.
    pub signature: SignatureBytes,
    /// The release key, sealed to the seller.
    pub self_envelope: &'a Envelope,
    /// Unix seconds.
    pub now: i64,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Completes an upload: the release, its files, and the product's newest release. Fails as a whole on a CHECK if the
/// upload is closed already, and on the unique constraint of `digital_files` if a file id names another file.
pub fn complete(release: &NewRelease<'_>) -> Result<Vec<Query>, NotCanonical> {
    let manifest = Param::try_from(JsonText(release.manifest.body()))?;
    Ok(vec![
        sql("update uploads set state = 'completed', closed_at = ?2 where id = ?1")
            .bind(release.upload.id)
            .bind(release.now),
        insert(release, manifest.clone())?,
        insert_files(release),
        forget_files(release.upload.id),
        become_newest(release, manifest),
    ])
}

fn insert(release: &NewRelease<'_>, manifest: Param) -> Result<Query, NotCanonical> {
    let query = sql(
        "insert into releases (id, product_id, upload_id, seller_ailock_id, manifest, manifest_hash, \
         manifest_signature, self_envelope, storage_pointer, plaintext_size, sealed_size, completed_at, expires_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?1, ?9, ?10, ?11, ?12)",
    );
    Ok(query
        .bind(release.upload.release_id)
        .bind(release.upload.product_id)
        .bind(release.upload.id)
        .bind(release.upload.owner_ailock_id)
        .bind(manifest)
        .bind(release.manifest.hash())
        .bind(release.signature)
        .bind(Param::try_from(JsonText(release.self_envelope))?)
        .bind(release.manifest.body().plaintext_size())
        .bind(release.upload.sealed_size)
        .bind(release.now)
        .bind(release.expires_at))
}

fn insert_files(release: &NewRelease<'_>) -> Query {
    sql("insert into digital_files (immutable_id, product_id, filename, file_path, file_size, mime_type, checksum, \
         created_at, release_id, position, header, segment_count) \
         select file_id, ?2, 'sealed_meta#/files/' || position, ?3 || '/' || file_id, plaintext_size, declared_type, \
         ?4, cast(?5 as integer), ?3, position, header, segment_count from upload_files where upload_id = ?1")
        .bind(release.upload.id)
        .bind(release.upload.product_id)
        .bind(release.upload.release_id)
        .bind(release.manifest.body().commitment)
        .bind(release.now)
}

fn become_newest(release: &NewRelease<'_>, manifest: Param) -> Query {
    sql("update digital_products set release_id = ?2, storage_pointer = ?2, content_hash = ?3, manifest = ?4, \
         size = ?5, updated_at = ?6 where id = ?1")
        .bind(release.upload.product_id)
        .bind(release.upload.release_id)
        .bind(release.manifest.hash())
        .bind(manifest)
        .bind(release.manifest.body().plaintext_size())
        .bind(release.now)
}
