//! A number as it is written, compared without rounding.

use std::cmp::Ordering;
use std::fmt;

/// Larger exponents than that are nobody's amount.
const FARTHEST: i64 = 10_000;

/// Keeps how it was written; equal where the value is.
#[derive(Debug, Clone)]
pub struct Decimal {
    text: String,
    negative: bool,
    /// Without zeros at either end; none of them is zero.
    digits: Vec<u8>,
    /// The value is `0.DIGITS` times ten to this power.
    power: i64,
    /// What a program gets that reads it as a float.
    rounded: f64,
}

impl Decimal {
    /// `-12.50`, `1e3`. `None` for what is no number, or none that programs agree on.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rounded = text.parse::<f64>().ok().filter(|rounded| rounded.is_finite())?;
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
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) || exponent.abs() > FARTHEST {
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
        // What is something, and nothing to whoever rounds it, is not the same to everybody.
        if !is_zero && rounded == 0.0 {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            negative: negative && !is_zero,
            digits,
            power: if is_zero { 0 } else { before_point.checked_add(exponent)? },
            rounded,
        })
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative
    }

    pub(super) fn is_positive(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    fn exactly(&self, other: &Self) -> Ordering {
        let size = |of: &Self| (!of.digits.is_empty(), of.power, of.digits.clone());
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
        }
    }

    /// How it compares, for who reads all of it and for who rounds it. `None` where these differ.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        let exactly = self.exactly(other);
        (self.rounded.partial_cmp(&other.rounded) == Some(exactly)).then_some(exactly)
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
            assert_eq!(Decimal::parse(none).map(|n| n.to_string()), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn integers_compare_as_integers(one in -1_000_000_i64..1_000_000, other in -100_i64..100) {
            let (a, b) = (number(&one.to_string()), number(&other.to_string()));
            prop_assert_eq!(a.compare(&b), Some(one.cmp(&other)));
        }
    }
}
