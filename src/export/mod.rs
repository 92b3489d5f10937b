//! A session as a file to take along: for people (Markdown, HTML), for `foretop` and scripts (JSONL), and with
//! all that belongs to it (a bundle, for a report of a fault).
//!
//! Makes bytes of what it is handed, and neither asks a service nor opens a file. Start with [`write()`] and
//! [`bundle`]. The invariant: the same session gives the same bytes each time; nothing of the moment of
//! writing is in them.

pub mod bundle;
mod html;
mod jsonl;
mod markdown;
mod redactor;

use std::collections::HashSet;

use serde_json::Value;

use crate::api::{Event, EventBody, EventId, Session, exact};
use crate::model::Timeline;
use crate::model::event_words::{self, member};
use crate::model::timeline::Visibility;
use crate::text::json::spread;
use crate::text::redact;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Markdown,
    /// In the form of [`crate::archive::written`], which `foretop open` shows.
    Jsonl,
    Html,
}

impl Format {
    /// By the end of a file's name, or by its own.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "md" | "markdown" => Some(Self::Markdown),
            "jsonl" => Some(Self::Jsonl),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Jsonl => "jsonl",
            Self::Html => "html",
        }
    }
}

/// Which events of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Whole,
    LastTurns(usize),
    These(Vec<EventId>),
}

/// What is written of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// Its lines as they are, to be brought in again.
    Lines,
    /// For others, with keys and passwords redacted.
    Export(Format, Part),
    /// All that belongs to it, redacted as far as can be.
    Bundle,
}

impl Writing {
    /// How a file that holds it ends.
    pub fn extension(&self) -> &'static str {
        match self {
            Self::Lines => Format::Jsonl.extension(),
            Self::Export(format, _) => format.extension(),
            Self::Bundle => bundle::EXTENSION,
        }
    }
}

/// The session with those of its events.
pub fn write(format: Format, session: &Session, events: &[Exported]) -> String {
    match format {
        Format::Markdown => markdown::write(session, events),
        Format::Jsonl => jsonl::write(session, events),
        Format::Html => html::write(session, events),
    }
}

/// The part of the events, oldest first, that is wanted.
pub fn part_of(mut events: Vec<Exported>, part: &Part) -> Vec<Exported> {
    match part {
        Part::Whole => {}
        Part::LastTurns(turns) => drop(events.drain(..start_of_turns(&events, *turns))),
        Part::These(ids) => {
            let wanted: HashSet<&EventId> = ids.iter().collect();
            events.retain(|it| it.event.id.as_ref().is_some_and(|id| wanted.contains(id)));
        }
    }
    events
}

/// An event, and what the agent sees of it: unknown where hidden ones were not asked for, because
/// those that are left out are no part of it.
#[derive(Debug, Clone)]
pub struct Exported {
    pub event: Event,
    pub seen: Visibility,
}

impl Exported {
    /// All events of a session, oldest first, with what the agent sees of them. `visible` are those that
    /// were listed without hidden ones; none where hidden ones were not asked for.
    pub fn all(events: Vec<Event>, visible: Option<&HashSet<EventId>>) -> Vec<Self> {
        let Some(visible) = visible else {
            let unknown = |event| Self { event, seen: Visibility::Unknown };
            return events.into_iter().map(unknown).collect();
        };
        let timeline = Timeline::of_whole(&events, Some(visible));
        let exported = |event: Event| {
            let known = event.id.as_ref().and_then(|id| timeline.visibility_of(id));
            Self { seen: known.unwrap_or_default(), event }
        };
        events.into_iter().map(exported).collect()
    }
}

/// A turn begins with what somebody said.
fn start_of_turns(events: &[Exported], turns: usize) -> usize {
    let starts = events.iter().enumerate().rev().filter(|(_, exported)| {
        matches!(&*exported.event.body, EventBody::InputMessage(_) | EventBody::ArtifactUpload(_))
    });
    match turns {
        0 => events.len(),
        turns => starts.map(|(at, _)| at).nth(turns - 1).unwrap_or(0),
    }
}

/// Events that hold nothing to redact keep the very bytes that the service sent.
pub fn redacted(session: Session, events: Vec<Exported>) -> (Session, Vec<Exported>) {
    let clean = |exported: Exported| {
        let clean = redact::json(exported.event.raw().get()).and_then(|json| {
            // A text in the place of a text: it is still JSON.
            serde_json::from_str(&json).ok()
        });
        Exported { event: clean.unwrap_or(exported.event), ..exported }
    };
    let events = events.into_iter().map(clean).collect();
    let mut value = serde_json::to_value(&session).unwrap_or(Value::Null);
    let session =
        if redact::value(&mut value) { exact::typed(&value).unwrap_or(session) } else { session };
    (session, events)
}

/// Heading, time and text of an event, for both forms that people read.
struct Paragraph {
    heading: String,
    text: String,
    /// Shown as it is, such as JSON.
    verbatim: bool,
    /// What the agent no longer sees of it, and what is odd about it.
    notes: Vec<String>,
}

