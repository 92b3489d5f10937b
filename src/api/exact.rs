//! A JSON value that travels exactly as it was written.
//!
//! Numbers beyond 64 bits, the order of keys and keys that come twice stay as they are. Must not be
//! looked into here: whoever needs the meaning asks for [`Exact::to_value`], which loses that.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Object;

/// The text of one JSON value. The invariant: it is valid JSON, white space included.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Exact(Box<RawValue>);

impl Exact {
    /// Takes a text as it is; `None` where it is no JSON. Depth costs no stack.
    pub fn new(text: &str) -> Option<Self> {
        RawValue::from_string(text.to_owned()).ok().map(Self)
    }

    /// The same for a text that must be an object.
    pub fn object(text: &str) -> Option<Self> {
        Self::new(text).filter(Self::is_object)
    }

    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub fn is_object(&self) -> bool {
        self.text().trim_ascii_start().starts_with('{')
    }

    /// What the text means, as far as that fits; `Null` where it does not.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// The same of an object.
    pub fn to_object(&self) -> Object {
        match self.to_value() {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

impl PartialEq for Exact {
    /// By the text, since that is what is sent.
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl From<Value> for Exact {
    fn from(value: Value) -> Self {
        // What is a value is JSON.
        Self::new(&value.to_string()).unwrap_or_else(|| Self(RawValue::NULL.to_owned()))
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

impl<'de> Deserialize<'de> for Exact {
    /// By way of a value: a tagged union has read it already when it comes to this.
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Value::deserialize(input).map(Self::from)
    }
}

/// For a field that must be an object.
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
