//! Spans broken into lines of a width, at words or between graphemes.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, Span, Style};
use crate::text::width;

/// Breaks spans at words into lines of at most `room` columns.
pub(super) fn wrap(spans: Vec<Span>, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        for word in span.text.split_inclusive(' ') {
            let wide = width::width(word.trim_end());
            if used + wide > room && used > 0 {
                trim_end(lines.last_mut());
                lines.push(Vec::new());
                used = 0;
            }
            if wide > room {
                let word = Span { style: span.style, text: word.to_owned() };
                for (at, piece) in fold(vec![word], room).into_iter().enumerate() {
                    if at > 0 {
                        lines.push(Vec::new());
                    }
                    used = piece.iter().map(|span| width::width(&span.text)).sum();
                    for span in &piece {
                        add(lines.last_mut(), span.style, &span.text);
                    }
                }
                continue;
            }
            add(lines.last_mut(), span.style, word);
            used += width::width(word);
        }
    }
    trim_end(lines.last_mut());
    lines
}

fn add(line: Option<&mut Line>, style: Style, text: &str) {
    let Some(line) = line else { return };
    match line.last_mut().filter(|last| last.style == style) {
        Some(last) => last.text.push_str(text),
        None => line.push(Span { style, text: text.to_owned() }),
    }
}

fn trim_end(line: Option<&mut Line>) {
    if let Some(last) = line.and_then(|line| line.last_mut()) {
        last.text.truncate(last.text.trim_end_matches(' ').len());
    }
}

/// Breaks spans between graphemes into lines of at most `room` columns.
pub(super) fn fold(spans: Line, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        for grapheme in span.text.graphemes(true) {
            let wide = width::width(grapheme);
            if used + wide > room && used > 0 {
                lines.push(Vec::new());
                used = 0;
            }
            add(lines.last_mut(), span.style, grapheme);
            used += wide;
        }
    }
    lines
}
