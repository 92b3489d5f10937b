//! Answering the watch plan's questions: what is asked of the service, and what it means.

use std::collections::HashSet;

use futures_util::{Stream, StreamExt as _, pin_mut};

use crate::api::{
    AgentKey, Event, EventBody, EventId, Page, PendingCall, SessionRef, SessionStatus, Timestamp,
    ToolCallId,
};
use crate::app::Msg;
use crate::app::msg::EventWindow;
use crate::client::EventQuery;
use crate::client::SessionQuery;
use crate::client::order::{Direction, oldest_first};
use crate::client::watch::Ask;
use crate::client::{Client, ClientError};
use crate::model::sessions::Probe;
use crate::text::sanitize;

/// Pages that one question may take; what lies beyond is shown as "more".
const MAX_PAGES: usize = 20;
/// Events that one question brings at most.
pub(super) const MAX_EVENTS: usize = MAX_PAGES * 100;
/// Newest events that tell what a session is doing.
const PROBE_EVENTS: u32 = 20;
const ERROR_CHARS: usize = 120;

/// Asks, and says what the answer means. `deep` reads the open session to its start.
pub(super) async fn ask(
    client: &Client,
    question: Ask,
    deep: bool,
    direction: &mut Direction,
) -> Result<Msg, ClientError> {
    let asked_at = Timestamp::now();
    // The newest page is the last one there, so that nothing short of all will do.
    let deep = deep || *direction == Direction::OldestFirst;
    match question {
        Ask::Agents => {
            let (agents, _) = collect(client.agent_pages()).await?;
            Ok(Msg::AgentsListed(agents))
        }
        Ask::Sessions(agent) => sessions(client, agent).await,
        Ask::Open(session) => {
            gone(open(client, &session, deep, direction, asked_at).await, session)
        }
        Ask::Probe(session) => {
            gone(probe(client, &session, deep, direction, asked_at).await, session)
        }
    }
}

/// A session that was deleted is news, not a failure.
fn gone(answer: Result<Msg, ClientError>, session: SessionRef) -> Result<Msg, ClientError> {
    match answer {
        Err(error) if error.status() == Some(404) => Ok(Msg::SessionGone(session)),
        other => other,
    }
}

/// All items of a listing, up to a bound, and whether that was all.
async fn collect<T>(
    pages: impl Stream<Item = Result<Page<T>, ClientError>>,
) -> Result<(Vec<T>, bool), ClientError> {
    pin_mut!(pages);
    let mut items = Vec::new();
    for _ in 0..MAX_PAGES {
        match pages.next().await {
            Some(page) => items.extend(page?.items),
            None => return Ok((items, true)),
        }
    }
    Ok((items, pages.next().await.is_none()))
}

async fn sessions(client: &Client, agent: AgentKey) -> Result<Msg, ClientError> {
    let listing = collect(client.session_pages(&agent, SessionQuery::default())).await;
    let (sessions, complete) = match listing {
        // The agent went away between two looks.
        Err(error) if error.status() == Some(404) => (Vec::new(), true),
        other => other?,
    };
    Ok(Msg::SessionsListed { agent, sessions, complete })
}

async fn newest(
    client: &Client,
    session: &SessionRef,
    include_hidden: bool,
) -> Result<(Vec<Event>, bool), ClientError> {
    let query = EventQuery { include_hidden, limit: Some(100), page_key: None };
    let page = client.list_events(session, &query).await?;
    Ok((page.items, page.page_key.is_none()))
}

async fn open(
    client: &Client,
    session: &SessionRef,
    deep: bool,
    direction: &mut Direction,
    asked_at: Timestamp,
) -> Result<Msg, ClientError> {
    let state = client.get_session(session).await?;
    let ((events, mut reaches_start), (visible, all_visible)) = if deep {
        // Hidden ones first: an event stored between the two listings must not look hidden.
        let all = collect(client.event_pages(session, true)).await?;
        (all, collect(client.event_pages(session, false)).await?)
    } else {
        (newest(client, session, true).await?, newest(client, session, false).await?)
    };
    let mut events = oldest_first(events, direction);
    let visible: HashSet<EventId> = visible.into_iter().filter_map(|event| event.id).collect();
    if !all_visible {
        // Beyond the older edge of the second page, missing there means nothing.
        let is_visible = |event: &Event| event.id.as_ref().is_some_and(|id| visible.contains(id));
        let edge = events.iter().position(is_visible).unwrap_or(events.len());
        reaches_start &= edge == 0;
        events.drain(..edge);
    }
    let calls = outstanding(client, session, &events).await?;
    let session = session.clone();
    let state = Some(state);
    Ok(Msg::EventsListed(Box::new(EventWindow {
        session,
        events,
        visible,
        reaches_start,
        calls,
        state,
        asked_at,
    })))
}

