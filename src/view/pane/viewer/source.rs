//! Text with line numbers: a cursor, the rows around it, and where in long lines the screen is.

use std::ops::Range;

use super::colours::Colours;
use super::finding::Finding;
use crate::content::{RowStart, Rows, Text};
use crate::text::highlight::{Class, HighlightedLine, Span};
use crate::text::width;
use crate::viewport::Motion;
use unicode_segmentation::UnicodeSegmentation as _;

/// Columns of line numbers that there are at least, one for the mark of the cursor among them.
const DIGITS: usize = 4;
/// Columns by which cut lines move aside.
const ASIDE: usize = 8;
/// Moves of more rows than that lead to an end.
const FAR: usize = 1 << 20;
/// Nobody moves farther aside.
const FARTHEST: usize = 60 * 1024;

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// From one; only the first row of a line has it.
    pub number: Option<usize>,
    pub spans: HighlightedLine,
    /// Bytes of the row that were looked for, and whether it is those that the reader is at.
    pub found: Vec<(Range<usize>, bool)>,
    pub selected: bool,
    /// There is more of the line to the right.
    pub cut: bool,
    pub start: RowStart,
    /// What was between it and the next row, where both are of one line.
    pub joins: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct SourceView {
    top: RowStart,
    cursor: RowStart,
    /// Columns that are out of sight on the left.
    left: usize,
    rows: Rows,
    height: usize,
    /// Columns of line numbers.
    gutter: usize,
    /// The last row on the screen.
    last: RowStart,
}

impl Default for SourceView {
    fn default() -> Self {
        Self {
            top: RowStart::default(),
            cursor: RowStart::default(),
            left: 0,
            rows: Rows { columns: 80, wrap: true },
            height: 20,
            gutter: DIGITS + 2,
            last: RowStart::default(),
        }
    }
}

impl SourceView {
    pub fn wraps(&self) -> bool {
        self.rows.wrap
    }

    /// Columns that are out of sight on the left.
    pub fn left(&self) -> usize {
        self.left
    }

    pub fn gutter(&self) -> usize {
        self.gutter
    }

    /// Lines on the screen, from nought.
    pub fn lines_shown(&self) -> Range<usize> {
        self.top.line..self.last.line + 1
    }

    /// How much of the text is above the lower edge of the screen, in hundredths.
    pub fn percent(&self, text: &Text) -> usize {
        let all = text.bytes().len().max(1);
        let bytes = self.rows.bytes(text, self.last);
        let (line, end) = (self.last.line + 1, text.line(self.last.line).end);
        if line >= text.len() && bytes.end >= end {
            let (_, rows) = self.rows.lay_out(text, self.last);
            if rows.last().is_none_or(|row| row.start <= self.last.at) {
                return 100;
            }
        }
        if text.len() > self.height {
            return (line * 100 / text.len()).min(99);
        }
        ((bytes.start + self.last.at) * 100 / all).min(99)
    }

    pub(super) fn byte(&self, text: &Text) -> usize {
        let bytes = self.rows.bytes(text, self.cursor);
        (bytes.start + self.cursor.at).min(bytes.end)
    }

    pub(super) fn line(&self, text: &Text) -> String {
        text.decoded(text.line(self.cursor.line)).into_owned()
    }

    pub(super) fn go_to(&mut self, text: &Text, byte: usize) {
        let (place, at) = self.rows.place_of(text, byte);
        self.cursor = place;
        if !self.rows.wrap {
            let (shown, _) = self.rows.lay_out(text, place);
            let column = width::width(shown.get(..at).unwrap_or_default());
            if !(self.left..self.left + self.rows.columns).contains(&column) {
                self.left = column.saturating_sub(self.rows.columns / 2).min(FARTHEST);
            }
        }
        // Somewhere in the middle, or it looks as if there were nothing above.
        if !(self.top..=self.last).contains(&place) {
            let above = self.rows.above(text, place, self.height / 3);
            self.top = above.last().copied().unwrap_or(place);
        }
    }

    pub(super) fn settle(&mut self, text: &Text, columns: usize, height: usize, wrap: bool) {
        let digits = text.len().max(1).ilog10() as usize + 1;
        self.gutter = (digits + 1).max(DIGITS) + 2;
        self.height = height;
        let rows = Rows { columns: columns.saturating_sub(self.gutter).max(1), wrap };
        if rows != self.rows {
            self.rows = rows;
            self.cursor = rows.snap(text, self.cursor);
            self.top = rows.snap(text, self.top);
        }
        if wrap {
            self.left = 0;
        }
        self.top = self.top.min(self.cursor);
        let mut below = rows.below(text, self.top, height - 1);
        if below.last().copied().unwrap_or(self.top) < self.cursor {
            let above = rows.above(text, self.cursor, height - 1);
            self.top = above.last().copied().unwrap_or(self.cursor);
            below = rows.below(text, self.top, height - 1);
        }
        // The end of a text is at the end of the screen.
        let missing = height - 1 - below.len();
        let above = rows.above(text, self.top, missing);
        self.last = below.last().copied().unwrap_or(self.top);
        self.top = above.last().copied().unwrap_or(self.top);
    }

    pub(super) fn go(&mut self, text: &Text, motion: Motion) {
        if let Some(by) = motion.scrolls() {
            return self.move_window(text, by > 0);
        }
        match motion.rows(self.height) {
            Some(by) => self.move_by(text, by),
            None if motion == Motion::First => self.cursor = RowStart::default(),
            None => self.cursor = self.rows.last(text),
        }
    }

