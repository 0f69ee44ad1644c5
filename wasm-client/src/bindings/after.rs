//! What may follow a sale, in JavaScript: cancel, revoke, refund, disputes, and the sale's records.

use claimcheck_protocol::bytes::ByteString;
use claimcheck_protocol::dispute::DisputeKind;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::transfer::{RefundId, RevokeReason, Ruling};
use claimcheck_protocol::wire::RefundPart;
use js_sys::Uint8Array;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use super::Client;
use super::convert::{from_js, id_of, to_js};
use super::failure::{argument, throw};
use crate::evidence::EvidenceFile;
use crate::sale::Statement;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceRequest {
    text: String,
    #[serde(default)]
    enclose_key: bool,
    #[serde(default)]
    files: Vec<FileRequest>,
    arbiter: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileRequest {
    path: String,
    content_type: MediaType,
    bytes: Vec<u8>,
}

fn statement(value: JsValue) -> Result<Option<Statement>, JsValue> {
    if value.is_undefined() {
        return Ok(None);
    }
    let request: EvidenceRequest = from_js(value)?;
    let files = request.files.into_iter();
    Ok(Some(Statement {
        text: request.text,
        enclose_key: request.enclose_key,
        files: files
            .map(|FileRequest { path, content_type, bytes }| EvidenceFile {
                path,
                content_type,
                bytes: ByteString(bytes),
            })
            .collect(),
        arbiter: request.arbiter.as_deref().map(id_of).transpose()?,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartRequest {
    refund_id: String,
    amount: f64,
}

fn part(value: JsValue) -> Result<Option<RefundPart>, JsValue> {
    if value.is_undefined() {
        return Ok(None);
    }
    let PartRequest { refund_id, amount } = from_js(value)?;
    let refund_id: RefundId =
        refund_id.parse().map_err(|_| argument("refundId must be 1 to 64 letters, digits, `_` or `-`"))?;
    let is_whole = amount.fract() == 0.0 && amount.abs() <= claimcheck_protocol::jcs::MAX_INTEGER as f64;
    let amount = Some(amount as i64).filter(|_| is_whole).and_then(|amount| Amount::try_from(amount).ok());
    let amount = amount.ok_or_else(|| argument("amount must be a whole number of minor units"))?;
    Ok(Some(RefundPart { refund_id, amount }))
}

#[wasm_bindgen]
impl Client {
    /// See [`crate::sale::Client::cancel`].
    pub async fn cancel(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.cancel(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::revoke`].
    pub async fn revoke(&self, transfer_id: String, reason: JsValue) -> Result<JsValue, JsValue> {
        let reason: RevokeReason = from_js(reason)?;
        to_js(&self.0.revoke(id_of(&transfer_id)?, reason).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::refund`].
    pub async fn refund(&self, transfer_id: String, part_paid_back: JsValue) -> Result<JsValue, JsValue> {
        to_js(&self.0.refund(id_of(&transfer_id)?, part(part_paid_back)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::disputes`].
    pub async fn disputes(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.disputes(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::open_dispute`].
    #[wasm_bindgen(js_name = openDispute)]
    pub async fn open_dispute(
        &self,
        transfer_id: String,
        kind: JsValue,
        evidence: JsValue,
    ) -> Result<JsValue, JsValue> {
        let (kind, statement): (DisputeKind, _) = (from_js(kind)?, statement(evidence)?);
        to_js(&self.0.open_dispute(id_of(&transfer_id)?, kind, statement).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::answer_dispute`].
    #[wasm_bindgen(js_name = answerDispute)]
    pub async fn answer_dispute(
        &self,
        transfer_id: String,
        dispute_id: String,
        evidence: JsValue,
    ) -> Result<JsValue, JsValue> {
        let (transfer, dispute, statement) =
            (id_of(&transfer_id)?, id_of(&dispute_id)?, statement(evidence)?);
        to_js(&self.0.answer_dispute(transfer, dispute, statement).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::withdraw_dispute`].
    #[wasm_bindgen(js_name = withdrawDispute)]
    pub async fn withdraw_dispute(
        &self,
        transfer_id: String,
        dispute_id: String,
    ) -> Result<JsValue, JsValue> {
        let answered = self.0.withdraw_dispute(id_of(&transfer_id)?, id_of(&dispute_id)?).await;
        to_js(&answered.map_err(throw)?)
    }

    /// See [`crate::sale::Client::rule`].
    pub async fn rule(
        &self,
        transfer_id: String,
        dispute_id: String,
        ruling: JsValue,
        explanation: String,
    ) -> Result<JsValue, JsValue> {
        let ruling: Ruling = from_js(ruling)?;
        let ruled = self.0.rule(id_of(&transfer_id)?, id_of(&dispute_id)?, ruling, explanation).await;
        to_js(&ruled.map_err(throw)?)
    }

    /// See [`crate::sale::Client::disputed_chunk`].
    #[wasm_bindgen(js_name = disputedChunk)]
    pub async fn disputed_chunk(
        &self,
        transfer_id: String,
        file_id: String,
        index: u32,
    ) -> Result<Uint8Array, JsValue> {
        let chunk = self.0.disputed_chunk(id_of(&transfer_id)?, id_of(&file_id)?, index.into()).await;
        chunk.map_err(throw)
    }

    /// See [`crate::sale::Client::packet`].
    pub async fn packet(&self, transfer_id: String) -> Result<Uint8Array, JsValue> {
        let packet = self.0.packet(id_of(&transfer_id)?).await.map_err(throw)?;
        Ok(Uint8Array::from(packet.as_bytes()))
    }

    /// See [`crate::sale::Client::audit_trail`].
    #[wasm_bindgen(js_name = auditTrail)]
    pub async fn audit_trail(&self, transfer_id: String) -> Result<Uint8Array, JsValue> {
        let trail = self.0.audit_trail(id_of(&transfer_id)?).await.map_err(throw)?;
        Ok(Uint8Array::from(trail.as_bytes()))
    }
}
