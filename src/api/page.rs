//! One page of a listing: `{"<items>": […], "metadata": {"page_key": "…"}}` (contract section 1.6).

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::alias::Alias;
use super::llm::Llm;
use super::tool::ClientTool;
use super::trace::{Span, Trace};
use super::{Agent, Artifact, Event, Session, salvage};

/// The largest page that any listing grants.
pub const MAX_LIMIT: u32 = 100;
/// The page size when none is asked for.
pub const DEFAULT_LIMIT: u32 = 10;

/// Something that is listed, and the field that holds it in a page.
pub trait Listed: DeserializeOwned + Serialize {
    const FIELD: &'static str;

    /// Reads one item; where a bad one can be shown all the same, it is.
    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        serde_json::from_str(raw.get())
    }
}

impl Listed for Agent {
    const FIELD: &'static str = "agents";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}
impl Listed for Session {
    const FIELD: &'static str = "sessions";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}
impl Listed for Event {
    const FIELD: &'static str = "events";
}
impl Listed for Artifact {
    const FIELD: &'static str = "artifacts";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}

impl Listed for Trace {
    const FIELD: &'static str = "traces";
}
impl Listed for Span {
    const FIELD: &'static str = "spans";
}

impl Listed for ClientTool {
    const FIELD: &'static str = "tools";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}
impl Listed for Alias {
    const FIELD: &'static str = "aliases";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}

impl Listed for Llm {
    const FIELD: &'static str = "llms";

    fn read(raw: &RawValue) -> Result<Self, serde_json::Error> {
        salvage::read(raw)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Opaque. Absent or empty means no more, and so does an empty page or a key seen before.
    pub page_key: Option<String>,
    /// About what it takes in memory; 0 where nobody received it.
    pub weight: u64,
}

impl<T> Page<T> {
    /// The same page with every item turned into something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let (page_key, weight) = (self.page_key, self.weight);
        Page { items: self.items.into_iter().map(change).collect(), page_key, weight }
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Metadata {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page_key: Option<String>,
}

impl<T: Listed> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(2))?;
        map.serialize_entry(T::FIELD, &self.items)?;
        map.serialize_entry("metadata", &Metadata { page_key: self.page_key.clone() })?;
        map.end()
    }
}

impl<'de, T: Listed> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        // Raw values, because an event is made from its exact text; and not a copy of them, because a
        // reply may be large.
        let mut fields = BTreeMap::<String, &'de RawValue>::deserialize(input)?;
        let items = match fields.remove(T::FIELD) {
            Some(raw) => {
                let items: Vec<&RawValue> =
                    serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
                let read = items.into_iter().map(T::read).collect::<Result<_, _>>();
                read.map_err(D::Error::custom)?
            }
            None => return Err(D::Error::missing_field(T::FIELD)),
        };
        let metadata = match fields.remove("metadata") {
            Some(raw) => serde_json::from_str::<Option<Metadata>>(raw.get())
                .map_err(D::Error::custom)?
                .unwrap_or_default(),
            None => Metadata::default(),
        };
        let page_key = metadata.page_key.filter(|key| !key.is_empty());
        Ok(Self { items, page_key, weight: 0 })
    }
}
