//! What a rule asks of one argument.

use std::cmp::Ordering;
use std::fmt;

use crate::api::Decimal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl Comparison {
    const SIGNS: [(&'static str, Self); 4] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("<", Self::Below), (">", Self::Above)];

    fn holds(self, how: Ordering) -> bool {
        match self {
            Self::Below => how.is_lt(),
            Self::AtMost => how.is_le(),
            Self::Above => how.is_gt(),
            Self::AtLeast => how.is_ge(),
        }
    }
}

/// A comparison fits numbers only: a text that looks like one is not taken for it. What is above a
/// bound is one thing; what is below a bound above zero is meant as a size, so that nothing below zero
/// fits. Ranges name both ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Compared(Comparison, Decimal),
    /// From the first on, up to the second, which is part of it or not.
    Range(Decimal, Comparison, Decimal),
    /// `*` stands for any run of characters, `?` for one.
    Text(String),
    Not(String),
    /// Of the file.
    Number(Decimal),
    Truth(bool),
}

impl Condition {
    /// `<100`, `>=5`, `0..100`, `-5..=5`, `!EUR`, `EU*`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        for (sign, comparison) in Comparison::SIGNS {
            if let Some(bound) = text.strip_prefix(sign) {
                let bound = bound.trim();
                return match Decimal::agreed(bound) {
                    Some(number) => Ok(Self::Compared(comparison, number)),
                    None => {
                        Err(format!("\"{bound}\" behind {sign} is no number, as in \"{sign}100\""))
                    }
                };
            }
        }
        if let Some(range) = Self::range(text) {
            return range;
        }
        Ok(match text.strip_prefix('!') {
            Some(text) => Self::Not(text.to_owned()),
            None => Self::Text(text.to_owned()),
        })
    }

    /// A number of the file; `None` for one that programs do not agree on.
    pub fn number(text: &str) -> Option<Self> {
        Decimal::agreed(text).map(Self::Number)
    }

    /// `None` where the text begins with no number, and is one like any other.
    fn range(text: &str) -> Option<Result<Self, String>> {
        let (low, high) = text.split_once("..")?;
        let low = Decimal::agreed(low.trim())?;
        let (end, high) = match high.strip_prefix('=') {
            Some(high) => (Comparison::AtMost, high),
            None => (Comparison::Below, high),
        };
        let Some(high) = Decimal::agreed(high.trim()) else {
            return Some(Err(format!("\"{text}\" has no number behind .., as in \"0..100\"")));
        };
        if !low.compare(&high).is_some_and(|how| end.holds(how)) {
            return Some(Err(format!("nothing is in \"{text}\": the smaller number stands first")));
        }
        Some(Ok(Self::Range(low, end, high)))
    }

    /// Whether the value, as exact JSON, fits. An argument that is not there fits nothing, and neither
    /// does a number that is none, or that rounding would bring to the other side.
    pub(super) fn fits(&self, json: Option<&str>) -> bool {
        let Some(json) = json.map(str::trim) else { return false };
        let number = || Decimal::agreed(json).filter(|_| is_number(json));
        let compares = |comparison: Comparison, bound: &Decimal| {
            let how = number().and_then(|number| number.compare(bound));
            how.is_some_and(|how| comparison.holds(how))
        };
        match self {
            Self::Compared(comparison, bound) => {
                let is_size = matches!(comparison, Comparison::Below | Comparison::AtMost)
                    && bound.is_positive();
                let is_meant = !is_size || number().is_some_and(|number| !number.is_negative());
                is_meant && compares(*comparison, bound)
            }
            Self::Range(low, end, high) => {
                compares(Comparison::AtLeast, low) && compares(*end, high)
            }
            Self::Text(glob) => {
                scalar(json).is_some_and(|text| crate::query::fits_glob(glob, &text))
            }
            Self::Not(glob) => {
                // 5.0 is 5, however it is written, and what is near it may be it to somebody.
                let is_it = |wanted: Decimal| {
                    number()
                        .is_some_and(|found| !found.compare(&wanted).is_some_and(Ordering::is_ne))
                };
                !Decimal::agreed(glob).is_some_and(is_it)
                    && scalar(json).is_some_and(|text| !crate::query::fits_glob(glob, &text))
            }
            Self::Number(wanted) => {
                number().is_some_and(|found| found.compare(wanted) == Some(Ordering::Equal))
            }
            Self::Truth(wanted) => json == if *wanted { "true" } else { "false" },
        }
    }
}

