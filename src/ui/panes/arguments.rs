//! The arguments of the selected call: every value reachable, secrets masked, origins named.

use ratatui::Frame;
use ratatui::text::Line;

use crate::model::tool_calls::Call;
use crate::model::{Area, Focus};
use crate::text::json_tree::{Kind, TreeRow};
use crate::text::{units, width, wrap};

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::sessions::title_style;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let mut left = vec![text(" 2 Arguments", title_style(theme, model.focus == Focus::Arguments))];
    let Some(call) = model.calls.selected() else {
        put(frame.buffer_mut(), area, 0, &cells::line(left, Vec::new(), columns));
        let note = Line::from(text(" nothing waits for you", theme.dim));
        put(frame.buffer_mut(), area, 2, &note);
        return;
    };
    let keys = units::counted(call.call.arguments.len(), "key");
    let masked = match call.masked.len() {
        0 => String::new(),
        1 => " · 1 secret masked".to_owned(),
        count => format!(" · {count} secrets masked"),
    };
    let right = if scene.layout.wide {
        left.push(text(format!("  {}", clean(&call.call.tool_name)), theme.text));
        left.push(text(format!("   {keys}{masked} · exactly what the tool gets"), theme.dim));
        Vec::new()
    } else {
        left.push(text(format!("  {keys}{masked}"), theme.dim));
        vec![text(format!("event {} ", clean(call.id().as_str())), theme.dim)]
    };
    put(frame.buffer_mut(), area, 0, &cells::line(left, right, columns));
    let body = area.below_heading();
    let rows = call.rows(model.now);
    let height = usize::from(body.height);
    let at = rows.iter().position(|row| row.path == call.cursor).unwrap_or(0);
    let whole = rows.get(at).map(|row| whole_value(scene, row, columns)).unwrap_or_default();
    // The value under the cursor is shown whole: what is approved must be readable.
    let top = call.top.max((at + 1 + whole.len()).saturating_sub(height)).min(at);
    let room = height.saturating_sub(at - top + 1);
    let mut lines = Vec::new();
    for (index, row) in rows.iter().enumerate().skip(top) {
        lines.push(draw_row(scene, call, row, columns));
        if index == at {
            lines.extend(cut(scene, &whole, room));
        }
    }
    for (at, line) in lines.iter().take(height).enumerate() {
        put(frame.buffer_mut(), body, at, line);
    }
}

/// What a row has no room for, wrapped below it.
fn whole_value(scene: &Scene, row: &TreeRow, columns: usize) -> Vec<Line<'static>> {
    let indent = 2 * row.depth + 2;
    if row.kind != Kind::String || width::width(&row.value) + indent + NAME_AND_ORIGIN <= columns {
        return Vec::new();
    }
    let (lines, _) = wrap::wrap(&row.value, columns.saturating_sub(indent + 1), usize::MAX);
    let line = |line: String| {
        Line::from(vec![
            text(" ".repeat(indent), scene.theme.text),
            text(line, scene.theme.code_string),
        ])
    };
    lines.into_iter().map(line).collect()
}

/// As many lines as there is room for; the last one says how many are missing.
fn cut(scene: &Scene, lines: &[Line<'static>], room: usize) -> Vec<Line<'static>> {
    if lines.len() <= room {
        return lines.to_vec();
    }
    let shown = room.saturating_sub(1);
    let more = format!("    … {} more lines · + zooms the pane", lines.len() - shown);
    let mut out = lines[..shown].to_vec();
    out.push(Line::from(text(more, scene.theme.dim)));
    out
}

/// Columns that a row needs beside its value.
const NAME_AND_ORIGIN: usize = 44;

fn draw_row(scene: &Scene, call: &Call, row: &TreeRow, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let selected = row.path == call.cursor && scene.model.focus == Focus::Arguments;
    let marker = if selected { scene.theme.glyphs.marker } else { " " };
    let fold = match row.folded {
        Some(true) => scene.theme.glyphs.folded,
        Some(false) => scene.theme.glyphs.unfolded,
        None => " ",
    };
    let indent = "  ".repeat(row.depth);
    let value = match row.kind {
        Kind::Masked => theme.hidden,
        Kind::String => theme.code_string,
        Kind::Number | Kind::Boolean | Kind::Null => theme.code_number,
        Kind::Object | Kind::Array => theme.dim,
    };
    let name_width = (if scene.layout.wide { 14_usize } else { 11 })
        .saturating_sub(2 * row.depth.saturating_sub(1));
    let name = if row.depth == 0 {
        String::new()
    } else if row.folded.is_some() {
        format!("{} ", row.key)
    } else {
        width::fit(&row.key, name_width.max(width::width(&row.key) + 1))
    };
    let style = if selected { theme.text.patch(theme.selection) } else { theme.text };
    let left = vec![
        text(marker, theme.accent),
        text(format!("{indent}{fold} "), theme.dim),
        text(name, style.patch(theme.code_name)),
        text(row.value.clone(), value),
    ];
    let mut origin = call.origin(&row.path).to_owned();
    if row.kind == Kind::String && width::width(&row.value) > 40 {
        origin = format!("{origin} · {} chars", row.value.chars().count().saturating_sub(2));
    }
    let right =
        if origin.is_empty() { Vec::new() } else { vec![text(width::fit(&origin, 28), theme.dim)] };
    cells::line(left, right, columns)
}
