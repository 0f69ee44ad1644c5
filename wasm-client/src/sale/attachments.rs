//! Files for a seller: the buyer uploads each as a release of its own, of one file, and hands the key to the seller in
//! the signed input. The seller opens it by the engine that opens everything.

use claimcheck_protocol::ids::{AttachmentId, TransferId, UploadId};
use claimcheck_protocol::inputs::{AttachmentRef, BuyerInput, check_file, file_seal_context};
use claimcheck_protocol::keys::AilockKeys;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::meta::Meta;
use claimcheck_protocol::policy::{InputKind, RequiredInput};
use claimcheck_protocol::signed::{Verified, statement_hash};
use claimcheck_protocol::wire;

use super::files::{Files, incoming_files};
use super::typing::TypedFile;
use super::upload::Draft;
use super::{Client, Failure, HashedSource, IncomingFile, ReceivingSink, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control, GetChunk, Host, Observer};
use crate::engine::{CallError, ChunkAt, UploadLimits};
use crate::http::Http;
use crate::meta::open_meta;
use crate::seal::{Purpose, open_from};
use crate::secret::Secret32;
use crate::session::Session;

/// A file that is uploaded, and its key, which nobody else has yet.
pub(super) struct Attached {
    /// For which input.
    pub(super) input_id: String,
    /// What the server knows it by.
    pub(super) named: AttachmentRef,
    /// Opens it.
    pub(super) key: Secret32,
}

/// A file that is about to be uploaded.
struct Begun {
    input_id: String,
    attachment_id: AttachmentId,
    draft: Draft,
}

/// An attachment that its seller can open.
pub(super) struct OpenAttachment {
    attachment_id: AttachmentId,
    manifest: Verified<Manifest>,
    key: Secret32,
    meta: Meta,
    file: IncomingFile,
}

impl OpenAttachment {
    /// As the buyer named it.
    pub(super) fn into_file(self) -> IncomingFile {
        self.file
    }
}

struct AttachmentRemote<'a, H> {
    session: &'a Session<H>,
    attachment_id: AttachmentId,
}

