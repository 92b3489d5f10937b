//! The sessions that were branched from one another, over the panes.

use super::super::Scene;
use super::super::cells::{self, text};
use super::draw_list;
use crate::canvas::Canvas;
use crate::view::layer::branch_list::BranchList;

/// Columns by which a branch stands further in than its origin, and levels that are shown so.
const INDENT: usize = 2;
const DEEPEST: usize = 8;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, list: &BranchList) {
    let theme = scene.theme;
    draw_list(canvas, scene, list, &list.title, |item, here, columns| {
        let style = if item.is_open { theme.heading } else { theme.text };
        let (glyph, state) = match item.state {
            Some(state) => (state.glyph(), state.title().to_lowercase()),
            None => (" ", "not listed: deleted, or not for this key".to_owned()),
        };
        let mut left = vec![
            text(if here { theme.glyphs.marker } else { " " }, theme.accent),
            text(" ".repeat(INDENT * item.depth.min(DEEPEST)), theme.text),
            text(format!("{glyph} "), theme.text),
            text(item.name.clone(), style),
        ];
        if item.is_open {
            left.push(text("  open", theme.accent));
        }
        left.push(text(format!("  {}", item.origin), theme.dim));
        cells::line(left, vec![text(format!("{state} "), theme.dim)], columns)
    });
}
