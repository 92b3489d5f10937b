//! Frames of an event stream (contract sections 4.4 and 5): whole events, and the chunks and
//! control frames that exist only while a stream is open.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::session::ContextUsage;
use super::{Event, EventId, Object, Timestamp, ToolCallId, exact, time};

#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Stored and transient events, unknown types included.
    Event(Event),
    Only(StreamOnly),
}

/// Frames without an id of their own; none of them is ever listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamOnly {
    #[serde(rename = "streaming_agent_output")]
    AgentText(TextChunk),
    /// `event_id` is the stored `agent_output`: the message's id and the new cursor.
    #[serde(rename = "streaming_agent_output_end")]
    AgentTextEnd {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event_id: Option<EventId>,
        #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
        created_at: Option<Timestamp>,
    },
    #[serde(rename = "streaming_thinking")]
    Thinking(TextChunk),
    #[serde(rename = "streaming_thinking_end")]
    ThinkingEnd {
        #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
        created_at: Option<Timestamp>,
    },
    ContextConsumed {
        #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
        created_at: Option<Timestamp>,
        #[serde(deserialize_with = "exact::in_union")]
        session_context_usage: ContextUsage,
    },
    ToolActivity(ToolActivity),
    Error {
        #[serde(default)]
        messages: Vec<String>,
        #[serde(flatten)]
        extra: Object,
    },
    /// The only honest end of a turn; a stream that stops without it is broken.
    End {},
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextChunk {
    pub content: String,
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// Lies between the `tool_input` and the `tool_output` with the same `tool_call_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolActivity {
    pub tool_call_id: ToolCallId,
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(flatten)]
    pub activity: Activity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Activity {
    /// `agent_event` belongs to the child session, never to the parent's list. Kept as a value,
    /// because a raw one cannot pass through a tagged union.
    SubAgent { activity_type: SubAgentTag, agent_event: Object },
    Generic {
        #[serde(default)]
        activity_type: String,
        #[serde(default)]
        tool_configuration_name: String,
        #[serde(default)]
        tool_name: String,
        #[serde(default)]
        message: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubAgentTag {
    #[serde(rename = "sub_agent")]
    SubAgent,
}

const STREAM_ONLY: [&str; 8] = [
    "streaming_agent_output",
    "streaming_agent_output_end",
    "streaming_thinking",
    "streaming_thinking_end",
    "context_consumed",
    "tool_activity",
    "error",
    "end",
];

impl Serialize for Frame {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(event) => event.serialize(serializer),
            Self::Only(only) => only.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read("", raw.get()).ok_or_else(|| serde::de::Error::custom("no frame"))
    }
}

impl Frame {
    /// Reads one frame. `event_name` is the SSE event line, used where the JSON has no `type`
    /// (contract section 5.1). `None` when `data` is not JSON: skip it, do not stop.
    pub fn read(event_name: &str, data: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Kind {
            #[serde(default, rename = "type")]
            kind: Option<String>,
        }
        let raw: Box<RawValue> = serde_json::from_str(data).ok()?;
        let sent = serde_json::from_str::<Kind>(data).ok().and_then(|kind| kind.kind);
        let kind = sent.as_deref().unwrap_or(event_name);
        if kind == "end" {
            return Some(Self::Only(StreamOnly::End {}));
        }
        if STREAM_ONLY.contains(&kind) {
            let only = if sent.is_some() {
                serde_json::from_str(data).ok()
            } else {
                serde_json::from_str::<Object>(data).ok().and_then(|mut object| {
                    object.insert("type".into(), kind.into());
                    exact::typed(&object.into()).ok()
                })
            };
            if let Some(only) = only {
                return Some(Self::Only(only));
            }
        }
        Some(Self::Event(Event::from_raw(raw)))
    }

    /// The `type` that also names the SSE event.
    pub fn kind(&self) -> &str {
        match self {
            Self::Event(event) => &event.kind,
            Self::Only(only) => match only {
                StreamOnly::AgentText(_) => "streaming_agent_output",
                StreamOnly::AgentTextEnd { .. } => "streaming_agent_output_end",
                StreamOnly::Thinking(_) => "streaming_thinking",
                StreamOnly::ThinkingEnd { .. } => "streaming_thinking_end",
                StreamOnly::ContextConsumed { .. } => "context_consumed",
                StreamOnly::ToolActivity(_) => "tool_activity",
                StreamOnly::Error { .. } => "error",
                StreamOnly::End {} => "end",
            },
        }
    }

    pub fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Self::Event(event) => Ok(event.raw().get().to_owned()),
            Self::Only(only) => serde_json::to_string(only),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_type_wins_over_the_event_name() {
        let frame = Frame::read("message", r#"{"type":"streaming_thinking","content":"a"}"#);
        assert!(matches!(frame, Some(Frame::Only(StreamOnly::Thinking(_)))));
    }

    #[test]
    fn the_event_name_serves_where_the_json_has_no_type() {
        let frame = Frame::read("streaming_agent_output", r#"{"content":"a"}"#);
        assert!(matches!(frame, Some(Frame::Only(StreamOnly::AgentText(_)))));
        assert_eq!(Frame::read("end", "{}"), Some(Frame::Only(StreamOnly::End {})));
    }

    #[test]
    fn what_is_not_json_is_skipped() {
        assert_eq!(Frame::read("message", "[DONE"), None);
    }

    #[test]
    fn a_frame_that_does_not_fit_is_still_a_raw_event() {
        let json = r#"{"type":"context_consumed","session_context_usage":3}"#;
        let Some(Frame::Event(event)) = Frame::read("", json) else { panic!("not an event") };
        assert_eq!(event.raw().get(), json);
    }
}
