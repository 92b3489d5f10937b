//! Client tool calls that wait for an answer (contract section 3.4).

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{EventId, Exact, Object};

/// One outstanding call. `arguments` are final and hold secrets in clear: they never go to a log,
/// an error or a crash report, which is why `Debug` leaves them out.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingCall {
    /// The `tool_input` *event*; not the `tool_call_id`.
    pub event_id: EventId,
    pub tool_configuration_name: String,
    pub tool_name: String,
    /// A JSON object, by contract.
    pub arguments: Exact,
    #[serde(flatten)]
    pub extra: Object,
}

impl PendingCall {
    /// The arguments as JSON, for what must get all of them. Secrets are in clear.
    pub fn arguments_json(&self) -> String {
        self.arguments.text().to_owned()
    }

    /// Reads one call. Where a field that we do not know cannot be kept, because it is nested
    /// deeper than values go, it is left out: the call has to be shown all the same.
    fn from_raw(raw: &RawValue) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Known {
            event_id: EventId,
            tool_configuration_name: String,
            tool_name: String,
            arguments: Exact,
        }
        serde_json::from_str(raw.get()).or_else(|_| {
            let Known { event_id, tool_configuration_name, tool_name, arguments } =
                serde_json::from_str(raw.get())?;
            let extra = Object::new();
            Ok(Self { event_id, tool_configuration_name, tool_name, arguments, extra })
        })
    }
}

impl fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall")
            .field("event_id", &self.event_id)
            .field("tool_name", &self.tool_name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutstandingCalls {
    #[serde(deserialize_with = "calls")]
    pub client_tool_calls: Vec<PendingCall>,
}

/// Each by itself, so that one that is nested too deep does not take the others along.
pub(super) fn calls<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<PendingCall>, D::Error> {
    let raw = Vec::<Box<RawValue>>::deserialize(input)?;
    raw.iter().map(|raw| PendingCall::from_raw(raw).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &str, rest: &str) -> String {
        format!(
            r#"{{"event_id":"aev_1","tool_configuration_name":"c","tool_name":"t","arguments":{arguments}{rest}}}"#
        )
    }

    #[test]
    fn debug_output_never_shows_an_argument() {
        let call: PendingCall = serde_json::from_str(&call(r#"{"token": "hunter2"}"#, "")).unwrap();
        assert!(!format!("{call:?}").contains("hunter2"));
    }

    #[test]
    fn arguments_go_out_as_they_came_in() {
        let text = r#"{"n": 84.20, "n":12345678901234567890.10,  "e": 1e999}"#;
        let text = call(text, r#","later":[1]"#);
        let read: PendingCall = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn a_call_of_any_depth_comes_with_the_others() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let reply = format!(
            r#"{{"client_tool_calls":[{},{},{}],"more":{deep}}}"#,
            call(&format!(r#"{{"a":{deep}}}"#), ""),
            call("{}", ""),
            call("{}", &format!(r#","later":{deep}"#)),
        );
        let read: OutstandingCalls = serde_json::from_str(&reply).unwrap();
        let lengths: Vec<_> =
            read.client_tool_calls.iter().map(|call| call.arguments.text().len()).collect();
        assert_eq!(lengths, [20_006, 2, 2]);
        assert_eq!(read.client_tool_calls[0].arguments.to_value(), serde_json::Value::Null);
        let event = format!(
            r#"{{"type":"client_tool_pending","pending_calls":[{}]}}"#,
            call(&format!(r#"{{"a":{deep}}}"#), "")
        );
        let event: super::super::Event = serde_json::from_str(&event).unwrap();
        let super::super::EventBody::ClientToolPending(pending) = &*event.body else {
            panic!("{:?}", event.body)
        };
        assert_eq!(pending.pending_calls.len(), 1);
    }
}
