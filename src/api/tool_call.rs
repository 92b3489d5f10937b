//! Client tool calls that wait for an answer (contract section 3.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EventId, Object};

/// One outstanding call. `arguments` are final and hold secrets in clear: they never go to a log,
/// an error or a crash report, which is why `Debug` leaves them out.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingCall {
    /// The `tool_input` *event*; not the `tool_call_id`.
    pub event_id: EventId,
    pub tool_configuration_name: String,
    pub tool_name: String,
    pub arguments: Object,
    #[serde(flatten)]
    pub extra: Object,
}

impl PendingCall {
    /// The arguments as JSON, for what must get all of them. Secrets are in clear.
    pub fn arguments_json(&self) -> String {
        serde_json::to_string(&self.arguments).unwrap_or_default()
    }
}

impl fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall")
            .field("event_id", &self.event_id)
            .field("tool_name", &self.tool_name)
            .field("arguments", &format_args!("<{} masked>", self.arguments.len()))
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutstandingCalls {
    pub client_tool_calls: Vec<PendingCall>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_an_argument() {
        let call: PendingCall = serde_json::from_value(serde_json::json!({
            "event_id": "aev_1", "tool_configuration_name": "c", "tool_name": "t",
            "arguments": {"token": "hunter2"}
        }))
        .unwrap();
        assert!(!format!("{call:?}").contains("hunter2"));
    }
}
