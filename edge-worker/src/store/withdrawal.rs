//! What goes when a seller deletes a release, or a product with all its releases. The chunks follow once nothing needs
//! them, as at the end of a retention.

use claimcheck_protocol::ids::{ProductId, ReleaseId, TransferId};
use claimcheck_protocol::transfer::Status;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// What is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One release.
    Release(ReleaseId),
    /// A product, and every release of it.
    Product(ProductId),
}

/// The ids of the releases of a subject: `?1` is a release's id or null, `?2` a product's or null.
macro_rules! releases_of {
    () => {
        "(select id from releases where id = ?1 or product_id = ?2)"
    };
}

impl Subject {
    fn bind(self, statement: &'static str) -> Query {
        match self {
            Self::Release(id) => sql(statement).bind(id).bind(None::<ProductId>),
            Self::Product(id) => sql(statement).bind(None::<ReleaseId>).bind(id),
        }
    }
}

/// Everything that goes, as one batch. Repeated, it changes nothing more.
pub fn withdraw(subject: Subject, now: i64) -> Vec<Query> {
    let at = |statement| subject.bind(statement).bind(now);
    let mut queries = vec![
        at(concat!(
            "insert into withdrawn_releases (release_id, withdrawn_at) select id, ?3 from releases where id in ",
            releases_of!(),
            " on conflict do nothing"
        )),
        // From now on they are due like any other.
        at(concat!(
            "update releases set expires_at = max(completed_at + 1, min(expires_at, cast(?3 as integer))) \
             where deleted_at is null and id in ",
            releases_of!()
        )),
        // A link of a sale is its buyer's: it ends with the sale.
        at(concat!(
            "update download_links set revoked_at = coalesce(revoked_at, ?3), updated_at = ?3 \
             where order_id is null and release_id in ",
            releases_of!()
        )),
        at(concat!(
            "update listings set closed_at = min(closes_at, cast(?3 as integer)) \
             where closed_at is null and release_id in ",
            releases_of!()
        )),
        at(concat!(
            "update digital_products set updated_at = ?3, (release_id, storage_pointer, content_hash, manifest, size) = \
             (select id, id, manifest_hash, manifest, plaintext_size from releases r \
              where r.product_id = digital_products.id and r.deleted_at is null \
              and r.id not in (select release_id from withdrawn_releases) order by r.completed_at desc, r.id desc limit 1) \
             where release_id in ",
            releases_of!()
        )),
    ];
    if let Subject::Product(id) = subject {
        queries.extend(end_product(id, now));
    }
    queries
}

fn end_product(id: ProductId, now: i64) -> [Query; 4] {
    let of = |statement: &'static str| sql(statement).bind(id);
    [
        of("insert into deleted_products (product_id, deleted_at) values (?1, ?2) on conflict do nothing").bind(now),
        of("update digital_products set title = 'Deleted', content_type = null, policy = null, updated_at = ?2 where id = ?1")
        .bind(now),
        of("delete from upload_files where upload_id in (select id from uploads where product_id = ?1 \
            and state = 'open' and not exists (select 1 from attachments a where a.upload_id = uploads.id))"),
        of("update uploads set state = 'aborted', closed_at = ?2 where product_id = ?1 and state = 'open' \
            and not exists (select 1 from attachments a where a.upload_id = uploads.id)")
        .bind(now),
    ]
}

#[derive(Deserialize)]
struct Offer {
    id: TransferId,
}

/// Offers that nobody has begun to pay, at most `limit`. For a product also those that name no release yet.
pub async fn open_offers(store: &Store, subject: Subject, limit: u32) -> Result<Vec<TransferId>, StoreError> {
    let query = subject.bind(
        "select id from product_transfers where (release_id = ?1 or product_id = ?2) \
         and status in ('offered', 'invoiced') order by id limit cast(?3 as integer)",
    );
    let rows: Vec<Offer> = store.all(query.bind(limit)).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

/// How many sales of a product are paid, or just being paid, and have no release yet.
pub async fn undelivered(store: &Store, product_id: ProductId) -> Result<u64, StoreError> {
    let query =
        sql("select count(*) as count from product_transfers where product_id = ?1 and release_id is null \
         and status in ('payment_processing', 'paid_pending_inputs', 'paid', 'disputed')");
    Ok(store.first::<Count>(query.bind(product_id)).await?.map_or(0, |row| row.count))
}

/// How many sales are not over, for which the chunks stay.
pub async fn open_sales(store: &Store, subject: Subject) -> Result<u64, StoreError> {
    let query = subject.bind(
        "select count(*) as count from product_transfers where (release_id = ?1 or product_id = ?2) \
         and status not in ('refunded', 'revoked', 'expired', 'cancelled')",
    );
    Ok(store.first::<Count>(query).await?.map_or(0, |row| row.count))
}

/// Whether a status is one of an offer that nobody has begun to pay.
pub const fn is_open_offer(status: Status) -> bool {
    matches!(status, Status::Offered | Status::Invoiced)
}
