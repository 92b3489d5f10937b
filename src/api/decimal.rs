//! A number as it is written, compared without rounding.

use std::cmp::Ordering;
use std::fmt;

/// Keeps how it was written; equal where the value is.
#[derive(Debug, Clone)]
pub struct Decimal {
    text: String,
    negative: bool,
    /// Without zeros at either end; none of them is zero.
    digits: Vec<u8>,
    /// The value is `0.DIGITS` times ten to this power.
    power: i64,
    /// What a program gets that reads it as a float; infinite where it holds no such number.
    rounded: f64,
}

impl Decimal {
    /// `-12.50`, `1e3`. `None` for what is no number.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = all.iter().take_while(|digit| **digit == b'0').count();
        let mut digits = all[zeros..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let before_point =
            i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(zeros).ok()?)?;
        let is_zero = digits.is_empty();
        Some(Self {
            text: text.to_owned(),
            negative: negative && !is_zero,
            digits,
            power: if is_zero { 0 } else { before_point.checked_add(exponent)? },
            rounded: text.parse().ok()?,
        })
    }

    /// The same of a number that programs agree on: `None` where it is none, or is infinite or nothing
    /// to whoever rounds it.
    pub fn agreed(text: &str) -> Option<Self> {
        let is_agreed = |number: &Self| {
            number.rounded.is_finite() && (number.rounded == 0.0) == number.is_zero()
        };
        Self::parse(text).filter(is_agreed)
    }

    #[must_use]
    pub fn negated(self) -> Self {
        let text = match self.text.strip_prefix('-') {
            Some(rest) => rest.to_owned(),
            None => format!("-{}", self.text.trim_start_matches('+')),
        };
        let negative = !self.negative && !self.is_zero();
        Self { text, negative, rounded: -self.rounded, ..self }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn is_positive(&self) -> bool {
        !self.negative && !self.is_zero()
    }

    pub fn rounded(&self) -> f64 {
        self.rounded
    }

    /// How it compares to the last digit.
    pub fn exactly(&self, other: &Self) -> Ordering {
        let size = |one: &Self, other: &Self| {
            let (mine, theirs) = ((!one.is_zero(), one.power), (!other.is_zero(), other.power));
            mine.cmp(&theirs).then_with(|| one.digits.cmp(&other.digits))
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self, other),
            (true, true) => size(other, self),
        }
    }

    /// How it compares, for who reads all of it and for who rounds it. `None` where these differ.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let exactly = self.exactly(other);
        (self.rounded.partial_cmp(&other.rounded) == Some(exactly)).then_some(exactly)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        let (text, size) = (number.to_string(), number.unsigned_abs().to_string());
        let digits = size.trim_start_matches('0').trim_end_matches('0').as_bytes().to_vec();
        let power = if digits.is_empty() { 0 } else { i64::try_from(size.len()).unwrap_or(0) };
        let rounded = text.parse().unwrap_or_default();
        Self { text, negative: number < 0, digits, power, rounded }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.exactly(other) == Ordering::Equal
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn values_compare_as_they_are_written() {
        let ordered =
            ["-1e3", "-10.5", "-10", "-0.5", "0", "0.001", "0.5", "1", "9.99", "10", "1e3", "1001"];
        for (at, one) in ordered.iter().enumerate() {
            for (place, other) in ordered.iter().enumerate() {
                assert_eq!(
                    number(one).compare(&number(other)),
                    Some(at.cmp(&place)),
                    "{one} {other}"
                );
            }
        }
        for (one, other) in [("100", "1e2"), ("-0", "0.00e7"), ("0.10", "1e-1"), ("+5", "5.0")] {
            assert_eq!(number(one).compare(&number(other)), Some(Ordering::Equal), "{one} {other}");
        }
    }

    #[test]
    fn no_number_is_too_large_or_too_small_to_compare_exactly() {
        for (less, more) in [
            ("1e400", "1.0000000000000000000000001e400"),
            ("1e-99999", "1e-99998"),
            ("-1e400", "1e-400"),
            ("0", "1e-400"),
            ("123456789012345678901234567889", "123456789012345678901234567890"),
        ] {
            assert_eq!(number(less).exactly(&number(more)), Ordering::Less, "{less} {more}");
            let (less, more) = (number(less).negated(), number(more).negated());
            assert_eq!(less.exactly(&more), Ordering::Greater, "{less} {more}");
        }
        assert_eq!(number("-0").negated().to_string(), "0");
        assert!(Decimal::parse("1e99999999999999999999").is_none());
    }

    #[test]
    fn where_rounding_would_decide_nothing_is_decided() {
        let just_below = number("99.99999999999999999999");
        assert_eq!(just_below.compare(&number("100")), None);
        assert_eq!(number("9007199254740993").compare(&number("9007199254740992")), None);
        for none in [
            "1e999",
            "-1e999",
            "1e-999",
            "1e99999999999999999999",
            "",
            "-",
            "x",
            "1_0",
            "inf",
            "NaN",
            ".",
            "0x10",
        ] {
            assert_eq!(Decimal::agreed(none).map(|n| n.to_string()), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn integers_compare_as_integers(one in -1_000_000_i64..1_000_000, other in -100_i64..100) {
            let (a, b) = (number(&one.to_string()), number(&other.to_string()));
            prop_assert_eq!(a.compare(&b), Some(one.cmp(&other)));
            prop_assert_eq!(Decimal::from(one), a);
        }
    }
}
