//! Why a call is there: the events that led to it, as far as the newest events tell.
//!
//! Pure; holds beginnings of texts only. Start with [`Why::of`]. The invariant: nothing is claimed
//! that was not among the events.

use serde::{Deserialize, Serialize};

use crate::api::event::ToolOutput;
use crate::api::{Event, EventBody, EventId, Timestamp};
use crate::text::sanitize;

/// Characters of a text that are kept.
const KEPT: usize = 400;
/// A longer event is not read for its beginning.
const READ_BYTES: usize = 64 * 1024;

/// What kind of event a reason is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody wrote to the agent.
    Asked,
    /// A tool came back; whether it failed.
    Found {
        tool: String,
        error: bool,
    },
    Thought,
    Said,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Names the row of a timeline that it is in.
    pub event: EventId,
    pub at: Option<Timestamp>,
    pub cause: Cause,
    /// Its beginning, in one line, safe to show.
    pub text: String,
}

/// The message that began the turn, the last result and the last words before a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Why {
    /// As they happened.
    pub reasons: Vec<Reason>,
    /// The message that began the turn is among them; otherwise it is older than what was read.
    pub from_start: bool,
}

impl Why {
    /// What the events, oldest first, say of the call; `None` when it is not among them.
    pub fn of(call: &EventId, events: &[Event]) -> Option<Self> {
        let at = events.iter().position(|event| event.id.as_ref() == Some(call))?;
        let mut why = Self::default();
        let (mut found, mut said) = (false, false);
        for (at, event) in events[..at].iter().enumerate().rev() {
            let id = event.id.as_ref();
            let (row, cause, text) = match &*event.body {
                EventBody::InputMessage(message) => {
                    why.from_start = true;
                    (id, Cause::Asked, message.to_text())
                }
                EventBody::ToolOutput(output) if !found => {
                    found = true;
                    let row = made_by(output, &events[..at]).or(id);
                    (row, cause_of(output), result(event, output))
                }
                EventBody::AgentOutput(output) if !said => {
                    said = true;
                    (id, Cause::Said, output.content.clone())
                }
                EventBody::Thinking(thinking) if !said => {
                    said = true;
                    let text = thinking.content.clone();
                    (id, Cause::Thought, text.unwrap_or_else(|| "not shown by the provider".into()))
                }
                _ => continue,
            };
            if let Some(event_id) = row {
                let text = sanitize::preview(text.trim(), KEPT);
                let (event, at) = (event_id.clone(), event.created_at);
                why.reasons.push(Reason { event, at, cause, text });
            }
            if why.from_start {
                break;
            }
        }
        why.reasons.reverse();
        Some(why)
    }
}

/// The event of the call that this is the output of: both are one row.
fn made_by<'a>(output: &ToolOutput, before: &'a [Event]) -> Option<&'a EventId> {
    let input = before.iter().rev().find(|event| match &*event.body {
        EventBody::ToolInput(input) => input.tool_call_id == output.tool_call_id,
        _ => false,
    });
    input.and_then(|event| event.id.as_ref())
}

fn cause_of(output: &ToolOutput) -> Cause {
    Cause::Found { tool: output.tool_configuration_name.clone(), error: output.error }
}

fn result(event: &Event, output: &ToolOutput) -> String {
    if event.raw().get().len() > READ_BYTES {
        return "a long result".to_owned();
    }
    serde_json::to_string(&output.tool_output).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(id: &str, body: &Value) -> Event {
        let mut body = body.clone();
        body["id"] = id.into();
        serde_json::from_str(&body.to_string()).unwrap()
    }

    fn tool(id: &str, call: &str, kind: &str) -> Event {
        event(
            id,
            &json!({"type": kind, "tool_call_id": call, "tool_name": "t",
            "tool_configuration_name": "lookup", "tool_input": {}, "tool_output": {"state": "lost"}, "error": false}),
        )
    }

    fn message(id: &str, text: &str) -> Event {
        event(
            id,
            &json!({"type": "input_message", "messages": [{"type": "text", "content": text}]}),
        )
    }

    #[test]
    fn the_turn_the_last_result_and_the_last_words_are_the_reasons() {
        let events = [
            message("aev_0", "earlier"),
            tool("aev_1", "c1", "tool_input"),
            message("aev_2", "refund \u{1b}[2J\nplease"),
            tool("aev_3", "c2", "tool_input"),
            tool("aev_4", "c2", "tool_output"),
            event("aev_5", &json!({"type": "agent_output", "content": "first words"})),
            event("aev_6", &json!({"type": "agent_output", "content": "I will refund"})),
            tool("aev_7", "c3", "tool_input"),
            tool("aev_8", "c4", "tool_input"),
        ];
        let why = Why::of(&"aev_8".into(), &events).unwrap();
        let reasons: Vec<_> = why
            .reasons
            .iter()
            .map(|reason| (reason.event.as_str(), reason.text.as_str()))
            .collect();
        let wanted = [
            ("aev_2", "refund \\x1b[2J please"),
            ("aev_3", "{\"state\":\"lost\"}"),
            ("aev_6", "I will refund"),
        ];
        assert_eq!((reasons.as_slice(), why.from_start), (&wanted[..], true));
        let tail = Why::of(&"aev_8".into(), &events[5..]).unwrap();
        assert_eq!((tail.reasons.len(), tail.from_start), (1, false));
        assert_eq!(Why::of(&"aev_9".into(), &events), None);
        assert_eq!(Why::of(&"aev_8".into(), &events[8..]).unwrap(), Why::default());
    }
}
