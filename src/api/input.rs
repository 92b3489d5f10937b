//! Everything that a client says to a session (contract section 3.1): one endpoint, a union on
//! `type`, and `stream_response` on every variant.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::event::InputPart;
use super::exact::{self, Exact};
use super::{EventId, Object};
use crate::open_enum;

/// The body of "create input".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputRequest {
    #[serde(flatten)]
    pub input: Input,
    /// The only switch for an event-stream reply.
    pub stream_response: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    #[serde(rename = "input_message")]
    Message(MessageInput),
    /// Cancels the running turn.
    Interrupt,
    Compact(CompactInput),
    /// One answer per pending call, all in one request.
    ToolOutput(ToolOutputInput),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MessageInput {
    /// Several parts form one message.
    pub messages: Vec<InputPart>,
    /// Needed while a turn runs; the reply then starts with what was stored after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// No default is documented: always send it together with `since`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behavior: Option<Behavior>,
}

open_enum! {
    /// `steer` joins the running loop at its next iteration; `follow_up` waits for its end.
    Behavior { Steer = "steer", FollowUp = "follow_up" }
}

/// A place in the stored event list: its start, or just after one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Since {
    Start,
    After(EventId),
}

impl From<String> for Since {
    fn from(text: String) -> Self {
        if text == "start" { Self::Start } else { Self::After(text.into()) }
    }
}

impl From<Since> for String {
    fn from(since: Since) -> Self {
        match since {
            Since::Start => "start".to_owned(),
            Since::After(id) => id.as_str().to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CompactInput {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compact_up_to_event_id: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction_message: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOutputInput {
    pub tool_outputs: Vec<ToolAnswer>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolAnswer {
    /// `output` is an object by contract.
    Success { event_id: EventId, output: Exact },
    /// Shown to the model as a failure of the tool.
    Error { event_id: EventId, error: Exact },
}

/// By hand, because a tagged union keeps no text.
impl<'de> Deserialize<'de> for ToolAnswer {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(rename = "type")]
            kind: String,
            event_id: EventId,
            #[serde(default, deserialize_with = "exact::given")]
            output: Option<Exact>,
            #[serde(default, deserialize_with = "exact::given")]
            error: Option<Exact>,
        }
        let Fields { kind, event_id, output, error } = Fields::deserialize(input)?;
        match kind.as_str() {
            "success" => match output {
                Some(output) if output.is_object() => Ok(Self::Success { event_id, output }),
                Some(_) => Err(D::Error::custom("output must be an object")),
                None => Err(D::Error::missing_field("output")),
            },
            "error" => match error {
                Some(error) => Ok(Self::Error { event_id, error }),
                None => Err(D::Error::missing_field("error")),
            },
            other => Err(D::Error::unknown_variant(other, &["success", "error"])),
        }
    }
}

impl ToolAnswer {
    pub fn event_id(&self) -> &EventId {
        match self {
            Self::Success { event_id, .. } | Self::Error { event_id, .. } => event_id,
        }
    }
}

/// What of a request is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct Misfit {
    pub path: String,
    pub problem: String,
}

impl Misfit {
    fn new(path: &str, problem: impl Into<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into() }
    }
}

impl InputRequest {
    /// Reads a request; a missing `type` means a message.
    pub fn from_object(mut body: Object) -> Result<Self, Misfit> {
        let stream_response = match body.shift_remove("stream_response") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(wanted)) => wanted,
            Some(_) => return Err(Misfit::new("stream_response", "must be true or false")),
        };
        let kind = match body.shift_remove("type") {
            None | Some(Value::Null) => "input_message".to_owned(),
            Some(Value::String(kind)) => kind,
            Some(_) => return Err(Misfit::new("type", "must be a string")),
        };
        // Told apart by hand: a tagged enum would lose the path to what is wrong inside.
        let input = match kind.as_str() {
            "input_message" => Input::Message(fields(body)?),
            "interrupt" => Input::Interrupt,
            "compact" => Input::Compact(fields(body)?),
            "tool_output" => Input::ToolOutput(fields(body)?),
            _ => {
                let known = "must be input_message, interrupt, compact or tool_output";
                return Err(Misfit::new("type", known));
            }
        };
        Ok(Self { input, stream_response })
    }
}

fn fields<T: DeserializeOwned>(body: Object) -> Result<T, Misfit> {
    exact::typed_or_where(&Value::Object(body))
        .map_err(|(path, problem)| Misfit::new(&path, problem))
}

impl<'de> Deserialize<'de> for InputRequest {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::from_object(Object::deserialize(input)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_type_means_a_message() {
        let request: InputRequest = serde_json::from_value(json!({
            "messages": [{"type": "text", "content": "hi"}], "stream_response": true
        }))
        .unwrap();
        assert!(request.stream_response);
        assert!(matches!(request.input, Input::Message(_)));
    }

    #[test]
    fn every_variant_survives_the_wire() {
        for input in [
            json!({"type": "interrupt", "stream_response": false}),
            json!({"type": "tool_output", "stream_response": true, "tool_outputs": [
                {"type": "success", "event_id": "aev_1", "output": {"n": 1}},
                {"type": "error", "event_id": "aev_2", "error": "no"}]}),
            json!({"type": "input_message", "messages": [{"type": "skill", "skill_name": "s"}],
                   "since": "start", "behavior": "follow_up", "stream_response": false}),
        ] {
            let request: InputRequest = serde_json::from_value(input.clone()).unwrap();
            assert_eq!(serde_json::to_value(&request).unwrap(), input);
        }
    }

    #[test]
    fn an_answer_is_on_the_wire_as_it_was_written() {
        let text = "{\"z\": 123456789012345678901234567890, \"a\": 1.0}";
        let answer =
            ToolAnswer::Success { event_id: "aev_1".into(), output: Exact::object(text).unwrap() };
        let input = Input::ToolOutput(ToolOutputInput { tool_outputs: vec![answer] });
        let body = serde_json::to_string(&InputRequest { input, stream_response: true }).unwrap();
        assert!(body.contains(&format!("\"output\":{text}")), "{body}");
    }

    #[test]
    fn an_output_that_is_no_object_is_refused() {
        let body = json!({"type": "tool_output", "tool_outputs": [
            {"type": "success", "event_id": "aev_1", "output": 7}]});
        assert!(serde_json::from_value::<InputRequest>(body).is_err());
    }
}
