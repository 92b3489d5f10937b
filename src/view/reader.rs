//! Long text read from the top, laid out piece by piece as far as somebody scrolls.
//!
//! Owns the lines so far and the place in them. Knows nothing of where the text comes from: that is
//! [`Pieces`], which is asked for more with every [`Reader::settle`]. Start with [`Reader::new`].
//! The invariant: after settling the screen is full, or all of the text is on it.

use crate::text::unroll::Unrolled;
use crate::viewport::{Motion, Viewport};

/// Bytes that are read at once; the first screen needs no more.
pub(super) const PIECE: usize = 64 * 1024;

/// A text that is read in pieces.
pub trait Pieces {
    /// What a part of the text is.
    type Part;

    /// Appends about `size` bytes of a part from `at` on. The place to go on at, and `None` behind
    /// the end.
    fn piece(&self, part: &Self::Part, at: usize, size: usize, out: &mut String) -> Option<usize>;
}

/// Plain text, which is one part.
impl Pieces for str {
    type Part = ();

    fn piece(&self, (): &(), at: usize, size: usize, out: &mut String) -> Option<usize> {
        let until = self.ceil_char_boundary(at + size);
        out.push_str(self.get(at..until).unwrap_or_default());
        Some(until).filter(|until| *until < self.len())
    }
}

/// A line of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    Heading(&'a str),
    Text(&'a str),
}

#[derive(Debug, Clone)]
struct Part<P> {
    /// Stands above it as a line of its own.
    heading: Option<String>,
    what: P,
    lines: Unrolled,
    /// The place to read on at.
    next: Option<usize>,
}

impl<P> Part<P> {
    fn head(&self) -> usize {
        usize::from(self.heading.is_some())
    }

    fn len(&self) -> usize {
        self.head() + self.lines.line_count()
    }

    fn read(&mut self, pieces: &(impl Pieces<Part = P> + ?Sized), size: usize) {
        let Some(at) = self.next else { return };
        let mut piece = String::new();
        self.next = pieces.piece(&self.what, at, size, &mut piece);
        self.lines.push(&piece);
        if self.next.is_none() {
            self.lines.end();
        }
    }
}

#[derive(Debug, Clone)]
pub struct Reader<P> {
    parts: Vec<Part<P>>,
    /// Bytes that are read at once.
    piece: usize,
    viewport: Viewport,
}

impl<P> Reader<P> {
    /// One part that has no heading.
    pub fn new(what: P) -> Self {
        Self::of_parts([(None, what)])
    }

    /// Parts one below the other.
    pub fn of_parts(parts: impl IntoIterator<Item = (Option<String>, P)>) -> Self {
        let part = |(heading, what)| {
            let lines = Unrolled::new(80, true);
            Part { heading, what, lines, next: Some(0) }
        };
        let parts = parts.into_iter().map(part).collect();
        Self { parts, piece: PIECE, viewport: Viewport::default() }
    }

    /// The same for a few lines only: never more than so many bytes too much are read.
    #[must_use]
    pub fn reading_at_once(self, bytes: usize) -> Self {
        Self { piece: bytes.clamp(64, PIECE), ..self }
    }

    /// What is read first.
    pub fn what(&self) -> Option<&P> {
        self.parts.first().map(|part| &part.what)
    }

    /// Fits the text to the pane, and loads what the screen needs of it.
    pub fn settle(
        &mut self,
        pieces: &(impl Pieces<Part = P> + ?Sized),
        columns: usize,
        height: usize,
        wrap: bool,
    ) {
        let height = height.max(1);
        self.resize(columns.max(1), wrap);
        self.load(pieces, self.viewport.top().saturating_add(height));
        self.viewport.settle(self.line_count(), height);
    }

    /// Lays out anew, with the same text at the top.
    fn resize(&mut self, columns: usize, wrap: bool) {
        let fits = |part: &Part<P>| (part.lines.columns(), part.lines.wraps()) == (columns, wrap);
        if self.parts.iter().all(fits) {
            return;
        }
        let top = self.viewport.top();
        let place = self.place(top).filter(|_| top > 0);
        let place = place.map(|(at, line)| (at, self.parts[at].lines.start_of(line)));
        for part in &mut self.parts {
            part.lines.resize(columns, wrap);
        }
        if let Some((at, start)) = place {
            let before: usize = self.parts[..at].iter().map(Part::len).sum();
            let part = &self.parts[at];
            self.viewport.show_from(before + part.head() + part.lines.line_at(start));
        }
    }

