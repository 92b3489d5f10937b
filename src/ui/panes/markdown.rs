//! Markdown in the colours and signs of the theme.
//!
//! Start with [`line`]. The invariant: a sign that the theme does not have stands nowhere.

use ratatui::style::{Modifier, Style as Look};
use ratatui::text::{Line, Span};

use super::super::cells::{self, text};
use super::viewer::class_style;
use crate::text::markdown::{self, Style};
use crate::theme::{Glyphs, Theme};

pub(super) fn line(theme: &Theme, line: &markdown::Line, columns: usize) -> Line<'static> {
    let spans = line.iter().map(|span| {
        let furniture = span.style == Style::Furniture;
        let words = if furniture { in_glyphs(theme, &span.text) } else { span.text.clone() };
        text(words, style(theme, span.style))
    });
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

/// Rules and bars as the set of glyphs has them.
pub(super) fn in_glyphs(theme: &Theme, furniture: &str) -> String {
    if theme.glyphs != Glyphs::ASCII {
        return furniture.to_owned();
    }
    let ascii = |c: char| match c {
        '─' => '-',
        '│' | '▏' => '|',
        '┼' => '+',
        other => other,
    };
    furniture.chars().map(ascii).collect()
}
