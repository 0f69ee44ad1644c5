//! HTTP by the platform's `fetch`, alike in windows, workers and Node.

use js_sys::{Array, Function, JsString, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Blob, Headers, RequestInit, Response};

use crate::http::{Answer, AnswerBody, AnswerKind, Body, Credentials, Http, NoAnswer, Request};

/// The global `fetch`.
#[derive(Clone)]
pub struct Fetch {
    function: Function,
}

/// The platform has no `fetch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFetch;

impl Fetch {
    /// Finds `fetch` on the global object.
    pub fn detect() -> Result<Self, NoFetch> {
        let found = Reflect::get(&js_sys::global(), &JsValue::from_str("fetch")).map_err(|_| NoFetch)?;
        found.dyn_into().map(|function| Self { function }).map_err(|_| NoFetch)
    }
}

/// Aborts the request when it goes out of scope, which does nothing to one that has ended.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn headers(body: &Body<'_, Uint8Array>, credentials: Option<&Credentials>) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    if let Some(kind) = body.content_type() {
        headers.set("Content-Type", kind)?;
    }
    if let Some(digest) = body.repr_digest() {
        headers.set("Repr-Digest", &digest)?;
    }
    if let Some(Credentials { token, proof }) = credentials {
        headers.set("DPoP", proof)?;
        if let Some(token) = token {
            headers.set("Authorization", &format!("DPoP {token}"))?;
        }
    }
    Ok(headers)
}

fn request_init(
    request: &Request<'_, Uint8Array>,
    controller: &AbortController,
) -> Result<RequestInit, JsValue> {
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_headers(headers(&request.body, request.credentials.as_ref())?.as_ref());
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_credentials(web_sys::RequestCredentials::Omit);
    init.set_redirect(web_sys::RequestRedirect::Error);
    init.set_referrer_policy(web_sys::ReferrerPolicy::NoReferrer);
    init.set_signal(Some(&controller.signal()));
    match &request.body {
        Body::Empty => {}
        Body::Json(text) | Body::Form(text) => init.set_body(&JsValue::from_str(text)),
        // Chromium sends a Blob twenty times as fast as the same bytes, which it hands over 64 KiB at a time.
        Body::Bytes(bytes) | Body::Chunk { bytes, .. } => {
            let blob = Blob::new_with_u8_array_sequence(&Array::of1(bytes))?;
            init.set_body(&blob);
        }
    }
    Ok(init)
}

async fn exchange(
    function: &Function,
    request: &Request<'_, Uint8Array>,
    controller: &AbortController,
) -> Result<Answer<Uint8Array>, JsValue> {
    let init = request_init(request, controller)?;
    let promise: Promise =
        function.call2(&JsValue::UNDEFINED, &JsValue::from_str(&request.url), &init)?.dyn_into()?;
    let response: Response = JsFuture::from(promise).await?.dyn_into()?;
    let body = if response.ok() && request.answer == AnswerKind::Bytes {
        let buffer = JsFuture::from(response.array_buffer()?).await?;
        AnswerBody::Bytes(Uint8Array::new(&buffer))
    } else {
        let text: JsString = JsFuture::from(response.text()?).await?.dyn_into()?;
        AnswerBody::Text(text.into())
    };
    Ok(Answer {
        status: response.status(),
        date: response.headers().get("Date")?,
        retry_after: response.headers().get("Retry-After")?,
        body,
    })
}

impl Http for Fetch {
    type Buf = Uint8Array;

    async fn send(&self, request: Request<'_, Uint8Array>) -> Result<Answer<Uint8Array>, NoAnswer> {
        let guard = AbortOnDrop(AbortController::new().map_err(|_| NoAnswer)?);
        // Whatever fetch throws (a TypeError for every kind of network fault) means that no answer came.
        exchange(&self.function, &request, &guard.0).await.map_err(|_| NoAnswer)
    }

    fn now_ms(&self) -> i64 {
        js_sys::Date::now() as i64
    }
}
