//! Media types (RFC 6838) as sellers declare them: lower case, no parameters.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest media type: two names of 127 bytes and the slash (RFC 6838 section 4.2).
const MAX_LEN: usize = 255;

/// `type/subtype`, each a restricted-name of RFC 6838 section 4.2, in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaType(String);

/// A string is not a lower-case media type without parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaTypeError;

impl fmt::Display for MediaTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a lower-case media type without parameters")
    }
}

impl core::error::Error for MediaTypeError {}

impl MediaType {
    /// `application/octet-stream`, for a file of unknown type.
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// Reads a type as people, browsers and headers write it: in any case, with parameters, which are left out.
    pub fn from_any_form(text: &str) -> Result<Self, MediaTypeError> {
        let plain = text.split(';').next().unwrap_or_default();
        plain.trim().to_ascii_lowercase().parse()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `pattern`, a media type or `type/*`, covers this one.
    pub fn matches(&self, pattern: &str) -> bool {
        match pattern.strip_suffix("/*") {
            Some(kind) => self.0.split_once('/').is_some_and(|(own, _)| own == kind),
            None => self.0 == pattern,
        }
    }
}

fn is_restricted_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    first
        && name.len() <= 127
        && bytes
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte))
}

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, MediaTypeError> {
        let (kind, subtype) = text.split_once('/').ok_or(MediaTypeError)?;
        if text.len() > MAX_LEN || !is_restricted_name(kind) || !is_restricted_name(subtype) {
            return Err(MediaTypeError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_types_without_parameters_parse() {
        for good in ["text/plain", "image/svg+xml", "application/vnd.api+json", "video/3gpp"] {
            assert_eq!(good.parse::<MediaType>().unwrap().as_str(), good);
        }
        for bad in
            ["", "text", "text/", "/plain", "Text/plain", "text/plain; charset=utf-8", "a/b/c", "text/pl ain"]
        {
            assert_eq!(bad.parse::<MediaType>(), Err(MediaTypeError), "{bad}");
        }
    }

    #[test]
    fn any_form_of_a_type_is_read_as_the_plain_one() {
        for form in ["text/plain", "Text/Plain", " TEXT/plain ; charset=UTF-8", "text/plain;x=\"a;b\""] {
            assert_eq!(MediaType::from_any_form(form).unwrap().as_str(), "text/plain", "{form}");
        }
        for bad in ["", ";", "text", "text/plain charset=utf-8", "a/b/c; d=e"] {
            assert_eq!(MediaType::from_any_form(bad), Err(MediaTypeError), "{bad}");
        }
    }

    #[test]
    fn patterns_cover_a_family() {
        let png: MediaType = "image/png".parse().unwrap();
        assert!(png.matches("image/*") && png.matches("image/png"));
        assert!(!png.matches("video/*") && !png.matches("image/p"));
    }
}
