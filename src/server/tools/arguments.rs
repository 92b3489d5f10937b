//! Reading what a model gives to a tool: leniently where it can only mean one thing, and with a sentence
//! that it can act on where not.
//!
//! Start with [`Arguments`]. The invariant: `null` and nothing are the same.

use serde_json::Value;

use super::refusal::Refusal;
use crate::api::Object;

#[derive(Clone, Copy)]
pub(super) struct Arguments<'a>(pub(super) &'a Object);

impl<'a> Arguments<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn read<T>(
        self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = || Refusal::input(format!("{name} must be {wanted}"));
        read(value).map(Some).ok_or_else(wrong)
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.read(name, "a string", Value::as_str)
    }

    /// A text that must be there and hold something.
    pub(super) fn required(self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::input(format!("{name} is required")))
    }

    /// A whole number from 0 on; models also write `3.0` and `"3"`.
    pub(super) fn whole(self, name: &str) -> Result<Option<u64>, Refusal> {
        let digits = |text: &str| {
            let text = text.trim();
            text.strip_suffix(".0").unwrap_or(text).parse().ok()
        };
        self.read(name, "a whole number that is not negative", |value| match value {
            Value::Number(number) => digits(&number.to_string()),
            Value::String(text) => digits(text),
            _ => None,
        })
    }

    /// The same of what counts lines or bytes.
    pub(super) fn count(self, name: &str) -> Result<Option<usize>, Refusal> {
        let number = self.whole(name)?;
        Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
    }

    pub(super) fn flag(self, name: &str) -> Result<Option<bool>, Refusal> {
        self.read(name, "true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        })
    }

    /// One of a few words; the first where nothing is said.
    pub(super) fn word<const N: usize>(
        self,
        name: &str,
        known: [&'static str; N],
    ) -> Result<&'static str, Refusal> {
        let wanted = format!("one of {}", known.join(", "));
        let found = self.read(name, &wanted, |value| {
            let text = value.as_str()?.trim();
            known.into_iter().find(|known| known.eq_ignore_ascii_case(text))
        })?;
        Ok(found.unwrap_or(known[0]))
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(self, name: &str) -> Result<Vec<&'a str>, Refusal> {
        let found = self.read(name, "a list of strings", |value| match value {
            Value::String(text) => Some(vec![text.as_str()]),
            Value::Array(items) => items.iter().map(Value::as_str).collect(),
            _ => None,
        })?;
        Ok(found.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_can_only_mean_one_thing_is_taken_and_the_rest_is_told() {
        let object = json!({
            "a": "3", "b": 3.0, "c": -1, "d": null, "e": "TRUE", "f": "RAW", "g": "x", "h": [1],
            "i": 1.5, "j": "",
        });
        let arguments = Arguments(object.as_object().unwrap());
        assert_eq!(arguments.whole("a"), Ok(Some(3)));
        assert_eq!(arguments.whole("b"), Ok(Some(3)));
        assert_eq!(arguments.whole("d"), Ok(None));
        assert!(arguments.whole("c").unwrap_err().why.contains("c must be a whole number"));
        assert!(arguments.whole("i").is_err());
        assert_eq!(arguments.flag("e"), Ok(Some(true)));
        assert_eq!(arguments.word("f", ["raw", "base64"]), Ok("raw"));
        assert_eq!(arguments.word("none", ["raw", "base64"]), Ok("raw"));
        assert!(arguments.word("g", ["raw", "base64"]).unwrap_err().why.contains("raw, base64"));
        assert_eq!(arguments.texts("g"), Ok(vec!["x"]));
        assert!(arguments.texts("h").is_err());
        assert_eq!(arguments.required("j").unwrap_err().why, "j is required");
        assert!(arguments.required("b").unwrap_err().why.contains("must be a string"));
    }
}
