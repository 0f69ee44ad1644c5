//! The JavaScript face of the crate: converts and delegates, nothing else. The npm package wraps it in types.

use std::rc::Rc;

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::packet;
use js_sys::{Array, Function, Uint8Array};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

use crate::bulk::web::WebBulk;
use crate::driver;
use crate::engine::Progress;
use crate::identity;
use crate::sale;
use crate::secret::Secret32;
use crate::session::Session;
use crate::web::clock::WebClock;
use crate::web::device;
use crate::web::fetch::Fetch;
use crate::web::sink::JsSink;

mod after;
mod arbiter;
mod convert;
mod failure;
mod links;
mod listings;
mod shop;

use convert::{DEFAULT_OFFER_SECONDS, from_js, id_of, to_js};
use failure::{argument, platform, throw};

/// Bytes that the SHA-256 stream takes into wasm memory at once.
const HASH_WINDOW: u32 = 524_288;

/// An Ailock's keys.
#[wasm_bindgen]
pub struct Identity {
    seed: Secret32,
    inner: identity::Identity,
}

impl Identity {
    fn of_seed(seed: Secret32) -> Self {
        let inner = identity::Identity::from_seed(Secret32::from_bytes(*seed.as_bytes()));
        Self { seed, inner }
    }
}

#[wasm_bindgen]
impl Identity {
    /// A new identity.
    pub fn make() -> Result<Self, JsValue> {
        Secret32::random().map(Self::of_seed).map_err(|_| platform())
    }

    /// From 32 bytes.
    #[wasm_bindgen(js_name = fromSeed)]
    pub fn from_seed(seed: &[u8]) -> Result<Self, JsValue> {
        let seed = Secret32::from_slice(seed).ok_or_else(|| argument("a seed has 32 bytes"))?;
        Ok(Self::of_seed(seed))
    }

    /// From 24 words.
    #[wasm_bindgen(js_name = fromPhrase)]
    pub fn from_phrase(phrase: &str) -> Result<Self, JsValue> {
        crate::phrase::read(phrase).map(Self::of_seed).map_err(|error| argument(&error.to_string()))
    }

    /// Whether a text is an Ailock id, as far as its own checksum tells.
    #[wasm_bindgen(js_name = isId)]
    pub fn is_id(text: &str) -> bool {
        text.parse::<AilockId>().is_ok()
    }

    /// See [`device::make_key`].
    #[wasm_bindgen(js_name = makeDeviceKey)]
    pub async fn make_device_key() -> Result<CryptoKey, JsValue> {
        device::make_key().await.map_err(|_| platform())
    }

    /// See [`device::unwrap`].
    pub async fn unwrap(key: &CryptoKey, wrapped: Vec<u8>) -> Result<Self, JsValue> {
        let seed = device::unwrap(key, &wrapped).await;
        seed.map(Self::of_seed).map_err(|_| throw(sale::Failure::WrongKey))
    }

    /// See [`device::wrap`].
    pub async fn wrap(&self, key: &CryptoKey) -> Result<Uint8Array, JsValue> {
        device::wrap(key, &self.seed).await.map_err(|_| platform())
    }

    /// The Ailock id.
    pub fn id(&self) -> String {
        self.inner.id().to_string()
    }

    /// The root seed.
    pub fn seed(&self) -> Uint8Array {
        Uint8Array::from(self.seed.as_bytes().as_slice())
    }

    /// The root seed as 24 words.
    pub fn phrase(&self) -> String {
        crate::phrase::write(&self.seed).to_string()
    }
}

/// Cancels a transfer, or wakes it when the network is back.
#[wasm_bindgen]
#[derive(Default)]
pub struct Control(driver::Control);

#[wasm_bindgen]
impl Control {
    /// A handle on a transfer that has not begun.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the transfer.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// What waits for the network is tried at once.
    #[wasm_bindgen(js_name = retryNow)]
    pub fn retry_now(&self) {
        self.0.retry_now();
    }
}

/// See [`packet::verify`]. `pinned` is a `kid`, a JWK Set, or nothing.
#[wasm_bindgen(js_name = verifyPacket)]
pub fn verify_packet(text: &[u8], pinned: Option<String>) -> Result<JsValue, JsValue> {
    to_js(&packet::verify(text, &convert::pins(pinned)?))
}

