//! A JSON value exactly as it was received: numbers of any length, keys that come twice, any depth.
//!
//! Owns the text and no reading of it; that is for whoever needs it. The invariant: what came in
//! goes out byte for byte. `Debug` tells the size alone, because the value may hold secrets.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// Cheap to clone.
#[derive(Clone)]
pub struct Exact(Arc<RawValue>);

impl Exact {
    /// The text of anything that can be written as JSON.
    pub fn of(value: &impl Serialize) -> serde_json::Result<Self> {
        to_raw_value(value).map(|raw| Self(raw.into()))
    }

    /// Takes over a text, which has to be one JSON value.
    pub fn from_text(text: String) -> serde_json::Result<Self> {
        RawValue::from_string(text).map(|raw| Self(raw.into()))
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Read into values, which rounds numbers and keeps the last of several equal keys. `None` for
    /// what is nested deeper than values go.
    pub fn to_value(&self) -> Option<Value> {
        serde_json::from_str(self.get()).ok()
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.get().len())
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.get() == other.get()
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
