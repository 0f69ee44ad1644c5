//! The buyer's side: a claim, the files behind it, and the receipt.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::envelope::{Envelope, EnvelopeContext};
use claimcheck_protocol::ids::{FileId, TransferId};
use claimcheck_protocol::keys::Ed25519PublicKey;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::meta::Meta;
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::receipt::Receipt;
use claimcheck_protocol::signed::{Signed, V1, Verified};
use claimcheck_protocol::wire;

use super::files::{Files, IncomingFile, ReceivingSink, untrusted};
use super::typing::TypingSink;
use super::{Client, Failure, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{self, Clock, Control, GetChunk, Host, Observer};
use crate::engine::{CallError, ChunkAt, Download, DownloadLimits, Downloaded, TransferError};
use crate::envelope::open_envelope;
use crate::http::Http;
use crate::meta::open_meta;
use crate::secret::Secret32;
use crate::session::{Session, Ticket};

/// A download that was verified to its last byte, and its receipt.
pub struct Delivered {
    /// In the manifest's order; `sha256` only where it was computed here and is the seller's.
    pub files: Vec<IncomingFile>,
    /// Bytes of plaintext.
    pub bytes: u64,
    /// As it was signed.
    pub manifest: Signed<Manifest>,
    /// Signed by this Ailock.
    pub receipt: Signed<Receipt>,
    /// The server's answer to the receipt.
    pub acknowledged: wire::AckAnswer,
}

/// Chunks of the files that are given by their ids, under one ticket.
pub(super) struct DownloadRemote<'a, H> {
    pub(super) session: &'a Session<H>,
    pub(super) ticket: &'a Ticket,
    pub(super) files: Vec<FileId>,
}

impl<H: Http> GetChunk for DownloadRemote<'_, H> {
    type Buf = H::Buf;

    async fn get_chunk(&self, at: ChunkAt) -> Result<H::Buf, CallError> {
        let file = self.files.get(at.file).ok_or(CallError::Cancelled)?;
        let chunk = self.session.download_chunk(self.ticket, *file, at.chunk).await;
        chunk.map_err(|refusal| refusal.error)
    }
}

/// All that a claim gave, verified and opened.
struct Claimed {
    answer: wire::ClaimAnswer,
    ticket: Ticket,
    offer: Verified<Offer>,
    signed_manifest: Signed<Manifest>,
    manifest: Verified<Manifest>,
    release_key: Secret32,
    meta: Meta,
}

