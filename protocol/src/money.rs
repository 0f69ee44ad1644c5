//! Money: amounts as integers of a currency's minor unit, and the prices that Stripe can charge.
//!
//! Source of the currency rules: Stripe's "Supported currencies" (zero-decimal and three-decimal currencies, special
//! cases, minimum and maximum charge amounts). "Minor unit" means the unit of Stripe's API throughout.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The currencies that a price may have: those that Stripe presents to buyers, and the three-decimal ones.
const CODES: &[&str] = &[
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn", "bhd",
    "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "clp", "cny", "cop",
    "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip",
    "gmd", "gnf", "gtq", "gyd", "hkd", "hnl", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod", "jpy",
    "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl",
    "mga", "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok",
    "npr", "nzd", "omr", "pab", "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron", "rsd", "rub", "rwf",
    "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std", "szl", "thb", "tjs", "tnd", "top",
    "try", "ttd", "twd", "tzs", "uah", "ugx", "usd", "uyu", "uzs", "vnd", "vuv", "wst", "xaf", "xcd", "xcg",
    "xof", "xpf", "yer", "zar", "zmw",
];

/// A lower-case ISO 4217 code that Stripe can charge. Written as a JSON string.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(&'static str);

/// Why a string is not a [`Currency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrencyError {
    /// Not exactly three letters a to z.
    Malformed,
    /// Well-formed, but not a currency that can be charged.
    Unsupported,
}

impl fmt::Display for CurrencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a currency is three lower-case letters",
            Self::Unsupported => "the currency cannot be charged",
        })
    }
}

impl core::error::Error for CurrencyError {}

impl FromStr for Currency {
    type Err = CurrencyError;

    /// Reads the one spelling that signed bodies carry: lower case.
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(CurrencyError::Malformed);
        }
        CODES.iter().find(|code| **code == text).map(|code| Self(code)).ok_or(CurrencyError::Unsupported)
    }
}

impl Currency {
    /// Reads a code in any case, as people and other systems write it (`USD`).
    pub fn from_any_case(text: &str) -> Result<Self, CurrencyError> {
        text.to_ascii_lowercase().parse()
    }

    /// Every currency that a price may have, sorted by its code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().map(|code| Self(code))
    }

    /// The lower-case code.
    pub const fn as_str(&self) -> &'static str {
        self.0
    }

    /// Decimal digits of the unit that amounts are counted in: 0, 2 or 3.
    ///
    /// `isk` and `ugx` have no coin below the unit, yet Stripe's API counts them in hundredths.
    pub fn decimals(&self) -> u32 {
        match self.0 {
            "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd" | "vuv"
            | "xaf" | "xof" | "xpf" => 0,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
            _ => 2,
        }
    }

    /// What a charge must be a multiple of, in minor units: whole units for `isk` and `ugx`, a last digit of 0 for
    /// three-decimal currencies.
    pub fn step(&self) -> Amount {
        match self.0 {
            "isk" | "ugx" => Amount(100),
            _ if self.decimals() == 3 => Amount(10),
            _ => Amount(1),
        }
    }

    /// The least that can be charged, in minor units. Where Stripe names none it is one step; Stripe still refuses
    /// what converts to less than the minimum of the account's own currency.
    pub fn minimum(&self) -> Amount {
        match self.0 {
            "usd" | "ars" | "aud" | "brl" | "cad" | "chf" | "cop" | "eur" | "idr" | "ils" | "inr" | "jpy"
            | "krw" | "nzd" | "php" | "rub" | "sgd" | "zar" => Amount(50),
            "gbp" => Amount(30),
            "aed" | "myr" | "pln" | "ron" => Amount(200),
            "dkk" => Amount(250),
            "nok" | "sek" => Amount(300),
            "hkd" => Amount(400),
            "mxn" | "thb" => Amount(1_000),
            "czk" => Amount(1_500),
            "huf" => Amount(17_500),
            _ => self.step(),
        }
    }

    /// The most that every payment method can charge, in minor units: twelve digits for `idr`, ten for `cop`, nine
    /// for `inr`, eight for all others.
    pub fn maximum(&self) -> Amount {
        match self.0 {
            "idr" => Amount(999_999_999_999),
            "cop" => Amount(9_999_999_999),
            "inr" => Amount(999_999_999),
            _ => Amount(99_999_999),
        }
    }

    /// Accepts a price of 0, and any other that can be charged in this currency.
    pub fn check_price(&self, price: Amount) -> Result<(), PriceError> {
        if price.is_zero() {
            return Ok(());
        }
        if price < self.minimum() {
            return Err(PriceError::BelowMinimum(self.minimum()));
        }
        if price > self.maximum() {
            return Err(PriceError::AboveMaximum(self.maximum()));
        }
        if price.0 % self.step().0 != 0 {
            return Err(PriceError::NotAMultipleOf(self.step()));
        }
        Ok(())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An amount of money in minor units, from 0 to [`Amount::MAX`]. Written as a JSON integer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

/// A number is negative or beyond [`Amount::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountError;

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount is an integer from 0 to 9007199254740991")
    }
}

