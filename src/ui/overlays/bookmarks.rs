//! The list of bookmarks, over the panes.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::draw_list;
use crate::canvas::{Canvas, Line, Span};
use crate::text::width;
use crate::view::layer::bookmark_list::{Item, none};
use crate::view::{BookmarkList, Model};

/// Columns of what kind a row is.
const KIND: usize = 6;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, list: &BookmarkList) {
    let theme = scene.theme;
    let items = list.items();
    let time = items.iter().map(|item| item.time.len()).max().unwrap_or(0);
    let noted = items.iter().map(|item| width::width(&item.note)).max().unwrap_or(0);
    let title = title(scene.model, &list.title, items.len());
    draw_list(canvas, scene, list, &title, |item, here, columns| {
        // The rest is for the subject, which is known from the timeline.
        let free = columns.saturating_sub(time + KIND + 6);
        let spans = spans(scene, item, here, (time, noted.min(free * 3 / 5)));
        cells::line(spans, Vec::new(), columns)
    });
    if let (Some(area), []) = (scene.layout.list, items) {
        for (row, words) in none(&scene.model.keys).iter().enumerate() {
            let line = Line::from(text(format!(" {words}"), theme.dim));
            put(canvas, area.inside(), row, &line);
        }
    }
}

fn title(model: &Model, name: &str, count: usize) -> String {
    let session = model.open.as_ref().map_or("", |open| open.reference.key.as_str());
    let kept = if model.keeps() { "" } else { " · kept until you quit" };
    let count = if count == 0 { String::new() } else { format!(" · {count}") };
    format!("{name} of {}{count}{kept}", clean(session))
}

fn spans(
    scene: &Scene,
    item: &Item,
    here: bool,
    (time, noted): (usize, usize),
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let marker = if here { theme.glyphs.marker } else { " " };
    let (kind, subject, subject_style) = match &item.row {
        Some((kind, subject)) => (*kind, subject.as_str(), theme.text),
        None => ("", "not loaded yet, or deleted", theme.dim),
    };
    let mut spans = vec![
        text(marker, theme.accent),
        text(width::fit(&item.time, time), theme.dim),
        text(format!(" {} ", theme.glyphs.bookmark), theme.accent),
    ];
    if noted > 0 {
        spans.push(text(width::fit(&item.note, noted), theme.text));
        spans.push(text("  ", theme.text));
    }
    spans.push(text(width::fit(kind, KIND), theme.dim));
    spans.push(text(subject.to_owned(), subject_style));
    spans
}
