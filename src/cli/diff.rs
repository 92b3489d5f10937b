//! `diff`: two sessions compared by what happened in them, and not by ids or clocks.
//!
//! Owns how the comparison is printed; [`crate::model::session_diff`] makes it. The invariant: JSON holds
//! every event, whatever is folded for people.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::SCHEMA_VERSION;
use super::printer::Style;
use super::table::Pieces;
use crate::api::EventId;
use crate::model::session_diff::{PathChange, Read, Row, SessionDiff};
use crate::text::{sanitize, units, width};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Key of a session, its beginning, or AGENT/KEY
    left: String,
    /// The session to compare it with
    right: String,
    /// Leaves out what the agents no longer see
    #[arg(long)]
    visible: bool,
    /// Shows what is the same, too, and does not fold it
    #[arg(long)]
    all: bool,
    /// Exit with 10 when they differ
    #[arg(long)]
    exit_code: bool,
}

/// After this long the rest is compared roughly.
const PATIENCE: Duration = Duration::from_secs(5);
/// Events that are shown on either side of a difference.
const AROUND: usize = 3;
/// What differs within one event, in so many lines.
const SHOWN_PATHS: usize = 12;

pub(super) async fn diff(context: &Context, arguments: &DiffArgs) -> Result<ExitCode, Failure> {
    let old = read(context, &arguments.left, arguments.visible).await?;
    let new = read(context, &arguments.right, arguments.visible).await?;
    let deadline = Instant::now() + PATIENCE;
    let diff = SessionDiff::of(old, new, Some(deadline));
    let rough = Instant::now() > deadline;
    let room = context.out.stdout.room().map(|(columns, _)| columns);
    context.out.reading_styled(&value(&diff, rough), &lines(&diff, arguments.all, room))?;
    if diff.is_equal() {
        context.out.note("no difference");
    } else if rough {
        context.out.note("compared roughly: it took too long to find the shortest difference");
    }
    let differs = arguments.exit_code && !diff.is_equal();
    Ok(if differs { Code::Condition.into() } else { ExitCode::SUCCESS })
}

async fn read(context: &Context, name: &str, visible: bool) -> Result<Read, Failure> {
    let session = context.session(name).await?;
    let events = context.events(&session.reference(), !visible).await?;
    Ok(Read { session, events, whole: true })
}

/// Everything, for programs.
fn value(diff: &SessionDiff, rough: bool) -> Value {
    let mut events = Vec::new();
    let mut first = None;
    for row in &diff.rows {
        let place = events.len();
        match *row {
            Row::Same { old, new } => {
                events.push(entry(diff, "", 0, old, Some((1, new)), &[]));
                continue;
            }
            Row::Changed { old, new } => {
                let (paths, _) = diff.paths(*row);
                events.push(entry(diff, "-", 0, old, None, &paths));
                events.push(entry(diff, "+", 1, new, None, &paths));
            }
            Row::Removed { old } => events.push(entry(diff, "-", 0, old, None, &[])),
            Row::Added { new } => events.push(entry(diff, "+", 1, new, None, &[])),
        }
        first.get_or_insert((place, *row));
    }
    let [left, right] = &diff.sides;
    let first_row = first.map(|(_, row)| {
        let id = |side: usize, at: Option<usize>| at.and_then(|at| id(diff, side, at));
        let side = usize::from(row.old_at().is_none());
        let at = row.old_at().or(row.new_at()).unwrap_or(0);
        json!({
            "what": diff.content(side, at).title(), "left_event": id(0, row.old_at()),
            "right_event": id(1, row.new_at()), "paths": diff.paths(row).0,
        })
    });
    json!({
        "schema_version": SCHEMA_VERSION, "left": left.session.reference().to_string(),
        "right": right.session.reference().to_string(), "equal": diff.is_equal(),
        "first_difference": first.map(|(place, _)| place), "first": first_row, "events": events,
        "left_events": left.totals.events, "right_events": right.totals.events,
        "left_totals": left.totals, "right_totals": right.totals, "rough": rough,
        "changed": diff.tally.changed, "removed": diff.tally.removed, "added": diff.tally.added,
        "same": diff.tally.same,
    })
}

