//! A download link as somebody opens it who has its address, and perhaps its password, and is otherwise nobody.
//!
//! The link's keys come from its secret and the manifest's hash, so a manifest that the server puts in another's place
//! opens nothing. A claim belongs to a key of its own, which can be kept, so that a reload goes on with it.

use core::cell::RefCell;
use std::rc::Rc;

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::ClaimId;
use claimcheck_protocol::keys::Ed25519PublicKey;
use claimcheck_protocol::manifest::{Manifest, ManifestFile};
use claimcheck_protocol::meta::{Meta, MetaFile};
use claimcheck_protocol::signed::{Signed, Verified};
use claimcheck_protocol::wire;
use futures_util::lock::Mutex;
use zeroize::Zeroizing;

use super::download::DownloadRemote;
use super::files::Files;
use super::{Client, Failure, IncomingFile, ReceivingSink, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control, Host, Observer};
use crate::http::Http;
use crate::identity::Identity;
use crate::meta::open_meta;
use crate::proof::DpopKey;
use crate::schedule::LinkSecret;
use crate::sealed_name::open_name;
use crate::secret::Secret32;
use crate::session::{Session, Ticket};
use crate::wrapped_key::unwrap_key;

/// Characters of a claim's id.
const CLAIM_ID_LEN: usize = 32;
/// Bytes of a kept claim without a password's key.
const KEPT_LEN: usize = 32 + 32 + CLAIM_ID_LEN + 32;

/// What the address of a link holds: the token in its path and the secret in its fragment.
pub struct LinkAddress {
    /// Known to the server once it is called.
    pub token: Bytes32,
    /// Never sent.
    pub secret: Secret32,
}

impl LinkAddress {
    /// Reads the token of a path and the secret of a fragment.
    pub fn parse(token: &str, secret: &str) -> Option<Self> {
        let secret = Bytes::from_base64url(secret).ok()?;
        Some(Self { token: Bytes::from_base64url(token).ok()?, secret: Secret32::from_bytes(secret.0) })
    }

    /// The path and the fragment: `/downloads/<token>#<secret>`.
    pub fn to_path(&self) -> String {
        format!("{}#{}", self.path(), Bytes(*self.secret.as_bytes()))
    }

    fn path(&self) -> String {
        format!("/downloads/{}", self.token)
    }
}

/// What lets a claim go on after a reload. All of it is secret.
pub struct Kept {
    /// Where the link is.
    pub address: LinkAddress,
    /// The claim.
    pub claim_id: ClaimId,
    /// Its key.
    pub claim_key: Secret32,
    /// What Argon2id made of the password.
    pub password: Option<Secret32>,
}

impl Kept {
    /// `token | secret | claim id | claim key | password's key, if any`.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.to_bytes_with(self.password.as_ref())
    }

    fn to_bytes_with(&self, password: Option<&Secret32>) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEPT_LEN + 32));
        bytes.extend_from_slice(self.address.token.as_ref());
        bytes.extend_from_slice(self.address.secret.as_bytes());
        bytes.extend_from_slice(self.claim_id.to_string().as_bytes());
        bytes.extend_from_slice(self.claim_key.as_bytes());
        if let Some(password) = password {
            bytes.extend_from_slice(password.as_bytes());
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; None of anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (token, rest) = bytes.split_first_chunk::<32>()?;
        let (secret, rest) = rest.split_first_chunk::<32>()?;
        let (claim_id, rest) = rest.split_at_checked(CLAIM_ID_LEN)?;
        let (claim_key, password) = rest.split_first_chunk::<32>()?;
        let password = match password {
            [] => None,
            key => Some(Secret32::from_slice(key)?),
        };
        Some(Self {
            address: LinkAddress { token: Bytes(*token), secret: Secret32::from_bytes(*secret) },
            claim_id: core::str::from_utf8(claim_id).ok()?.parse().ok()?,
            claim_key: Secret32::from_bytes(*claim_key),
            password,
        })
    }
}

/// A download by a link that was verified to its last byte.
pub struct LinkDelivered {
    /// What was written; `sha256` only where it was computed here and is the seller's.
    pub files: Vec<IncomingFile>,
    /// Bytes of plaintext.
    pub bytes: u64,
    /// As it was signed.
    pub manifest: Signed<Manifest>,
    /// The claim under which it came.
    pub claim_id: ClaimId,
}

