//! From requests to types: JSON bodies, forms and query parameters, with limits and errors that name the member.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::problem::ProblemCode;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::Request;

use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::json_place;

/// The largest JSON body of most routes, in bytes.
pub const MAX_JSON: usize = 1024 * 1024;
/// The largest JSON body that carries a manifest, in bytes.
pub const MAX_MANIFEST_JSON: usize = 4 * 1024 * 1024;

/// The query of a call about one transfer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfTransfer {
    /// The transfer.
    pub transfer_id: TransferId,
}

/// A header of the request.
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The body as JSON, at most [`MAX_JSON`] bytes.
pub async fn json<T: DeserializeOwned>(request: &mut Request) -> Result<T, ApiError> {
    json_up_to(request, MAX_JSON).await
}

/// The body as JSON, at most `limit` bytes.
pub async fn json_up_to<T: DeserializeOwned>(request: &mut Request, limit: usize) -> Result<T, ApiError> {
    require_type(request, "application/json")?;
    let body = body(request, limit).await?;
    parse_json(&body)
}

/// Refuses a body of another media type; parameters such as `charset` do not count.
pub fn require_type(request: &Request, wanted: &'static str) -> Result<(), ApiError> {
    let given = header(request, "content-type").unwrap_or_default();
    if given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Refusal::new(ProblemCode::UnsupportedMediaType).detail(format!("the body must be {wanted}")).into())
}

/// The body's bytes, at most `limit`, whatever Content-Length says.
pub async fn body(request: &mut Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    let too_large =
        || ApiError::from(Refusal::new(ProblemCode::TooLarge).detail(format!("at most {limit} bytes")));
    let declared = header(request, "content-length").and_then(|text| text.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(declared.unwrap_or_default());
    let Ok(mut stream) = request.stream() else { return Ok(bytes) };
    while let Some(part) = stream.next().await {
        let part =
            part.map_err(|_| Refusal::new(ProblemCode::InvalidRequest).detail("the body ended early"))?;
        if bytes.len() + part.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// JSON bytes; the refusal names the member.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes)
        .map_err(|error| unreadable(&json_place::path_of(&error, bytes), &error.to_string()))
}

/// The query parameters.
pub fn query<T: DeserializeOwned>(ctx: &Ctx) -> Result<T, ApiError> {
    parse_query(ctx.url.query().unwrap_or_default())
}

fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    serde_urlencoded::from_str(query).map_err(|error| unreadable("query", &error.to_string()))
}

fn unreadable(member: &str, reason: &str) -> ApiError {
    let place = if member.is_empty() { "the body" } else { member };
    Refusal::new(ProblemCode::InvalidRequest).detail(format!("{place}: {reason}")).into()
}

#[cfg(test)]
mod tests {
    use claimcheck_protocol::ids::ProductId;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        product_id: ProductId,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        list: Vec<Inner>,
    }

    fn detail(error: ApiError) -> String {
        match error {
            ApiError::Refused(refusal) => format!("{refusal:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_refusal_names_the_member() {
        let good = r#"{"list":[{"product_id":"product_01h455vb4pex5vsknk084sn02q"}]}"#;
        assert_eq!(parse_json::<Outer>(good.as_bytes()).unwrap().list.len(), 1);
        let bad = parse_json::<Outer>(br#"{"list":[{"product_id":"x"}]}"#).unwrap_err();
        assert!(detail(bad).contains("list[0].product_id: "));
        let missing = parse_json::<Outer>(b"{}").unwrap_err();
        assert!(detail(missing).contains("the body: missing field `list`"));
        let inner = parse_json::<Outer>(b"{\n\"list\":[{ }]}").unwrap_err();
        assert!(detail(inner).contains("list[0]: missing field `product_id`"));
        let unknown = parse_json::<Outer>(br#"{"list":[],"x":1}"#).unwrap_err();
        assert!(detail(unknown).contains("x: unknown field `x`"));
        let trailing = parse_json::<Outer>(format!("{good} {good}").as_bytes()).unwrap_err();
        assert!(detail(trailing).contains("the body: trailing characters"));
        assert!(parse_json::<Outer>(b"\xff").is_err());
    }

    #[test]
    fn query_parameters_come_once() {
        let good = "product_id=product_01h455vb4pex5vsknk084sn02q";
        let read = parse_query::<Inner>(good).unwrap();
        assert_eq!(read.product_id.to_string(), "product_01h455vb4pex5vsknk084sn02q");
        assert!(parse_query::<Inner>(&format!("{good}&{good}")).is_err());
        assert!(parse_query::<Inner>(&format!("{good}&x=1")).is_err());
        assert!(parse_query::<Inner>("").is_err());
    }
}
