//! Download links across the boundary: the owner's calls, and a link as somebody opens it.

use claimcheck_protocol::wire;
use js_sys::{Function, JsString, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::CryptoKey;

use super::convert::{self, from_js, id_of, to_js};
use super::failure::{self, argument, platform, throw};
use super::{Client, Control, observer};
use crate::bulk::web::WebBulk;
use crate::driver;
use crate::link_password;
use crate::sale::{self, Kept, LinkAddress, LinkScope, LinkTerms};
use crate::secret::Secret32;
use crate::web::clock::WebClock;
use crate::web::device;
use crate::web::fetch::Fetch;
use crate::web::sink::JsSink;

/// See [`link_password::derive_password`]. Takes 64 MiB, which only the end of the thread gives back.
#[wasm_bindgen(js_name = deriveLinkPassword)]
pub fn derive_link_password(password: &str, link_id: &str) -> Result<Uint8Array, JsValue> {
    let normal: JsString = JsString::from(password).normalize("NFKC");
    let password = String::from(normal);
    let key = link_password::derive_password(&password, &id_of(link_id)?).map_err(|_| platform())?;
    Ok(Uint8Array::from(key.as_bytes().as_slice()))
}

fn password_key(bytes: Option<Vec<u8>>) -> Result<Option<Secret32>, JsValue> {
    let read = |bytes: Vec<u8>| {
        Secret32::from_slice(&bytes).ok_or_else(|| argument("a password's key has 32 bytes"))
    };
    bytes.map(read).transpose()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkRequest {
    link_id: String,
    release_id: Option<String>,
    file_id: Option<String>,
    transfer_id: Option<String>,
    expires_in: Option<i64>,
    max_downloads: Option<u32>,
}

fn scope(request: &LinkRequest) -> Result<LinkScope, JsValue> {
    let asked = (&request.release_id, &request.file_id, &request.transfer_id);
    match asked {
        (Some(release), None, None) => Ok(LinkScope::Release(id_of(release)?)),
        (Some(release), Some(file), None) => Ok(LinkScope::File(id_of(release)?, id_of(file)?)),
        (None, None, Some(transfer)) => Ok(LinkScope::Transfer(id_of(transfer)?)),
        _ => Err(argument("a link is for a release, one of its files, or a transfer")),
    }
}

#[derive(Serialize)]
struct Created<'a> {
    link: &'a wire::DownloadLink,
    path: String,
}

#[wasm_bindgen]
impl Client {
    /// See [`sale::Client::make_link_id`].
    #[wasm_bindgen(js_name = makeLinkId)]
    pub fn make_link_id(&self) -> Result<String, JsValue> {
        self.0.make_link_id().map(|id| id.to_string()).map_err(throw)
    }

    /// See [`sale::Client::create_link`].
    #[wasm_bindgen(js_name = createLink)]
    pub async fn create_link(&self, request: JsValue, password: Option<Vec<u8>>) -> Result<JsValue, JsValue> {
        let request: LinkRequest = from_js(request)?;
        let terms = LinkTerms {
            link_id: id_of(&request.link_id)?,
            scope: scope(&request)?,
            password: password_key(password)?,
            expires_in: request.expires_in,
            max_downloads: request.max_downloads,
        };
        let (link, address) = self.0.create_link(terms).await.map_err(throw)?;
        to_js(&Created { link: &link, path: address.to_path() })
    }

    /// One page of one's own links.
    pub async fn links(&self, after: Option<String>) -> Result<JsValue, JsValue> {
        let after = after.as_deref().map(id_of).transpose()?;
        let page = self.0.persist(&driver::Control::new(), || self.0.session().links(after)).await;
        to_js(&page.map_err(throw)?)
    }

    /// Ends a link of one's own.
    #[wasm_bindgen(js_name = revokeLink)]
    pub async fn revoke_link(&self, link_id: String) -> Result<JsValue, JsValue> {
        let id = id_of(&link_id)?;
        let revoke = || self.0.session().revoke_link(id);
        to_js(&self.0.persist(&driver::Control::new(), revoke).await.map_err(throw)?)
    }

    /// One page of the log of a link of one's own.
    #[wasm_bindgen(js_name = linkLog)]
    pub async fn link_log(&self, link_id: String, after: Option<u64>) -> Result<JsValue, JsValue> {
        let id = id_of(&link_id)?;
        let read = || self.0.session().link_log(id, after);
        to_js(&self.0.persist(&driver::Control::new(), read).await.map_err(throw)?)
    }

    /// See [`sale::Client::product_files`].
    #[wasm_bindgen(js_name = productFiles)]
    pub async fn product_files(&self, product_id: String) -> Result<JsValue, JsValue> {
        convert::named_files(&self.0.product_files(id_of(&product_id)?).await.map_err(throw)?)
    }
}

type WebVisit = sale::Visit<Fetch, WebBulk, WebClock>;

/// A download link that is open, without an identity.
#[wasm_bindgen]
pub struct LinkVisit(WebVisit);

fn platform_parts() -> Result<(Fetch, WebBulk, WebClock), JsValue> {
    let http = Fetch::detect().map_err(|_| platform())?;
    let clock = WebClock::detect().map_err(|_| platform())?;
    Ok((http, WebBulk::detect(), clock))
}

#[wasm_bindgen]
impl LinkVisit {
    /// See [`sale::Visit::open`]. `token` and `secret` are those of the address.
    pub async fn open(origin: String, token: String, secret: String) -> Result<Self, JsValue> {
        let address = LinkAddress::parse(&token, &secret);
        let address = address.ok_or_else(|| argument("this is not the whole address of a link"))?;
        let visit = WebVisit::open(platform_parts()?, &origin, address).await.map_err(throw)?;
        Ok(Self(visit))
    }

    /// See [`sale::Visit::go_on`]. `kept` is what [`Self::keep`] gave, under the same key.
    #[wasm_bindgen(js_name = goOn)]
    pub async fn go_on(origin: String, key: CryptoKey, kept: Vec<u8>) -> Result<Self, JsValue> {
        let wrong_key = || throw(sale::Failure::WrongKey);
        let bytes = device::unwrap_claim(&key, &kept).await.map_err(|_| wrong_key())?;
        let kept = Kept::from_bytes(&bytes).ok_or_else(wrong_key)?;
        let visit = WebVisit::go_on(platform_parts()?, &origin, kept).await.map_err(throw)?;
        Ok(Self(visit))
    }

    /// What is known before a claim.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        to_js(self.0.info())
    }

    /// See [`sale::Visit::set_password`].
    #[wasm_bindgen(js_name = setPassword)]
    pub fn set_password(&self, key: Vec<u8>) -> Result<(), JsValue> {
        if let Some(key) = password_key(Some(key))? {
            self.0.set_password(key);
        }
        Ok(())
    }

    /// See [`sale::Visit::contents`].
    pub async fn contents(&self) -> Result<JsValue, JsValue> {
        convert::contents(&self.0.contents(&driver::Control::new()).await.map_err(throw)?)
    }

    /// See [`sale::Visit::download`].
    pub async fn download(
        &self,
        sink: JsValue,
        control: &Control,
        on_progress: Option<Function>,
    ) -> Result<JsValue, JsValue> {
        let (control, sink) = (control.0.clone(), JsSink::new(sink));
        let delivered = self.0.download(&sink, &control, &observer(on_progress)).await;
        convert::link_delivered(&delivered.map_err(|failure| failure::throw_named(failure, &sink.paths()))?)
    }

    /// See [`sale::Visit::cancel`].
    pub async fn cancel(&self) -> Result<(), JsValue> {
        self.0.cancel().await.map_err(throw)
    }

    /// See [`sale::Visit::keep`], wrapped under a key of the platform's.
    pub async fn keep(&self, key: CryptoKey) -> Result<Uint8Array, JsValue> {
        device::wrap_claim(&key, &self.0.keep()).await.map_err(|_| platform())
    }
}
