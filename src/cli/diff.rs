//! `diff`: two sessions side by side in time, aligned by what happened and not by ids or clocks.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use super::connect::Context;
use super::event_words::{kind, outcome, text};
use super::exit::{Code, Failure};
use super::output::SCHEMA_VERSION;
use crate::api::Event;
use crate::text::{sanitize, units};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Key of a session, its beginning, or AGENT/KEY
    left: String,
    /// The session to compare it with
    right: String,
    /// Exit with 10 when they differ
    #[arg(long)]
    exit_code: bool,
}

/// Longest line that is shown; what is compared is the whole event.
const SHOWN_CHARS: usize = 160;

pub(super) async fn diff(context: &Context, arguments: &DiffArgs) -> Result<ExitCode, Failure> {
    let left = context.session(&arguments.left).await?.reference();
    let right = context.session(&arguments.right).await?.reference();
    let (before, after) = (context.events(&left, true).await?, context.events(&right, true).await?);
    let lines = |events: &[Event]| events.iter().map(content).collect::<Vec<_>>();
    let (before_lines, after_lines) = (lines(&before), lines(&after));
    let slices =
        |lines: &'_ [String]| lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let (old, new) = (slices(&before_lines), slices(&after_lines));
    let compared = TextDiff::from_lines(&old, &new);
    let mut shown = Vec::new();
    let mut changes = Vec::new();
    let mut first = None;
    for (place, change) in compared.iter_all_changes().enumerate() {
        let sign = match change.tag() {
            ChangeTag::Equal => " ",
            ChangeTag::Delete => "-",
            ChangeTag::Insert => "+",
        };
        if change.tag() != ChangeTag::Equal {
            first.get_or_insert(place);
        }
        let line = change.value().trim_end_matches('\n');
        shown.push(format!("{sign} {}", sanitize::preview(line, SHOWN_CHARS)));
        changes.push(json!({"change": sign.trim(), "event": line}));
    }
    let value = json!({
        "schema_version": SCHEMA_VERSION, "left": left.to_string(), "right": right.to_string(),
        "equal": first.is_none(), "first_difference": first, "events": changes,
        "left_events": before.len(), "right_events": after.len(),
    });
    let heading = [
        format!("- {left}  {}", units::counted(before.len(), "event")),
        format!("+ {right}  {}", units::counted(after.len(), "event")),
    ];
    context.out.reading(&value, heading.into_iter().chain(shown))?;
    if first.is_none() {
        context.out.note("no difference");
    }
    let differs = arguments.exit_code && first.is_some();
    Ok(if differs { Code::Condition.into() } else { ExitCode::SUCCESS })
}

/// An event in one line without what differs between any two sessions.
fn content(event: &Event) -> String {
    let line = format!("{} {} {}", kind(event), outcome(event), text(event));
    line.replace(['\n', '\r'], " ")
}
