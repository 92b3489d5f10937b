//! Markdown as it is meant to be read.

use super::super::markdown;
use super::{marked, rows_of};
use crate::canvas::Line;
use crate::theme::Theme;
use crate::view::pane::viewer::Viewer;
use crate::view::rendered::Rendered;

pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    rendered: &Rendered,
    columns: usize,
) -> Vec<Line<'static>> {
    let lines = rendered.shown().iter();
    lines.map(|line| marked(theme, viewer, markdown::line(theme, line, columns))).collect()
}

/// Where in the file the screen is.
pub(super) fn position(rendered: &Rendered, height: usize) -> String {
    let lines = rendered.lines();
    lines.map_or_else(String::new, |lines| rows_of(rendered.top(), height, lines.len()))
}