impl<H: Http> GetChunk for AttachmentRemote<'_, H> {
    type Buf = H::Buf;

    async fn get_chunk(&self, at: ChunkAt) -> Result<H::Buf, CallError> {
        let chunk = self.session.attachment_chunk(self.attachment_id, at.chunk).await;
        chunk.map_err(|refusal| refusal.error)
    }
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Uploads files for inputs of a sale. Ended without success, their chunks are deleted again.
    pub(super) async fn attach<S: HashedSource<Buf = B::Buf>>(
        &self,
        transfer: &wire::TransferView,
        files: Vec<(String, TypedFile<S>)>,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<Vec<Attached>, Failure> {
        let mut opened = Vec::new();
        let done = self.open_and_send(transfer, files, &mut opened, control, observer).await;
        if done.is_err() {
            for upload_id in opened {
                // Nobody waits for the answer: what is left behind, the server deletes by itself.
                let _ = self.session.abort_upload(upload_id).await;
            }
        }
        done
    }

    async fn open_and_send<S: HashedSource<Buf = B::Buf>>(
        &self,
        transfer: &wire::TransferView,
        files: Vec<(String, TypedFile<S>)>,
        opened: &mut Vec<UploadId>,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<Vec<Attached>, Failure> {
        let (mut begun, mut names, mut sealed, mut places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (input_id, file) in files {
            let attachment_id = self.make_id(AttachmentId::from_parts)?;
            let (draft, name, to_send) =
                self.begin(attachment_id.release_id(), transfer.product_id, vec![file])?;
            for file in &draft.files {
                let (transfer_id, input_id) = (transfer.transfer_id, input_id.clone());
                let init = wire::InitAttachment { transfer_id, input_id, attachment_id, file: file.clone() };
                let answer = self.persist(control, || self.session.init_attachment(&init)).await?;
                opened.push(answer.upload_id);
                places.push((answer.upload_id, file.file_id));
            }
            names.extend(name);
            sealed.extend(to_send);
            begun.push(Begun { input_id, attachment_id, draft });
        }
        let (uploaded, names) =
            self.send_files(&places, UploadLimits::default(), names, sealed, control, observer).await?;
        let mut attached = Vec::new();
        for (((begun, name), sent), upload_id) in
            begun.into_iter().zip(names).zip(&uploaded).zip(opened.iter())
        {
            let manifest = self.make_manifest(&begun.draft, vec![name], core::slice::from_ref(sent))?;
            attached.push(self.complete_attachment(begun, manifest, *upload_id, control).await?);
        }
        Ok(attached)
    }

    async fn complete_attachment(
        &self,
        begun: Begun,
        manifest: Manifest,
        upload_id: UploadId,
        control: &Control,
    ) -> Result<Attached, Failure> {
        let manifest_hash = statement_hash(&manifest)?;
        let manifest = self.session.identity().sign_statement(manifest)?;
        let complete = || self.session.complete_attachment(upload_id, manifest.clone());
        self.persist(control, complete).await?;
        let named = AttachmentRef { attachment_id: begun.attachment_id, manifest_hash };
        Ok(Attached { input_id: begun.input_id, named, key: begun.draft.release_key })
    }

    /// What a verified input names, verified to be the buyer's, for this sale, and what the offer takes.
    pub(super) async fn open_attachment(
        &self,
        transfer: &wire::TransferView,
        buyer: &AilockKeys,
        (input, asked): (&BuyerInput, &RequiredInput),
    ) -> Result<OpenAttachment, Failure> {
        let untrusted = Failure::Untrusted(Untrusted::Inputs);
        let AttachmentRef { attachment_id, manifest_hash } = input.attachment.ok_or(untrusted.clone())?;
        let context = file_seal_context(&transfer.transfer_id, transfer.offer_hash, &input.id, manifest_hash);
        let key = open_from(Purpose::Inputs, &context, self.session.identity(), &input.sealed.0)?;
        let key = Secret32::from_slice(&key).ok_or(untrusted.clone())?;
        let found = self.persist(&Control::new(), || self.session.attachment(attachment_id)).await?;
        let manifest = found.manifest.verify(&buyer.ed25519_pk).map_err(|_| untrusted.clone())?;
        let body = manifest.body();
        if (manifest.hash(), body.release_id, body.product_id, body.seller)
            != (manifest_hash, attachment_id.release_id(), transfer.product_id, transfer.buyer)
        {
            return Err(untrusted);
        }
        let meta = open_meta(&key, body)?;
        let mut files = incoming_files(body, &meta);
        let Some(file) = files.pop().filter(|_| files.is_empty()) else { return Err(untrusted) };
        check_file(asked, &file.content_type, file.size)?;
        Ok(OpenAttachment { attachment_id, manifest, key, meta, file })
    }

    /// Writes a file that the buyer of one's own sale provided to `sink`, verified to its last byte.
    pub async fn download_input<K: ReceivingSink<Buf = B::Buf>>(
        &self,
        transfer_id: TransferId,
        input_id: &str,
        sink: &K,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<IncomingFile, Failure> {
        let (transfer, buyer, provided) = self.provided(transfer_id).await?;
        let found = provided.into_iter().find(|requirement| requirement.input.id == input_id);
        let found = found.ok_or(Failure::Argument("the buyer has not provided this input"))?;
        if found.input.kind != InputKind::File {
            return Err(Failure::Argument("this input is a text"));
        }
        let input = self.verify_input(&transfer, &buyer, &found)?;
        let attachment = self.open_attachment(&transfer, &buyer, (&input, &found.input)).await?;
        let remote = AttachmentRemote { session: &self.session, attachment_id: attachment.attachment_id };
        let host = Host { remote: &remote, clock: &self.clock, journal: &(), observer, control };
        let OpenAttachment { manifest, meta, key, .. } = &attachment;
        let files = Files::of_release(buyer.ed25519_pk, manifest, meta, key)?;
        let (mut files, _) = self.fetch(&files, sink, &host).await?;
        files.pop().ok_or(Failure::Untrusted(Untrusted::Inputs))
    }
}