/// See [`packet::verify_trail`]. `pinned` is a `kid`, a JWK Set, or nothing.
#[wasm_bindgen(js_name = verifyAudit)]
pub fn verify_audit(text: &[u8], pinned: Option<String>) -> Result<JsValue, JsValue> {
    to_js(&packet::verify_trail(text, &convert::pins(pinned)?))
}

/// What a price keeps to, by currency. See [`claimcheck_protocol::money::Currency`].
#[wasm_bindgen(js_name = currencyRules)]
pub fn currency_rules() -> Result<JsValue, JsValue> {
    convert::currency_rules()
}

/// SHA-256 of bytes that come piece by piece.
#[wasm_bindgen]
#[derive(Default)]
pub struct Sha256Stream(Sha256);

#[wasm_bindgen]
impl Sha256Stream {
    /// Of nothing yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece of any length; wasm memory holds half a MiB of it at a time.
    pub fn update(&mut self, bytes: &Uint8Array) {
        let mut start = 0;
        while start < bytes.length() {
            let end = bytes.length().min(start.saturating_add(HASH_WINDOW));
            self.0.update(bytes.subarray(start, end).to_vec());
            start = end;
        }
    }

    /// The hash, 32 bytes.
    pub fn digest(self) -> Uint8Array {
        Uint8Array::from(self.0.finalize().as_slice())
    }
}

type WebClient = sale::Client<Fetch, WebBulk, WebClock>;

/// A connection of one identity to one server.
#[wasm_bindgen]
pub struct Client(Rc<WebClient>);

fn observer(on_progress: Option<Function>) -> impl Fn(Progress) {
    move |progress| {
        if let Some(function) = &on_progress {
            // What a listener throws is its own affair.
            let _ = function.call1(&JsValue::UNDEFINED, &convert::progress(&progress));
        }
    }
}

#[wasm_bindgen]
impl Client {
    /// `origin` is the server's.
    #[wasm_bindgen(constructor)]
    pub fn new(origin: &str, identity: &Identity) -> Result<Self, JsValue> {
        let http = Fetch::detect().map_err(|_| platform())?;
        let clock = WebClock::detect().map_err(|_| platform())?;
        let identity = identity::Identity::from_seed(Secret32::from_bytes(*identity.seed.as_bytes()));
        let session = Session::new(http, origin, identity).map_err(|_| platform())?;
        Ok(Self(Rc::new(sale::Client::new(session, WebBulk::detect(), clock))))
    }