/// A link that is open.
pub struct Visit<H, B, T> {
    client: Client<H, B, T>,
    kept: Kept,
    info: wire::LinkInfo,
    password: RefCell<Option<Rc<Secret32>>>,
    claimed: Mutex<Option<Claimed>>,
}

/// All that a claim gave, verified and opened.
struct Claimed {
    ticket: Ticket,
    seller: Ed25519PublicKey,
    signed_manifest: Signed<Manifest>,
    manifest: Verified<Manifest>,
    key: Secret32,
    given: Given,
}

/// What a link gives, by its names.
enum Given {
    /// A release, which the key is of.
    Release(Meta),
    /// One file of it, which the key is of.
    File(ManifestFile, MetaFile),
}

impl Claimed {
    fn files(&self) -> Result<Files<'_>, Failure> {
        match &self.given {
            Given::Release(meta) => Files::of_release(self.seller, &self.manifest, meta, &self.key),
            Given::File(file, name) => Files::of_file(self.seller, file, name, &self.key),
        }
    }
}

impl<H, B, T> Visit<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Asks what a link gives, which uses nothing up.
    pub async fn open(
        (http, bulk, clock): (H, B, T),
        origin: &str,
        address: LinkAddress,
    ) -> Result<Self, Failure> {
        let mut random = [0; 10];
        getrandom::fill(&mut random)?;
        let now_ms = u64::try_from(http.now_ms()).unwrap_or_default();
        let claim_id = ClaimId::from_parts(now_ms, random);
        let kept = Kept { address, claim_id, claim_key: Secret32::random()?, password: None };
        Self::go_on((http, bulk, clock), origin, kept).await
    }

    /// The same with a claim that was begun before.
    pub async fn go_on(
        (http, bulk, clock): (H, B, T),
        origin: &str,
        mut kept: Kept,
    ) -> Result<Self, Failure> {
        // A session is somebody's; this one is nobody's, and never asks for a token.
        let nobody = Identity::from_seed(Secret32::random()?);
        let session = Session::new(http, origin, nobody)?.with_key(DpopKey::from_secret(&kept.claim_key));
        let client = Client::new(session, bulk, clock);
        let path = kept.address.path();
        let info = client.persist(&Control::new(), || client.session().link_info(&path)).await?;
        let password = RefCell::new(kept.password.take().map(Rc::new));
        Ok(Self { client, kept, info, password, claimed: Mutex::new(None) })
    }

    /// What is known before a claim.
    pub const fn info(&self) -> &wire::LinkInfo {
        &self.info
    }

    /// What lets the claim go on later: [`Kept::to_bytes`].
    pub fn keep(&self) -> Zeroizing<Vec<u8>> {
        let password = self.password.borrow();
        self.kept.to_bytes_with(password.as_deref())
    }

    /// Sets what Argon2id made of the password, for the next claim.
    pub fn set_password(&self, password: Secret32) {
        self.password.replace(Some(Rc::new(password)));
    }

    /// The files by their names. It claims, and uses no download up for good before the first chunk.
    pub async fn contents(&self, control: &Control) -> Result<Vec<IncomingFile>, Failure> {
        let mut claimed = self.claimed.lock().await;
        Ok(self.claim(&mut claimed, control).await?.files()?.incoming())
    }

    /// Gives the claim back, if no chunk of it was fetched.
    pub async fn cancel(&self) -> Result<(), Failure> {
        let claimed = self.claimed.lock().await;
        let Some(claimed) = claimed.as_ref() else { return Ok(()) };
        let session = self.client.session();
        self.client.persist(&Control::new(), || session.cancel_link_claim(&claimed.ticket)).await?;
        Ok(())
    }

    /// Writes what the link gives to `sink`. After a failure it goes on under the same claim.
    pub async fn download<K: ReceivingSink<Buf = B::Buf>>(
        &self,
        sink: &K,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<LinkDelivered, Failure> {
        let mut claimed = self.claimed.lock().await;
        let claimed = self.claim(&mut claimed, control).await?;
        let files = claimed.files()?;
        let session = self.client.session();
        let remote = DownloadRemote { session, ticket: &claimed.ticket, files: files.ids() };
        let host = Host { remote: &remote, clock: &self.client.clock, journal: &(), observer, control };
        let (written, done) = self.client.fetch(&files, sink, &host).await?;
        let client_hash = files.is_whole_release().then_some(done.commitment);
        let complete = || session.complete_link_claim(&claimed.ticket, client_hash);
        // What is written stays complete whether or not the owner hears of it.
        let _ = self.client.persist(&Control::new(), complete).await;
        Ok(LinkDelivered {
            files: written,
            bytes: done.bytes,
            manifest: claimed.signed_manifest.clone(),
            claim_id: self.kept.claim_id,
        })
    }

    fn keys<'a>(&'a self, password: Option<&'a Secret32>) -> LinkSecret<'a> {
        LinkSecret {
            secret: &self.kept.address.secret,
            password,
            id: self.info.link_id.as_bytes(),
            manifest_hash: &self.info.manifest_hash,
        }
    }

    /// The claim, begun if it was not.
    async fn claim<'a>(
        &self,
        claimed: &'a mut Option<Claimed>,
        control: &Control,
    ) -> Result<&'a Claimed, Failure> {
        if claimed.is_none() {
            *claimed = Some(self.begin(control).await?);
        }
        claimed.as_ref().ok_or(Failure::Platform)
    }

    async fn begin(&self, control: &Control) -> Result<Claimed, Failure> {
        let session = self.client.session();
        let password = self.password.borrow().clone();
        let keys = self.keys(password.as_deref());
        let (path, auth) = (self.kept.address.path(), keys.derive_auth());
        let claim = || session.claim_link(&path, self.kept.claim_id, auth);
        let answer = self.client.persist(control, claim).await?;
        let ticket = Ticket::of_link(&answer, path.clone(), auth, session.now());
        let untrusted = |_| Failure::Untrusted(Untrusted::Manifest);
        let fetch = || session.download_manifest(&ticket);
        let signed_manifest = self.client.persist(control, fetch).await?.manifest;
        let seller = answer.seller_keys;
        seller.check(&signed_manifest.body.seller).map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        let manifest = signed_manifest.clone().verify(&seller.ed25519_pk).map_err(untrusted)?;
        if (manifest.hash(), manifest.body().release_id) != (self.info.manifest_hash, self.info.release_id) {
            return Err(Failure::Untrusted(Untrusted::Manifest));
        }
        let key = unwrap_key(&keys, &answer.wrapped_key)?;
        let given = self.open_names(&answer, manifest.body(), &key)?;
        Ok(Claimed { ticket, seller: seller.ed25519_pk, signed_manifest, manifest, key, given })
    }

    fn open_names(
        &self,
        answer: &wire::LinkClaim,
        manifest: &Manifest,
        key: &Secret32,
    ) -> Result<Given, Failure> {
        let Some(id) = &self.info.file_id else { return Ok(Given::Release(open_meta(key, manifest)?)) };
        let file = manifest.files.iter().find(|file| file.file_id == *id);
        let (Some(file), Some(sealed)) = (file, &answer.sealed_name) else {
            return Err(Failure::Untrusted(Untrusted::Manifest));
        };
        Ok(Given::File(file.clone(), open_name(key, file, sealed)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(password: Option<u8>) -> Kept {
        let secret = |byte| Secret32::from_bytes([byte; 32]);
        Kept {
            address: LinkAddress { token: Bytes([1; 32]), secret: secret(2) },
            claim_id: ClaimId::from_parts(3, [4; 10]),
            claim_key: secret(5),
            password: password.map(secret),
        }
    }

    #[test]
    fn a_kept_claim_reads_back_with_or_without_a_password() {
        for password in [None, Some(6)] {
            let bytes = kept(password).to_bytes();
            assert_eq!(bytes.len(), KEPT_LEN + if password.is_some() { 32 } else { 0 });
            let read = Kept::from_bytes(&bytes).unwrap();
            assert_eq!(read.to_bytes(), bytes);
            assert_eq!(read.claim_id, kept(password).claim_id);
            for len in (0..bytes.len()).filter(|len| *len != KEPT_LEN) {
                assert!(Kept::from_bytes(&bytes[..len]).is_none(), "{len}");
            }
        }
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let path = kept(None).address.to_path();
        let (token, secret) = path.strip_prefix("/downloads/").unwrap().split_once('#').unwrap();
        assert_eq!(LinkAddress::parse(token, secret).unwrap().to_path(), path);
        assert!(LinkAddress::parse(token, "").is_none() && LinkAddress::parse("x", secret).is_none());
    }
}
