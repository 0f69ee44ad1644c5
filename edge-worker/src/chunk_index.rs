//! Which chunk of a file a call is about, in its one spelling: decimal digits without a sign or leading zeros.

use std::str::FromStr;

use serde::Deserialize;

/// Index in the file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ChunkIndex(pub u64);

impl FromStr for ChunkIndex {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "index is not a number in its shortest form";
        // `parse` alone would take a plus sign, and zeros before.
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits || text.len() > 1 && text.starts_with('0') {
            return Err(WRONG);
        }
        text.parse().map(Self).map_err(|_| WRONG)
    }
}

impl TryFrom<String> for ChunkIndex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_one_spelling() {
        for (text, index) in [("0", 0), ("7", 7), ("10", 10), ("14999", 14_999)] {
            assert_eq!(text.parse(), Ok(ChunkIndex(index)), "{text}");
        }
        let wrong = ["", "00", "+0", "-0", "01", " 0", "0 ", "0.0", "1e0", "0x1", "18446744073709551616"];
        for text in wrong {
            assert!(text.parse::<ChunkIndex>().is_err(), "{text}");
        }
    }
}
