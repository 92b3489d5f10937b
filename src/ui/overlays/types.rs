//! The menu of types and states, over the timeline.

use ratatui::Frame;
use ratatui::widgets::Clear;

use crate::model::{Area, TypeMenu};
use crate::text::width;

use super::super::cells::{self, put, text};
use super::super::{Scene, rect};

/// Columns of a word, its mark and its count.
const WORD: usize = 32;
const COLUMNS: u16 = 48;

pub(in super::super) fn draw(frame: &mut Frame, scene: &Scene, menu: &TypeMenu) {
    let (theme, body) = (scene.theme, scene.layout.body);
    let items = menu.items();
    let wanted = u16::try_from(items.len()).unwrap_or(u16::MAX).saturating_add(1);
    let (wide, height) = (COLUMNS.min(body.width), wanted.min(body.height));
    // At the right, where the timeline is.
    let area = Area::new(body.x + body.width - wide, body.y + body.height - height, wide, height);
    frame.render_widget(Clear, rect(area));
    let columns = usize::from(area.width);
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, "Show only", columns));
    let room = usize::from(area.height).saturating_sub(1);
    let top = menu.at().saturating_sub(room.saturating_sub(1));
    for (row, (place, item)) in items.iter().enumerate().skip(top).take(room).enumerate() {
        let here = place == menu.at();
        let style = if here { theme.text.patch(theme.selection) } else { theme.text };
        let marker = if here { theme.glyphs.marker } else { " " };
        let mark = if item.chosen { "[x]" } else { "[ ]" };
        let word = width::fit(&format!("{mark} {}:{}", item.key, item.word), WORD);
        let left = vec![text(marker, theme.accent), text(word, style)];
        let right = vec![text(format!("{} ", item.count), theme.dim)];
        put(frame.buffer_mut(), area, row + 1, &cells::line(left, right, columns));
    }
}
