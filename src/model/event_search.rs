//! Looking for events in many sessions: what passes, as a line that can be gone to, and how far the
//! search is.
//!
//! Sends nothing, and keeps no event. Start with [`hits`]. The invariant: a condition that one event
//! alone cannot decide is refused before anything is asked for, see
//! [`Query::beyond_one_event`].

use std::fmt::Write as _;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Event, EventBody, EventId, EventKind, Object, SessionRef, Timestamp};
use crate::model::masking::{Provenance, SHOWN_MASK, masked_paths};
use crate::query::{Answer, EventFacts as _, EventState, EventStates, Query, WholeEvent};
use crate::text::units::{counted, grouped};

/// Characters of an excerpt, and how many of them stand before what was found.
const EXCERPT: usize = 240;
const BEFORE: usize = 40;

/// An event that passed. Text as the service has it, cut but not sanitised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub session: SessionRef,
    pub event: EventId,
    pub at: Option<Timestamp>,
    /// What kind of event it is, with the name of its tool.
    pub what: String,
    /// A piece of its text, around what was looked for; secrets are masked.
    pub excerpt: String,
    pub hidden: bool,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    pub sessions: usize,
    /// Sessions whose newest events were read, or refused.
    pub looked: usize,
    /// Sessions that were read to their other end.
    pub whole: usize,
    /// Sessions whose events this key may not read, or that cannot be read.
    pub refused: usize,
    pub events: u64,
    /// It ended because the service did not answer any more.
    pub cut_off: bool,
}

impl Progress {
    /// Whether every event of every session was looked at.
    pub fn is_whole(&self) -> bool {
        !self.cut_off && self.whole == self.sessions
    }

    /// `12 of 300 sessions looked into, 4 of them to the first event, 1,204 events`. Behind the sessions
    /// stands `which` they are.
    pub fn words(&self, which: &str) -> String {
        let Self { sessions, looked, whole, refused, events, .. } = *self;
        let events = counted(usize::try_from(events).unwrap_or(usize::MAX), "event");
        let all = format!("{}{which}", counted(sessions, "session"));
        let mut words = match (self.is_whole(), whole == looked) {
            (true, _) => format!("all of {all}, {events}"),
            (false, true) => {
                format!("{} of {all} looked into to the first event, {events}", grouped(looked))
            }
            (false, false) => format!(
                "{} of {all} looked into, {} of them to the first event, {events}",
                grouped(looked),
                grouped(whole)
            ),
        };
        if refused > 0 {
            let _ = write!(words, ", {} may not be read", grouped(refused));
        }
        words
    }
}

/// The events that pass, in their order.
pub fn hits(query: &Query, session: &SessionRef, events: &[Event], now: Timestamp) -> Vec<Hit> {
    events.iter().filter_map(|event| hit(query, session, event, now)).collect()
}

fn hit(query: &Query, session: &SessionRef, event: &Event, now: Timestamp) -> Option<Hit> {
    let hidden = event.hidden == Some(true);
    let states = EventStates::default().with(EventState::Hidden, hidden);
    let facts = WholeEvent { states, ..WholeEvent::new(event) };
    if query.event(&facts, now) != Answer::Yes {
        return None;
    }
    // What has no id cannot be gone to.
    let id = event.id.clone()?;
    let excerpt = excerpt(query, event);
    Some(Hit {
        session: session.clone(),
        event: id,
        at: event.created_at,
        what: what(event),
        excerpt,
        hidden,
    })
}

fn what(event: &Event) -> String {
    let kind = match EventKind::from_wire(&event.kind) {
        EventKind::InputMessage => "you",
        EventKind::ToolInput => "call",
        EventKind::ToolOutput => "output",
        EventKind::AgentOutput | EventKind::StructuredOutput => "agent",
        EventKind::Thinking => "think",
        EventKind::StepTransition => "step",
        EventKind::ArtifactUpload => "file",
        EventKind::ImageRead => "image",
        EventKind::SkillLoad => "skill",
        EventKind::ContextLimitExceeded | EventKind::StepTransitionLimitExceeded => "limit",
        EventKind::Error
        | EventKind::Compaction
        | EventKind::CompactionStarted
        | EventKind::SessionInterrupted
        | EventKind::ClientToolPending
        | EventKind::Unknown => &event.kind,
    };
    match &*event.body {
        EventBody::ToolInput(input) => format!("{kind} {}", input.tool_configuration_name),
        EventBody::ToolOutput(output) if output.error => {
            format!("{kind} {} ERR", output.tool_configuration_name)
        }
        EventBody::ToolOutput(output) => format!("{kind} {}", output.tool_configuration_name),
        _ => kind.to_owned(),
    }
}

/// The first piece of text that holds what is looked for, or else the first one.
fn excerpt(query: &Query, event: &Event) -> String {
    if let Some(json) = json(event) {
        let at = query.highlights(&json).first().map_or(0, |found| found.start);
        return around(&json, at);
    }
    let id = event.id.as_ref().map_or("", EventId::as_str);
    let (mut first, mut found) = (None, None);
    let _ = WholeEvent::new(event).text(&mut |piece| {
        // Who found it by its id knows that; its text says what it is.
        if piece == id {
            return ControlFlow::Continue(());
        }
        if let Some(at) = query.highlights(piece).first() {
            found = Some(around(piece, at.start));
            return ControlFlow::Break(());
        }
        if first.is_none() && !piece.trim().is_empty() {
            first = Some(around(piece, 0));
        }
        ControlFlow::Continue(())
    });
    found.or(first).unwrap_or_default()
}

