//! Markdown in the colours of the theme.
//!
//! Start with [`line()`]. The invariant: what a piece is shows without colour where the terminal has bold and
//! italics, and its words are never others.

use super::super::cells::{self, text};
use super::viewer::class_style;
use crate::canvas::{Line, Modifier, Span, Style as Look};
use crate::text::markdown::{self, Style};
use crate::theme::Theme;

pub(super) fn line(theme: &Theme, line: &markdown::Line, columns: usize) -> Line<'static> {
    let spans = line.iter().map(|span| text(span.text.clone(), style(theme, span.style)));
    let mut all: Vec<Span<'static>> = vec![text(" ", theme.text)];
    all.extend(spans);
    cells::line(all, Vec::new(), columns)
}

pub(super) fn style(theme: &Theme, style: Style) -> Look {
    match style {
        Style::Text => theme.text,
        Style::Heading => theme.heading,
        Style::Emphasis => theme.text.add_modifier(Modifier::ITALIC),
        Style::Strong => theme.text.add_modifier(Modifier::BOLD),
        Style::Code => theme.code_string,
        Style::Source(class) => class_style(theme, class),
        Style::Link => theme.accent,
        Style::Furniture => theme.dim,
    }
}