impl core::error::Error for AmountError {}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 2^53 - 1, the largest integer that JSON carries exactly (RFC 7493 section 2.2). No price
    /// comes near it ([`Currency::maximum`]); sums of prices may.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The number of minor units.
    pub const fn minor_units(&self) -> i64 {
        self.0
    }

    /// Whether it is 0.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The sum, or nothing beyond [`Amount::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::try_from(self.0.checked_add(other.0)?).ok()
    }

    /// The difference, or nothing below 0.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::try_from(self.0.checked_sub(other.0)?).ok()
    }

    /// The sum of all, or nothing beyond [`Amount::MAX`].
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl TryFrom<i64> for Amount {
    type Error = AmountError;

    fn try_from(minor_units: i64) -> Result<Self, AmountError> {
        let amount = Self(minor_units);
        if amount < Self::ZERO || amount > Self::MAX { Err(AmountError) } else { Ok(amount) }
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a price cannot be charged. Each carries the bound, in minor units of the currency asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceError {
    /// Less than this, yet not 0.
    BelowMinimum(Amount),
    /// More than this.
    AboveMaximum(Amount),
    /// Not a multiple of this.
    NotAMultipleOf(Amount),
}

impl fmt::Display for PriceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowMinimum(bound) => write!(f, "the price must be 0 or at least {bound}"),
            Self::AboveMaximum(bound) => write!(f, "the price must be at most {bound}"),
            Self::NotAMultipleOf(step) => write!(f, "the price must be a multiple of {step}"),
        }
    }
}

impl core::error::Error for PriceError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn amount(minor_units: i64) -> Amount {
        minor_units.try_into().unwrap()
    }

    #[test]
    fn the_list_is_sorted_and_without_doubles() {
        assert!(CODES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            CODES.iter().all(|code| code.parse::<Currency>().is_ok_and(|parsed| parsed.as_str() == *code))
        );
    }

    #[test]
    fn a_code_has_one_spelling_in_signed_bodies() {
        for bad in ["USD", "Usd", "us", "usdd", "us1", "", " usd", "usđ"] {
            assert_eq!(bad.parse::<Currency>(), Err(CurrencyError::Malformed), "{bad}");
        }
        assert_eq!("xxx".parse::<Currency>(), Err(CurrencyError::Unsupported));
        assert_eq!(Currency::from_any_case("UsD"), Ok(currency("usd")));
        assert_eq!(Currency::from_any_case("XXX"), Err(CurrencyError::Unsupported));
    }

    #[test]
    fn decimals_follow_the_api_not_the_coin() {
        for (code, decimals) in
            [("jpy", 0), ("krw", 0), ("vnd", 0), ("clp", 0), ("usd", 2), ("isk", 2), ("ugx", 2)]
        {
            assert_eq!(currency(code).decimals(), decimals, "{code}");
        }
        for code in ["bhd", "jod", "kwd", "omr", "tnd"] {
            assert_eq!((currency(code).decimals(), currency(code).step()), (3, amount(10)), "{code}");
        }
    }

    #[test]
    fn prices_keep_minimum_maximum_and_step() {
        use PriceError::{AboveMaximum, BelowMinimum, NotAMultipleOf};
        for (code, price, expected) in [
            ("usd", 0, Ok(())),
            ("usd", 1, Err(BelowMinimum(amount(50)))),
            ("usd", 49, Err(BelowMinimum(amount(50)))),
            ("usd", 50, Ok(())),
            ("usd", 99_999_999, Ok(())),
            ("usd", 100_000_000, Err(AboveMaximum(amount(99_999_999)))),
            ("gbp", 30, Ok(())),
            ("huf", 17_499, Err(BelowMinimum(amount(17_500)))),
            ("jpy", 49, Err(BelowMinimum(amount(50)))),
            ("jpy", 51, Ok(())),
            ("kwd", 5_120, Ok(())),
            ("kwd", 5_124, Err(NotAMultipleOf(amount(10)))),
            ("kwd", 5, Err(BelowMinimum(amount(10)))),
            ("isk", 500, Ok(())),
            ("isk", 550, Err(NotAMultipleOf(amount(100)))),
            ("ugx", 150_050, Err(NotAMultipleOf(amount(100)))),
            ("idr", 999_999_999_999, Ok(())),
            ("cop", 10_000_000_000, Err(AboveMaximum(amount(9_999_999_999)))),
            ("inr", 999_999_999, Ok(())),
        ] {
            assert_eq!(currency(code).check_price(amount(price)), expected, "{price} {code}");
        }
    }

    #[test]
    fn every_minimum_can_be_charged() {
        for code in CODES {
            let currency = currency(code);
            assert_eq!(currency.check_price(currency.minimum()), Ok(()), "{code}");
        }
    }

    #[test]
    fn sums_go_beyond_32_bits_and_never_wrap() {
        let most = currency("usd").maximum();
        assert_eq!(Amount::checked_sum([most; 100]), Some(amount(9_999_999_900)));
        assert_eq!(Amount::checked_sum([]), Some(Amount::ZERO));
        assert_eq!(Amount::checked_sum([Amount::MAX, amount(1)]), None);
        assert_eq!(Amount::MAX.checked_add(Amount::ZERO), Some(Amount::MAX));
        assert_eq!(amount(5).checked_sub(amount(7)), None);
        assert_eq!(amount(7).checked_sub(amount(5)), Some(amount(2)));
    }

    #[test]
    fn json_is_an_integer_and_a_string() {
        let text = serde_json::to_string(&(amount(4_294_967_296), currency("eur"))).unwrap();
        assert_eq!(text, "[4294967296,\"eur\"]");
        assert_eq!(
            serde_json::from_str::<(Amount, Currency)>(&text).unwrap(),
            (amount(4_294_967_296), currency("eur"))
        );
        for bad in ["-1", "1.5", "1.0", "\"1\"", "9007199254740992", "1e3", "null"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Currency>("\"EUR\"").is_err());
    }
}
