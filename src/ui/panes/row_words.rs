//! What a row of the timeline says: as Markdown where it is, and with what was found in it.
//!
//! Start with [`subject`]. The invariant: the words are those of the row, whatever they look like.

use std::ops::Range;

use super::super::cells::text;
use super::markdown;
use crate::canvas::{Span, Style};
use crate::model::timeline::{Row, Visibility};
use crate::text::markdown::Style as Look;
use crate::theme::Theme;

/// What a row says, with what was found in it. Markdown looks like it only where the agent sees it: the
/// style of what is hidden or compacted says that it is.
pub(super) fn subject(
    theme: &Theme,
    row: &Row,
    found: &[Range<usize>],
    style: Style,
) -> Vec<Span<'static>> {
    let is_seen = matches!(row.ribbon, Visibility::InContext | Visibility::Unknown) && !row.error;
    let mut spans = Vec::new();
    let mut at = 0;
    let mut piece = |range: Range<usize>, look: Option<Look>| {
        let Some(words) = row.subject.get(range.clone()) else { return };
        let within = |found: &Range<usize>| {
            let (from, to) = (found.start.max(range.start), found.end.min(range.end));
            (from < to).then(|| from - range.start..to - range.start)
        };
        let found: Vec<_> = found.iter().filter_map(within).collect();
        let style = look.filter(|_| is_seen).map_or(style, |look| markdown::style(theme, look));
        spans.extend(found_in(theme, words, &found, style));
    };
    for (range, look) in &row.styles {
        piece(at..range.start, None);
        piece(range.clone(), Some(*look));
        at = range.end;
    }
    piece(at..row.subject.len(), None);
    spans
}

/// A text with what was found in it.
pub(super) fn found_in(
    theme: &Theme,
    content: &str,
    found: &[Range<usize>],
    style: Style,
) -> Vec<Span<'static>> {
    let mut spans = Vec::with_capacity(found.len() * 2 + 1);
    let mut at = 0;
    let piece = |range: Range<usize>| content.get(range).unwrap_or_default().to_owned();
    for range in found {
        spans.push(text(piece(at..range.start), style));
        spans.push(text(piece(range.clone()), style.patch(theme.found)));
        at = range.end;
    }
    spans.push(text(piece(at..content.len()), style));
    spans.retain(|span| !span.content.is_empty());
    spans
}
