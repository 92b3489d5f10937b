//! A JSON value exactly as it was received: numbers of any length, keys that come twice, any depth.
//!
//! Owns the text and no reading of it: whoever needs the meaning asks for [`Exact::to_value`], which
//! loses some of it. The invariant: what came in goes out byte for byte. `Debug` tells the size
//! alone, because the value may hold secrets.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Object;

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

    /// What the text means, as far as that fits into values: numbers are rounded, and of equal keys
    /// the last one stays. `Null` for what is nested deeper than values go.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
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

/// For a field of a tagged union, which has read everything as values already when it comes to this.
pub(super) fn by_value<'de, D: Deserializer<'de>>(input: D) -> Result<Exact, D::Error> {
    Value::deserialize(input).map(Exact::from)
}

/// The same for a field that must be an object.
pub(super) fn object<'de, D: Deserializer<'de>>(input: D) -> Result<Exact, D::Error> {
    Object::deserialize(input).map(Exact::from)
}

#[cfg(test)]
mod tests {
    use super::*;

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
