//! One unit looked at closely, in the place of the timeline: heading, path, content, position.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::markdown;
use super::timeline::state_style;
use super::tree;
use crate::canvas::{Canvas, Line, Style};
use crate::text::{quoted, units};
use crate::view::layout::DetailParts;
use crate::view::pane::detail::{self, JsonLook, Reader};
use crate::view::rendered::Rendered;
use crate::view::tree_view::TreeRow;
use crate::view::{Area, Detail, Focus, OpenSession, Pane};

pub(super) fn draw(
    canvas: &mut Canvas,
    scene: &Scene,
    area: Area,
    open: &OpenSession,
    detail: &Detail,
) {
    let columns = usize::from(area.width);
    put(canvas, area, 0, &heading(scene, open, detail, columns));
    let path = detail.breadcrumb();
    put(canvas, area, 1, &second_row(scene, open, detail, &path));
    let body = DetailParts::of(area).body;
    let (lines, selected) = match (detail.reader(), detail.look(), detail.rendered()) {
        (Some(reader), ..) => (read(scene, reader, columns), None),
        (None, JsonLook::Rendered, Some(rendered)) => {
            (render(scene, rendered, columns, body.height.into()), None)
        }
        _ => {
            let rows = detail.rows();
            let selected = rows.iter().position(|row| row.selected);
            let lines = rows.into_iter().map(|row| tree_row(scene, row, columns));
            (lines.collect(), selected)
        }
    };
    for (row, line) in lines.iter().enumerate() {
        put(canvas, body, row, line);
        if selected == Some(row)
            && let Ok(y) = u16::try_from(row)
        {
            let focused = scene.model.focus == Focus::Timeline;
            cells::mark_rows(canvas, scene.theme, body.row(y), focused);
        }
    }
    let last = usize::from(area.height.saturating_sub(1));
    put(canvas, area, last, &footer(scene, detail, columns));
}

/// What it is, how it stands, when it was and how large.
fn heading(scene: &Scene, open: &OpenSession, detail: &Detail, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let timeline = &open.timeline;
    let focused = scene.model.focus == Focus::Timeline;
    let style = cells::title_style(theme, focused);
    let unit = timeline.shown_index(detail.unit()).and_then(|at| timeline.shown_unit(at));
    let mut left = Vec::new();
    let mut right = Vec::new();
    if scene.layout.wide {
        let key = quoted::in_heading(open.reference.key.as_str(), columns / 3);
        left.push(cells::title(theme, focused, &format!("2 {key} ▸")));
    } else {
        left.push(cells::title(theme, focused, "2"));
    }
    if let Some(unit) = unit {
        let tool = unit.tool_input().map(|input| quoted::in_heading(&input.tool_name, columns / 3));
        let tool = tool.unwrap_or_default();
        left.push(text(format!(" {} {tool}", unit.kind.word()), style));
        left.push(text(format!("  {}", unit.state.word()), state_style(theme, unit.state)));
        if let Some(at) = unit.at {
            right.push(text(scene.model.wall().named(at), theme.dim));
        }
    }
    if detail.size() > 0 {
        right.push(text(format!("  {} ", units::bytes(detail.size() as u64)), theme.dim));
    }
    cells::line(left, right, columns)
}

/// The path of the cursor, or the id where there is no cursor; and what an error means, where that
/// has room beside it.
fn second_row(scene: &Scene, open: &OpenSession, detail: &Detail, path: &str) -> Line<'static> {
    let theme = scene.theme;
    let columns = scene.layout.area(Pane::Detail).map_or(0, |pane| usize::from(pane.width));
    let mut left = if path.is_empty() {
        let id = detail.event_id().map(|id| clean(id.as_str()));
        let id = id.unwrap_or_else(|| "not stored by the server".to_owned());
        vec![text(format!(" {id}"), theme.dim)]
    } else {
        vec![text(format!(" {path}"), theme.accent)]
    };
    if !path.is_empty() && detail.has_page() {
        left.push(text("  the whole value", theme.dim));
    }
    let unit = open.timeline.shown_index(detail.unit());
    let unit = unit.and_then(|at| open.timeline.shown_unit(at));
    let room = columns.saturating_sub(cells::spans_width(&left) + 3);
    let meaning = unit.and_then(|unit| unit.meaning()).map(|meaning| meaning.words);
    let meaning = meaning.filter(|words| words.len() <= room);
    let right = meaning.map(|words| text(format!("{words} "), theme.error));
    cells::line(left, right.into_iter().collect(), columns)
}

pub(super) fn tree_row(scene: &Scene, row: TreeRow, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    tree::line(theme, row, columns, text(" ", theme.dim), Style::new())
}

fn read(scene: &Scene, reader: &Reader, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let line = |line: detail::Line| match line {
        detail::Line::Heading(heading) => cells::rule(scene, &clean(heading), columns),
        detail::Line::Text(line) => {
            cells::line(vec![text(format!(" {line}"), theme.text)], Vec::new(), columns)
        }
    };
    reader.shown().map(line).collect()
}

fn render(scene: &Scene, rendered: &Rendered, columns: usize, height: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let shown = rendered.shown().iter();
    let mut out: Vec<Line<'static>> =
        shown.map(|line| markdown::line(theme, line, columns)).collect();
    let len = rendered.lines().map_or(0, <[_]>::len);
    if rendered.left_out() > 0 && rendered.top() + out.len() == len {
        let more =
            format!(" … {} more in the other looks", units::bytes(rendered.left_out() as u64));
        out.truncate(height.saturating_sub(1));
        out.push(Line::from(text(more, theme.accent)));
    }
    out
}

/// The looks there are, and where in the content the screen is.
fn footer(scene: &Scene, detail: &Detail, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    let looks = [JsonLook::Rendered, JsonLook::Tree, JsonLook::Raw];
    let offered = looks.into_iter().filter(|look| match look {
        JsonLook::Rendered => detail.rendered().is_some(),
        JsonLook::Tree | JsonLook::Raw => detail.size() > 0,
    });
    let mut left = Vec::new();
    for look in offered {
        let here = look == detail.look();
        let (open, close) = if here { ("[", "]") } else { (" ", " ") };
        let style = if here { theme.accent } else { theme.dim };
        left.push(text(format!("{open}{}{close}", look.word()), style));
    }
    let cut = detail.reader().is_some() && !detail.wraps();
    left.push(text(if cut { " long lines cut" } else { "" }, theme.dim));
    let pane = scene.layout.area(Pane::Detail).unwrap_or_default();
    let height = usize::from(DetailParts::of(pane).body.height);
    let lines = |top: usize, len: usize, more: &str| {
        let last = (top + height).min(len);
        format!("lines {}-{last} of {len}{more} ", (top + 1).min(len))
    };
    let position = match (detail.reader(), detail.look(), detail.rendered()) {
        (Some(reader), ..) => {
            lines(reader.top(), reader.line_count(), if reader.is_complete() { "" } else { "+" })
        }
        (None, JsonLook::Rendered, Some(rendered)) => {
            lines(rendered.top(), rendered.lines().map_or(0, <[_]>::len), "")
        }
        _ => format!("{} of {} ", detail.cursor_row() + 1, detail.tree_len()),
    };
    cells::line(left, vec![text(position, theme.dim)], columns)
}
