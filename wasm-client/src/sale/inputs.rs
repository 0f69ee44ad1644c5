//! Buyer inputs: the buyer checks and seals what the seller asked for, and the seller alone opens it.

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::inputs::{
    AttachmentRef, BuyerInput, check_file, check_value, file_seal_context, seal_context,
};
use claimcheck_protocol::keys::{AilockKeys, X25519PublicKey};
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::policy::{InputKind, RequiredInput};
use claimcheck_protocol::signed::{Signed, V1};
use claimcheck_protocol::wire;

use super::attachments::Attached;
use super::upload::check_files;
use super::{Client, Failure, FileForSale, HashedSource, IncomingFile, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control, Observer};
use crate::http::Http;
use crate::seal::{Purpose, open_from, seal_to};

/// What a buyer provides.
pub enum InputValue<S> {
    /// A text or an address.
    Text(String),
    /// A file.
    File(FileForSale<S>),
}

/// What a buyer provided.
#[derive(Debug, Clone)]
pub enum InputContent {
    /// A text or an address.
    Text(String),
    /// A file, which [`Client::download_input`] fetches; its SHA-256 is what the buyer says.
    File(IncomingFile),
}

/// An input as the buyer gave it.
#[derive(Debug, Clone)]
pub struct OpenedInput {
    /// Which of the offer's required inputs.
    pub id: String,
    /// What it is.
    pub content: InputContent,
    /// Unix seconds, by the buyer's clock.
    pub provided_at: i64,
    /// Whether it was sent back.
    pub is_rejected: bool,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// What the offer of one's own sale asks for, as its seller signed it, and what is there.
    pub async fn requirements(&self, transfer_id: TransferId) -> Result<wire::Requirements, Failure> {
        let transfer = self.review(transfer_id).await?;
        let found = self.persist(&Control::new(), || self.session.requirements(transfer_id)).await?;
        self.check_requirements(&transfer, &found)?;
        Ok(found)
    }

