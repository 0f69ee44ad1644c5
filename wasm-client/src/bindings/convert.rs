//! Values across the boundary: JavaScript objects in the form of the npm package's types, and ours.

use core::str::FromStr;

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::manifest::Manifest;
use claimcheck_protocol::media_type::MediaType;
use claimcheck_protocol::money::{Amount, Currency};
use claimcheck_protocol::packet::Pins;
use claimcheck_protocol::policy::{PolicyChoice, RequiredInput};
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire;
use data_encoding::HEXLOWER;
use js_sys::Array;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use super::failure::{argument, platform};
use crate::engine::{Phase, Progress as Moved};
use crate::sale::{
    Delivered, FileAudit, FileForSale, IncomingFile, InputContent, InputValue, LinkDelivered, NamedFile,
    OfferTerms, OpenedInput, ProductChoice,
};
use crate::web::source::JsSource;

/// Seconds that an offer stands unless its seller says otherwise: 7 days.
pub(super) const DEFAULT_OFFER_SECONDS: i64 = 7 * 24 * 3600;
const DEFAULT_CURRENCY: &str = "eur";

/// As JSON would have it: objects, null, numbers.
pub(super) fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    value.serialize(&Serializer::json_compatible()).map_err(|_| platform())
}

pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|error| argument(&error.to_string()))
}

/// The server's keys as the caller knows them; none where nothing is given.
pub(super) fn pins(pinned: Option<String>) -> Result<Pins, JsValue> {
    let pins = pinned.map_or_else(|| Ok(Pins::default()), |text| Pins::parse(&text));
    pins.map_err(|error| argument(&error.to_string()))
}

