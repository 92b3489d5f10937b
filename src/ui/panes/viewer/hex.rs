//! Bytes as hex, with the characters that they may be.

use super::text;
use crate::canvas::{Line, Span, Style};
use crate::theme::Theme;
use crate::view::pane::viewer::{Hex, Viewer};

/// Columns that sixteen spaced bytes with their characters need, and eight.
const SPACED: [usize; 2] = [78, 44];

/// Sixteen or eight bytes a row, closer together where there is no room; what is looked for stands
/// out.
pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    hex: &Hex,
    columns: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let (top, size) = (hex.top(), hex.row());
    let spaced = columns >= SPACED[usize::from(size == 8)];
    let rows = viewer.file().bytes().chunks(size).enumerate().skip(top).take(height);
    rows.map(|(at, bytes)| line(theme, viewer, at * size, size, bytes, spaced)).collect()
}

fn line(
    theme: &Theme,
    viewer: &Viewer,
    start: usize,
    size: usize,
    bytes: &[u8],
    spaced: bool,
) -> Line<'static> {
    let found = viewer.found_bytes(&(start..start + bytes.len()));
    let mark = |at: usize, style: Style| {
        let hit = found.iter().find(|(range, _)| range.contains(&at));
        match hit {
            Some((_, true)) => style.patch(theme.found).patch(theme.selection),
            Some((_, false)) => style.patch(theme.found),
            None => style,
        }
    };
    let mut spans = vec![text(format!(" {start:08x}  "), theme.dim)];
    for at in 0..size {
        let digits = bytes.get(at).map_or_else(|| "  ".to_owned(), |byte| format!("{byte:02x}"));
        spans.push(text(digits, mark(start + at, theme.text)));
        let gap = match (spaced, at + 1) {
            (_, end) if end == size => "",
            (true, 8) => "  ",
            (false, odd) if odd % 2 == 1 => "",
            _ => " ",
        };
        spans.push(text(gap, theme.text));
    }
    spans.push(text("  ", theme.text));
    let letters = bytes.iter().enumerate().map(|(at, byte)| {
        let letter = Some(char::from(*byte)).filter(|c| c.is_ascii_graphic() || *c == ' ');
        text(letter.unwrap_or('.').to_string(), mark(start + at, theme.code_string))
    });
    spans.extend(letters);
    Line::from(joined(spans))
}

/// Neighbours that look alike become one.
fn joined(spans: Vec<Span<'static>>) -> Vec<Span<'static>> {
    let mut out: Vec<Span<'static>> = Vec::new();
    for span in spans {
        match out.last_mut().filter(|last| last.style == span.style) {
            Some(last) => last.content.to_mut().push_str(&span.content),
            None => out.push(span),
        }
    }
    out
}
