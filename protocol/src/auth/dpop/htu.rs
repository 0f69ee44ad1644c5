//! Addresses as RFC 9449 section 4.3 compares them: without query and fragment, after the normalisation of RFC 3986
//! sections 6.2.2 and 6.2.3.

/// Scheme and host in lower case, no default port, no empty path, no percent-encoding that is not needed. None for
/// what is not an absolute http(s) address, carries user information, or walks by dot segments.
pub(super) fn normalise(address: &str) -> Option<String> {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let (scheme, rest) = address.get(..end)?.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    if authority.is_empty() || authority.contains(['@', '%', '\\']) {
        return None;
    }
    let path = if path.is_empty() { "/".to_owned() } else { decode_unreserved(path)? };
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        return None;
    }
    Some(format!("{scheme}://{authority}{path}"))
}

/// Writes unreserved characters plainly and the hexadecimal digits of the others in upper case.
fn decode_unreserved(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let digits = part.get(..2)?;
        let byte = u8::from_str_radix(digits, 16).ok()?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&digits.to_ascii_uppercase());
        }
        text.push_str(part.get(2..)?);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn the_same_address_has_one_form() {
        let form = Some("https://shop.example/api/inbox~".to_owned());
        for address in [
            "https://shop.example/api/inbox~",
            "HTTPS://Shop.Example:443/api/inbox~?after=3#x",
            "https://shop.example/%61pi/inbox%7E",
            "https://shop.example/%61pi/inbox%7e#?",
        ] {
            assert_eq!(normalise(address), form, "{address}");
        }
        assert_eq!(normalise("http://localhost:8787"), Some("http://localhost:8787/".to_owned()));
        assert_eq!(normalise("https://a/%2f"), Some("https://a/%2F".to_owned()));
        assert_ne!(normalise("https://a/%2F"), normalise("https://a//"));
        assert_ne!(normalise("https://a:80/"), normalise("https://a/"));
        assert_ne!(normalise("https://a/API"), normalise("https://a/api"));
    }

    #[test]
    fn what_is_no_plain_address_has_no_form() {
        for address in [
            "",
            "/token",
            "ftp://a/",
            "https:///x",
            "https://user@a/",
            "https://a/x/../token",
            "https://a/%2e%2E/x",
            "https://a/%4",
            "https://a/%zz",
            "https://a/%€",
            "javascript:alert(1)",
        ] {
            assert_eq!(normalise(address), None, "{address}");
        }
    }
}