fn id(diff: &SessionDiff, side: usize, at: usize) -> Option<EventId> {
    diff.sides[side].events[at].id.clone()
}

fn entry(
    diff: &SessionDiff,
    change: &str,
    side: usize,
    at: usize,
    other: Option<(usize, usize)>,
    paths: &[PathChange],
) -> Value {
    let content = diff.content(side, at);
    let event = format!("{} {}", content.title(), content.said.raw()).replace(['\n', '\r'], " ");
    let mut ids = [None, None];
    ids[side] = id(diff, side, at);
    if let Some((side, at)) = other {
        ids[side] = id(diff, side, at);
    }
    let [left, right] = ids;
    json!({"change": change, "event": event, "left_event": left, "right_event": right,
        "paths": paths})
}

/// For people: what both came to, then the rows, what is the same folded away from any difference.
fn lines(diff: &SessionDiff, all: bool, room: Option<usize>) -> Vec<Pieces> {
    let mut out = heading(diff);
    let near = near(&diff.rows);
    let mut at = 0;
    while at < diff.rows.len() {
        if all || near[at] {
            show(diff, diff.rows[at], &mut out);
            at += 1;
            continue;
        }
        let folded = near[at..].iter().take_while(|near| !**near).count();
        out.push(vec![(Style::Faint, format!("  … {} the same", units::grouped(folded)))]);
        at += folded;
    }
    match room {
        // A pipe gets everything.
        None => out,
        Some(room) => out.into_iter().map(|line| within(line, room)).collect(),
    }
}

/// Which rows are a difference, or close to one.
fn near(rows: &[Row]) -> Vec<bool> {
    let mut near = vec![false; rows.len()];
    for (at, _) in rows.iter().enumerate().filter(|(_, row)| row.is_change()) {
        let end = (at + AROUND + 1).min(rows.len());
        near[at.saturating_sub(AROUND)..end].fill(true);
    }
    near
}

fn heading(diff: &SessionDiff) -> Vec<Pieces> {
    let side = |sign: &str, at: usize| {
        let side = &diff.sides[at];
        let count = usize::try_from(side.totals.events).unwrap_or(usize::MAX);
        let count = units::counted(count, "event");
        vec![(Style::Bold, format!("{sign} {}  {count}", side.session.reference()))]
    };
    let deltas = diff.deltas().into_iter().map(|delta| {
        let change =
            if delta.change.is_empty() { String::new() } else { format!("  {}", delta.change) };
        let both = if delta.old == delta.new {
            delta.old
        } else {
            format!("{} → {}", delta.old, delta.new)
        };
        vec![(Style::Plain, format!("  {:<8}{both}{change}", delta.what))]
    });
    let tally = vec![(Style::Plain, format!("  {}", diff.tally.words()))];
    [side("-", 0), side("+", 1)].into_iter().chain(deltas).chain([tally, Vec::new()]).collect()
}

fn show(diff: &SessionDiff, row: Row, out: &mut Vec<Pieces>) {
    let line = |style: Style, sign: &str, side: usize, at: usize| {
        let content = diff.content(side, at);
        let said = content.said.raw();
        vec![(style, format!("{sign} {}  {}", content.title(), sanitize::one_line(said.trim())))]
    };
    match row {
        Row::Same { old, .. } => out.push(line(Style::Plain, " ", 0, old)),
        Row::Removed { old } => out.push(line(Style::Alarming, "-", 0, old)),
        Row::Added { new } => out.push(line(Style::Good, "+", 1, new)),
        Row::Changed { old, new } => {
            let (paths, more) = diff.paths(row);
            if paths.iter().any(|change| change.path == "text") {
                out.push(line(Style::Alarming, "-", 0, old));
                out.push(line(Style::Good, "+", 1, new));
                return;
            }
            out.push(vec![(Style::Waiting, format!("~ {}", diff.content(1, new).title()))]);
            let value = |value: Option<&String>| {
                value.map_or_else(|| "nothing".to_owned(), |text| sanitize::one_line(text).into())
            };
            for change in paths.iter().take(SHOWN_PATHS) {
                let (path, from) = (sanitize::one_line(&change.path), value(change.old.as_ref()));
                let to = value(change.new.as_ref());
                out.push(vec![(Style::Plain, format!("    {path}: {from} → {to}"))]);
            }
            let left = paths.len().saturating_sub(SHOWN_PATHS);
            if left > 0 || more {
                let at_least = if more { "at least " } else { "" };
                let words = format!("    and {at_least}{left} more; --json has them");
                out.push(vec![(Style::Faint, words)]);
            }
        }
    }
}