pub(super) fn id_of<I: FromStr>(text: &str) -> Result<I, JsValue> {
    text.parse().map_err(|_| argument("not an id of the kind wanted here"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProductRequest {
    id: Option<String>,
    title: Option<String>,
}

pub(super) fn product_choice(value: JsValue) -> Result<ProductChoice, JsValue> {
    let request: ProductRequest = from_js(value)?;
    match (request.id, request.title) {
        (Some(id), None) => id_of(&id).map(ProductChoice::Existing),
        (None, Some(title)) => Ok(ProductChoice::New(title)),
        _ => Err(argument("a product is given by its id, or by the title of a new one")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileRequest {
    path: String,
    content_type: Option<String>,
    size: f64,
    mode: Option<u32>,
}

/// `[id, text or FileSource]` each.
pub(super) fn input_values(values: &Array) -> Result<Vec<(String, InputValue<JsSource>)>, JsValue> {
    values.iter().map(input_value).collect()
}

fn input_value(pair: JsValue) -> Result<(String, InputValue<JsSource>), JsValue> {
    let pair = Array::from(&pair);
    let id = pair.get(0).as_string().ok_or_else(|| argument("an input has an id"))?;
    let value = pair.get(1);
    Ok(match value.as_string() {
        Some(text) => (id, InputValue::Text(text)),
        None => (id, InputValue::File(file_for_sale(value)?)),
    })
}

/// In the order in which they are sent.
pub(super) fn paths_of_inputs(values: &[(String, InputValue<JsSource>)]) -> Vec<String> {
    let path = |(_, value): &(String, InputValue<JsSource>)| match value {
        InputValue::Text(_) => None,
        InputValue::File(file) => Some(file.path.clone()),
    };
    values.iter().filter_map(path).collect()
}

pub(super) fn files_for_sale(files: &Array) -> Result<Vec<FileForSale<JsSource>>, JsValue> {
    files.iter().map(file_for_sale).collect()
}

fn file_for_sale(object: JsValue) -> Result<FileForSale<JsSource>, JsValue> {
    let file: FileRequest = from_js(object.clone())?;
    let declared = file.content_type.filter(|text| !text.is_empty());
    let declared = declared.map(|text| MediaType::from_any_form(&text)).transpose();
    let declared = declared.map_err(|_| argument("contentType must be a media type"))?;
    if !(file.size >= 0.0
        && file.size.fract() == 0.0
        && file.size <= claimcheck_protocol::jcs::MAX_INTEGER as f64)
    {
        return Err(argument("size must be a whole number of bytes"));
    }
    let source = JsSource::new(object).ok_or_else(|| argument("a file needs a method read(start, end)"))?;
    Ok(FileForSale { path: file.path, declared, size: file.size as u64, mode: file.mode, source })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfferRequest {
    release_id: String,
    buyer: Option<String>,
    title: String,
    price: Option<i64>,
    currency: Option<String>,
    policy: Option<PolicyChoice>,
    #[serde(default)]
    required_inputs: Vec<RequiredInput>,
    expires_in: Option<i64>,
}

pub(super) fn offer_terms(value: JsValue, default_expires_in: i64) -> Result<OfferTerms, JsValue> {
    let request: OfferRequest = from_js(value)?;
    let buyer = request.buyer.as_deref().map(id_of::<AilockId>).transpose()?;
    let currency = Currency::from_any_case(request.currency.as_deref().unwrap_or(DEFAULT_CURRENCY));
    let price = Amount::try_from(request.price.unwrap_or_default());
    Ok(OfferTerms {
        release_id: id_of(&request.release_id)?,
        buyer,
        title: request.title,
        price: price.map_err(|_| argument("price must be a whole number of minor units"))?,
        currency: currency.map_err(|_| argument("currency must be an ISO 4217 code"))?,
        policy: request.policy.unwrap_or_default().into(),
        required_inputs: request.required_inputs,
        expires_in: request.expires_in.unwrap_or(default_expires_in),
    })
}

#[derive(Serialize)]
struct CurrencyRule {
    code: Currency,
    decimals: u32,
    step: Amount,
    minimum: Amount,
    maximum: Amount,
}

pub(super) fn currency_rules() -> Result<JsValue, JsValue> {
    let rule = |code: Currency| CurrencyRule {
        code,
        decimals: code.decimals(),
        step: code.step(),
        minimum: code.minimum(),
        maximum: code.maximum(),
    };
    to_js(&Currency::all().map(rule).collect::<Vec<_>>())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    phase: &'static str,
    bytes_done: u64,
    bytes_total: u64,
    chunks_done: u64,
    chunks_total: u64,
    retries: u64,
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Started => "started",
        Phase::Resumed => "resumed",
        Phase::Running => "running",
        Phase::Waiting => "waiting",
        Phase::Ended => "ended",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
    }
}

pub(super) fn progress(moved: &Moved) -> JsValue {
    let progress = Progress {
        phase: phase_name(moved.phase),
        bytes_done: moved.bytes_done,
        bytes_total: moved.bytes_total,
        chunks_done: moved.chunks_done,
        chunks_total: moved.chunks_total,
        retries: moved.retries,
    };
    to_js(&progress).unwrap_or(JsValue::UNDEFINED)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    path: &'a str,
    content_type: &'a str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    type_found: Option<&'a str>,
}

impl<'a> From<&'a IncomingFile> for File<'a> {
    fn from(file: &'a IncomingFile) -> Self {
        Self {
            path: &file.path,
            content_type: file.content_type.as_str(),
            size: file.size,
            mode: file.mode,
            sha256: file.sha256.map(|hash| HEXLOWER.encode(hash.as_ref())),
            type_found: file.type_found.as_ref().map(MediaType::as_str),
        }
    }
}

pub(super) fn incoming(file: &IncomingFile) -> Result<JsValue, JsValue> {
    to_js(&File::from(file))
}

pub(super) fn contents(files: &[IncomingFile]) -> Result<JsValue, JsValue> {
    to_js(&files.iter().map(File::from).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Download<'a, M, R, C, T> {
    files: Vec<File<'a>>,
    bytes: u64,
    manifest: &'a M,
    receipt: &'a R,
    countersign: &'a C,
    transfer: &'a T,
}

pub(super) fn delivered(delivered: &Delivered) -> Result<JsValue, JsValue> {
    to_js(&Download {
        files: delivered.files.iter().map(File::from).collect(),
        bytes: delivered.bytes,
        manifest: &delivered.manifest,
        receipt: &delivered.receipt,
        countersign: &delivered.acknowledged.countersign,
        transfer: &delivered.acknowledged.transfer,
    })
}

#[derive(Serialize)]
struct LinkDownload<'a> {
    files: Vec<File<'a>>,
    bytes: u64,
    manifest: &'a Signed<Manifest>,
    claim_id: String,
}

pub(super) fn link_delivered(delivered: &LinkDelivered) -> Result<JsValue, JsValue> {
    to_js(&LinkDownload {
        files: delivered.files.iter().map(File::from).collect(),
        bytes: delivered.bytes,
        manifest: &delivered.manifest,
        claim_id: delivered.claim_id.to_string(),
    })
}

#[derive(Serialize)]
struct ProductFile<'a> {
    #[serde(flatten)]
    file: &'a wire::ProductFile,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

pub(super) fn named_files(files: &[NamedFile]) -> Result<JsValue, JsValue> {
    let files = files.iter().map(|named| ProductFile {
        file: &named.file,
        path: &named.name.path,
        sha256: named.name.sha256.map(|hash| HEXLOWER.encode(hash.as_ref())),
    });
    to_js(&files.collect::<Vec<_>>())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened<'a> {
    id: &'a str,
    value: Option<&'a str>,
    file: Option<File<'a>>,
    provided_at: i64,
    is_rejected: bool,
}

pub(super) fn opened_inputs(inputs: &[OpenedInput]) -> Result<JsValue, JsValue> {
    let inputs = inputs.iter().map(|input| {
        let (value, file) = match &input.content {
            InputContent::Text(text) => (Some(text.as_str()), None),
            InputContent::File(file) => (None, Some(File::from(file))),
        };
        let (provided_at, is_rejected) = (input.provided_at, input.is_rejected);
        Opened { id: &input.id, value, file, provided_at, is_rejected }
    });
    to_js(&inputs.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Audit<'a> {
    path: &'a str,
    file_id: String,
    file_key: String,
    aad: String,
    salt: String,
}

pub(super) fn audit(files: &[FileAudit]) -> Result<JsValue, JsValue> {
    let files = files.iter().map(|file| Audit {
        path: &file.path,
        file_id: file.file_id.to_string(),
        file_key: HEXLOWER.encode(file.file_key.as_bytes()),
        aad: HEXLOWER.encode(&file.aad),
        salt: HEXLOWER.encode(file.salt.as_ref()),
    });
    to_js(&files.collect::<Vec<_>>())
}
