//! The menu of types and states, over the timeline.

use super::super::Scene;
use super::super::cells::{self, text};
use super::draw_list;
use crate::canvas::Canvas;
use crate::text::width;
use crate::view::TypeMenu;

/// Columns of a word with its mark.
const WORD: usize = 32;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, menu: &TypeMenu) {
    let theme = scene.theme;
    draw_list(canvas, scene, menu, &menu.title, |item, here, columns| {
        let marker = if here { theme.glyphs.marker } else { " " };
        let mark = if item.chosen { "[x]" } else { "[ ]" };
        let word = width::fit(&format!("{mark} {}:{}", item.key, item.word), WORD);
        let left = vec![text(marker, theme.accent), text(word, theme.text)];
        let right = vec![text(format!("{} ", item.count), theme.dim)];
        cells::line(left, right, columns)
    });
}
