//! Rows of a tool call: one while folded, arguments, activity and result while not.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::{Event, Object};
use crate::model::failure;
use crate::text::json::{self, Index, Json, Name, NodeId};
use crate::text::sanitize::{one_line, preview};
use crate::text::{units, width};

use super::super::unit::{Kind, State, Unit, Who};
use super::{Columns, MAX_LINES, PREVIEW, Row, append, body, head, hidden_note, note_left};

/// The member that holds what a tool is called with.
const ARGUMENTS: &str = "tool_input";
/// Bytes of an event that are read for a folded row.
const START: usize = 4_096;
/// Levels that are indented; deeper ones are a number.
const DEEPEST: usize = 20;

pub(super) fn rows(unit: &Unit, columns: Columns, folded: bool) -> Vec<Row> {
    let mut first = head(unit);
    let (input, output) = (unit.tool_input(), unit.tool_output());
    let name =
        input.map(|i| &i.tool_configuration_name).or(output.map(|o| &o.tool_configuration_name));
    first.subject = name.map(|name| preview(name, 80)).unwrap_or_default();
    first.folded = (unit.state != State::YourTurn || !folded).then_some(folded);
    first.state = unit.state;
    first.duration = unit.duration.map(units::duration).unwrap_or_default();
    if unit.state != State::YourTurn {
        first.size = units::bytes(unit.size);
    }
    if let Some(note) = hidden_note(unit) {
        append(&mut first.detail, note);
    }
    if unit.who == Who::Elsewhere {
        append(&mut first.detail, "answered elsewhere");
    }
    if unit.kind == Kind::SubAgent && !unit.activity.is_empty() {
        append(&mut first.detail, &units::counted(unit.activity.len(), "event"));
    }
    if unit.state == State::Failed {
        append(&mut first.detail, &output.map(|o| failure(&o.tool_output)).unwrap_or_default());
    } else if folded {
        let last = unit.activity.last().filter(|_| unit.state == State::Running);
        match (last, input) {
            (Some(line), _) => append(&mut first.detail, &line.text),
            (None, Some(input)) => {
                let event = unit.event.as_deref();
                let exact = event.and_then(|event| start_of(event, &input.tool_input, 120));
                let words = exact.unwrap_or_else(|| summary(&input.tool_input, 120));
                append(&mut first.detail, &words);
            }
            _ => {}
        }
    }
    let mut rows = vec![first];
    if folded {
        return rows;
    }
    let room = columns.text.saturating_sub(5).max(8);
    if let Some((input, event)) = input.zip(unit.event.as_deref()) {
        rows.extend(values(unit, "in", (event, ARGUMENTS), room));
        if !input.argument_override_paths.is_empty() {
            let paths = preview(&input.argument_override_paths.join("  "), PREVIEW);
            rows.push(body(unit, "set", format!("by configuration: {paths}")));
        }
    }
    for line in &unit.activity {
        rows.push(body(unit, "·", format!("{}  {}", line.kind, line.text)));
    }
    if let Some((output, event)) = output.zip(unit.output.as_deref()) {
        rows.extend(values(unit, "out", (event, "tool_output"), room));
        if output.resolved_argument_overrides.as_ref().is_some_and(|used| !used.is_empty()) {
            rows.extend(values(unit, "used", (event, "resolved_argument_overrides"), room));
        }
    }
    if rows.len() > MAX_LINES {
        let left = rows.len() - MAX_LINES;
        rows.truncate(MAX_LINES);
        note_left(&mut rows, left);
    }
    rows
}

/// A member of an event as it was received: on one line when it fits, else one line per value.
fn values(unit: &Unit, label: &str, (event, member): (&Event, &str), room: usize) -> Vec<Row> {
    let text = event.raw().get();
    let index = Index::of(text);
    let json = Json::new(text, &index);
    // Of an event's own members the first counts.
    let Some(held) = json.members(NodeId::ROOT, member).next() else { return Vec::new() };
    if !json.kind(held).is_container() {
        return vec![body(unit, label, json.row(held, false).preview)];
    }
    if json.count(held) == 0 {
        return vec![body(unit, label, "{}".into())];
    }
    if json.children(held).all(|child| !json.kind(child).is_container()) {
        let line = members(json, held, room * 4, None);
        if width::width(&line) <= room {
            return vec![body(unit, label, line)];
        }
    }
    let end = json.end(held);
    let inside = json.nodes().skip_while(|node| *node <= held).take_while(|node| *node < end);
    let line = |(at, node): (usize, NodeId)| {
        let row = json.row(node, false);
        let depth = row.depth - json.depth(held) - 1;
        let indent = if depth < DEEPEST { "  ".repeat(depth) } else { format!("{depth:>40}  ") };
        let size = if row.measure.is_empty() || row.kind.is_container() { "" } else { "  " };
        let line = format!("{indent}{}: {}{size}{}", row.key, row.preview, row.measure);
        body(unit, if at == 0 { label } else { "" }, line)
    };
    inside.take(MAX_LINES + 1).enumerate().map(line).collect()
}

