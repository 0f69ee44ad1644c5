//! Download links, what opening one takes, and the files of a product.

use serde::{Deserialize, Serialize};

use crate::bytes::{ByteString, Bytes, Bytes32};
use crate::ids::{ClaimId, FileId, LinkId, ProductId, ReleaseId, TransferId};
use crate::keys::{AilockId, AilockKeys};
use crate::media_type::MediaType;

/// The longest time that a link takes new claims, and the time that a claim of a link lives: seconds of a day.
pub const LINK_SECONDS: i64 = 86_400;
/// The most downloads of a link.
pub const LINK_DOWNLOADS: u32 = 5;
/// nonce (12) || AES-256-GCM of 32 bytes.
pub const WRAPPED_KEY_LEN: usize = 12 + 32 + 16;
/// The longest sealed name, in bytes: a path of 1,024 in JSON, with its other members.
pub const MAX_SEALED_NAME: usize = 8_192;

/// `POST download-links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeLink {
    /// Picked by the client; the same id with the same body is the same request.
    pub link_id: LinkId,
    /// A completed release of the caller's.
    pub release_id: ReleaseId,
    /// The one file that it gives; None for the whole release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<FileId>,
    /// The delivered sale that it is for, with which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// SHA-256 of the token in the address.
    pub token_hash: Bytes32,
    /// SHA-256 of `auth`, which proves the secret.
    pub auth_hash: Bytes32,
    /// The release key, or the file key, under the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// With `file_id`: what the file is called, sealed under its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_name: Option<ByteString>,
    /// Whether a password goes into the secret.
    pub has_password: bool,
    /// Seconds until no claim begins any more, 1 to [`LINK_SECONDS`], which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    /// 1 to [`LINK_DOWNLOADS`], which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_downloads: Option<u32>,
}

/// `POST download-links-revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeLink {
    /// The caller's.
    pub link_id: LinkId,
}

/// Whether a link takes new claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It does.
    Open,
    /// All downloads are taken; one that is given back opens it again.
    UsedUp,
    /// Its time is over. Downloads that run go on.
    Expired,
    /// It was ended, by its owner, with its sale, or because of its content. Nothing goes on.
    Revoked,
}

/// A link, to its owner. Nobody has its address any more but those it was given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadLink {
    /// The link.
    pub link_id: LinkId,
    /// What it gives.
    pub release_id: ReleaseId,
    /// The one file that it gives.
    pub file_id: Option<FileId>,
    /// The sale that it is for.
    pub transfer_id: Option<TransferId>,
    /// Whether it needs a password.
    pub has_password: bool,
    /// Downloads allowed.
    pub max_downloads: u32,
    /// Downloads taken and not given back.
    pub downloads: u32,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds from which on no claim begins.
    pub expires_at: i64,
    /// Unix seconds.
    pub revoked_at: Option<i64>,
    /// Whether it takes new claims.
    pub state: LinkState,
}

/// `GET download-links`: the caller's own, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadLinks {
    /// At most one page.
    pub links: Vec<DownloadLink>,
    /// Give it as `after` for the next page.
    pub next: Option<LinkId>,
}

/// One line of a link's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLogEntry {
    /// Falls from line to line.
    pub entry_id: u64,
    /// The download, where one had begun.
    pub claim_id: Option<ClaimId>,
    /// claimed, resumed, completed, cancelled, stopped, failed or refused.
    pub event: String,
    /// Why it failed or was refused.
    pub code: Option<String>,
    /// Unix seconds.
    pub at: i64,
    /// Shortened, hashed with a salt of that day, or as it is, as the server is set up; None where it keeps nothing.
    pub ip: Option<String>,
    /// As the caller sent it.
    pub user_agent: Option<String>,
}

/// `GET download-links-log`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLog {
    /// At most one page.
    pub entries: Vec<LinkLogEntry>,
    /// Give it as `after` for the next page.
    pub next: Option<u64>,
}

/// A file as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFile {
    /// The file.
    pub file_id: FileId,
    /// Bytes of plaintext.
    pub size: u64,
    /// What the seller says it is.
    pub declared_type: MediaType,
}

/// `GET /downloads/:token`, as JSON: what is known before a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInfo {
    /// The link.
    pub link_id: LinkId,
    /// What it gives.
    pub release_id: ReleaseId,
    /// The one file that it gives.
    pub file_id: Option<FileId>,
    /// Goes into the derivation of the link's keys, so no other manifest opens with them.
    pub manifest_hash: Bytes32,
    /// Who made it.
    pub seller: AilockId,
    /// Whether it needs a password.
    pub has_password: bool,
    /// Downloads allowed.
    pub max_downloads: u32,
    /// Downloads that can be claimed now.
    pub downloads_left: u32,
    /// Unix seconds from which on no claim begins.
    pub expires_at: i64,
    /// Whether it takes new claims.
    pub state: LinkState,
    /// The files that it gives.
    pub files: Vec<LinkFile>,
}

/// `POST /downloads/:token/claim`, with a proof by the claim's own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimLink {
    /// Picked by the client; the same id with the same key renews the ticket.
    pub claim_id: ClaimId,
    /// What the link's secret and password give.
    pub auth: Bytes32,
}

/// Answer to `POST /downloads/:token/claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkClaim {
    /// The claim.
    pub claim_id: ClaimId,
    /// The link.
    pub link_id: LinkId,
    /// The release to download.
    pub release_id: ReleaseId,
    /// The one file of it to download.
    pub file_id: Option<FileId>,
    /// A `claim+jwt`, bound to the key of the proof of this call.
    pub ticket: String,
    /// Seconds that the ticket lives.
    pub expires_in: u64,
    /// Unix seconds at which the claim itself ends.
    pub claim_expires_at: i64,
    /// The release key, or the file key, under the link's secret.
    pub wrapped_key: Bytes<WRAPPED_KEY_LEN>,
    /// What the one file is called, sealed under its key.
    pub sealed_name: Option<ByteString>,
    /// The seller's keys, to be held against the id in the manifest.
    pub seller_keys: AilockKeys,
}

/// `POST link-claims-complete`, with a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteLinkClaim {
    /// The ticket's claim.
    pub claim_id: ClaimId,
    /// Of a whole release: the commitment, recomputed from what was downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_hash: Option<Bytes32>,
}

/// Answer to `link-claims-complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkClaimCompleted {
    /// The claim.
    pub claim_id: ClaimId,
    /// Unix seconds at which it was first said to be complete.
    pub completed_at: i64,
}

/// One file of a product, to its owner. Its name is sealed in the release's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductFile {
    /// The file.
    pub file_id: FileId,
    /// Its release.
    pub release_id: ReleaseId,
    /// Place in the release, from 0.
    pub position: u64,
    /// Bytes of plaintext.
    pub size: u64,
    /// What the seller says it is.
    pub declared_type: MediaType,
    /// Unix seconds.
    pub created_at: i64,
    /// Whether its release is the newest, which new sales are of.
    pub is_current: bool,
    /// Whether its chunks were deleted.
    pub is_deleted: bool,
}

/// `GET /api/products/:id/files`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductFiles {
    /// The product.
    pub product_id: ProductId,
    /// At most one page, the newest file ids first.
    pub files: Vec<ProductFile>,
    /// Give it as `after` for the next page.
    pub next: Option<FileId>,
}
