//! Which member of a JSON text lies at a byte: what a refusal names when a body cannot be read.
//!
//! serde's errors give the place, not the member. Following the path while reading would double the code of every
//! body's type, and needs it for bodies alone that are refused.

use std::fmt::Write;

/// A container that is open at the place.
enum Open<'a> {
    /// In an object: the member that was named last.
    Object(Option<&'a [u8]>),
    /// In an array: the position of the element.
    Array(usize),
}

/// The path of the member that a reader was at when it failed, such as `files[0].size`; empty for the whole.
pub fn path_of(error: &serde_json::Error, text: &[u8]) -> String {
    let before: usize = text
        .split_inclusive(|&byte| byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    // An object that lacks a member was read whole; any other value that ends here is what could not be read.
    let is_whole = error.to_string().starts_with("missing field");
    path_at(text, before + error.column(), is_whole)
}

/// The path of the innermost member that is open, or ends, `place` bytes into a text; an object or array that ends
/// there counts as ended only if it `is_whole`. The text up to there is JSON, since a reader came as far.
fn path_at(text: &[u8], place: usize, is_whole: bool) -> String {
    let text = text.get(..place).unwrap_or(text);
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = text;
    // After a comma, and after an opening, the next string of an object is a name.
    let mut wants_name = false;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => {
                open.push(if byte == b'{' { Open::Object(None) } else { Open::Array(0) });
                wants_name = byte == b'{';
            }
            b'}' | b']' if is_whole || !rest.is_empty() => {
                open.pop();
            }
            b',' => match open.last_mut() {
                Some(Open::Array(index)) => *index += 1,
                Some(Open::Object(_)) => wants_name = true,
                None => {}
            },
            b'"' => {
                let length = string_length(rest);
                let (string, after) = rest.split_at(length);
                rest = after.get(1..).unwrap_or_default();
                if let (true, Some(Open::Object(name))) = (wants_name, open.last_mut()) {
                    *name = Some(string);
                    wants_name = false;
                }
            }
            _ => {}
        }
    }
    written(&open)
}

/// Bytes up to the quote that ends a string, or to the end of the text.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

fn written(open: &[Open<'_>]) -> String {
    let mut path = String::new();
    for part in open {
        match part {
            Open::Object(Some(name)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&String::from_utf8_lossy(name));
            }
            Open::Object(None) => {}
            // Writing to a String cannot fail.
            Open::Array(index) => _ = write!(path, "[{index}]"),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_at_a_place_is_named() {
        let text = br#"{"a": [1, {"b,{": "x\\\"]", "c": [[], [2]]}], "d": {"e": null}}"#;
        let at = |mark: &str| {
            let found = text.windows(mark.len()).position(|window| window == mark.as_bytes()).unwrap();
            path_at(text, found + mark.len(), false)
        };
        assert_eq!(at("{"), "");
        assert_eq!(at("[1"), "a[0]");
        assert_eq!(at("x"), "a[1].b,{");
        assert_eq!(at(r#"x\\\"]"#), "a[1].b,{");
        assert_eq!(at("[["), "a[1].c[0][0]");
        assert_eq!(at("[2"), "a[1].c[1][0]");
        assert_eq!(at("nul"), "d.e");
        assert_eq!(at("null}"), "d.e");
        assert_eq!(at("null}}"), "d");
        assert_eq!(path_at(text, text.len() - 1, true), "d");
        assert_eq!(path_at(text, text.len(), true), "");
        assert_eq!(path_at(text, usize::MAX, true), "");
    }
}
