//! The bodies of error replies (contract section 1.5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Object;

/// All three documented shapes in one: every field is optional, and there is no error code. Show
/// it, never match on its texts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ErrorBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub field_errors: BTreeMap<String, String>,
    #[serde(default)]
    pub messages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(flatten)]
    pub extra: Object,
}