    /// Provides texts and files by the ids of the offer's inputs. Nothing is sent unless all of them are what the seller
    /// takes, and nothing is handed in before all files are uploaded.
    pub async fn submit_inputs<S: HashedSource<Buf = B::Buf>>(
        &self,
        transfer_id: TransferId,
        values: Vec<(String, InputValue<S>)>,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<wire::Requirements, Failure> {
        let transfer = self.review(transfer_id).await?;
        if transfer.buyer != *self.session.id() {
            return Err(Failure::Argument("only the buyer provides inputs"));
        }
        let seller = self.keys_of(&transfer.seller).await?.x25519_pk;
        let (mut inputs, mut files, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for (id, value) in values {
            match value {
                InputValue::Text(text) => inputs.push(self.seal_text(&transfer, &seller, &id, &text)?),
                InputValue::File(file) => {
                    check_files(core::slice::from_ref(&file))?;
                    if let Some(declared) = &file.declared {
                        check_taken(&transfer, &id, declared, file.size)?;
                    }
                    files.push(file);
                    ids.push(id);
                }
            }
        }
        if !files.is_empty() {
            let files: Vec<_> = ids.into_iter().zip(self.type_files(files, control).await?).collect();
            for (id, file) in &files {
                check_taken(&transfer, id, &file.content_type, file.size)?;
            }
            for attached in self.attach(&transfer, files, control, observer).await? {
                inputs.push(self.seal_key(&transfer, &seller, &attached)?);
            }
        }
        let body = wire::SubmitInputs { transfer_id, inputs };
        let view = self.persist(control, || self.session.submit_inputs(&body)).await?;
        self.check_requirements(&transfer, &view)?;
        Ok(view)
    }

    fn seal_text(
        &self,
        transfer: &wire::TransferView,
        seller: &X25519PublicKey,
        id: &str,
        value: &str,
    ) -> Result<Signed<BuyerInput>, Failure> {
        check_value(find_asked(transfer, id)?, value)?;
        let context = seal_context(&transfer.transfer_id, transfer.offer_hash, id);
        let sealed = seal_to(Purpose::Inputs, &context, seller, value.as_bytes())?;
        self.sign_input(transfer, id, sealed, None)
    }

    fn seal_key(
        &self,
        transfer: &wire::TransferView,
        seller: &X25519PublicKey,
        attached: &Attached,
    ) -> Result<Signed<BuyerInput>, Failure> {
        let (id, manifest_hash) = (&attached.input_id, attached.named.manifest_hash);
        let context = file_seal_context(&transfer.transfer_id, transfer.offer_hash, id, manifest_hash);
        let sealed = seal_to(Purpose::Inputs, &context, seller, attached.key.as_bytes())?;
        self.sign_input(transfer, id, sealed, Some(attached.named))
    }

    fn sign_input(
        &self,
        transfer: &wire::TransferView,
        id: &str,
        sealed: Vec<u8>,
        attachment: Option<AttachmentRef>,
    ) -> Result<Signed<BuyerInput>, Failure> {
        Ok(self.session.identity().sign_statement(BuyerInput {
            v: V1,
            transfer_id: transfer.transfer_id,
            offer_hash: transfer.offer_hash,
            buyer: *self.session.id(),
            id: id.to_owned(),
            sealed: ByteString(sealed),
            attachment,
            provided_at: self.session.now(),
        })?)
    }

    /// Sends an input back to the buyer; the server reads the reason.
    pub async fn reject_input(
        &self,
        transfer_id: TransferId,
        input_id: String,
        reason: String,
    ) -> Result<wire::Requirements, Failure> {
        let body = wire::RejectInput { transfer_id, input_id, reason };
        Ok(self.persist(&Control::new(), || self.session.reject_input(&body)).await?)
    }

    /// What the buyer provided, opened by its seller: each value is known to be the buyer's, and for this sale.
    pub async fn inputs(&self, transfer_id: TransferId) -> Result<Vec<OpenedInput>, Failure> {
        let (transfer, buyer, provided) = self.provided(transfer_id).await?;
        let mut opened = Vec::new();
        for requirement in provided {
            let (input, asked) = (self.verify_input(&transfer, &buyer, &requirement)?, &requirement.input);
            let content = if asked.kind == InputKind::File {
                let attachment = self.open_attachment(&transfer, &buyer, (&input, asked)).await?;
                InputContent::File(attachment.into_file())
            } else {
                InputContent::Text(self.open_text(&transfer, &input, asked)?)
            };
            opened.push(OpenedInput {
                id: input.id,
                content,
                provided_at: input.provided_at,
                is_rejected: requirement.state == wire::InputState::Rejected,
            });
        }
        Ok(opened)
    }

    /// One's own sale, its buyer's keys, and the inputs that are there, not verified yet.
    pub(super) async fn provided(
        &self,
        transfer_id: TransferId,
    ) -> Result<(wire::TransferView, AilockKeys, Vec<wire::Requirement>), Failure> {
        let transfer = self.review(transfer_id).await?;
        let buyer = self.keys_of(&transfer.buyer).await?;
        let found = self.persist(&Control::new(), || self.session.requirements(transfer_id)).await?;
        self.check_requirements(&transfer, &found)?;
        let provided = found.requirements.into_iter().filter(|requirement| requirement.provided.is_some());
        Ok((transfer, buyer, provided.collect()))
    }

    /// The statement of an input, once it is known to be the buyer's, for this input of this sale.
    pub(super) fn verify_input(
        &self,
        transfer: &wire::TransferView,
        buyer: &AilockKeys,
        requirement: &wire::Requirement,
    ) -> Result<BuyerInput, Failure> {
        let untrusted = Failure::Untrusted(Untrusted::Inputs);
        let statement = requirement.provided.clone().ok_or(untrusted.clone())?;
        let body = statement.verify(&buyer.ed25519_pk).map_err(|_| untrusted.clone())?.into_body();
        let named = (body.transfer_id, body.offer_hash, body.buyer, &body.id);
        if named != (transfer.transfer_id, transfer.offer_hash, transfer.buyer, &requirement.input.id) {
            return Err(untrusted);
        }
        Ok(body)
    }

    fn open_text(
        &self,
        transfer: &wire::TransferView,
        input: &BuyerInput,
        asked: &RequiredInput,
    ) -> Result<String, Failure> {
        let context = seal_context(&transfer.transfer_id, transfer.offer_hash, &input.id);
        let value = open_from(Purpose::Inputs, &context, self.session.identity(), &input.sealed.0)?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| Failure::Untrusted(Untrusted::Inputs))?;
        check_value(asked, &value)?;
        Ok(value)
    }

    /// Holds what the server says is asked for to what the seller signed.
    fn check_requirements(
        &self,
        transfer: &wire::TransferView,
        found: &wire::Requirements,
    ) -> Result<(), Failure> {
        let asked = found.requirements.iter().map(|requirement| &requirement.input);
        if !asked.eq(&transfer.offer.body.required_inputs) || found.transfer_id != transfer.transfer_id {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        Ok(())
    }
}

fn find_asked<'a>(transfer: &'a wire::TransferView, id: &str) -> Result<&'a RequiredInput, Failure> {
    let asked = transfer.offer.body.required_inputs.iter().find(|input| input.id == id);
    asked.ok_or(Failure::Argument("the offer asks for no input of that id"))
}

fn check_taken(
    transfer: &wire::TransferView,
    id: &str,
    content_type: &MediaType,
    size: u64,
) -> Result<(), Failure> {
    Ok(check_file(find_asked(transfer, id)?, content_type, size)?)
}
