//! What an embedded server asked of its models lately, in short: for finding out why one answers as it does.
//!
//! Not part of the service's API. Texts are cut and have no secrets in them when they come here.

use serde::{Deserialize, Serialize};

use super::{Object, Timestamp, time};

/// What was asked since some change, and the number of the latest one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UpstreamRequests {
    /// By when they were asked.
    pub requests: Vec<UpstreamRequest>,
    /// Counts on with everything that happens to a request; asking for what came after it gives news.
    #[serde(default)]
    pub changes: u64,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    /// For a place, because its model gives only so many answers at a time.
    Waiting,
    /// On its way; nothing was heard yet.
    Asked,
    /// The answer streams.
    Answering,
    Answered,
    Failed,
    /// Nobody wanted the rest of it.
    Dropped,
    #[serde(other)]
    Unknown,
}

impl UpstreamState {
    pub fn is_over(self) -> bool {
        matches!(self, Self::Answered | Self::Failed | Self::Dropped)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamRequest {
    /// Counted since the server started.
    pub id: u64,
    #[serde(with = "time::required")]
    pub asked_at: Timestamp,
    pub state: UpstreamState,
    /// The agent and the session that it was asked for, as `agent/key`; none where it was for neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// `turn`, `summary` or `trial`.
    #[serde(default)]
    pub purpose: String,
    /// How often the same was asked before, in vain.
    #[serde(default)]
    pub retries: u64,
    /// What agents call the model.
    pub model: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub model_id: String,
    /// Without a query.
    #[serde(default)]
    pub url: String,
    #[serde(default)]
    pub messages: Vec<UpstreamMessage>,
    /// How many there were in all; the newest are shown.
    #[serde(default)]
    pub messages_total: u64,
    #[serde(default)]
    pub tools: Vec<String>,
    #[serde(default)]
    pub parameters: Object,
    /// The shape that the answer must have, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Of the question, worked out from bytes.
    #[serde(default)]
    pub estimated_tokens: u64,
    /// In the queue of the model.
    #[serde(default)]
    pub waited_ms: u64,
    /// Of HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_first_token_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// Names of what it called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<UpstreamTokens>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One message of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamMessage {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Its beginning.
    #[serde(default)]
    pub text: String,
    /// Of all of it.
    #[serde(default)]
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UpstreamTokens {
    pub input: u64,
    /// Of these, what the provider had kept from before.
    #[serde(default)]
    pub cached: u64,
    pub output: u64,
    /// Of these, what was thought and not said.
    #[serde(default)]
    pub reasoning: u64,
    /// The provider told no numbers.
    #[serde(default)]
    pub estimated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_server_tells_can_be_read() {
        let text = r#"{"requests":[{"id":7,"asked_at":"2026-05-03T14:00:00Z","state":"pondering",
            "model":"fast","mood":"good"}],"changes":9}"#;
        let told: UpstreamRequests = serde_json::from_str(text).unwrap();
        assert_eq!((told.changes, told.requests[0].state), (9, UpstreamState::Unknown));
        assert!(!told.requests[0].state.is_over());
    }
}
