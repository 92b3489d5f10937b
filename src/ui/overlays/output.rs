//! What a program printed that was given a file.

use super::super::Scene;
use super::super::cells::{put, text};
use super::super::frame::clean;
use crate::canvas::{Canvas, Line};
use crate::text::units;
use crate::view::layer::output::OutputPage;

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, page: &OutputPage) {
    let (lines, below) = page.seen();
    let note = match below {
        0 => String::new(),
        below => format!("{} more", units::counted(below, "line")),
    };
    let area = super::framed(canvas, scene, scene.layout.page, &clean(&page.title), &note);
    for (row, line) in lines.iter().enumerate() {
        let line = Line::from(text(line.clone(), scene.theme.text));
        put(canvas, area, row, &line);
    }
}
