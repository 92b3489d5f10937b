//! Files of a session (contract section 3.8).

use serde::{Deserialize, Serialize};

use super::salvage::Salvage;
use super::{ArtifactId, Object, Timestamp, time};

/// `data` is only there when the artifact was asked for by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    #[serde(rename = "artifact_id")]
    pub id: ArtifactId,
    pub filename: String,
    pub mime_type: String,
    pub size_bytes: u64,
    /// Of the decoded bytes, in lower-case hex.
    pub checksum_sha256: String,
    #[serde(default)]
    pub metadata: Object,
    #[serde(with = "time::required")]
    pub created_at: Timestamp,
    #[serde(with = "time::required")]
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_days: Option<u32>,
    /// Base64 of the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    #[serde(flatten)]
    pub extra: Object,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

impl Salvage for Artifact {
    const BARE: &'static str = r#"{"artifact_id":"?","filename":"?","mime_type":"","size_bytes":0,"checksum_sha256":"","created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}