/// Only a session with an unanswered tool input can be waiting; the others are not asked.
async fn outstanding(
    client: &Client,
    session: &SessionRef,
    events: &[Event],
) -> Result<Vec<PendingCall>, ClientError> {
    let answered: HashSet<&ToolCallId> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::ToolOutput(output) => Some(&output.tool_call_id),
            _ => None,
        })
        .collect();
    let is_open = |event: &Event| match &event.body {
        EventBody::ToolInput(input) => !answered.contains(&input.tool_call_id),
        _ => false,
    };
    if !events.iter().any(is_open) {
        return Ok(Vec::new());
    }
    match client.outstanding_calls(session).await {
        // A viewer may not ask; nothing is known then, and nothing is claimed.
        Err(error) if error.status() == Some(403) => Ok(Vec::new()),
        other => other,
    }
}

async fn probe(
    client: &Client,
    session: &SessionRef,
    deep: bool,
    direction: &mut Direction,
    asked_at: Timestamp,
) -> Result<Msg, ClientError> {
    let events = if deep {
        collect(client.event_pages(session, true)).await?.0
    } else {
        let query = EventQuery { include_hidden: true, limit: Some(PROBE_EVENTS), page_key: None };
        client.list_events(session, &query).await?.items
    };
    let Look { probe, calls, inputs } = read_look(client, session, events, direction).await?;
    Ok(Msg::Probed { session: session.clone(), probe, calls, inputs, asked_at })
}

/// What a session is doing, and the calls that it waits with.
#[derive(Debug, Clone, Default)]
pub struct Look {
    pub probe: Probe,
    pub calls: Vec<PendingCall>,
    /// The `tool_input` events of those calls, as far as they were among the newest.
    pub inputs: Vec<Event>,
}

/// Looks at a session: the one answer to "does this need me?", for the screen and for commands.
pub async fn look(
    client: &Client,
    session: &SessionRef,
    direction: &mut Direction,
) -> Result<Look, ClientError> {
    let query = EventQuery { include_hidden: true, limit: Some(PROBE_EVENTS), page_key: None };
    let events = client.list_events(session, &query).await?.items;
    read_look(client, session, events, direction).await
}

async fn read_look(
    client: &Client,
    session: &SessionRef,
    events: Vec<Event>,
    direction: &mut Direction,
) -> Result<Look, ClientError> {
    let events = oldest_first(events, direction);
    let calls = outstanding(client, session, &events).await?;
    let probe = read_probe(&events, &calls);
    let waits = |event: &Event| calls.iter().any(|call| event.id.as_ref() == Some(&call.event_id));
    let inputs = events.iter().filter(|event| waits(event)).cloned().collect();
    Ok(Look { probe, calls, inputs })
}

/// What the newest events of a session, oldest first, say about it.
pub(super) fn read_probe(events: &[Event], calls: &[PendingCall]) -> Probe {
    let mut probe = Probe {
        last_event_at: events.iter().filter_map(|event| event.created_at).max(),
        waiting: calls.iter().map(|call| call.tool_configuration_name.clone()).collect(),
        ..Probe::default()
    };
    probe.waiting_since = events
        .iter()
        .filter(|event| calls.iter().any(|call| event.id.as_ref() == Some(&call.event_id)))
        .filter_map(|event| event.created_at)
        .min();
    for event in events {
        match &event.body {
            EventBody::ToolInput(input) => {
                probe.last_tool = Some(input.tool_configuration_name.clone());
            }
            EventBody::ToolOutput(output) if output.error => {
                probe.trailing_errors += 1;
                let text = serde_json::to_string(&output.tool_output).unwrap_or_default();
                let text = sanitize::preview(&text, ERROR_CHARS);
                probe.error_text = Some(format!("{} {text}", output.tool_configuration_name));
            }
            EventBody::Error(error) => {
                probe.trailing_errors += 1;
                let text = error.messages.join("; ");
                probe.error_text = Some(sanitize::preview(&text, ERROR_CHARS));
            }
            EventBody::ToolOutput(_)
            | EventBody::AgentOutput(_)
            | EventBody::StructuredOutput(_)
            | EventBody::InputMessage(_) => {
                probe.trailing_errors = 0;
                probe.error_text = None;
                let spoke = matches!(
                    event.body,
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

/// Whether a session, as far as its object tells, is producing events.
pub(super) fn is_running(status: Option<&SessionStatus>) -> bool {
    status == Some(&SessionStatus::Running)
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
