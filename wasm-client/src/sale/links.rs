//! The owner's side of download links, and the files of a product by their names.

use claimcheck_protocol::bytes::Bytes;
use claimcheck_protocol::ids::{FileId, LinkId, ProductId, ReleaseId, TransferId};
use claimcheck_protocol::jcs;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::meta::{Meta, MetaFile};
use claimcheck_protocol::wire;

use super::{Client, Failure, LinkAddress, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::http::Http;
use crate::meta::open_meta;
use crate::schedule::{LinkSecret, derive_file_key};
use crate::sealed_name::seal_name;
use crate::secret::Secret32;
use crate::wrapped_key::wrap_key;

/// What a link gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkScope {
    /// A release of one's own.
    Release(ReleaseId),
    /// One file of such a release.
    File(ReleaseId, FileId),
    /// What was sold in a transfer, with whose access it ends.
    Transfer(TransferId),
}

/// What an owner decides of a link.
pub struct LinkTerms {
    /// Made with [`Client::make_link_id`], for it goes into the password.
    pub link_id: LinkId,
    /// What it gives.
    pub scope: LinkScope,
    /// What Argon2id made of the password.
    pub password: Option<Secret32>,
    /// Seconds; None for a day, which is the most.
    pub expires_in: Option<i64>,
    /// None for five, which is the most.
    pub max_downloads: Option<u32>,
}

/// A file of a product, with its name.
pub struct NamedFile {
    /// As the server knows it.
    pub file: wire::ProductFile,
    /// As its seller knows it.
    pub name: MetaFile,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// A fresh id for a link.
    pub fn make_link_id(&self) -> Result<LinkId, Failure> {
        self.make_id(LinkId::from_parts)
    }

    /// Makes a link. Its address is known here alone: the server gets hashes of its parts.
    pub async fn create_link(&self, terms: LinkTerms) -> Result<(wire::DownloadLink, LinkAddress), Failure> {
        let (release_id, file_id, transfer_id) = self.resolve(terms.scope).await?;
        let (release, manifest, release_key) = self.own_release(release_id).await?;
        let (token, secret) = (Secret32::random()?, Secret32::random()?);
        let keys = LinkSecret {
            secret: &secret,
            password: terms.password.as_ref(),
            id: terms.link_id.as_bytes(),
            manifest_hash: &release.manifest_hash,
        };
        let (key, sealed_name) = match file_id {
            None => (release_key, None),
            Some(id) => {
                let meta = open_meta(&release_key, &manifest)?;
                let name = name_of(&manifest, &meta, &id)
                    .ok_or(Failure::Argument("the release has no such file"))?;
                let key = derive_file_key(&release_key, &id);
                let sealed = seal_name(&key, &id, name)?;
                (key, Some(sealed))
            }
        };
        let body = wire::MakeLink {
            link_id: terms.link_id,
            release_id,
            file_id,
            transfer_id,
            token_hash: jcs::sha256(&[token.as_bytes()]),
            auth_hash: keys.auth_hash(),
            wrapped_key: wrap_key(&keys, &key)?,
            sealed_name,
            has_password: terms.password.is_some(),
            expires_in: terms.expires_in,
            max_downloads: terms.max_downloads,
        };
        let link = self.persist(&Control::new(), || self.session().make_link(&body)).await?;
        Ok((link, LinkAddress { token: Bytes(*token.as_bytes()), secret }))
    }

    async fn resolve(
        &self,
        scope: LinkScope,
    ) -> Result<(ReleaseId, Option<FileId>, Option<TransferId>), Failure> {
        Ok(match scope {
            LinkScope::Release(release) => (release, None, None),
            LinkScope::File(release, file) => (release, Some(file), None),
            LinkScope::Transfer(id) => {
                let transfer = self.review(id).await?;
                let release = transfer.release_id.ok_or(Failure::Argument("nothing is delivered yet"))?;
                (release, None, Some(id))
            }
        })
    }

    /// Every file of a product of one's own, release by release, the newest first, in the order of the release.
    pub async fn product_files(&self, product_id: ProductId) -> Result<Vec<NamedFile>, Failure> {
        let mut files = Vec::new();
        let mut after = None;
        loop {
            let read = || self.session().product_files(product_id, after);
            let page = self.persist(&Control::new(), read).await?;
            files.extend(page.files);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        files.sort_by(|one, two| {
            two.created_at
                .cmp(&one.created_at)
                .then(two.release_id.cmp(&one.release_id))
                .then(one.position.cmp(&two.position))
        });
        self.name_all(files).await
    }

    async fn name_all(&self, files: Vec<wire::ProductFile>) -> Result<Vec<NamedFile>, Failure> {
        let mut named = Vec::with_capacity(files.len());
        let mut opened: Option<(ReleaseId, Manifest, Meta)> = None;
        for file in files {
            if opened.as_ref().is_none_or(|(release, ..)| *release != file.release_id) {
                let (_, manifest, key) = self.own_release(file.release_id).await?;
                let meta = open_meta(&key, &manifest)?;
                opened = Some((file.release_id, manifest, meta));
            }
            let name = opened.as_ref().and_then(|(_, manifest, meta)| name_of(manifest, meta, &file.file_id));
            let name = name.cloned().ok_or(Failure::Untrusted(Untrusted::Manifest))?;
            named.push(NamedFile { file, name });
        }
        Ok(named)
    }
}

/// The name of a file of a release.
fn name_of<'a>(manifest: &Manifest, meta: &'a Meta, id: &FileId) -> Option<&'a MetaFile> {
    let position = manifest.files.iter().position(|file| file.file_id == *id)?;
    meta.files.get(position)
}
