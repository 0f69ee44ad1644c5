//! The names of one call, and the header that carries them on: W3C Trace Context, `traceparent`.
//!
//! ```text
//! 00-<trace: 32 hex>-<span: 16 hex>-<flags: 2 hex>
//! ```
//!
//! A later version may say more behind a dash; what comes before is read as this one (section 3.2.4).

use claimcheck_protocol::bytes::Bytes;

use crate::error::ApiError;
use crate::random;

/// Characters of a header of version 00.
const LENGTH: usize = 55;
/// The only flag of version 00: whether the caller keeps a record of the trace.
const SAMPLED: u8 = 1;

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
    /// Whether the trace is recorded, as its first caller has it; a trace that begins here is.
    pub is_sampled: bool,
}

/// What a caller says of its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parent<'a> {
    trace: &'a str,
    span: &'a str,
    is_sampled: bool,
}

impl CallNames {
    /// Takes trace and span of a `traceparent` header.
    pub fn make(traceparent: Option<&str>) -> Result<Self, ApiError> {
        let request_id = format!("req_{}", Bytes(random::make_bytes::<16>()?));
        let given = traceparent.and_then(parse);
        let trace_id = match given {
            Some(parent) => parent.trace.to_owned(),
            None => hex(&random::make_bytes::<16>()?),
        };
        let parent_id = given.map(|parent| parent.span.to_owned());
        let is_sampled = given.is_none_or(|parent| parent.is_sampled);
        Ok(Self { request_id, trace_id, span_id: make_span()?, parent_id, is_sampled })
    }

    /// The names of a part of the call: the same trace, a span of its own.
    pub fn part(&self) -> Result<Self, ApiError> {
        Ok(Self { span_id: make_span()?, parent_id: Some(self.span_id.clone()), ..self.clone() })
    }

    /// The header of a call to others that this one makes.
    pub fn traceparent(&self) -> String {
        let flags = if self.is_sampled { SAMPLED } else { 0 };
        format!("00-{}-{}-{flags:02x}", self.trace_id, self.span_id)
    }
}

fn make_span() -> Result<String, ApiError> {
    Ok(hex(&random::make_bytes::<8>()?))
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Reads the header; neither trace nor span may be all zeros.
fn parse(traceparent: &str) -> Option<Parent<'_>> {
    let (known, more) = traceparent.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|byte| byte != b'0');
    let is_version = match version {
        "00" => more.is_empty(),
        "ff" => false,
        _ => is_hex(version, 2) && (more.is_empty() || more.starts_with('-')),
    };
    if parts.next().is_some() || !is_version || !is_id(trace, 32) || !is_id(span, 16) || !is_hex(flags, 2) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(Parent { trace, span, is_sampled: flags & SAMPLED != 0 })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn sampled(traceparent: &str) -> Option<bool> {
        let parent = parse(traceparent)?;
        assert_eq!((parent.trace, parent.span), (TRACE, SPAN));
        Some(parent.is_sampled)
    }

    #[test]
    fn a_trace_is_taken_only_in_its_form() {
        assert_eq!(sampled(&format!("00-{TRACE}-{SPAN}-01")), Some(true));
        for other in [
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}0-01"),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-0g"),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{TRACE}-{SPAN}-+1"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-011"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            "00-\"injected\"-x-01".to_owned(),
            "é".repeat(40),
            String::new(),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_this_one_goes() {
        assert_eq!(sampled(&format!("01-{TRACE}-{SPAN}-00")), Some(false));
        assert_eq!(sampled(&format!("cc-{TRACE}-{SPAN}-01-what comes then")), Some(true));
        for other in [
            format!("01-{TRACE}-{SPAN}-01."),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0x-{TRACE}-{SPAN}-01"),
            format!("FE-{TRACE}-{SPAN}-01"),
            format!("001-{TRACE}-{SPAN}-1"),
        ] {
            assert_eq!(parse(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_not_recorded_is_not_said_to_be() {
        for (given, sent) in [("00", "00"), ("01", "01"), ("02", "00"), ("ff", "01")] {
            let call = CallNames::make(Some(&format!("00-{TRACE}-{SPAN}-{given}"))).unwrap();
            for names in [call.part().unwrap(), call] {
                assert_eq!(names.traceparent(), format!("00-{TRACE}-{}-{sent}", names.span_id));
            }
        }
        assert!(CallNames::make(None).unwrap().traceparent().ends_with("-01"));
    }

    #[test]
    fn a_part_keeps_the_trace_and_has_a_span_of_its_own() {
        let call = CallNames::make(Some(&format!("00-{TRACE}-{SPAN}-01"))).unwrap();
        assert_eq!((call.trace_id.as_str(), call.parent_id.as_deref()), (TRACE, Some(SPAN)));
        let part = call.part().unwrap();
        assert_eq!((&part.trace_id, &part.request_id), (&call.trace_id, &call.request_id));
        assert_eq!(part.parent_id.as_ref(), Some(&call.span_id));
        assert_ne!(part.span_id, call.span_id);
        let sent = part.traceparent();
        assert_eq!(
            parse(&sent).map(|parent| (parent.trace, parent.span)),
            Some((TRACE, part.span_id.as_str()))
        );
    }
}
