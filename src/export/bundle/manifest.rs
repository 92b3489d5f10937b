//! What a bundle says of itself.

use serde::{Deserialize, Serialize};

/// Raised when an older foretop could misread it.
pub const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    #[serde(rename = "foretop_bundle")]
    pub version: u32,
    /// The foretop that wrote it.
    pub foretop: String,
    /// Its agent and key.
    pub session: String,
    pub events: usize,
    pub files: Vec<Packed>,
    /// Where something was taken out; never what.
    pub redacted: Vec<Redacted>,
    /// What could not be read, or was left out.
    pub missing: Vec<Missing>,
}

impl Manifest {
    /// `7 values redacted · without traces`.
    pub fn words(&self) -> String {
        use crate::text::units::counted;

        let mut words = vec![
            counted(self.events, "event"),
            format!("{} redacted", counted(self.redacted.len(), "value")),
        ];
        if !self.missing.is_empty() {
            let names: Vec<&str> = self.missing.iter().map(|it| it.what.as_str()).collect();
            words.push(format!("without {}", names.join(", ")));
        }
        words.join(" · ")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redacted {
    pub file: String,
    /// From 1, in a file of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As jq writes it.
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub what: String,
    pub why: String,
}