    /// Moves the screen by a row; the cursor stays as long as its row is seen.
    fn move_window(&mut self, text: &Text, down: bool) {
        let below = self.rows.below(text, self.last, 1);
        let above = self.rows.above(text, self.top, 1);
        let Some(next) = (if down { below.last() } else { above.last() }).copied() else { return };
        if down {
            self.last = next;
            self.top = self.rows.below(text, self.top, 1).last().copied().unwrap_or(self.top);
        } else {
            let bottom = self.rows.below(text, next, self.height.saturating_sub(1));
            (self.top, self.last) = (next, bottom.last().copied().unwrap_or(next));
        }
        self.cursor = self.cursor.clamp(self.top, self.last.max(self.top));
    }

    pub(super) fn move_by(&mut self, text: &Text, by: isize) {
        let (count, forward) = (by.unsigned_abs(), by > 0);
        if count > FAR {
            return self.go(text, if forward { Motion::Last } else { Motion::First });
        }
        let go = |from: RowStart| {
            let way = if forward {
                self.rows.below(text, from, count)
            } else {
                self.rows.above(text, from, count)
            };
            way.last().copied().unwrap_or(from)
        };
        let cursor = go(self.cursor);
        // A page takes the screen along, a line only at its edge.
        if count > 1 {
            self.top = go(self.top);
        }
        self.cursor = cursor;
    }

    /// False when that is not possible.
    pub(super) fn scroll_aside(&mut self, right: bool) -> bool {
        if self.rows.wrap || (!right && self.left == 0) {
            return false;
        }
        let by = if right { self.left + ASIDE } else { self.left.saturating_sub(ASIDE) };
        self.left = by.min(FARTHEST);
        true
    }

    pub(super) fn rows(&self, text: &Text, colours: &Colours, found: &Finding) -> Vec<SourceRow> {
        if text.is_empty() {
            return Vec::new();
        }
        let mut places = vec![self.top];
        places.extend(self.rows.below(text, self.top, self.height - 1));
        let same = |a: &RowStart, b: &RowStart| (a.line, a.piece) == (b.line, b.piece);
        let pieces = places.chunk_by(same);
        pieces.flat_map(|places| self.piece(text, places, colours, found)).collect()
    }

    /// The rows at these places, which are all in one piece of a line.
    fn piece(
        &self,
        text: &Text,
        places: &[RowStart],
        colours: &Colours,
        finding: &Finding,
    ) -> Vec<SourceRow> {
        let Some(first) = places.first().copied() else { return Vec::new() };
        let (shown, rows) = self.rows.lay_out(text, first);
        let bytes = self.rows.bytes(text, first);
        let coloured = colours.line(first.line).filter(|line| same_text(line, &shown));
        let found = found_in(text, &bytes, finding);
        let row = |place: &RowStart| {
            let row = rows.iter().find(|row| row.start == place.at).cloned().unwrap_or(0..0);
            let (row, cut) = if self.rows.wrap {
                (row, false)
            } else {
                let part = part(&shown, self.left, self.rows.columns);
                let cut = part.end < shown.len() || bytes.end < text.line(place.line).end;
                (part, cut)
            };
            let next = rows.iter().filter(|_| self.rows.wrap).find(|next| next.start > place.at);
            let joins = next.map(|next| if next.start > row.end { " " } else { "" });
            let inside = found.iter().filter_map(|(hit, here)| {
                let (from, to) = (hit.start.max(row.start), hit.end.min(row.end));
                (from < to).then(|| (from - row.start..to - row.start, *here))
            });
            SourceRow {
                number: (place.piece == 0 && place.at == 0).then_some(place.line + 1),
                found: inside.collect(),
                spans: match coloured {
                    Some(line) => slice(line, &row),
                    None => vec![Span {
                        class: Class::Plain,
                        text: shown.get(row).unwrap_or_default().to_owned(),
                    }],
                },
                selected: *place == self.cursor,
                cut,
                start: *place,
                joins,
            }
        };
        places.iter().map(row).collect()
    }
}

/// What was found in a piece of the text, by the bytes of what is shown of it.
fn found_in(text: &Text, bytes: &Range<usize>, finding: &Finding) -> Vec<(Range<usize>, bool)> {
    let (mut at, mut shown) = (bytes.start, 0);
    let mut reach = |byte: usize| {
        let byte = byte.clamp(at, bytes.end);
        shown += text.shown(at..byte).len();
        at = byte;
        shown
    };
    let hits = finding.within(bytes).into_iter();
    hits.map(|(hit, here)| (reach(hit.start)..reach(hit.end), here)).collect()
}

/// The part of a line that is between two columns.
fn part(shown: &str, left: usize, columns: usize) -> Range<usize> {
    let (mut column, mut start) = (0, None);
    for (at, grapheme) in shown.grapheme_indices(true) {
        if column >= left && start.is_none() {
            start = Some(at);
        }
        column += width::width(grapheme);
        if let Some(start) = start.filter(|_| column > left + columns) {
            return start..at;
        }
    }
    start.unwrap_or(shown.len())..shown.len()
}

/// Lines that are too long for the grammar, or end otherwise, are not what is shown.
fn same_text(line: &HighlightedLine, shown: &str) -> bool {
    let mut rest = shown;
    let strip = |span: &Span| {
        rest = rest.strip_prefix(span.text.as_str())?;
        Some(())
    };
    line.iter().map(strip).all(|step| step.is_some()) && rest.is_empty()
}

fn slice(line: &HighlightedLine, range: &Range<usize>) -> HighlightedLine {
    let mut at = 0;
    let mut out = Vec::new();
    for span in line {
        let end = at + span.text.len();
        let (from, to) = (range.start.max(at), range.end.min(end));
        if let Some(text) = span.text.get(from.saturating_sub(at)..to.saturating_sub(at))
            && from < to
        {
            out.push(Span { class: span.class, text: text.to_owned() });
        }
        at = end;
    }
    out
}