    /// Part of a line of the whole, and the line in its text.
    fn place(&self, mut line: usize) -> Option<(usize, usize)> {
        for (at, part) in self.parts.iter().enumerate() {
            if line < part.len() {
                return Some((at, line.saturating_sub(part.head())));
            }
            line -= part.len();
        }
        None
    }

    fn load(&mut self, pieces: &(impl Pieces<Part = P> + ?Sized), until: usize) {
        let mut lines = 0;
        for part in &mut self.parts {
            while part.next.is_some() && lines + part.len() <= until {
                part.read(pieces, self.piece);
            }
            lines += part.len();
            if part.next.is_some() {
                return;
            }
        }
    }

    /// Scrolls; [`Self::settle`] loads what that needs.
    pub fn go(&mut self, motion: Motion) {
        // What is not laid out yet may have any number of lines.
        let len = if self.is_complete() { self.line_count() } else { usize::MAX / 2 };
        self.viewport.scroll(motion, len);
    }

    /// Lines that are laid out.
    pub fn line_count(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }

    /// Nothing is left to load.
    pub fn is_complete(&self) -> bool {
        self.parts.iter().all(|part| part.next.is_none())
    }

    /// The last line is on the screen.
    pub fn is_at_end(&self) -> bool {
        self.is_complete() && self.viewport.seen(self.line_count()).end == self.line_count()
    }

    pub fn top(&self) -> usize {
        self.viewport.top()
    }

    pub fn line(&self, mut at: usize) -> Option<Line<'_>> {
        for part in &self.parts {
            if at < part.len() {
                return match (&part.heading, at) {
                    (Some(heading), 0) => Some(Line::Heading(heading)),
                    _ => part.lines.line(at - part.head()).map(Line::Text),
                };
            }
            at -= part.len();
        }
        None
    }

    /// What was between a line and the next, where only the width parts them.
    pub fn joins(&self, mut at: usize) -> Option<&'static str> {
        for part in &self.parts {
            if at < part.len() {
                return part.lines.joins(at.checked_sub(part.head())?);
            }
            at -= part.len();
        }
        None
    }

    /// The lines on the screen.
    pub fn shown(&self) -> impl Iterator<Item = Line<'_>> {
        self.viewport.seen(self.line_count()).filter_map(|at| self.line(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reader: &Reader<()>) -> Vec<&str> {
        let text = |line| match line {
            Line::Heading(text) | Line::Text(text) => text,
        };
        reader.shown().map(text).collect()
    }

    #[test]
    fn plain_text_is_read_by_pages_that_share_one_line() {
        let text: String =
            (1..=20).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
        let mut reader = Reader::new(());
        let mut settle = |motion| {
            reader.go(motion);
            reader.settle(text.trim_end(), 40, 5, true);
            shown(&reader).join(" ").replace("line ", "")
        };
        assert_eq!(settle(Motion::First), "1 2 3 4 5");
        assert_eq!(settle(Motion::PageDown), "5 6 7 8 9");
        assert_eq!(settle(Motion::HalfDown), "7 8 9 10 11");
        assert_eq!(settle(Motion::Last), "16 17 18 19 20");
        assert_eq!(settle(Motion::Up), "15 16 17 18 19");
        assert_eq!(settle(Motion::PageUp), "11 12 13 14 15");
    }

    #[test]
    fn only_as_much_is_laid_out_as_the_screen_needs_and_the_end_is_found() {
        let text = "words ".repeat(200_000);
        let mut reader = Reader::new(());
        reader.settle(text.as_str(), 60, 10, true);
        assert!(reader.line_count() <= PIECE / 60 + 1 && !reader.is_complete());
        reader.go(Motion::Last);
        reader.settle(text.as_str(), 60, 10, true);
        assert!(reader.is_at_end() && reader.line_count() == 20_000);
    }

    #[test]
    fn the_text_at_the_top_stays_there_at_another_width() {
        let text: String = (0..400).map(|word| format!("w{word} ")).collect::<Vec<_>>().concat();
        let mut reader = Reader::new(());
        reader.settle(text.as_str(), 40, 5, true);
        reader.go(Motion::PageDown);
        reader.settle(text.as_str(), 40, 5, true);
        let first = shown(&reader)[0].split(' ').next().unwrap_or_default().to_owned();
        reader.settle(text.as_str(), 23, 5, true);
        assert!(shown(&reader)[0].contains(&first));
    }
}
