//! The rows that name a file, over the panes.

use super::super::Scene;
use super::super::cells::{self, text};
use super::draw_list;
use crate::canvas::Canvas;
use crate::text::width;
use crate::view::UseList;

/// Columns of what a row did with the file, and of what kind it is.
const ROLE: usize = 6;
const KIND: usize = 6;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, list: &UseList) {
    let theme = scene.theme;
    let time = list.items().iter().map(|item| item.time.len()).max().unwrap_or(0);
    draw_list(canvas, scene, list, &list.title, |item, here, columns| {
        let hidden = if item.hidden { " hidden from the agent " } else { "" };
        let spans = vec![
            text(if here { theme.glyphs.marker } else { " " }, theme.accent),
            text(width::fit(&item.time, time), theme.dim),
            text(format!(" {}", width::fit(item.role, ROLE)), theme.accent),
            text(width::fit(item.kind, KIND), theme.dim),
            text(item.subject.clone(), theme.text),
        ];
        cells::line(spans, vec![text(hidden, theme.hidden)], columns)
    });
}
