//! `export`: a session as a file, for people (Markdown, HTML) or for `foretop` and scripts (JSONL).
//!
//! The same session gives the same bytes each time: nothing of the moment of exporting is in it.

mod html;
mod markdown;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::artifact::save_as;
use super::connect::Context;
use super::exit::Failure;
use super::output::print_line;
use crate::api::{Event, EventBody, Session};
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
    /// One event a line as the service sent it, after a first line with the session
    Jsonl,
    /// One file that needs nothing else
    Html,
}

pub(super) async fn export(context: &Context, arguments: &ExportArgs) -> Result<ExitCode, Failure> {
    let reveal = context.may_reveal()?;
    let session = context.session(&arguments.session).await?;
    let mut events = context.events(&session.reference(), !arguments.visible).await?;
    if let Some(turns) = arguments.last {
        events.drain(..start_of_turns(&events, turns));
    }
    let (session, events) = if reveal { (session, events) } else { redacted(session, events) };
    let text = match arguments.format {
        ExportFormat::Md => markdown::write(&session, &events),
        ExportFormat::Jsonl => jsonl(&session, &events),
        ExportFormat::Html => html::write(&session, &events),
    };
    match &arguments.output {
        None => print_line(text.trim_end_matches('\n'))?,
        Some(file) if file.as_os_str() == "-" => {
            print_line(text.trim_end_matches('\n'))?;
        }
        Some(file) => {
            if file.exists() && !arguments.force {
                let why = format!("{} is there already; --force replaces it", file.display());
                return Err(Failure::usage(why));
            }
            save_as(file, text.as_bytes(), arguments.force)?;
            let count = units::counted(events.len(), "event");
            let value = json!({"schema_version": super::output::SCHEMA_VERSION, "file": file,
                               "events": events.len(), "redacted": !reveal});
            context.out.value(&value, &format!("{} ({count})", file.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A turn begins with what somebody said.
fn start_of_turns(events: &[Event], turns: usize) -> usize {
    let starts = events.iter().enumerate().rev().filter(|(_, event)| {
        matches!(event.body, EventBody::InputMessage(_) | EventBody::ArtifactUpload(_))
    });
    match turns {
        0 => events.len(),
        turns => starts.map(|(at, _)| at).nth(turns - 1).unwrap_or(0),
    }
}

/// Events that hold nothing to redact keep the very bytes that the service sent.
fn redacted(session: Session, events: Vec<Event>) -> (Session, Vec<Event>) {
    let clean = |event: Event| {
        let Ok(mut value) = serde_json::from_str::<Value>(event.raw().get()) else { return event };
        if !redact::value(&mut value) {
            return event;
        }
        serde_json::from_str(&value.to_string()).unwrap_or(event)
    };
    let events = events.into_iter().map(clean).collect();
    let mut value = serde_json::to_value(&session).unwrap_or(Value::Null);
    let session = if redact::value(&mut value) {
        serde_json::from_value(value).unwrap_or(session)
    } else {
        session
    };
    (session, events)
}

fn jsonl(session: &Session, events: &[Event]) -> String {
    let mut out = json!({ "session": session }).to_string();
    for event in events {
        out.push('\n');
        out.push_str(&event.raw().get().replace(['\n', '\r'], " "));
    }
    out.push('\n');
    out
}

/// Heading, time and text of an event, for both forms that people read.
struct Paragraph {
    heading: String,
    text: String,
    /// Shown as it is, such as JSON.
    verbatim: bool,
}

fn paragraph(event: &Event) -> Paragraph {
    let words = |heading: &str, text: String| Paragraph {
        heading: heading.to_owned(),
        text,
        verbatim: false,
    };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let json =
        |heading: String, value: &Value| Paragraph { heading, text: pretty(value), verbatim: true };
    match &event.body {
        EventBody::InputMessage(message) => words("You", message.to_text()),
        EventBody::AgentOutput(output) => words("Agent", output.content.clone()),
        EventBody::Thinking(thinking) => {
            words("Thinking", thinking.content.clone().unwrap_or_default())
        }
        EventBody::StructuredOutput(output) => {
            json(format!("Agent ({})", output.schema_name), &output.content)
        }
        EventBody::ToolInput(input) => json(
            format!("Call {}", input.tool_configuration_name),
            &Value::Object(input.tool_input.clone()),
        ),
        EventBody::ToolOutput(output) => {
            let how = if output.error { "Failure" } else { "Output" };
            json(
                format!("{how} of {}", output.tool_configuration_name),
                &Value::Object(output.tool_output.clone()),
            )
        }
        _ => words(super::event_words::kind(event), super::event_words::text(event)),
    }
}
