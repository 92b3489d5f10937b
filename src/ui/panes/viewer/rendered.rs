//! Markdown as it is meant to be read.

use ratatui::text::Line;

use crate::model::rendered::Rendered;
use crate::model::viewer::Viewer;
use crate::theme::Theme;

use super::super::detail::markdown_row;
use super::{marked, rows_of};

pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    rendered: &Rendered,
    columns: usize,
) -> Vec<Line<'static>> {
    let lines = rendered.shown().iter();
    lines.map(|line| marked(theme, viewer, markdown_row(theme, line, columns))).collect()
}

/// Where in the file the screen is.
pub(super) fn position(rendered: &Rendered, height: usize) -> String {
    let lines = rendered.lines();
    lines.map_or_else(String::new, |lines| rows_of(rendered.top(), height, lines.len()))
}
