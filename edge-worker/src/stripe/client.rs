//! The way to Stripe's API: form in, JSON out, and failures told apart by whether the call may be made again.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::wasm_bindgen::JsValue;
use worker::{Env, Headers, Method, Request, RequestInit};
use zeroize::Zeroizing;

use super::StripeCall;
use crate::call_out;
use crate::config::Config;
use crate::error::ApiError;
use claimcheck_protocol::problem::ProblemCode;

/// The shape of Stripe's objects that this code is written for.
const API_VERSION: &str = "2025-09-30.clover";

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Stripe refuses it, and would again.
    Refused {
        /// Stripe's code, such as `charge_already_refunded`.
        code: String,
    },
    /// Stripe did not answer, or asks to come again. Whether it did what was asked is not known; with the same
    /// Idempotency-Key the call may be made again.
    Unanswered {
        /// For the log.
        cause: &'static str,
    },
}

/// A deployment's access to Stripe.
#[derive(Debug)]
pub struct Stripe {
    base: String,
    timeout: Duration,
    traceparent: String,
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Failure {
    error: FailureBody,
}

#[derive(Deserialize)]
struct FailureBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
}

impl Stripe {
    /// With the secret `STRIPE_SECRET_KEY`; without one there are no payments. Calls carry `traceparent` on.
    pub fn from_env(env: &Env, config: &Config, traceparent: String) -> Result<Self, ApiError> {
        let key = env.secret("STRIPE_SECRET_KEY").ok().map(|value| Zeroizing::new(value.to_string()));
        let key = key.filter(|key| !key.trim().is_empty()).ok_or(ProblemCode::PaymentsNotConfigured)?;
        let timeout = Duration::from_millis(config.payments.timeout_millis);
        Ok(Self { base: config.payments.api_base.clone(), timeout, traceparent, key })
    }

    /// Makes a stored call. The same key with the same call is the same request, however often it is made.
    pub async fn post<T: DeserializeOwned>(
        &self,
        call: &StripeCall,
        idempotency_key: &str,
    ) -> Result<T, CallError> {
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(JsValue::from_str(&call.form)));
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("idempotency-key", idempotency_key)];
        self.send(&call.path, init, &headers).await
    }

    /// Reads an object or a list.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.send(path, RequestInit::new(), &[]).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        mut init: RequestInit,
        headers: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let request = self.request(path, &mut init, headers).map_err(|_| unanswered("no request"))?;
        match call_out::send(request, self.timeout, true).await {
            Ok((status, body)) => read(status, &body),
            Err(cause) => Err(unanswered(cause)),
        }
    }

    fn request(
        &self,
        path: &str,
        init: &mut RequestInit,
        headers: &[(&str, &str)],
    ) -> worker::Result<Request> {
        let all = Headers::new();
        all.set("authorization", &format!("Bearer {}", self.key.as_str()))?;
        all.set("stripe-version", API_VERSION)?;
        all.set("traceparent", &self.traceparent)?;
        for (name, value) in headers {
            all.set(name, value)?;
        }
        init.with_headers(all);
        Request::new_with_init(&format!("{}{path}", self.base), init)
    }
}

const fn unanswered(cause: &'static str) -> CallError {
    CallError::Unanswered { cause }
}

fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, CallError> {
    if (200..300).contains(&status) {
        return serde_json::from_slice(body).map_err(|_| unanswered("answer of another shape"));
    }
    let failure = serde_json::from_slice(body).ok().map(|Failure { error }| error);
    let is_kind = |kind: &str| failure.as_ref().is_some_and(|error| error.kind.as_deref() == Some(kind));
    match status {
        401 | 403 => Err(unanswered("key not accepted")),
        408 | 409 | 425 | 429 => Err(unanswered("asked to come again")),
        // The key was used with other parameters, which only a fault of this server does.
        400.. if is_kind("idempotency_error") => Err(unanswered("idempotency key reused")),
        400..500 => {
            let code = failure.and_then(|error| error.code.or(error.kind));
            Err(CallError::Refused { code: code.unwrap_or_else(|| format!("status_{status}")) })
        }
        _ => Err(unanswered("fault at the provider")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> CallError {
        read::<serde_json::Value>(status, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn refusals_are_final_and_the_rest_may_be_made_again() {
        let coded = r#"{"error":{"type":"invalid_request_error","code":"charge_already_refunded"}}"#;
        let refused = |code: &str| CallError::Refused { code: code.to_owned() };
        assert_eq!(error(400, coded), refused("charge_already_refunded"));
        assert_eq!(error(402, r#"{"error":{"type":"card_error"}}"#), refused("card_error"));
        assert_eq!(error(404, "<html>"), refused("status_404"));
        for status in [401, 403, 408, 409, 429, 500, 502, 503, 302] {
            assert!(matches!(error(status, coded), CallError::Unanswered { .. }), "{status}");
        }
        let reused = r#"{"error":{"type":"idempotency_error"}}"#;
        assert!(matches!(error(400, reused), CallError::Unanswered { .. }));
        assert!(matches!(error(200, "[]x"), CallError::Unanswered { .. }));
        assert_eq!(read::<u8>(200, b"7"), Ok(7));
    }
}
