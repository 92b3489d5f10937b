//! The arguments of the selected call, as the model laid them out: colours, heading, position.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::tree;
use crate::canvas::{Canvas, Line, Span};
use crate::text::{quoted, units, width};
use crate::view::pane::arguments;
use crate::view::pane::detail::JsonLook;
use crate::view::pane::tool_calls::Call;
use crate::view::{Area, Focus};

/// Columns of a tool's name in the heading.
const TOOL: usize = 24;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let Some(call) = model.calls.selected() else {
        let title = cells::title(theme, model.focus == Focus::Arguments, "2 Arguments");
        put(canvas, area, 0, &cells::line(vec![title], Vec::new(), columns));
        let note = Line::from(text(" nothing waits for you", theme.dim));
        put(canvas, area, 2, &note);
        return;
    };
    put(canvas, area, 0, &heading(scene, call, columns));
    let body = area.below_heading();
    for (at, line) in call.arguments.screen().iter().enumerate() {
        let selected = matches!(line, arguments::Line::Row(row) if row.selected);
        let line = match line {
            arguments::Line::Row(row) => {
                let marker = text(" ", theme.accent);
                tree::line(theme, (**row).clone(), columns, marker, theme.text)
            }
            arguments::Line::Text(line) => {
                Line::from(vec![text(" ", theme.text), text(line.clone(), theme.code_string)])
            }
            arguments::Line::Note(line) => Line::from(text(line.clone(), theme.dim)),
        };
        put(canvas, body, at, &line);
        if selected && let Ok(at) = u16::try_from(at) {
            cells::mark_rows(canvas, theme, body.row(at), model.focus == Focus::Arguments);
        }
    }
}

/// What is looked at, what of it is masked, and what was not on the screen yet.
fn heading(scene: &Scene, call: &Call, columns: usize) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let arguments = &call.arguments;
    let mut left = vec![cells::title(theme, model.focus == Focus::Arguments, "2 Arguments")];
    if scene.layout.wide {
        let name = quoted::in_heading(&call.pending.tool_name, TOOL);
        left.push(text(format!("  {name} "), theme.text));
    }
    let masked = match arguments.masked() {
        0 => String::new(),
        _ if arguments.is_of_unknown_origin() => "masked, origin unknown".to_owned(),
        1 => "1 secret masked".to_owned(),
        count => format!("{count} secrets masked"),
    };
    let right = right_of_heading(scene, call);
    let first = match (arguments.page(), arguments.look()) {
        (Some(path), _) => format!("{path}  the whole value"),
        (None, JsonLook::Raw) => "raw".to_owned(),
        (None, _) => units::counted(arguments.keys(), "key"),
    };
    let parts = [first, masked];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let all = parts.join(" · ");
    let taken = cells::spans_width(&left) + cells::spans_width(&right) + 3;
    // Where there is no room for both, that something is masked says more than how many keys.
    let fits = taken + width::width(&all) <= columns || arguments.page().is_some();
    let short = if arguments.look() == JsonLook::Raw { parts.first() } else { parts.last() };
    let words = if fits { all } else { short.cloned().unwrap_or_default() };
    left.push(text(format!("  {words}"), theme.dim));
    cells::line(left, right, columns)
}

/// Where in a text the screen is, and what was not on it yet.
fn right_of_heading(scene: &Scene, call: &Call) -> Vec<Span<'static>> {
    let (theme, arguments) = (scene.theme, &call.arguments);
    let mut right = Vec::new();
    if let Some((top, len, complete)) = arguments.position() {
        let more = if complete { "" } else { "+" };
        let last = (top + arguments.screen().len()).min(len);
        right.push(text(format!("{}-{last} of {len}{more} · ", top + 1), theme.dim));
    }
    match arguments.unseen() {
        0 if arguments.position().is_some() => {
            right.push(text(format!("{} ", arguments.way_to_unseen(&scene.model.keys)), theme.dim));
        }
        0 => {
            let id = clean(call.id().as_str());
            let words =
                if scene.layout.wide { "all seen".to_owned() } else { format!("event {id}") };
            right.push(text(format!("{words} "), theme.dim));
        }
        count => {
            let unseen = units::counted(count, "value");
            right.push(text(format!("{unseen} not seen yet"), theme.you));
            right.push(text(
                format!(" · {} ", arguments.way_to_unseen(&scene.model.keys)),
                theme.dim,
            ));
        }
    }
    right
}
