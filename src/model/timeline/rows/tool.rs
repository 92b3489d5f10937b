//! Rows of a tool call: one while folded, arguments, activity and result while not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::api::Object;
use crate::text::sanitize::{one_line, preview};
use crate::text::{json_tree, units, width};

use super::super::unit::{Kind, State, Unit};
use super::{Columns, MAX_LINES, PREVIEW, Row, append, body, head, hidden_note, note_left};

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
    if unit.kind == Kind::SubAgent && !unit.activity.is_empty() {
        append(&mut first.detail, &units::counted(unit.activity.len(), "event"));
    }
    if unit.state == State::Failed {
        append(&mut first.detail, &output.map(|o| failure(&o.tool_output)).unwrap_or_default());
    } else if folded {
        let last = unit.activity.last().filter(|_| unit.state == State::Running);
        match (last, input) {
            (Some(line), _) => append(&mut first.detail, &line.text),
            (None, Some(input)) => append(&mut first.detail, &summary(&input.tool_input, 120)),
            _ => {}
        }
    }
    let mut rows = vec![first];
    if folded {
        return rows;
    }
    let room = columns.text.saturating_sub(5).max(8);
    if let Some(input) = input {
        rows.extend(values(unit, "in", &input.tool_input, room));
        if !input.argument_override_paths.is_empty() {
            let paths = preview(&input.argument_override_paths.join("  "), PREVIEW);
            rows.push(body(unit, "set", format!("by configuration: {paths}")));
        }
    }
    for line in &unit.activity {
        rows.push(body(unit, "·", format!("{}  {}", line.kind, line.text)));
    }
    if let Some(output) = output {
        rows.extend(values(unit, "out", &output.tool_output, room));
        if let Some(used) =
            output.resolved_argument_overrides.as_ref().filter(|used| !used.is_empty())
        {
            rows.extend(values(unit, "used", used, room));
        }
    }
    if rows.len() > MAX_LINES {
        let left = rows.len() - MAX_LINES;
        rows.truncate(MAX_LINES);
        note_left(&mut rows, left);
    }
    rows
}

/// An object on one line when it fits, else one line per value.
fn values(unit: &Unit, label: &str, object: &Object, room: usize) -> Vec<Row> {
    if object.is_empty() {
        return vec![body(unit, label, "{}".into())];
    }
    if object.values().all(|value| !value.is_object() && !value.is_array()) {
        let line = summary(object, room * 4);
        if width::width(&line) <= room {
            return vec![body(unit, label, line)];
        }
    }
    let none = BTreeSet::new();
    let tree = json_tree::rows(&Value::Object(object.clone()), &none, &none);
    let line = |(at, row): (usize, json_tree::TreeRow)| {
        let indent = "  ".repeat(row.depth.saturating_sub(1));
        body(unit, if at == 0 { label } else { "" }, format!("{indent}{}: {}", row.key, row.value))
    };
    tree.into_iter().skip(1).take(MAX_LINES + 1).enumerate().map(line).collect()
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
pub fn failure(output: &Object) -> String {
    let named =
        ["message", "error", "detail", "reason"].into_iter().filter_map(|key| output.get(key));
    let text = named.chain(output.values()).find_map(|value| match value {
        Value::String(text) => Some(preview(text, 200)),
        Value::Object(map) => {
            map.get("message").and_then(Value::as_str).map(|text| preview(text, 200))
        }
        _ => None,
    });
    text.unwrap_or_else(|| one_line(&summary(output, 200)).into_owned())
}
