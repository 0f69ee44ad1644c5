//! Access tokens: client credentials by `private_key_jwt` (RFC 7523), bound to the session's key (RFC 9449).

use claimcheck_protocol::auth::assertion::ASSERTION_TYPE;
use serde::Deserialize;

use super::{Refusal, Session, refusal};
use crate::http::{AnswerBody, AnswerKind, Body, Http, Request};

/// Seconds before its end at which a token is replaced, so that it does not end on its way.
const MARGIN: i64 = 30;

pub(super) struct Token {
    value: String,
    expires_at: i64,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

impl<H: Http> Session<H> {
    /// The session's token, a new one where it has none or it is about to end. Callers at once share one request.
    pub(super) async fn access_token(&self) -> Result<String, Refusal> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| self.now() + MARGIN < token.expires_at) {
            return Ok(token.value.clone());
        }
        let answer = match self.request_token().await {
            // A refusal may tell that this machine's clock is off; then the same request fares better.
            Err((_, Some(date))) if self.clock.learn(Some(&date), self.http.now_ms()) => {
                self.request_token().await
            }
            answer => answer,
        };
        let answer = answer.map_err(|(refusal, _)| refusal)?;
        let value = answer.access_token.clone();
        *held = Some(Token { value: answer.access_token, expires_at: self.now() + answer.expires_in });
        Ok(value)
    }

    /// The answer, or the refusal and its Date.
    async fn request_token(&self) -> Result<TokenAnswer, (Refusal, Option<String>)> {
        let without_date = |refusal: Refusal| (refusal, None);
        let url = format!("{}/token", self.origin);
        let assertion = self.identity.sign_assertion(&self.origin, self.now()).map_err(Refusal::from);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion.map_err(without_date)?),
        ];
        let credentials = self.prove("POST", &url, None).map_err(without_date)?;
        let request = Request {
            method: "POST",
            url,
            credentials: Some(credentials),
            body: Body::Form(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()),
            answer: AnswerKind::Text,
        };
        let answer = self.http.send(request).await.map_err(|error| without_date(error.into()))?;
        let (date, status) = (answer.date.clone(), answer.status);
        let answer = refusal::accepted(answer, self.now_ms()).map_err(|refusal| (refusal, date))?;
        match answer.body {
            AnswerBody::Text(text) => {
                serde_json::from_str(&text).map_err(|_| without_date(Refusal::unreadable(status)))
            }
            AnswerBody::Bytes(_) => Err(without_date(Refusal::unreadable(status))),
        }
    }
}