/// Arguments, with secret ones masked, and outputs as JSON.
fn json(event: &Event) -> Option<String> {
    let object = match &*event.body {
        EventBody::ToolInput(input) => {
            let override_paths = Some(input.argument_override_paths.as_slice());
            let from = Provenance { override_paths, ..Provenance::default() };
            let mut arguments = input.tool_input.clone();
            for path in masked_paths(&input.tool_input, &from) {
                mask(&mut arguments, &path);
            }
            arguments
        }
        EventBody::ToolOutput(output) => output.tool_output.clone(),
        _ => return None,
    };
    Some(Value::Object(object).to_string())
}

fn mask(object: &mut Object, path: &str) {
    let shown = || Value::String(SHOWN_MASK.to_owned());
    if let Some(value) = object.get_mut(path) {
        *value = shown();
        return;
    }
    let mut segments = path.split('.');
    let first = segments.next().and_then(|key| object.get_mut(key));
    let found = segments.try_fold(first, |value, segment| {
        Some(match value? {
            Value::Object(inner) => inner.get_mut(segment),
            Value::Array(items) => segment.parse().ok().and_then(|at: usize| items.get_mut(at)),
            _ => None,
        })
    });
    if let Some(Some(value)) = found {
        *value = shown();
    }
}

fn around(piece: &str, at: usize) -> String {
    let before = piece[..at].chars().count();
    let skipped = before.saturating_sub(BEFORE);
    let mut rest = piece.chars().skip(skipped);
    let mut cut: String = rest.by_ref().take(EXCERPT).collect();
    if skipped > 0 {
        cut.insert(0, '…');
    }
    if rest.next().is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Domain;
    use serde_json::json;

    fn event(json: Value) -> Event {
        serde_json::from_value(json).unwrap()
    }

    fn found(query: &str, event: &Event) -> Option<Hit> {
        let query = Query::parse(query, Domain::Events).unwrap();
        let session = SessionRef { agent: "a".into(), key: "s".into() };
        hit(&query, &session, event, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_hit_shows_what_was_looked_for_with_what_is_around_it() {
        let long = format!("{} the lost parcel {}", "before ".repeat(90), "after ".repeat(90));
        let event = event(json!({"id": "aev_1", "type": "agent_output", "content": long}));
        let hit = found("parcel", &event).unwrap();
        assert_eq!(hit.what, "agent");
        assert!(hit.excerpt.contains("the lost parcel after"), "{}", hit.excerpt);
        assert!(hit.excerpt.starts_with('…') && hit.excerpt.ends_with('…'), "{}", hit.excerpt);
        assert!(hit.excerpt.chars().count() <= EXCERPT + 2);
        assert_eq!(found("elephant", &event), None);
    }

    #[test]
    fn what_is_found_by_its_id_shows_its_text() {
        let event = event(json!({"id": "aev_29f1", "type": "agent_output", "content": "hello"}));
        assert_eq!(found("29f1", &event).unwrap().excerpt, "hello");
    }

    #[test]
    fn what_configuration_filled_in_is_masked_in_the_excerpt_even_if_it_was_looked_for() {
        let event = event(json!({
            "id": "aev_1", "type": "tool_input", "tool_call_id": "c",
            "tool_configuration_name": "pay", "tool_name": "pay",
            "tool_input": {"amount": 3, "auth": {"token": "s3cr3t"}},
            "argument_override_paths": ["auth.token"],
        }));
        let hit = found("s3cr3t", &event).unwrap();
        assert_eq!(hit.what, "call pay");
        assert!(!format!("{hit:?}").contains("s3cr3t"), "{hit:?}");
    }

    #[test]
    fn what_fails_and_what_is_hidden_is_found_by_its_state() {
        let output = event(json!({
            "id": "aev_1", "type": "tool_output", "tool_call_id": "c", "error": true,
            "tool_configuration_name": "pay", "tool_name": "pay", "hidden": true,
            "tool_output": {"message": "gateway timeout"},
        }));
        let hit = found("is:error is:hidden tool:pay", &output).unwrap();
        assert_eq!((hit.what.as_str(), hit.hidden), ("output pay ERR", true));
        assert_eq!(hit.excerpt, r#"{"message":"gateway timeout"}"#);
        assert_eq!(found("!is:hidden", &output), None);
    }

    #[test]
    fn it_says_how_far_it_is_and_what_it_could_not_see() {
        let progress = Progress {
            sessions: 300,
            looked: 12,
            whole: 4,
            refused: 2,
            events: 1_204,
            cut_off: false,
        };
        assert_eq!(
            progress.words(" of the filter"),
            "12 of 300 sessions of the filter looked into, 4 of them to the first event, 1,204 \
             events, 2 may not be read"
        );
        let whole = Progress { sessions: 2, looked: 2, whole: 2, events: 9, ..Progress::default() };
        assert_eq!(whole.words(""), "all of 2 sessions, 9 events");
        assert!(whole.is_whole() && !progress.is_whole());
    }
}
