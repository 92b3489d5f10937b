//! The rows that name a file, over the panes.

use ratatui::Frame;
use ratatui::widgets::Clear;

use crate::model::{Area, UseList};
use crate::text::width;

use super::super::cells::{self, put, text};
use super::super::{Scene, rect};

/// Columns of what a row did with the file, and of what kind it is.
const ROLE: usize = 6;
const KIND: usize = 6;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, list: &UseList) {
    let (theme, body) = (scene.theme, scene.layout.body);
    let items = list.items();
    let wanted = u16::try_from(items.len()).unwrap_or(u16::MAX).saturating_add(1);
    let height = wanted.min(body.height);
    let area = Area::new(body.x, body.y + body.height - height, body.width, height);
    frame.render_widget(Clear, rect(area));
    let columns = usize::from(area.width);
    let buffer = frame.buffer_mut();
    put(buffer, area, 0, &cells::rule(scene, &list.title, columns));
    let room = usize::from(area.height).saturating_sub(1);
    let top = list.at().saturating_sub(room.saturating_sub(1));
    let time = items.iter().map(|item| item.time.len()).max().unwrap_or(0);
    for (row, (place, item)) in items.iter().enumerate().skip(top).take(room).enumerate() {
        let here = place == list.at();
        let style = if here { theme.text.patch(theme.selection) } else { theme.text };
        let hidden = if item.hidden { " hidden from the agent " } else { "" };
        let spans = vec![
            text(if here { theme.glyphs.marker } else { " " }, theme.accent),
            text(width::fit(&item.time, time), theme.dim),
            text(format!(" {}", width::fit(item.role, ROLE)), theme.accent),
            text(width::fit(item.kind, KIND), theme.dim),
            text(item.subject.clone(), style),
        ];
        put(buffer, area, row + 1, &cells::line(spans, vec![text(hidden, theme.hidden)], columns));
    }
}
