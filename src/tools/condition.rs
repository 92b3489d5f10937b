//! What a rule asks of one argument.

use std::fmt;

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// A comparison fits numbers only: a text that looks like one is not taken for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Compared(Comparison, f64),
    /// `*` stands for any run of characters, `?` for one.
    Text(String),
    Not(String),
    /// A number or a truth value of the file.
    Equal(Value),
}

impl Condition {
    /// `<100`, `>=5`, `!EUR`, `EU*`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let compared = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Below),
            (">", Comparison::Above),
        ];
        for (sign, comparison) in compared {
            if let Some(bound) = text.strip_prefix(sign) {
                let bound = bound.trim();
                return match bound.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(Self::Compared(comparison, number)),
                    _ => {
                        Err(format!("\"{bound}\" behind {sign} is no number, as in \"{sign}100\""))
                    }
                };
            }
        }
        Ok(match text.strip_prefix('!') {
            Some(text) => Self::Not(text.to_owned()),
            None => Self::Text(text.to_owned()),
        })
    }

    /// Whether the value, as exact JSON, fits. An argument that is not there fits nothing.
    pub(super) fn fits(&self, json: Option<&str>) -> bool {
        let Some(value) = json.and_then(|json| serde_json::from_str::<Value>(json).ok()) else {
            return false;
        };
        match self {
            Self::Compared(comparison, bound) => {
                value.as_f64().is_some_and(|number| match comparison {
                    Comparison::Below => number < *bound,
                    Comparison::AtMost => number <= *bound,
                    Comparison::Above => number > *bound,
                    Comparison::AtLeast => number >= *bound,
                })
            }
            Self::Text(glob) => {
                scalar(&value).is_some_and(|text| crate::query::fits_glob(glob, &text))
            }
            Self::Not(glob) => {
                scalar(&value).is_some_and(|text| !crate::query::fits_glob(glob, &text))
            }
            Self::Equal(wanted) => match (wanted.as_f64(), value.as_f64()) {
                (Some(wanted), Some(found)) => (wanted - found).abs() < f64::EPSILON,
                _ => *wanted == value,
            },
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) | Value::Null => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compared(Comparison::Below, bound) => write!(f, "<{bound}"),
            Self::Compared(Comparison::AtMost, bound) => write!(f, "<={bound}"),
            Self::Compared(Comparison::Above, bound) => write!(f, ">{bound}"),
            Self::Compared(Comparison::AtLeast, bound) => write!(f, ">={bound}"),
            Self::Text(text) => f.write_str(text),
            Self::Not(text) => write!(f, "!{text}"),
            Self::Equal(value) => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        ] {
            let parsed = Condition::parse(condition).unwrap();
            assert_eq!(parsed.fits(Some(json)), fits, "{condition} {json}");
            assert_eq!(parsed.to_string(), condition);
            assert!(!parsed.fits(None), "{condition}");
        }
        assert!(Condition::Equal(json!(3)).fits(Some("3.0")));
        assert!(Condition::Equal(json!(true)).fits(Some("true")));
        assert!(!Condition::Equal(json!(true)).fits(Some("\"true\"")));
        assert!(Condition::parse("<lots").unwrap_err().contains("no number"));
    }
}
