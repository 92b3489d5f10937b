//! The list of bookmarks, over the panes.

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::model::bookmark_list::Item;
use crate::model::{Area, BookmarkList, Model};
use crate::text::width;

use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::{Scene, rect};

/// Columns of what kind a row is.
const KIND: usize = 6;
const EMPTY: [&str; 3] = [
    "There are no bookmarks in this session yet.",
    "m makes one of the row under the cursor, with a note if you like;",
    "]b and [b go from one to the next.",
];

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, list: &BookmarkList) {
    let (theme, body) = (scene.theme, scene.layout.body);
    let items = list.items();
    let rows = if items.is_empty() { EMPTY.len() } else { items.len() };
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(1);
    let height = wanted.min(body.height);
    let area = Area::new(body.x, body.y + body.height - height, body.width, height);
    frame.render_widget(Clear, rect(area));
    let columns = usize::from(area.width);
    let buffer = frame.buffer_mut();
    put(buffer, area, 0, &cells::rule(scene, &title(scene.model, items.len()), columns));
    if items.is_empty() {
        for (row, words) in EMPTY.iter().enumerate() {
            put(buffer, area, row + 1, &Line::from(text(format!(" {words}"), theme.dim)));
        }
        return;
    }
    let room = usize::from(area.height).saturating_sub(1);
    let top = list.at().saturating_sub(room.saturating_sub(1));
    let time = items.iter().map(|item| item.time.len()).max().unwrap_or(0);
    let noted = items.iter().map(|item| width::width(&item.note)).max().unwrap_or(0);
    // The rest is for the subject, which is known from the timeline.
    let free = columns.saturating_sub(time + KIND + 6);
    let widths = (time, noted.min(free * 3 / 5));
    for (row, (place, item)) in items.iter().enumerate().skip(top).take(room).enumerate() {
        let spans = spans(scene, item, place == list.at(), widths);
        put(buffer, area, row + 1, &cells::line(spans, Vec::new(), columns));
    }
}

fn title(model: &Model, count: usize) -> String {
    let session = model.open.as_ref().map_or("", |open| open.reference.key.as_str());
    let kept = if model.remembers { "" } else { " · kept until you quit" };
    let count = if count == 0 { String::new() } else { format!(" · {count}") };
    format!("Bookmarks of {}{count}{kept}", clean(session))
}

fn spans(
    scene: &Scene,
    item: &Item,
    here: bool,
    (time, noted): (usize, usize),
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let style = if here { theme.text.patch(theme.selection) } else { theme.text };
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
        spans.push(text(width::fit(&item.note, noted), style));
        spans.push(text("  ", theme.text));
    }
    spans.push(text(width::fit(kind, KIND), theme.dim));
    spans.push(text(subject.to_owned(), if noted == 0 { style } else { subject_style }));
    spans
}
