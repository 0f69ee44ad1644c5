//! Products.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ProductId, ReleaseId};
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::policy::Policy;
use claimcheck_protocol::wire::{CreateProduct, EditProduct, Product};
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};
use crate::auth::Owner;

#[derive(Deserialize)]
struct Row {
    id: ProductId,
    owner_ailock_id: AilockId,
    title: String,
    content_type: Option<MediaType>,
    policy: Option<JsonText<Policy>>,
    release_id: Option<ReleaseId>,
    size: Option<u64>,
    created_at: i64,
}

impl From<Row> for Product {
    fn from(row: Row) -> Self {
        Self {
            product_id: row.id,
            owner: row.owner_ailock_id,
            title: row.title,
            content_type: row.content_type,
            policy: row.policy.map(|json| json.0),
            release_id: row.release_id,
            size: row.size,
            created_at: row.created_at,
        }
    }
}

/// Selects [`Row`]s of products that were not deleted; a condition follows.
macro_rules! select_products {
    () => {
        "select id, owner_ailock_id, title, content_type, policy, release_id, size, created_at from digital_products \
         where id not in (select product_id from deleted_products) and "
    };
}

/// A product by its id, whoever owns it, unless it was deleted.
pub async fn find(store: &Store, id: ProductId) -> Result<Option<Product>, StoreError> {
    let query = sql(concat!(select_products!(), "id = ?1")).bind(id);
    Ok(store.first::<Row>(query).await?.map(Product::from))
}

/// At most `limit` products of an owner, newest id first, those before `after` only.
pub async fn list(
    store: &Store,
    owner: AilockId,
    after: Option<ProductId>,
    limit: u32,
) -> Result<Vec<Product>, StoreError> {
    let query = sql(concat!(
        select_products!(),
        "owner_ailock_id = ?1 and (?2 is null or id < ?2) order by id desc limit cast(?3 as integer)"
    ));
    let rows = store.all::<Row>(query.bind(owner).bind(after).bind(limit)).await?;
    Ok(rows.into_iter().map(Product::from).collect())
}

/// Creates a product unless its id is taken or the owner has `allowed` of them; then it changes no row.
pub fn create(
    body: &CreateProduct,
    owner: AilockId,
    body_hash: Bytes32,
    now: i64,
    allowed: u64,
) -> Result<Query, NotCanonical> {
    let query =
        sql("insert into digital_products (id, owner_ailock_id, title, content_type, policy, body_hash, \
         created_at, updated_at) select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7 \
         where (select count(*) from digital_products where owner_ailock_id = ?2 \
         and id not in (select product_id from deleted_products)) < ?8 on conflict (id) do nothing");
    Ok(query
        .bind(body.product_id)
        .bind(owner)
        .bind(body.title.as_str())
        .bind(body.content_type.as_ref().map(MediaType::as_str))
        .bind(policy_param(body.policy.as_ref())?)
        .bind(body_hash)
        .bind(now)
        .bind(allowed))
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

/// How many products an Ailock has.
pub async fn count(store: &Store, owner: AilockId) -> Result<u64, StoreError> {
    let query = sql("select count(*) as count from digital_products where owner_ailock_id = ?1 \
         and id not in (select product_id from deleted_products)");
    Ok(store.first::<Count>(query.bind(owner)).await?.map_or(0, |row| row.count))
}

#[derive(Deserialize)]
struct OwnerRow {
    owner_ailock_id: AilockId,
}

/// Whose a product is, even if it was deleted.
pub async fn owner_of(store: &Store, id: ProductId) -> Result<Option<AilockId>, StoreError> {
    let query = sql("select owner_ailock_id from digital_products where id = ?1").bind(id);
    Ok(store.first::<OwnerRow>(query).await?.map(|row| row.owner_ailock_id))
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether `owner` created this product with a body of this hash.
pub async fn was_created_by(
    store: &Store,
    id: ProductId,
    owner: AilockId,
    body_hash: Bytes32,
) -> Result<bool, StoreError> {
    let query = sql("select count(*) as found from digital_products \
         where id = ?1 and owner_ailock_id = ?2 and body_hash = ?3");
    let row = store.first::<Found>(query.bind(id).bind(owner).bind(body_hash)).await?;
    Ok(row.is_some_and(|row| row.found > 0))
}

/// Changes the members that are given. What was offered before keeps its own.
pub fn edit(body: &EditProduct, owner: Owner, now: i64) -> Result<Query, NotCanonical> {
    let query = sql("update digital_products set title = coalesce(?3, title), \
         content_type = coalesce(?4, content_type), policy = coalesce(?5, policy), updated_at = ?6 \
         where id = ?1 and owner_ailock_id = ?2");
    Ok(query
        .bind(body.product_id)
        .bind(owner.id())
        .bind(body.title.as_deref())
        .bind(body.content_type.as_ref().map(MediaType::as_str))
        .bind(policy_param(body.policy.as_ref())?)
        .bind(now))
}

fn policy_param(policy: Option<&Policy>) -> Result<Param, NotCanonical> {
    policy.map_or(Ok(Param::Null), |policy| Param::try_from(JsonText(policy)))
}