fn paragraph(exported: &Exported) -> Paragraph {
    let event = &exported.event;
    let words = |heading: &str, text: String| Paragraph {
        heading: heading.to_owned(),
        text,
        verbatim: false,
        notes: Vec::new(),
    };
    let json = |heading: String, name: &str| Paragraph {
        text: spread(&member(event, name)),
        verbatim: true,
        ..words(&heading, String::new())
    };
    let seen = match exported.seen {
        Visibility::Hidden => Some("hidden from the agent".to_owned()),
        Visibility::Compacted => Some("compacted: the agent sees a summary".to_owned()),
        Visibility::InContext | Visibility::Unknown => None,
    };
    let odd = event.remark.as_deref().map(str::to_owned);
    let paragraph = match &*event.body {
        EventBody::InputMessage(message) => words("You", message.to_text()),
        EventBody::AgentOutput(output) => words("Agent", output.content.clone()),
        EventBody::Thinking(thinking) => {
            words("Thinking", thinking.content.clone().unwrap_or_default())
        }
        EventBody::StructuredOutput(output) => {
            json(format!("Agent ({})", output.schema_name), "content")
        }
        EventBody::ToolInput(input) => {
            json(format!("Call {}", input.tool_configuration_name), "tool_input")
        }
        EventBody::ToolOutput(output) => {
            let how = if output.error { "Failure" } else { "Output" };
            json(format!("{how} of {}", output.tool_configuration_name), "tool_output")
        }
        // What cannot be read is shown as it came.
        EventBody::Unknown | EventBody::Malformed(_) => Paragraph {
            text: spread(event.raw().get()),
            verbatim: true,
            ..words(event_words::kind(event), String::new())
        },
        _ => words(event_words::kind(event), event_words::text(event)),
    };
    let why = match &*event.body {
        EventBody::Malformed(why) => Some(format!("cannot be read: {why}")),
        _ => None,
    };
    Paragraph { notes: [seen, odd, why].into_iter().flatten().collect(), ..paragraph }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session() -> Session {
        serde_json::from_value(
            json!({"key": "s\u{9b}31m", "agent_key": "a", "name": "N\u{9d}\u{7f}",
            "enabled": true, "created_at": "2026-05-03T14:00:00.000Z"}),
        )
        .unwrap()
    }

    fn exported(json: &str, seen: Visibility) -> Exported {
        Exported { event: serde_json::from_str(json).unwrap(), seen }
    }

    fn forms(events: &[Exported]) -> [String; 3] {
        let session = session();
        [
            markdown::write(&session, events),
            html::write(&session, events),
            jsonl::write(&session, events),
        ]
    }

    #[test]
    fn what_a_parser_refuses_is_in_every_form() {
        let events = [
            exported(
                r#"{"type":"agent_output","content":"half \ud83d of it"}"#,
                Visibility::Hidden,
            ),
            exported(
                r#"{"type":"tool_input","tool_call_id":"c","tool_name":"t","token":"abc",
                    "tool_configuration_name":"t","tool_input":{"n":1e400,"n":84.20}}"#,
                Visibility::Compacted,
            ),
            exported(
                r#"{"type":"tool_output","tool_call_id":"c","tool_name":"t",
                    "tool_configuration_name":"t","tool_output":"gone","error":true}"#,
                Visibility::InContext,
            ),
            exported(r#"{"type":"tool_output","said":"no field of it"}"#, Visibility::InContext),
        ];
        let (session, events) = redacted(session(), Vec::from(events));
        let all = [
            markdown::write(&session, &events),
            html::write(&session, &events),
            jsonl::write(&session, &events),
        ];
        for text in &all {
            for wanted in ["half \\ud83d of it", "1e400", "84.20", "gone", "no field of it"] {
                assert!(text.contains(wanted), "{wanted} in {text}");
            }
            assert!(!text.contains("abc"), "{text}");
        }
        for text in &all[..2] {
            assert!(text.contains("Failure of t"), "{text}");
            assert!(text.contains("hidden from the agent"), "{text}");
            assert!(text.contains("compacted: the agent sees a summary"), "{text}");
            assert!(text.contains("tool_output is no object"), "{text}");
        }
        let marks: Vec<_> = all[2].lines().skip(1).map(|line| line.contains("en\":true")).collect();
        assert_eq!(marks, [true, true, false, false]);
    }

    #[test]
    fn a_part_is_the_last_turns_or_the_events_that_are_named() {
        let said = |id: &str, kind: &str| {
            let rest =
                if kind == "input_message" { r#""messages":[]"# } else { r#""content":"x""# };
            exported(&format!(r#"{{"id":"{id}","type":"{kind}",{rest}}}"#), Visibility::InContext)
        };
        let all = || {
            let kinds = ["input_message", "agent_output", "input_message", "agent_output"];
            let events = ["1", "2", "3", "4"].into_iter().zip(kinds);
            events.map(|(id, kind)| said(id, kind)).collect::<Vec<_>>()
        };
        let ids = |part: Part| -> String {
            let events = part_of(all(), &part);
            events.iter().filter_map(|it| it.event.id.as_ref()).map(EventId::as_str).collect()
        };
        assert_eq!(ids(Part::Whole), "1234");
        assert_eq!(ids(Part::LastTurns(1)), "34");
        assert_eq!(
            (ids(Part::LastTurns(9)), ids(Part::LastTurns(0))),
            ("1234".into(), String::new())
        );
        assert_eq!(ids(Part::These(vec!["4".into(), "2".into(), "9".into()])), "24");
        for format in [Format::Markdown, Format::Jsonl, Format::Html] {
            assert_eq!(Format::named(format.extension()), Some(format));
        }
        assert_eq!(Format::named("gz"), None);
    }

    #[test]
    fn no_form_holds_what_a_terminal_obeys() {
        let said = "{\"type\":\"agent_output\",\"content\":\"a\u{9b}31m\u{7f}\u{85}\\u001b[2J\"}";
        for text in forms(&[exported(said, Visibility::InContext)]) {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
    }

    #[test]
    fn where_hidden_events_are_left_out_no_line_claims_to_tell() {
        let event = exported(r#"{"type":"agent_output","content":"x"}"#, Visibility::InContext);
        let text = jsonl::write(&session(), &[Exported { seen: Visibility::Unknown, ..event }]);
        assert!(text.ends_with("\n{\"type\":\"agent_output\",\"content\":\"x\"}\n"), "{text}");
    }
}
