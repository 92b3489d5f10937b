//! Client tools (contract section 8.2): what an agent may ask its client to do.

use serde::{Deserialize, Serialize};

use super::salvage::Salvage;
use super::{Object, Timestamp, ToolId, exact, time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientTool {
    pub id: ToolId,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default)]
    pub description: String,
    /// A JSON Schema of the arguments.
    #[serde(default)]
    pub input_schema: Object,
    /// A JSON Schema that successful answers are checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Object>,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default, deserialize_with = "exact::members")]
    pub metadata: Object,
    #[serde(with = "time::required")]
    pub created_at: Timestamp,
    #[serde(with = "time::required")]
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub extra: Object,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

impl Salvage for ClientTool {
    const BARE: &'static str = r#"{"id":"?","type":"","name":"",
        "created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}

fn yes() -> bool {
    true
}

/// Body of "create tool".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTool {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Object>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Object>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(
        default,
        deserialize_with = "exact::some_members",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<Object>,
    #[serde(flatten)]
    pub extra: Object,
}
