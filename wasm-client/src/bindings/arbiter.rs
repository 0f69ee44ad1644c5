//! The arbiter's tools in JavaScript: opening evidence, and re-checking what was sold. The release key that evidence
//! may enclose stays inside.

use claimcheck_protocol::dispute::{Dispute, DisputeAct, DisputeKind};
use claimcheck_protocol::ids::{BuyerDisputeId, FileId};
use claimcheck_protocol::packet::{self, Packet};
use claimcheck_protocol::signed::Signed;
use js_sys::{Function, Uint8Array};
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;

use super::Identity;
use super::convert::{id_of, to_js};
use super::failure::{argument, platform, throw};
use crate::arbiter::{self, SealedChunks};
use crate::bulk::web::WebBulk;
use crate::evidence::{Evidence, EvidenceError, open_evidence};
use crate::web::sink::JsSink;
use crate::web::source::settle;

/// A packet that is to the byte what its signature is over; whose signature, the verifier says.
fn read(text: &[u8]) -> Result<Packet, JsValue> {
    let signed = packet::read::<Signed<Packet>>(text);
    signed.map(|signed| signed.body).map_err(|why| argument(&format!("this is no dispute packet: {why}")))
}

/// Bytes as a `Uint8Array`.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenedFile<'a> {
    path: &'a str,
    content_type: &'a str,
    bytes: Raw<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened<'a> {
    dispute_id: String,
    by: String,
    act: DisputeAct,
    kind: Option<DisputeKind>,
    at: i64,
    /// Why there is nothing else.
    problem: Option<&'static str>,
    text: Option<&'a str>,
    has_key: bool,
    files: Vec<OpenedFile<'a>>,
}

impl<'a> Opened<'a> {
    fn of(statement: &Dispute, opened: &'a Result<Evidence, EvidenceError>) -> Self {
        let evidence = opened.as_ref().ok();
        let files = evidence.map(|evidence| evidence.files.as_slice()).unwrap_or_default();
        Self {
            dispute_id: statement.dispute_id.to_string(),
            by: statement.by.to_string(),
            act: statement.act,
            kind: statement.kind,
            at: statement.at,
            problem: opened.as_ref().err().map(|error| error.as_str()),
            text: evidence.map(|evidence| evidence.text.as_str()),
            has_key: evidence.is_some_and(|evidence| evidence.release_key.is_some()),
            files: files
                .iter()
                .map(|file| OpenedFile {
                    path: &file.path,
                    content_type: file.content_type.as_str(),
                    bytes: Raw(file.bytes.as_ref()),
                })
                .collect(),
        }
    }
}

/// What each party says in the disputes of a packet, in the packet's order.
#[wasm_bindgen(js_name = openEvidence)]
pub fn open_all_evidence(identity: &Identity, packet: &[u8]) -> Result<JsValue, JsValue> {
    let packet = read(packet)?;
    let statements = packet.disputes.iter().map(|signed| &signed.body);
    let opened: Vec<_> =
        statements.map(|statement| (statement, open_evidence(&identity.inner, statement))).collect();
    let opened: Vec<_> = opened.iter().map(|(statement, opened)| Opened::of(statement, opened)).collect();
    let serializer = serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false);
    opened.serialize(&serializer).map_err(|_| platform())
}

/// A JavaScript function `(fileId, index) → Promise<Uint8Array>`.
struct JsChunks(Function);

impl SealedChunks for JsChunks {
    type Buf = Uint8Array;

    async fn chunk(&self, file: FileId, index: u64) -> Result<Uint8Array, String> {
        let (file, index) = (JsValue::from_str(&file.to_string()), JsValue::from_f64(index as f64));
        let chunk = settle(self.0.call2(&JsValue::UNDEFINED, &file, &index)).await;
        let thrown = |error: JsValue| {
            let message = js_sys::Reflect::get(&error, &JsValue::from_str("message")).ok();
            message.and_then(|message| message.as_string()).unwrap_or_else(|| "it was refused".to_owned())
        };
        chunk.map_err(thrown)?.dyn_into().map_err(|_| "it is no Uint8Array".to_owned())
    }
}

/// See [`arbiter::examine`]. The key is the one that a statement of this dispute encloses.
#[wasm_bindgen(js_name = examineContent)]
pub async fn examine_content(
    identity: &Identity,
    packet: Vec<u8>,
    dispute_id: String,
    chunks: Function,
    sink: JsValue,
) -> Result<JsValue, JsValue> {
    let (packet, dispute): (_, BuyerDisputeId) = (read(&packet)?, id_of(&dispute_id)?);
    let statements = packet.disputes.iter().filter(|signed| signed.body.dispute_id == dispute);
    let release_key = statements
        .filter_map(|signed| open_evidence(&identity.inner, &signed.body).ok())
        .find_map(|evidence| evidence.release_key)
        .ok_or_else(|| argument("no evidence in this dispute encloses the key to the files"))?;
    let manifest = packet.manifest.clone().ok_or_else(|| argument("the packet has no manifest"))?;
    let seller = packet.keys_of(&manifest.body.seller);
    let seller = seller.ok_or_else(|| argument("the packet has not the keys of the seller"))?;
    let (bulk, chunks, sink) = (WebBulk::detect(), JsChunks(chunks), JsSink::new(sink));
    let examined = arbiter::examine(&bulk, manifest, seller, &release_key, &chunks, &sink);
    to_js(&examined.await.map_err(throw)?)
}
