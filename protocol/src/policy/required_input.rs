//! Required inputs: what a buyer provides before paying, or after paying and before the grant.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::media_type::MediaType;

/// The most inputs that one offer asks for.
pub const MAX_INPUTS: usize = 20;
/// The longest input id, in bytes.
pub const MAX_ID: usize = 64;
/// The longest label, in bytes of UTF-8.
pub const MAX_LABEL: usize = 200;
/// The longest description, in bytes of UTF-8.
pub const MAX_DESCRIPTION: usize = 2000;
/// The most that `max_len` may be, in characters.
pub const MAX_MAX_LEN: u32 = 100_000;
/// The most that `max_size_mb` may be: the size cap of one file.
pub const MAX_MAX_SIZE_MB: u32 = 200;
/// The most media types that one input names.
pub const MAX_MIME_TYPES: usize = 20;

/// What kind of value the buyer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// One line.
    Text,
    /// Several lines.
    Textarea,
    /// A web address.
    Url,
    /// An attachment.
    File,
}

/// When the value is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputTiming {
    /// Before the invoice.
    PrePayment,
    /// After the payment, before the grant.
    PostPaymentPreGrant,
}

/// Limits of a value. `max_len` is for text, textarea and url; the other two are for file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputConstraints {
    /// The most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_len: Option<u32>,
    /// The media types accepted, each `type/subtype` or `type/*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_types: Option<Vec<String>>,
    /// The largest file, in units of 1,000,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_size_mb: Option<u32>,
}

/// One thing that the buyer is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredInput {
    /// Names the input within its offer: a to z, 0 to 9, `_` and `-`.
    pub id: String,
    /// What the buyer reads beside the field.
    pub label: String,
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: InputKind,
    /// When it is due.
    pub timing: InputTiming,
    /// Whether the sale waits for it.
    pub required: bool,
    /// More text for the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Limits of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<InputConstraints>,
}

/// What is wrong with a member of a required input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFault {
    /// More than [`MAX_INPUTS`] inputs.
    TooMany,
    /// Empty, or only white space.
    Empty,
    /// Longer, or more of them, than allowed.
    TooLong,
    /// A character that the member does not allow.
    Character,
    /// The id of an earlier input.
    Duplicate,
    /// A number out of its bounds.
    OutOfBounds,
    /// A limit that this kind of input cannot have.
    WrongKind,
    /// Not a media type.
    MediaType,
}

/// Why required inputs are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputError {
    /// The position of the input, from 0.
    pub index: usize,
    /// The member.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: InputFault,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            InputFault::TooMany => "there are too many inputs",
            InputFault::Empty => "must not be empty",
            InputFault::TooLong => "is too long",
            InputFault::Character => "holds a character that is not allowed",
            InputFault::Duplicate => "is used twice",
            InputFault::OutOfBounds => "is out of bounds",
            InputFault::WrongKind => "does not apply to this type of input",
            InputFault::MediaType => "names something that is not a media type",
        };
        write!(f, "required_inputs[{}].{}: {fault}", self.index, self.field)
    }
}

impl core::error::Error for InputError {}

