//! A JSON value exactly as it was received: keys that come twice, spaces, any depth.
//!
//! Owns the text and no reading of it: whoever needs the meaning asks for [`Exact::to_value`], which
//! loses some of it. The invariant: what came in goes out byte for byte. `Debug` tells the size
//! alone, because the value may hold secrets.
//!
//! Values keep the digits of their numbers, too (`arbitrary_precision`), and serde hands such a number
//! on as a map where it does not know what is wanted of it. So a count in a tagged union is read by
//! [`count`] or [`in_union`], and a value becomes a type by [`typed`]. The parser still writes exponents
//! in its own way, `1e+5` for `1E5`; where that must not be, [`read`] and [`Members`] take its place.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::Object;
use super::event::reason;

/// Cheap to clone.
#[derive(Clone)]
pub struct Exact(Arc<RawValue>);

impl Exact {
    /// Takes a text as it is; `None` where it is no JSON. Depth costs no stack.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        RawValue::from_string(text.into()).ok().map(|raw| Self(raw.into()))
    }

    /// The same for a text that must be an object.
    pub fn object(text: &str) -> Option<Self> {
        Self::new(text).filter(Self::is_object)
    }

    pub fn is_object(&self) -> bool {
        self.text().trim_ascii_start().starts_with('{')
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// What the text means, as far as that fits into values: of equal keys the last one stays. `Null`
    /// for what is nested deeper than values go.
    pub fn to_value(&self) -> Value {
        read(self.text()).unwrap_or_default()
    }

    /// The same of an object; empty where it is none.
    pub fn to_object(&self) -> Object {
        match self.to_value() {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.text().len())
    }
}

impl PartialEq for Exact {
    /// By the text, since that is what travels.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }
}

impl From<Value> for Exact {
    fn from(value: Value) -> Self {
        // What is a value is JSON.
        Self::new(value.to_string()).unwrap_or_else(|| Self(RawValue::NULL.to_owned().into()))
    }
}

impl From<Object> for Exact {
    fn from(object: Object) -> Self {
        Value::Object(object).into()
    }
}

impl From<&str> for Exact {
    /// A JSON string that says this.
    fn from(words: &str) -> Self {
        Value::from(words).into()
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(out)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(input).map(|raw| Self(raw.into()))
    }
}

/// A value whose numbers are spelled as in the text.
pub(crate) fn read(text: &str) -> serde_json::Result<Value> {
    let mut value = serde_json::from_str(text)?;
    let is_exponent = |pair: &[u8]| pair[0].is_ascii_digit() && matches!(pair[1], b'e' | b'E');
    if text.as_bytes().windows(2).any(is_exponent) {
        respell(&mut value, text)?;
    }
    Ok(value)
}

/// Goes no deeper than the value, which the parser has read.
fn respell(value: &mut Value, text: &str) -> serde_json::Result<()> {
    match value {
        Value::Number(number) if !text.starts_with('{') => {
            // The only way to a number that is not spelled anew.
            *number = Number::from_string_unchecked(text.to_owned());
        }
        Value::Array(items) => {
            let texts: Vec<&RawValue> = serde_json::from_str(text)?;
            for (item, text) in items.iter_mut().zip(texts) {
                respell(item, text.get())?;
            }
        }
        Value::Object(members) => {
            let texts: HashMap<String, &RawValue> = serde_json::from_str(text)?;
            for (name, member) in members {
                if let Some(text) = texts.get(name) {
                    respell(member, text.get())?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// An object with its numbers as they are written. Not for a field of a union, nor for one of those that
/// a type keeps without knowing them: these are no text any more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Members(pub Object);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(input)?;
        match read(raw.get()).map_err(D::Error::custom)? {
            Value::Object(members) => Ok(Self(members)),
            other => {
                Object::deserialize(&other).map(Self).map_err(|no| D::Error::custom(reason(&no)))
            }
        }
    }
}

pub(super) fn members<'de, D: Deserializer<'de>>(input: D) -> Result<Object, D::Error> {
    Members::deserialize(input).map(|Members(members)| members)
}

pub(super) fn some_members<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<Object>, D::Error> {
    Option::<Members>::deserialize(input).map(|some| some.map(|Members(members)| members))
}

/// `null` is none.
pub(super) fn some_value<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Value>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(input)?;
    raw.map(|raw| read(raw.get())).transpose().map_err(D::Error::custom)
}

/// A field that may be absent, where `null` is a value like any other.
pub(super) fn given<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Exact>, D::Error> {
    Exact::deserialize(input).map(Some)
}

/// A whole number in a tagged union.
pub(crate) fn count<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let number = Number::deserialize(input)?;
    let count = number.as_u64().and_then(|count| T::try_from(count).ok());
    count.ok_or_else(|| D::Error::custom(format!("{number} is no count, or too large for one")))
}

/// A field of a tagged union that holds numbers.
pub(super) fn in_union<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    typed(&Value::deserialize(input)?).map_err(D::Error::custom)
}

/// What a value is as a type. By way of its text: on serde's own way from value to type `-0` becomes
/// `0`, and a number of twenty digits is an error in whatever keeps fields that it does not know.
pub(crate) fn typed<T: DeserializeOwned>(value: &Value) -> serde_json::Result<T> {
    serde_json::from_str(&value.to_string())
}

/// The same where somebody is told what is wrong: the path to it, and why.
pub(crate) fn typed_or_where<T: DeserializeOwned>(value: &Value) -> Result<T, (String, String)> {
    let text = value.to_string();
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text))
        .map_err(|error| (error.path().to_string(), reason(error.inner())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_spells_its_numbers_as_the_text_does() {
        let text = r#"{"a":1E5,"b":[-0,{"c":2e-7,"d":"9e9","e":84.20}],"f":1e400}"#;
        assert_eq!(read(text).unwrap().to_string(), text);
        assert_eq!(read("{\"a\": 1E5, \"a\" : 2E5 }").unwrap().to_string(), r#"{"a":2E5}"#);
        let private = r#"{"a":{"$serde_json::private::Number":"1E5"}}"#;
        assert_eq!(read(private).unwrap().to_string(), r#"{"a":1e+5}"#);
        assert_eq!(read("1E5").unwrap().as_f64(), Some(100_000.0));
        assert_eq!(serde_json::from_str::<Members>(text).unwrap().0.len(), 3);
        let error = serde_json::from_str::<Members>("7").unwrap_err().to_string();
        assert!(error.starts_with("invalid type: number, expected a map"), "{error}");
    }

    #[test]
    fn what_is_typed_is_what_is_sent() {
        let text = "{\"b\": 1e400, \"a\": 12345678901234567890123456789, \"b\":1.50 }";
        let exact = Exact::object(text).unwrap();
        assert_eq!(serde_json::to_string(&exact).unwrap(), text);
        let deep = format!("{{\"d\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(Exact::object(&deep).unwrap().text(), deep);
        assert_eq!(Exact::object(&deep).unwrap().to_value(), Value::Null, "too deep to look into");
        for no in ["", "{", "{} x", "[1]", "1"] {
            assert!(Exact::object(no).is_none(), "{no}");
        }
        assert_eq!(Exact::from("no\n").text(), "\"no\\n\"");
    }
}