impl Claimed {
    fn files(&self) -> Result<Files<'_>, Failure> {
        let seller = self.answer.seller_keys.ed25519_pk;
        Files::of_release(seller, &self.manifest, &self.meta, &self.release_key)
    }
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// What a download would bring, verified against the offer. It claims, and uses no download up before the first chunk.
    pub async fn contents(&self, transfer_id: TransferId) -> Result<Vec<IncomingFile>, Failure> {
        let claimed = self.claim(transfer_id, &Control::new()).await?;
        Ok(claimed.files()?.incoming())
    }

    /// Claims the transfer's files, writes them to `sink`, and acknowledges them once all of them are verified.
    pub async fn download<K: ReceivingSink<Buf = B::Buf>>(
        &self,
        transfer_id: TransferId,
        sink: &K,
        control: &Control,
        observer: &impl Observer,
    ) -> Result<Delivered, Failure> {
        let claimed = self.claim(transfer_id, control).await?;
        let files = claimed.files()?;
        let remote = DownloadRemote { session: &self.session, ticket: &claimed.ticket, files: files.ids() };
        let host = Host { remote: &remote, clock: &self.clock, journal: &(), observer, control };
        let (files, downloaded) = self.fetch(&files, sink, &host).await?;
        let receipt = self.session.identity().sign_statement(self.receipt(&claimed, &downloaded)?)?;
        let (receipt, acknowledged) = self.hand_in(transfer_id, receipt).await?;
        Ok(Delivered {
            files,
            bytes: downloaded.bytes,
            manifest: claimed.signed_manifest,
            receipt,
            acknowledged,
        })
    }

    /// The receipt that stands: this one, or the one that an earlier download of the same content was given.
    async fn hand_in(
        &self,
        transfer_id: TransferId,
        receipt: Signed<Receipt>,
    ) -> Result<(Signed<Receipt>, wire::AckAnswer), Failure> {
        // What is written stays complete whatever becomes of the receipt, so a cancellation comes too late here.
        let refusal = match self.persist(&Control::new(), || self.session.acknowledge(receipt.clone())).await
        {
            Ok(acknowledged) => return Ok((receipt, acknowledged)),
            Err(refusal) if refusal.code() == Some(ProblemCode::WrongState) => refusal,
            Err(refusal) => return Err(refusal.into()),
        };
        let transfer = self.review(transfer_id).await?;
        match (transfer.receipt.clone(), transfer.countersign.clone()) {
            (Some(earlier), Some(countersign)) if earlier.body.client_hash == receipt.body.client_hash => {
                Ok((earlier, wire::AckAnswer { transfer, countersign }))
            }
            _ => Err(refusal.into()),
        }
    }

    async fn claim(&self, transfer_id: TransferId, control: &Control) -> Result<Claimed, Failure> {
        let answer = self.persist(control, || self.session.claim(transfer_id, None)).await?;
        let ticket = Ticket::of_transfer(&answer, self.session.now());
        let seller = answer.seller_keys;
        let offer = self.verify_offer(answer.offer.clone(), &seller)?;
        let signed_manifest =
            self.persist(control, || self.session.download_manifest(&ticket)).await?.manifest;
        let manifest = signed_manifest.clone().verify(&seller.ed25519_pk).map_err(untrusted)?;
        let body = manifest.body();
        let expected = (offer.body().manifest_hash, offer.body().release_id, offer.body().seller);
        if expected != (Some(manifest.hash()), Some(body.release_id), body.seller) {
            return Err(Failure::Untrusted(Untrusted::Manifest));
        }
        let release_key = self.open_key(transfer_id, &answer, offer.hash(), manifest.hash())?;
        let meta = open_meta(&release_key, body)?;
        Ok(Claimed { answer, ticket, offer, signed_manifest, manifest, release_key, meta })
    }

    /// The key that a claim of the transfer hands over.
    pub(super) async fn claimed_key(&self, transfer_id: TransferId) -> Result<Secret32, Failure> {
        Ok(self.claim(transfer_id, &Control::new()).await?.release_key)
    }

    /// The release key, from the envelope to this Ailock or from the listing that it bought. Both are bound to offer
    /// and manifest.
    fn open_key(
        &self,
        transfer_id: TransferId,
        answer: &wire::ClaimAnswer,
        offer_hash: Bytes32,
        manifest_hash: Bytes32,
    ) -> Result<Secret32, Failure> {
        if let Some(key) = &answer.listing {
            return self.open_listing_key(transfer_id, key, offer_hash, manifest_hash);
        }
        let envelope = answer.envelope.as_ref().ok_or(Failure::WrongKey)?;
        let seller = answer.seller_keys.ed25519_pk;
        self.open_delivery(transfer_id, envelope, seller, offer_hash, manifest_hash)
    }

    /// The release key, as the seller sealed it to this Ailock for this sale.
    pub(super) fn open_delivery(
        &self,
        transfer_id: TransferId,
        envelope: &Envelope,
        seller: Ed25519PublicKey,
        offer_hash: Bytes32,
        manifest_hash: Bytes32,
    ) -> Result<Secret32, Failure> {
        let identity = self.session.identity();
        let context =
            EnvelopeContext::for_transfer(&transfer_id, offer_hash, manifest_hash, seller, *identity.keys());
        Ok(open_envelope(identity, &context, envelope)?)
    }

    /// Writes files to `sink`, and gives them with the SHA-256 of each where the sink computed it, and the types found.
    pub(super) async fn fetch<K, R, O>(
        &self,
        files: &Files<'_>,
        sink: &K,
        host: &Host<'_, R, T, (), O>,
    ) -> Result<(Vec<IncomingFile>, Downloaded), Failure>
    where
        K: ReceivingSink<Buf = B::Buf>,
        R: GetChunk<Buf = B::Buf>,
        O: Observer,
    {
        let (openers, incoming) = (files.openers(&self.bulk)?, files.incoming());
        if let Err(error) = sink.open(&incoming).await {
            sink.abort().await;
            return Err(TransferError::Sink { file: 0, error }.into());
        }
        let machine = Download::new(files.plan().clone(), DownloadLimits::default());
        let typing = TypingSink::new(sink, &self.bulk, incoming.iter().map(|file| &file.content_type));
        let done = driver::download(&self.bulk, &openers, machine, &typing, host).await;
        let done = done.map_err(|stopped| match sink.mismatch() {
            Some(file) => Failure::Sha256Mismatch(file),
            None => Failure::Transfer(stopped.error),
        })?;
        let found = typing.into_found();
        let written = incoming.into_iter().zip(found).enumerate();
        let written = written.map(|(index, (file, type_found))| IncomingFile {
            sha256: sink.sha256(index),
            type_found,
            ..file
        });
        Ok((written.collect(), done))
    }

    fn receipt(&self, claimed: &Claimed, downloaded: &Downloaded) -> Result<Receipt, Failure> {
        let offer = claimed.offer.body();
        Ok(Receipt {
            v: V1,
            transfer_id: Some(claimed.answer.transfer_id),
            link_id: None,
            claim_id: claimed.answer.claim_id,
            offer_hash: claimed.offer.hash(),
            manifest_hash: claimed.manifest.hash(),
            client_hash: downloaded.commitment,
            bytes: downloaded.bytes,
            buyer: *self.session.id(),
            seller: offer.seller,
            price: offer.price,
            currency: offer.currency,
            delivered_at: self.session.now(),
            nonce: claimed.answer.nonce,
        })
    }
}