fn is_number(json: &str) -> bool {
    json.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// A text as it reads, anything else that is one value as it is written; what is no JSON is nothing.
fn scalar(json: &str) -> Option<String> {
    match json.bytes().next()? {
        b'"' => serde_json::from_str(json).ok(),
        b'{' | b'[' => None,
        _ if is_number(json) => Decimal::agreed(json).map(|_| json.to_owned()),
        _ => Some(json.to_owned()),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compared(Comparison::Below, bound) => write!(f, "<{bound}"),
            Self::Compared(Comparison::AtMost, bound) => write!(f, "<={bound}"),
            Self::Compared(Comparison::Above, bound) => write!(f, ">{bound}"),
            Self::Compared(Comparison::AtLeast, bound) => write!(f, ">={bound}"),
            Self::Range(low, Comparison::AtMost, high) => write!(f, "{low}..={high}"),
            Self::Range(low, _, high) => write!(f, "{low}..{high}"),
            Self::Text(text) => f.write_str(text),
            Self::Not(text) => write!(f, "!{text}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Truth(is) => write!(f, "{is}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_fit_what_they_say_and_never_what_is_missing() {
        for (condition, json, fits) in [
            ("<100", "84.20", true),
            ("<100", "100", false),
            ("<=100", "100.0", true),
            (">-1", "0", true),
            ("<100", "\"84\"", false),
            ("<100", "null", false),
            ("EUR", "\"EUR\"", true),
            ("EU?", "\"EUR\"", true),
            ("EUR", "\"eur\"", false),
            ("!EUR", "\"USD\"", true),
            ("!EUR", "\"EUR\"", false),
            ("!EUR", "[1]", false),
            ("44*", "4411", true),
            // Below a bound above zero is a size, and elsewhere the sign is meant.
            ("<100", "-5000", false),
            ("<100", "-0.0", true),
            ("<=0", "-1", true),
            ("<0", "-1", true),
            ("<-5", "-6", true),
            ("<-5", "3", false),
            (">-1", "-0.5", true),
            ("0..100", "0", true),
            ("0..100", "99.99", true),
            ("0..100", "100", false),
            ("0..=100", "1e2", true),
            ("0..100", "-0.01", false),
            ("-100..100", "-100", true),
            ("0..100", "\"5\"", false),
            // No number, or another one to whoever rounds it.
            ("<100", "1e999", false),
            ("<100", "-1e999", false),
            (">0", "1e999", false),
            (">0", "1e-999", false),
            ("<100", "99.99999999999999999999", false),
            ("<9007199254740993", "9007199254740992", false),
            ("!5", "5.0", false),
            ("!5", "6", true),
            ("!5", "5.00000000000000000001", false),
            ("5", "5", true),
            ("1*", "1e999", false),
        ] {
            let parsed = Condition::parse(condition).unwrap();
            assert_eq!(parsed.fits(Some(json)), fits, "{condition} {json}");
            assert_eq!(parsed.to_string(), condition);
            assert!(!parsed.fits(None), "{condition}");
        }
        let three = Condition::number("3").unwrap();
        assert!(three.fits(Some("3.0")) && !three.fits(Some("3.00000000000000000001")));
        let nothing = Condition::number("0").unwrap();
        assert!(!nothing.fits(Some("1e-17")) && nothing.fits(Some("-0.0")));
        assert!(Condition::Truth(true).fits(Some("true")));
        assert!(!Condition::Truth(true).fits(Some("\"true\"")));
        assert!(Condition::parse("<lots").unwrap_err().contains("no number"));
        assert!(Condition::parse("<1e999").unwrap_err().contains("no number"));
        assert!(Condition::parse("0..lots").unwrap_err().contains("no number behind .."));
        assert!(Condition::parse("5..1").unwrap_err().contains("nothing is in"));
        assert!(Condition::parse("5..5").is_err() && Condition::parse("5..=5").is_ok());
        assert_eq!(Condition::parse("a..b"), Ok(Condition::Text("a..b".to_owned())));
    }
}