fn within(line: Pieces, room: usize) -> Pieces {
    let cut = |(style, text): (Style, String)| (style, width::truncate(&text, room).into_owned());
    // One piece a line.
    line.into_iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diff(old: &[Value], new: &[Value]) -> SessionDiff {
        let read = |key: &str, events: &[Value]| Read {
            session: serde_json::from_value(json!({"key": key, "agent_key": "a", "name": key,
                "enabled": true, "created_at": "2026-05-03T14:00:00Z"}))
            .unwrap(),
            events: serde_json::from_value(json!(events)).unwrap(),
            whole: true,
        };
        SessionDiff::of(read("one", old), read("two", new), None)
    }

    fn said(text: &str) -> Value {
        json!({"id": format!("aev_{text}"), "type": "agent_output", "content": text})
    }

    fn call(id: u32) -> Value {
        json!({"id": format!("aev_{id}"), "type": "tool_input", "tool_call_id": "c",
            "tool_name": "t", "tool_configuration_name": "t", "tool_input": {"id": id}})
    }

    fn shown(diff: &SessionDiff, room: Option<usize>) -> Vec<String> {
        let lines = lines(diff, false, room);
        let text = |line: Pieces| line.into_iter().map(|(_, text)| text).collect::<String>();
        lines.into_iter().map(text).collect()
    }

    fn two() -> SessionDiff {
        let same: Vec<Value> = (0..9).map(|n| said(&format!("hello {n}"))).collect();
        let with = |rest: &[Value]| [same.as_slice(), rest].concat();
        diff(&with(&[call(4411), said("bye")]), &with(&[call(4412), said("so \u{1b}[31mlong")]))
    }

    #[test]
    fn what_differs_is_told_and_what_is_the_same_is_folded() {
        let lines = shown(&two(), None);
        let from = lines.iter().position(String::is_empty).unwrap();
        assert_eq!(lines[from - 1], "  2 changed · 9 the same");
        assert_eq!(
            lines[from + 1..],
            [
                "  … 6 the same",
                "  agent  hello 6",
                "  agent  hello 7",
                "  agent  hello 8",
                "~ call t",
                "    .id: 4411 → 4412",
                "- agent  bye",
                "+ agent  so \\x1b[31mlong",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for room in [20, 40, 80] {
            let lines = shown(&two(), Some(room));
            assert!(lines.iter().all(|line| width::width(line) <= room), "{lines:#?}");
        }
    }

    #[test]
    fn programs_get_the_first_difference_its_paths_and_every_event() {
        let value = value(&two(), false);
        assert_eq!(value["events"].as_array().unwrap().len(), 9 + 4);
        assert_eq!((&value["first_difference"], &value["equal"]), (&json!(9), &json!(false)));
        let path = json!([{"path": ".id", "old": "4411", "new": "4412"}]);
        assert_eq!(
            value["first"],
            json!({"what": "call t", "left_event": "aev_4411", "right_event": "aev_4412",
                "paths": path})
        );
        assert_eq!(value["left_totals"]["calls"], 1);
        let none = super::value(&diff(&[said("x")], &[said("x")]), false);
        assert_eq!((&none["first"], &none["equal"]), (&Value::Null, &json!(true)));
    }
}
