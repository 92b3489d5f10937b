//! A line of text: pieces side by side that have a style each.

use std::borrow::Cow;
use std::fmt;

use super::Style;
use crate::text::width::width;

/// A text of one style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span<'a> {
    pub content: Cow<'a, str>,
    pub style: Style,
}

impl<'a> Span<'a> {
    pub fn raw(content: impl Into<Cow<'a, str>>) -> Self {
        Self::styled(content, Style::new())
    }

    pub fn styled(content: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self { content: content.into(), style }
    }

    /// In columns.
    pub fn width(&self) -> usize {
        width(&self.content)
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Span<'a> {
    fn from(text: T) -> Self {
        Self::raw(text)
    }
}

/// Spans from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line<'a> {
    pub spans: Vec<Span<'a>>,
}

/// What is written, without its styles.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spans.iter().try_for_each(|span| f.write_str(&span.content))
    }
}

impl<'a> From<Span<'a>> for Line<'a> {
    fn from(span: Span<'a>) -> Self {
        vec![span].into()
    }
}

impl<'a> From<&'a str> for Line<'a> {
    fn from(text: &'a str) -> Self {
        Span::raw(text).into()
    }
}

impl From<String> for Line<'_> {
    fn from(text: String) -> Self {
        Span::raw(text).into()
    }
}

impl<'a> From<Vec<Span<'a>>> for Line<'a> {
    fn from(spans: Vec<Span<'a>>) -> Self {
        Self { spans }
    }
}

impl<'a, T: Into<Span<'a>>> FromIterator<T> for Line<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(spans: I) -> Self {
        spans.into_iter().map(Into::into).collect::<Vec<_>>().into()
    }
}
