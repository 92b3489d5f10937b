//! Reading the newest events of a session: what it does, how it fails, and whether it may wait for
//! a person. The one place that decides it, for the screen and the command line alike.
//!
//! Pure. Start with [`may_wait`], which says whether the outstanding calls need to be asked for,
//! and [`read_probe`], which puts both together for [`Attention`](super::attention::Attention).

use std::collections::HashSet;

use crate::api::{Event, EventBody, PendingCall, ToolCallId};
use crate::model::failure;
use crate::model::reasons::Why;
use crate::model::sessions::{CallsAnswer, Probe, SeenError, TurnStart};
use crate::text::sanitize;

const ERROR_CHARS: usize = 120;

/// Whether a tool call among these events has no output among them. Such a session is asked for its
/// outstanding calls before others; that it has none says nothing, because the call may be older than
/// these events, hidden, or not readable.
pub fn may_wait(events: &[Event]) -> bool {
    let answered: HashSet<&ToolCallId> = events
        .iter()
        .filter_map(|event| match &*event.body {
            EventBody::ToolOutput(output) => Some(&output.tool_call_id),
            _ => None,
        })
        .collect();
    events.iter().any(|event| match &*event.body {
        EventBody::ToolInput(input) => !answered.contains(&input.tool_call_id),
        _ => false,
    })
}

/// What the newest events of a session, oldest first, say about it where its calls are not known.
pub fn read_probe_without_calls(events: &[Event], calls: CallsAnswer) -> Probe {
    Probe { calls, ..read_probe(events, &[]) }
}

/// What the newest events of a session, oldest first, and its outstanding calls say about it.
pub fn read_probe(events: &[Event], calls: &[PendingCall]) -> Probe {
    let mut probe = Probe {
        last_event_at: events.iter().filter_map(|event| event.created_at).max(),
        waiting: calls.iter().map(|call| call.tool_configuration_name.clone()).collect(),
        ..Probe::default()
    };
    let why = calls.iter().map(|call| (&call.event_id, Why::of(&call.event_id, events)));
    probe.why = why.filter_map(|(id, why)| Some((id.clone(), why?))).collect();
    probe.waiting_since = events
        .iter()
        .filter(|event| calls.iter().any(|call| event.id.as_ref() == Some(&call.event_id)))
        .filter_map(|event| event.created_at)
        .min();
    probe.turn = turn(events);
    for event in events {
        match &*event.body {
            EventBody::ToolInput(input) => {
                probe.last_tool = Some(input.tool_configuration_name.clone());
            }
            EventBody::ToolOutput(output) if output.error => {
                probe.trailing_errors += 1;
                let text = sanitize::preview(&failure::words(&output.tool_output), ERROR_CHARS);
                fails(&mut probe, event, format!("{}: {text}", output.tool_configuration_name));
            }
            EventBody::Error(error) => {
                probe.trailing_errors += 1;
                let text = error.messages.join("; ");
                fails(&mut probe, event, sanitize::preview(&text, ERROR_CHARS));
            }
            EventBody::ToolOutput(_)
            | EventBody::AgentOutput(_)
            | EventBody::StructuredOutput(_)
            | EventBody::InputMessage(_) => {
                probe.trailing_errors = 0;
                probe.error_text = None;
                let spoke = matches!(
                    &*event.body,
                    EventBody::AgentOutput(_) | EventBody::StructuredOutput(_)
                );
                if spoke {
                    probe.last_tool = Some("done".to_owned());
                }
            }
            EventBody::Thinking(_) => probe.last_tool = Some("thinking".to_owned()),
            EventBody::StepTransition(step) => probe.step = Some(step.to_step.clone()),
            _ => {}
        }
    }
    probe
}

/// An error that nothing has mended yet, and the last one for those who ask about a day.
fn fails(probe: &mut Probe, event: &Event, text: String) {
    if let Some(at) = event.created_at {
        probe.last_error = Some(Box::new(SeenError { at, text: text.clone() }));
    }
    probe.error_text = Some(text);
}

/// When the last turn among these events began.
fn turn(events: &[Event]) -> Option<TurnStart> {
    let input = events.iter().rfind(|event| matches!(*event.body, EventBody::InputMessage(_)));
    let began = input.and_then(|event| event.created_at).map(TurnStart::At);
    began.or_else(|| events.iter().find_map(|event| event.created_at).map(TurnStart::Before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;
    use serde_json::json;

    fn event(body: &serde_json::Value) -> Event {
        serde_json::from_str(&body.to_string()).unwrap()
    }

    fn output(error: bool) -> Event {
        event(&json!({"type": "tool_output", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "web_get", "tool_output": {"status": 504}, "error": error}))
    }

    #[test]
    fn errors_count_only_at_the_end() {
        let spoken = event(&json!({"type": "agent_output", "content": "fine"}));
        let probe = read_probe(&[output(true), spoken.clone(), output(true), output(true)], &[]);
        assert_eq!(probe.trailing_errors, 2);
        assert!(probe.error_text.unwrap().starts_with("web_get"));
        assert_eq!(read_probe(&[output(true), spoken], &[]).trailing_errors, 0);
    }

    #[test]
    fn the_last_error_is_remembered_though_it_is_mended() {
        let at = |second: i64, mut event: Event| {
            event.created_at = Timestamp::from_second(second).ok();
            event
        };
        let spoken = event(&json!({"type": "agent_output", "content": "fine"}));
        let events = [at(10, output(true)), at(20, output(true)), at(30, spoken)];
        let probe = read_probe(&events, &[]);
        let last = probe.last_error.unwrap();
        assert_eq!((probe.error_text, last.at.as_second()), (None, 20));
        assert!(last.text.starts_with("web_get: "), "{}", last.text);
        assert_eq!(read_probe(&[output(true)], &[]).last_error, None, "nobody knows when");
    }

    #[test]
    fn only_a_call_without_output_may_wait() {
        let input = event(&json!({"type": "tool_input", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "web_get", "tool_input": {}}));
        assert!(may_wait(std::slice::from_ref(&input)));
        assert!(!may_wait(&[input, output(true)]));
        assert!(!may_wait(&[output(false)]));
    }
}
