//! `export`: a session as a file, for people (Markdown, HTML) or for `foretop` and scripts (JSONL).
//!
//! The same session gives the same bytes each time: nothing of the moment of exporting is in it.

mod html;
mod jsonl;
mod markdown;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::artifact::save_as;
use super::connect::Context;
use super::event_filter::timeline_of;
use super::event_words::member;
use super::exit::Failure;
use crate::api::{Event, EventBody, EventId, Session, exact};
use crate::model::timeline::Visibility;
use crate::text::json::spread;
use crate::text::{redact, units};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "md")]
    format: ExportFormat,
    /// Only the last N turns
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Leaves out what the agent no longer sees
    #[arg(long)]
    visible: bool,
    /// Where to write it; stdout otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replaces a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Md,
    /// One event a line as the service sent it, after a first line with the session, and with
    /// `"hidden"` in front: what `foretop open` shows as the session was
    Jsonl,
    /// One file that needs nothing else
    Html,
}

pub(super) async fn export(context: &Context, arguments: &ExportArgs) -> Result<ExitCode, Failure> {
    let reveal = context.may_reveal()?;
    let session = context.session(&arguments.session).await?;
    let mut events = read(context, &session, arguments.visible).await?;
    if let Some(turns) = arguments.last {
        events.drain(..start_of_turns(&events, turns));
    }
    let (session, events) = if reveal { (session, events) } else { redacted(session, events) };
    let text = match arguments.format {
        ExportFormat::Md => markdown::write(&session, &events),
        ExportFormat::Jsonl => jsonl::write(&session, &events),
        ExportFormat::Html => html::write(&session, &events),
    };
    match &arguments.output {
        Some(file) if file.as_os_str() != "-" => {
            if file.exists() && !arguments.force {
                let why = format!("{} is there already; --force replaces it", file.display());
                return Err(Failure::usage(why));
            }
            save_as(file, text.as_bytes(), arguments.force)?;
            let count = units::counted(events.len(), "event");
            let value = json!({"schema_version": super::output::SCHEMA_VERSION, "file": file,
                               "events": events.len(), "redacted": !reveal});
            context.out.value(&value, [format!("{} ({count})", file.display())])?;
        }
        _ if arguments.format == ExportFormat::Jsonl => {
            context.out.stdout.json(text.trim_end_matches('\n'))?;
        }
        _ => context.out.stdout.data(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An event, and what the agent sees of it: unknown where hidden ones were not asked for, because
/// those that are left out are no part of it.
struct Exported {
    event: Event,
    seen: Visibility,
}

async fn read(
    context: &Context,
    session: &Session,
    visible: bool,
) -> Result<Vec<Exported>, Failure> {
    let reference = session.reference();
    let events = context.events(&reference, !visible).await?;
    if visible {
        return Ok(events
            .into_iter()
            .map(|event| Exported { event, seen: Visibility::Unknown })
            .collect());
    }
    let seen = context.events(&reference, false).await?;
    let seen: HashSet<EventId> = seen.into_iter().filter_map(|event| event.id).collect();
    let timeline = timeline_of(&events, Some(&seen));
    let exported = |event: Event| {
        let known = event.id.as_ref().and_then(|id| timeline.visibility_of(id));
        Exported { seen: known.unwrap_or_default(), event }
    };
    Ok(events.into_iter().map(exported).collect())
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
fn redacted(session: Session, events: Vec<Exported>) -> (Session, Vec<Exported>) {
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
            ..words(super::event_words::kind(event), String::new())
        },
        _ => words(super::event_words::kind(event), super::event_words::text(event)),
    };
    let why = match &*event.body {
        EventBody::Malformed(why) => Some(format!("cannot be read: {why}")),
        _ => None,
    };
    Paragraph { notes: [seen, odd, why].into_iter().flatten().collect(), ..paragraph }
}

#[cfg(test)]
mod tests {
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