impl RequiredInput {
    /// Checks every input, and that no id is used twice.
    pub fn check_all(inputs: &[Self]) -> Result<(), InputError> {
        if inputs.len() > MAX_INPUTS {
            return Err(InputError { index: MAX_INPUTS, field: "id", fault: InputFault::TooMany });
        }
        let mut seen = BTreeSet::new();
        for (index, input) in inputs.iter().enumerate() {
            input.check().map_err(|(field, fault)| InputError { index, field, fault })?;
            if !seen.insert(input.id.as_str()) {
                return Err(InputError { index, field: "id", fault: InputFault::Duplicate });
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), (&'static str, InputFault)> {
        check_id(&self.id).map_err(|fault| ("id", fault))?;
        check_text(&self.label, MAX_LABEL, false).map_err(|fault| ("label", fault))?;
        if let Some(description) = &self.description {
            check_text(description, MAX_DESCRIPTION, true).map_err(|fault| ("description", fault))?;
        }
        match &self.constraints {
            Some(constraints) => constraints.check(self.kind),
            None => Ok(()),
        }
    }
}

impl InputConstraints {
    fn check(&self, kind: InputKind) -> Result<(), (&'static str, InputFault)> {
        let is_file = kind == InputKind::File;
        if let Some(max_len) = self.max_len {
            check_limit(max_len, MAX_MAX_LEN, !is_file).map_err(|fault| ("max_len", fault))?;
        }
        if let Some(max_size_mb) = self.max_size_mb {
            check_limit(max_size_mb, MAX_MAX_SIZE_MB, is_file).map_err(|fault| ("max_size_mb", fault))?;
        }
        match &self.mime_types {
            Some(_) if !is_file => Err(("mime_types", InputFault::WrongKind)),
            Some(patterns) => check_patterns(patterns).map_err(|fault| ("mime_types", fault)),
            None => Ok(()),
        }
    }
}

fn check_id(id: &str) -> Result<(), InputFault> {
    if id.is_empty() {
        return Err(InputFault::Empty);
    }
    if id.len() > MAX_ID {
        return Err(InputFault::TooLong);
    }
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if id.bytes().all(allowed) { Ok(()) } else { Err(InputFault::Character) }
}

fn check_text(text: &str, max: usize, lines: bool) -> Result<(), InputFault> {
    if text.trim().is_empty() {
        return Err(InputFault::Empty);
    }
    if text.len() > max {
        return Err(InputFault::TooLong);
    }
    let refused = |letter: char| letter.is_control() && !(lines && letter == '\n');
    if text.chars().any(refused) { Err(InputFault::Character) } else { Ok(()) }
}

fn check_limit(value: u32, max: u32, applies: bool) -> Result<(), InputFault> {
    if !applies {
        return Err(InputFault::WrongKind);
    }
    if (1..=max).contains(&value) { Ok(()) } else { Err(InputFault::OutOfBounds) }
}

fn check_patterns(patterns: &[String]) -> Result<(), InputFault> {
    if patterns.is_empty() {
        return Err(InputFault::Empty);
    }
    if patterns.len() > MAX_MIME_TYPES {
        return Err(InputFault::TooLong);
    }
    // `type/*` is well-formed when the star stands where a subtype could.
    let well_formed = |pattern: &String| match pattern.strip_suffix("/*") {
        Some(kind) => format!("{kind}/x").parse::<MediaType>().is_ok(),
        None => pattern.parse::<MediaType>().is_ok(),
    };
    if patterns.iter().all(well_formed) { Ok(()) } else { Err(InputFault::MediaType) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: serde_json::Value) -> RequiredInput {
        let mut value = serde_json::json!({
            "id": "logo", "label": "Your logo", "type": "file", "timing": "pre_payment", "required": true,
        });
        value.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn refusal(json: serde_json::Value) -> (&'static str, InputFault) {
        let error =
            RequiredInput::check_all(&[input(serde_json::json!({"id": "first"})), input(json)]).unwrap_err();
        assert_eq!(error.index, 1);
        (error.field, error.fault)
    }

    #[test]
    fn optional_members_are_left_out() {
        let text =
            r#"{"id":"site","label":"Site","type":"url","timing":"post_payment_pre_grant","required":false}"#;
        let parsed: RequiredInput = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), text);
        assert!(serde_json::from_str::<RequiredInput>(&text.replace("\"url\"", "\"date\"")).is_err());
        assert!(serde_json::from_str::<RequiredInput>(&text.replace("\"id\"", "\"x\":1,\"id\"")).is_err());
    }

    #[test]
    fn good_inputs_pass() {
        let file = serde_json::json!({"constraints": {"mime_types": ["image/*", "application/pdf"], "max_size_mb": 200}});
        let text = serde_json::json!({"id": "note", "type": "textarea", "description": "Two\nlines",
            "constraints": {"max_len": 100_000}});
        assert_eq!(RequiredInput::check_all(&[input(file), input(text)]), Ok(()));
        assert_eq!(RequiredInput::check_all(&[]), Ok(()));
    }

    #[test]
    fn each_fault_names_its_member() {
        use InputFault::{Character, Duplicate, Empty, MediaType, OutOfBounds, TooLong, WrongKind};
        let constraints = |json: serde_json::Value| serde_json::json!({"constraints": json});
        for (json, expected) in [
            (serde_json::json!({"id": ""}), ("id", Empty)),
            (serde_json::json!({"id": "a".repeat(65)}), ("id", TooLong)),
            (serde_json::json!({"id": "Logo"}), ("id", Character)),
            (serde_json::json!({"id": "first"}), ("id", Duplicate)),
            (serde_json::json!({"label": "  "}), ("label", Empty)),
            (serde_json::json!({"label": "x".repeat(201)}), ("label", TooLong)),
            (serde_json::json!({"label": "a\nb"}), ("label", Character)),
            (serde_json::json!({"description": ""}), ("description", Empty)),
            (serde_json::json!({"description": "a\u{7}"}), ("description", Character)),
            (constraints(serde_json::json!({"max_len": 5})), ("max_len", WrongKind)),
            (constraints(serde_json::json!({"max_size_mb": 0})), ("max_size_mb", OutOfBounds)),
            (constraints(serde_json::json!({"max_size_mb": 201})), ("max_size_mb", OutOfBounds)),
            (constraints(serde_json::json!({"mime_types": []})), ("mime_types", Empty)),
            (constraints(serde_json::json!({"mime_types": vec!["a/b"; 21]})), ("mime_types", TooLong)),
            (constraints(serde_json::json!({"mime_types": ["*/*"]})), ("mime_types", MediaType)),
            (constraints(serde_json::json!({"mime_types": ["image"]})), ("mime_types", MediaType)),
            (serde_json::json!({"type": "text", "constraints": {"max_len": 0}}), ("max_len", OutOfBounds)),
            (
                serde_json::json!({"type": "text", "constraints": {"max_len": 100_001}}),
                ("max_len", OutOfBounds),
            ),
            (
                serde_json::json!({"type": "url", "constraints": {"max_size_mb": 1}}),
                ("max_size_mb", WrongKind),
            ),
            (
                serde_json::json!({"type": "text", "constraints": {"mime_types": ["a/b"]}}),
                ("mime_types", WrongKind),
            ),
        ] {
            assert_eq!(refusal(json.clone()), expected, "{json}");
        }
    }

    #[test]
    fn there_are_at_most_twenty() {
        let inputs: Vec<_> =
            (0..=MAX_INPUTS).map(|n| input(serde_json::json!({"id": format!("i{n}")}))).collect();
        assert_eq!(RequiredInput::check_all(&inputs[..MAX_INPUTS]), Ok(()));
        assert_eq!(RequiredInput::check_all(&inputs).unwrap_err().fault, InputFault::TooMany);
    }
}
