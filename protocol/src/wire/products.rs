//! Products.

use serde::{Deserialize, Serialize};

use crate::ids::{ProductId, ReleaseId};
use crate::keys::AilockId;
use crate::media_type::MediaType;
use crate::policy::Policy;

/// `POST products-create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateProduct {
    /// Picked by the client; the same id with the same body is the same request.
    pub product_id: ProductId,
    /// What people see, 1 to 200 bytes. The server reads it.
    pub title: String,
    /// What most of it is, for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<MediaType>,
    /// The policy that offers start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// `PATCH products`: changes what is given. Offers made before keep what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditProduct {
    /// The caller's product.
    pub product_id: ProductId,
    /// What people see, 1 to 200 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What most of it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<MediaType>,
    /// The policy that new offers start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// `POST products-delete`: a product with all its releases. Answers [`Deleted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteProduct {
    /// The caller's product.
    pub product_id: ProductId,
}

/// `POST releases-delete`. Answers [`Deleted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteRelease {
    /// A release of the caller's.
    pub release_id: ReleaseId,
}

/// What a deletion leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Sales that are not over. While there are any, the files stay for their buyers.
    pub open_sales: u64,
}

/// A product, to its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The product.
    pub product_id: ProductId,
    /// Who sells it.
    pub owner: AilockId,
    /// What people see.
    pub title: String,
    /// What most of it is.
    pub content_type: Option<MediaType>,
    /// The policy that offers start from.
    pub policy: Option<Policy>,
    /// The newest completed release.
    pub release_id: Option<ReleaseId>,
    /// Bytes of plaintext in that release.
    pub size: Option<u64>,
    /// Unix seconds.
    pub created_at: i64,
}

/// `GET products`: the caller's own, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Products {
    /// At most one page.
    pub products: Vec<Product>,
    /// Give it as `after` for the next page.
    pub next: Option<ProductId>,
}
