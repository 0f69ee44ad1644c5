//! Files of releases, as the books have them. Their names are sealed in the manifest.

use claimcheck_protocol::ids::{FileId, ProductId, ReleaseId};
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::wire::ProductFile;
use serde::Deserialize;

use super::{Store, StoreError, sql};

#[derive(Deserialize)]
struct Row {
    file_id: FileId,
    release_id: ReleaseId,
    position: u64,
    size: u64,
    declared_type: MediaType,
    created_at: i64,
    is_current: u8,
    is_deleted: u8,
}

/// Files of all releases of a product, the newest ids first, from before `after` on.
pub async fn get_product_files(
    store: &Store,
    product_id: ProductId,
    after: Option<FileId>,
    limit: u32,
) -> Result<Vec<ProductFile>, StoreError> {
    let query = sql("select f.immutable_id as file_id, f.release_id, f.position, f.file_size as size, \
         f.mime_type as declared_type, f.created_at, p.release_id is f.release_id as is_current, \
         r.deleted_at is not null as is_deleted from digital_files f join releases r on r.id = f.release_id \
         join digital_products p on p.id = f.product_id \
         where f.product_id = ?1 and (?2 is null or f.immutable_id < ?2) \
         order by f.immutable_id desc limit cast(?3 as integer)");
    let rows: Vec<Row> = store.all(query.bind(product_id).bind(after).bind(limit)).await?;
    let files = rows.into_iter().map(|row| ProductFile {
        file_id: row.file_id,
        release_id: row.release_id,
        position: row.position,
        size: row.size,
        declared_type: row.declared_type,
        created_at: row.created_at,
        is_current: row.is_current != 0,
        is_deleted: row.is_deleted != 0,
    });
    Ok(files.collect())
}

#[derive(Deserialize)]
struct Found {
    release_id: ReleaseId,
}

/// The release that a file is of.
pub async fn get_digital_file(store: &Store, id: FileId) -> Result<Option<ReleaseId>, StoreError> {
    let query = sql("select release_id from digital_files where immutable_id = ?1").bind(id);
    Ok(store.first::<Found>(query).await?.map(|row| row.release_id))
}
