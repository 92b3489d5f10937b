//! What the service measured of an agent's work (contract section 8.4).
//!
//! Everything but the names that join a span to its events may be absent, and what is not used stays in
//! `extra`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EventId, Object, SessionKey};

/// One invocation of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    #[serde(rename = "trace_id")]
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key: Option<SessionKey>,
    #[serde(flatten)]
    pub extra: Object,
}

/// One thing within an invocation: a call of a tool, a thought, a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    #[serde(default)]
    pub operation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Value>,
    /// The event of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// What is told of this kind of work; of a call, the event that began it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub attributes: Value,
    #[serde(flatten)]
    pub extra: Object,
}

impl Span {
    /// A value that is no length of time reads as absent.
    pub fn duration(&self) -> Option<Duration> {
        let milliseconds = self.duration_ms.as_ref()?.as_f64()?;
        Duration::try_from_secs_f64(milliseconds / 1_000.0).ok()
    }

    /// The event whose bar this is the length of.
    pub fn event(&self) -> Option<EventId> {
        let call = self.attributes.get("tool_input_event_id").and_then(Value::as_str);
        call.map(EventId::from).or_else(|| self.event_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_may_be_broken_and_is_then_none() {
        let duration = |json: &str| {
            let span: Span = serde_json::from_str(&format!("{{\"duration_ms\":{json}}}")).unwrap();
            span.duration().map(|duration| duration.as_millis())
        };
        assert_eq!((duration("1500"), duration("0.7")), (Some(1_500), Some(0)));
        for broken in ["-1", "1e300", "\"2\"", "null", "[]"] {
            assert_eq!(duration(broken), None, "{broken}");
        }
    }
}
