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

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// What the text means, as far as that fits into values: numbers are rounded, and of equal keys
    /// the last one stays. `Null` for what is nested deeper than values go.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
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