/// The start of the arguments, exact; `None` where they do not begin within what is read of the
/// event for a row.
fn start_of(event: &Event, arguments: &Object, limit: usize) -> Option<String> {
    let text = event.raw().get();
    let start = text.get(..text.floor_char_boundary(START))?;
    let index = Index::of(start);
    let json = Json::new(start, &index);
    let root = json.members(NodeId::ROOT, ARGUMENTS).next()?;
    let cut = (start.len() < text.len()).then_some(arguments);
    (json.kind(root) == json::Kind::Object).then(|| members(json, root, limit, cut))
}

/// `key: value  key: value` of an object, no further than `limit`. Where the text is `cut`, its last
/// container has more in it than can be counted here, and the object itself tells.
fn members(json: Json<'_>, object: NodeId, limit: usize, cut: Option<&Object>) -> String {
    let mut out = String::new();
    for member in json.children(object) {
        let Name::Key(key) = json.name(member) else { break };
        if out.len() > limit {
            break;
        }
        if !out.is_empty() {
            out.push_str("  ");
        }
        out.push_str(&preview(&key, 40));
        out.push_str(": ");
        let raw = json.raw(member);
        let text = |inner: &str| {
            let mut text = String::new();
            json::decode_some(inner, 0, limit * 4, &mut text);
            preview(&text, limit)
        };
        match (json.kind(member), raw.strip_prefix('"')) {
            (kind, _) if kind.is_container() => {
                let whole = cut.filter(|_| json.end(member) == json.end(object));
                let count = match whole.and_then(|object| object.get(key.as_ref())) {
                    Some(Value::Object(map)) => map.len(),
                    Some(Value::Array(items)) => items.len(),
                    _ => json.count(member),
                };
                let object = kind == json::Kind::Object;
                let (open, close) = if object { ('{', '}') } else { ('[', ']') };
                let _ = write!(out, "{open}{count}{close}");
            }
            (json::Kind::String, _) => {
                let _ = write!(out, "\"{}\"", text(json.inner(member).unwrap_or_default()));
            }
            // The text was cut in it, and its start is there.
            (json::Kind::Broken, Some(inner)) => {
                let _ = write!(out, "\"{}…", text(inner).trim_end_matches('…'));
            }
            _ => out.push_str(&preview(raw, limit)),
        }
    }
    out
}

/// `key: value  key: value`, never looking at more than is shown.
fn summary(object: &Object, limit: usize) -> String {
    let mut out = String::new();
    for (key, value) in object {
        if out.len() > limit {
            break;
        }
        if !out.is_empty() {
            out.push_str("  ");
        }
        out.push_str(&preview(key, 40));
        out.push_str(": ");
        match value {
            Value::String(text) => {
                out.push('"');
                out.push_str(&preview(text, limit));
                out.push('"');
            }
            Value::Object(map) => {
                let _ = write!(out, "{{{}}}", map.len());
            }
            Value::Array(items) => {
                let _ = write!(out, "[{}]", items.len());
            }
            other => out.push_str(&other.to_string()),
        }
    }
    out
}

/// What a failed tool said, from the fields where tools usually say it.
fn failure(output: &Object) -> String {
    let reason = failure::reason(output).map(|reason| preview(&reason, 200));
    reason.unwrap_or_else(|| one_line(&summary(output, 200)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EventBody;

    fn folded(arguments: &str) -> Option<String> {
        let text = format!(
            r#"{{"id":"e","type":"tool_input","tool_call_id":"c","tool_name":"t",
                "tool_configuration_name":"t","tool_input":{arguments}}}"#
        );
        let event: Event = serde_json::from_str(&text).unwrap();
        let EventBody::ToolInput(input) = &*event.body else { panic!("{:?}", event.body) };
        start_of(&event, &input.tool_input, 120)
    }

    #[test]
    fn a_folded_call_says_its_numbers_as_they_were_sent() {
        let words = folded(r#"{"n":84.20,"big":12345678901234567890.10,"n":-0,"s":"a\u001b"}"#);
        let wanted = r#"n: 84.20  big: 12345678901234567890.10  n: -0  s: "a\x1b""#;
        assert_eq!(words.as_deref(), Some(wanted));
    }

    #[test]
    fn what_is_too_long_for_a_row_is_counted_and_quoted_all_the_same() {
        let list = vec!["12345"; 5_000].join(",");
        assert_eq!(folded(&format!(r#"{{"list":[{list}]}}"#)).as_deref(), Some("list: [5000]"));
        let text = folded(&format!(r#"{{"s":"{}"}}"#, "x".repeat(9_000))).unwrap();
        assert_eq!(text, format!("s: \"{}…", "x".repeat(120)));
    }
}
