//! What lies over the panes for a while, all of it in the same frame.

pub(super) mod bookmarks;
pub(super) mod branches;
pub(super) mod compaction;
pub(super) mod form;
pub(super) mod help;
pub(super) mod inside;
pub(super) mod notices;
pub(super) mod output;
pub(super) mod palette;
pub(super) mod prompt;
pub(super) mod session_search;
pub(super) mod tour;
pub(super) mod types;
pub(super) mod uses;

use super::cells::{clear, lay_bar, line, put, spans_width, text, truncate};
use super::{Scene, rect};
use crate::canvas::{Canvas, Line, Span};
use crate::view::{Area, ItemList};

/// Clears an area and draws the frame with its title and, at the lower right, a note; what goes
/// inside is for the caller.
fn framed(canvas: &mut Canvas, scene: &Scene, area: Area, title: &str, note: &str) -> Area {
    let (theme, columns) = (scene.theme, usize::from(area.width));
    let glyphs = &theme.glyphs;
    clear(canvas, theme, rect(area));
    let [above_left, above_right, below_left, below_right] = glyphs.corners;
    let edge = |corner: &'static str, words: &str, other: &'static str, before: usize| {
        let words = if words.is_empty() { String::new() } else { format!(" {words} ") };
        let words = truncate(vec![text(words, theme.heading)], columns.saturating_sub(4));
        let rest = columns.saturating_sub(2 + spans_width(&words));
        let before = before.min(rest);
        let rule = |count: usize| text(glyphs.rule.repeat(count), theme.rule);
        let mut spans: Vec<Span<'static>> = vec![text(corner, theme.rule), rule(before)];
        spans.extend(words);
        spans.extend([rule(rest - before), text(other, theme.rule)]);
        Line::from(spans)
    };
    put(canvas, area, 0, &edge(above_left, title, above_right, 1));
    let room = columns.saturating_sub(note.chars().count() + 5);
    let last = usize::from(area.height).saturating_sub(1);
    put(canvas, area, last, &edge(below_left, note, below_right, room));
    for y in area.y + 1..area.y + area.height.saturating_sub(1) {
        for x in [area.x, area.x + area.width.saturating_sub(1)] {
            canvas.set_text((x, y), glyphs.divider, 1, theme.rule);
        }
    }
    area.inside()
}

/// A row that ends in words and, where what is listed is off, in the reason. Where not both have room,
/// the reason has it.
fn with_reason(
    scene: &Scene,
    mut row: Vec<Span<'static>>,
    words: Span<'static>,
    off: Option<&String>,
    columns: usize,
) -> Line<'static> {
    let reason = off.map(|off| text(format!("off: {off}"), scene.theme.you));
    let both = words.width() + reason.as_ref().map_or(0, |reason| reason.width() + 3);
    if reason.is_none() || spans_width(&row) + both <= columns {
        row.push(words);
        row.extend(reason.is_some().then(|| text(" · ", scene.theme.you)));
    }
    row.extend(reason);
    line(row, Vec::new(), columns)
}

/// Draws what a line that is typed is told in the row above it.
fn draw_remark(canvas: &mut Canvas, scene: &Scene, spans: Vec<Span<'static>>) {
    let body = scene.layout.body;
    let row = Area::new(0, body.y + body.height, body.width, 1);
    if !spans.is_empty() {
        put(canvas, row, 0, &line(spans, Vec::new(), row.width.into()));
    }
}

/// Lays the selection over a row of an area.
fn bar_at(canvas: &mut Canvas, scene: &Scene, area: Area, row: usize) {
    if let Ok(row) = u16::try_from(row) {
        lay_bar(canvas, scene.theme, area.row(row));
    }
}

/// Draws a list in its frame; `row` says how an item looks, told whether it is the selected one and
/// how many columns there are.
fn draw_list<T>(
    canvas: &mut Canvas,
    scene: &Scene,
    list: &ItemList<T>,
    title: &str,
    row: impl Fn(&T, bool, usize) -> Line<'static>,
) {
    let Some(area) = scene.layout.list else { return };
    let note = match list.items().len() {
        0 | 1 => String::new(),
        many => format!("{} of {many}", list.at() + 1),
    };
    let inside = framed(canvas, scene, area, title, &note);
    let columns = usize::from(inside.width);
    for (at, y) in list.seen().zip(0..) {
        put(canvas, inside, y, &row(&list.items()[at], at == list.at(), columns));
        if at == list.at() {
            bar_at(canvas, scene, inside, y);
        }
    }
}
