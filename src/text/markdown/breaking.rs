//! Spans broken into lines of a width, as all text is or between graphemes.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, Span, Style};
use crate::text::{breaking, width};

/// Breaks spans into lines of at most `room` columns, by the rule of [`breaking`].
pub(super) fn wrap(spans: &[Span], room: usize) -> Vec<Line> {
    let text: String = spans.iter().map(|span| span.text.as_str()).collect();
    let mut spans = spans.iter().map(|span| (span.style, span.text.as_str()));
    let mut left = spans.next();
    let rows = breaking::rows(&text, room, width::width).into_iter().map(|row| {
        let mut line = Vec::new();
        let mut missing = row.len();
        while missing > 0
            && let Some((style, text)) = left
        {
            let (here, behind) = text.split_at(missing.min(text.len()));
            add(&mut line, style, here);
            missing -= here.len();
            left = if behind.is_empty() { spans.next() } else { Some((style, behind)) };
        }
        trim_end(&mut line);
        line
    });
    rows.collect()
}

fn add(line: &mut Line, style: Style, text: &str) {
    match line.last_mut().filter(|last| last.style == style) {
        Some(last) => last.text.push_str(text),
        None => line.push(Span { style, text: text.to_owned() }),
    }
}

fn trim_end(line: &mut Line) {
    if let Some(last) = line.last_mut() {
        last.text.truncate(last.text.trim_end_matches(' ').len());
    }
}

/// Breaks spans between graphemes into lines of at most `room` columns.
pub(super) fn fold(spans: Line, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut used = 0;
    for span in spans {
        for grapheme in span.text.graphemes(true) {
            let wide = width::width(grapheme);
            if used + wide > room && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            add(&mut line, span.style, grapheme);
            used += wide;
        }
    }
    lines.push(line);
    lines
}