    /// See [`sale::Client::register`].
    pub async fn register(&self, display_name: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.register(&display_name).await.map_err(throw)?)
    }

    /// Leaves the server.
    #[wasm_bindgen(js_name = deleteAccount)]
    pub async fn delete_account(&self) -> Result<JsValue, JsValue> {
        let call = || self.0.session().delete_account();
        to_js(&self.0.persist(&driver::Control::new(), call).await.map_err(throw)?)
    }

    /// See [`sale::Client::ailock`].
    pub async fn ailock(&self, id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.ailock(&id_of(&id)?).await.map_err(throw)?)
    }

    /// One page of one's own products.
    pub async fn products(&self, after: Option<String>) -> Result<JsValue, JsValue> {
        let after = after.as_deref().map(id_of).transpose()?;
        let page = self.0.persist(&driver::Control::new(), || self.0.session().products(after)).await;
        to_js(&page.map_err(throw)?)
    }

    /// See [`sale::Client::upload`].
    pub async fn upload(
        &self,
        product: JsValue,
        files: Array,
        control: &Control,
        on_progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let control = control.0.clone();
        let files = convert::files_for_sale(&files)?;
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let product = convert::product_choice(product)?;
        let uploaded = self.0.upload(product, files, &control, &observer(on_progress)).await;
        to_js(&uploaded.map_err(|failure| failure::throw_named(failure, &paths))?)
    }

    /// See [`sale::Client::offer`].
    pub async fn offer(&self, request: JsValue) -> Result<JsValue, JsValue> {
        to_js(&self.0.offer(convert::offer_terms(request, DEFAULT_OFFER_SECONDS)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::review`].
    pub async fn review(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.review(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::contents`].
    pub async fn contents(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        convert::contents(&self.0.contents(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::accept`].
    pub async fn accept(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.accept(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::grant`].
    pub async fn grant(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.grant(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::download`].
    pub async fn download(
        &self,
        transfer_id: String,
        sink: JsValue,
        control: &Control,
        on_progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let control = control.0.clone();
        let sink = JsSink::new(sink);
        let delivered = self.0.download(id_of(&transfer_id)?, &sink, &control, &observer(on_progress)).await;
        convert::delivered(&delivered.map_err(|failure| failure::throw_named(failure, &sink.paths()))?)
    }

    /// One of one's own transfers.
    pub async fn transfer(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        let id = id_of(&transfer_id)?;
        let found = self.0.persist(&driver::Control::new(), || self.0.session().transfer(id)).await;
        to_js(&found.map_err(throw)?)
    }

    /// One page of one's own transfers.
    pub async fn transfers(&self, role: Option<String>, after: Option<String>) -> Result<JsValue, JsValue> {
        let after = after.as_deref().map(id_of).transpose()?;
        let list = || self.0.session().transfers(role.as_deref(), after);
        to_js(&self.0.persist(&driver::Control::new(), list).await.map_err(throw)?)
    }

    /// See [`sale::Client::requirements`].
    pub async fn requirements(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        to_js(&self.0.requirements(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// See [`sale::Client::submit_inputs`].
    #[wasm_bindgen(js_name = submitInputs)]
    pub async fn submit_inputs(
        &self,
        transfer_id: String,
        values: Array,
        control: &Control,
        on_progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let control = control.0.clone();
        let values = convert::input_values(&values)?;
        let paths = convert::paths_of_inputs(&values);
        let id = id_of(&transfer_id)?;
        let view = self.0.submit_inputs(id, values, &control, &observer(on_progress)).await;
        to_js(&view.map_err(|failure| failure::throw_named(failure, &paths))?)
    }

    /// See [`sale::Client::download_input`].
    #[wasm_bindgen(js_name = downloadInput)]
    pub async fn download_input(
        &self,
        transfer_id: String,
        input_id: String,
        sink: JsValue,
        control: &Control,
        on_progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let (control, sink) = (control.0.clone(), JsSink::new(sink));
        let (id, observer) = (id_of(&transfer_id)?, observer(on_progress));
        let file = self.0.download_input(id, &input_id, &sink, &control, &observer).await;
        convert::incoming(&file.map_err(|failure| failure::throw_named(failure, &sink.paths()))?)
    }

    /// See [`sale::Client::reject_input`].
    #[wasm_bindgen(js_name = rejectInput)]
    pub async fn reject_input(
        &self,
        transfer_id: String,
        input_id: String,
        reason: String,
    ) -> Result<JsValue, JsValue> {
        to_js(&self.0.reject_input(id_of(&transfer_id)?, input_id, reason).await.map_err(throw)?)
    }

    /// See [`sale::Client::inputs`].
    pub async fn inputs(&self, transfer_id: String) -> Result<JsValue, JsValue> {
        convert::opened_inputs(&self.0.inputs(id_of(&transfer_id)?).await.map_err(throw)?)
    }

    /// Messages after a cursor, waited for up to `wait` seconds.
    pub async fn inbox(&self, cursor: u64, wait: u32) -> Result<JsValue, JsValue> {
        let read = || self.0.session().inbox(cursor, wait);
        to_js(&self.0.persist(&driver::Control::new(), read).await.map_err(throw)?)
    }

    /// Marks messages as read.
    #[wasm_bindgen(js_name = markRead)]
    pub async fn mark_read(&self, message_ids: JsValue) -> Result<JsValue, JsValue> {
        let ids: Vec<claimcheck_protocol::ids::MessageId> = from_js(message_ids)?;
        let mark = || self.0.session().mark_read(ids.clone());
        to_js(&self.0.persist(&driver::Control::new(), mark).await.map_err(throw)?)
    }

    /// See [`sale::Client::audit`].
    pub async fn audit(&self, release_id: String) -> Result<JsValue, JsValue> {
        convert::audit(&self.0.audit(id_of(&release_id)?).await.map_err(throw)?)
    }
}
