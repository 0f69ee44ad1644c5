//! The names of one call, and the header that carries them on: W3C Trace Context, `traceparent`.
//!
//! ```text
//! 00-<trace: 32 hex>-<span: 16 hex>-<flags: 2 hex>
//! ```

use claimcheck_protocol::bytes::Bytes;

use crate::error::ApiError;
use crate::random;

/// The names of one call, or of one part of it, for the log, the audit, the caller and whom we call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallNames {
    /// Ours, fresh for each call.
    pub request_id: String,
    /// The caller's (W3C traceparent), or fresh.
    pub trace_id: String,
    /// Fresh for each call and each part.
    pub span_id: String,
    /// The caller's span, or for a part the call's.
    pub parent_id: Option<String>,
}

impl CallNames {
    /// Takes trace and span of a `traceparent` header.
    pub fn make(traceparent: Option<&str>) -> Result<Self, ApiError> {
        let request_id = format!("req_{}", Bytes(random::make_bytes::<16>()?));
        let given = traceparent.and_then(parse);
        let trace_id = match given {
            Some((trace, _)) => trace.to_owned(),
            None => hex(&random::make_bytes::<16>()?),
        };
        let parent_id = given.map(|(_, span)| span.to_owned());
        Ok(Self { request_id, trace_id, span_id: make_span()?, parent_id })
    }

    /// The names of a part of the call: the same trace, a span of its own.
    pub fn part(&self) -> Result<Self, ApiError> {
        Ok(Self { span_id: make_span()?, parent_id: Some(self.span_id.clone()), ..self.clone() })
    }

    /// The header of a call to others that this one makes.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
}

fn make_span() -> Result<String, ApiError> {
    Ok(hex(&random::make_bytes::<8>()?))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Trace and span; neither may be all zeros.
fn parse(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-');
    let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
    let is_id = |text: &str, length: usize| {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        text.len() == length && is_hex && text.bytes().any(|byte| byte != b'0')
    };
    (version == "00" && is_id(trace, 32) && is_id(span, 16)).then_some((trace, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn a_trace_is_taken_only_in_its_form() {
        assert_eq!(parse(&format!("00-{TRACE}-{SPAN}-01")), Some((TRACE, SPAN)));
        assert_eq!(parse(&format!("01-{TRACE}-{SPAN}-01")), None);
        assert_eq!(parse(&format!("00-{}-{SPAN}-01", "0".repeat(32))), None);
        assert_eq!(parse(&format!("00-{TRACE}-{}-01", "0".repeat(16))), None);
        assert_eq!(parse(&format!("00-{}-{SPAN}-01", TRACE.to_uppercase())), None);
        assert_eq!(parse(&format!("00-{TRACE}-{SPAN}0-01")), None);
        assert_eq!(parse("00-\"injected\"-x-01"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_part_keeps_the_trace_and_has_a_span_of_its_own() {
        let call = CallNames::make(Some(&format!("00-{TRACE}-{SPAN}-01"))).unwrap();
        assert_eq!((call.trace_id.as_str(), call.parent_id.as_deref()), (TRACE, Some(SPAN)));
        let part = call.part().unwrap();
        assert_eq!((&part.trace_id, &part.request_id), (&call.trace_id, &call.request_id));
        assert_eq!(part.parent_id.as_ref(), Some(&call.span_id));
        assert_ne!(part.span_id, call.span_id);
        assert_eq!(parse(&part.traceparent()), Some((TRACE, part.span_id.as_str())));
    }
}
