//! The `Accept` header (RFC 9110 section 12.5.1), where something is there as a page and as JSON.

/// A weight in thousandths.
type Quality = u32;

/// Whether the page is wanted rather than JSON. Where both are as welcome it is the page that a browser names, and JSON
/// for whoever takes anything, as programs do.
pub fn prefers_page(accept: &str) -> bool {
    let (page, is_named) = quality(accept, "text", "html");
    let (json, _) = quality(accept, "application", "json");
    page > json || page > 0 && page == json && is_named
}

/// How welcome a media type is by the most specific range that fits it, and whether that one names it.
fn quality(accept: &str, kind: &str, subtype: &str) -> (Quality, bool) {
    let fit = |item: &str| {
        let mut parts = item.split(';').map(str::trim);
        let (given_kind, given_subtype) = parts.next()?.split_once('/')?;
        let is_kind = given_kind.eq_ignore_ascii_case(kind);
        let specificity = match given_subtype {
            "*" if given_kind == "*" => 0,
            "*" if is_kind => 1,
            given if is_kind && given.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.eq_ignore_ascii_case("q").then_some(value)
        });
        Some((specificity, weight.map_or(1000, thousandths)))
    };
    let best = accept.split(',').filter_map(|item| fit(item.trim())).max();
    best.map_or((0, false), |(specificity, quality)| (quality, specificity == 2))
}

/// A weight such as 0.8. One that cannot be read makes nothing welcome.
fn thousandths(weight: &str) -> Quality {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_the_page() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html",
            "Text/HTML; charset=utf-8",
            "text/*",
            "application/json;q=0.5, text/html;q=0.8",
            "application/json, text/html",
            "text/html;q=0.1, application/json;q=0",
            "text/html, */*",
        ] {
            assert!(prefers_page(accept), "{accept}");
        }
    }

    #[test]
    fn programs_get_json() {
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/json, text/html;q=0.1",
            "application/json, */*;q=0.9",
            "text/html;q=0, */*",
            "text/html;q=0",
            "text/html;q=0.799, application/json; q=0.8",
            "text/html;q=2, application/json;q=0.001",
            "image/png",
            "text/htmlx, x-text/html",
            "text/html;q=0.5, */*",
            "text/*;q=0.9, application/*",
        ] {
            assert!(!prefers_page(accept), "{accept}");
        }
    }

    #[test]
    fn weights_have_at_most_three_digits() {
        let read =
            [("1", 1000), ("1.000", 1000), ("0.8", 800), ("0.05", 50), ("0.001", 1), ("0", 0), ("0.", 0)];
        for (weight, thousandth) in read {
            assert_eq!(thousandths(weight), thousandth, "{weight}");
        }
        for weight in ["", "2", "0.1234", "-1", "0.8x", "+0.5", ".5"] {
            assert_eq!(thousandths(weight), 0, "{weight}");
        }
    }
}
