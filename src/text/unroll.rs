//! Long text laid out line by line, as it comes in pieces: what was laid out stays, and only so
//! much is looked at as somebody asked for.

use std::ops::Range;

use memchr::memchr;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{sanitize, width};

/// Bytes of one line that are looked at when lines are cut instead of wrapped.
const CUT_BYTES: usize = 4_096;

/// Text in lines of the screen. Sanitised when it is taken in.
#[derive(Debug, Clone, Default)]
pub struct Unrolled {
    text: String,
    lines: Vec<Range<usize>>,
    columns: usize,
    wrap: bool,
    /// Everything before is laid out.
    laid: usize,
    /// The line break at or behind `laid`, once it was looked for.
    line_end: Option<usize>,
    /// From `laid` to here there is no line break: a line that comes in many pieces is looked through
    /// once.
    searched: usize,
    /// A carriage return at the end of a piece; the next piece tells what it means.
    held: bool,
    ended: bool,
}

impl Unrolled {
    pub fn new(columns: usize, wrap: bool) -> Self {
        Self { columns: columns.max(1), wrap, ..Self::default() }
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn wraps(&self) -> bool {
        self.wrap
    }

    /// Lines so far; the last one may not be complete before [`Self::end`].
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    pub fn line(&self, at: usize) -> Option<&str> {
        let line = self.text.get(self.lines.get(at)?.clone())?;
        if self.wrap || line.len() <= CUT_BYTES {
            return Some(line);
        }
        let end = (0..=CUT_BYTES).rev().find(|at| line.is_char_boundary(*at))?;
        line.get(..end)
    }

    /// What is between a line and the next one, where both are of one line of the text.
    pub fn joins(&self, at: usize) -> Option<&'static str> {
        let (line, next) = (self.lines.get(at)?, self.lines.get(at + 1)?);
        match self.text.get(line.end..next.start)? {
            "" => Some(""),
            " " => Some(" "),
            _ => None,
        }
    }

    /// Where a line starts; the way to find it again at another width.
    pub fn start_of(&self, line: usize) -> usize {
        self.lines.get(line).map_or(self.laid, |line| line.start)
    }

    /// The line that has this place in it.
    pub fn line_at(&self, place: usize) -> usize {
        self.lines.partition_point(|line| line.start <= place).saturating_sub(1)
    }

    /// Takes in a piece of text that goes on where the last one ended.
    pub fn push(&mut self, piece: &str) {
        let (piece, held) = match piece.strip_suffix('\r') {
            Some(rest) => (rest, true),
            None => (piece, false),
        };
        let carried = std::mem::replace(&mut self.held, held) && !piece.starts_with('\n');
        if carried {
            self.text.push_str("\\x0d");
        }
        let mut first = true;
        for line in sanitize::lines(piece) {
            if !first {
                self.text.push('\n');
            }
            first = false;
            self.text.push_str(&line);
        }
        self.line_end = None;
        self.lay_out();
    }

    /// No more text follows.
    pub fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.lay_out();
        }
    }

    /// Lays out everything so far anew.
    pub fn resize(&mut self, columns: usize, wrap: bool) {
        if (self.columns, self.wrap) != (columns.max(1), wrap) {
            (self.columns, self.wrap) = (columns.max(1), wrap);
            self.lines.clear();
            (self.laid, self.line_end, self.searched) = (0, None, 0);
            self.lay_out();
        }
    }

    fn lay_out(&mut self) {
        while self.laid <= self.text.len() {
            let end = self.line_end.unwrap_or_else(|| {
                let from = self.laid.max(self.searched);
                let found = memchr(b'\n', &self.text.as_bytes()[from..]);
                let end = found.map_or(self.text.len(), |at| from + at);
                self.searched = end;
                end
            });
            self.line_end = Some(end);
            let complete = end < self.text.len() || self.ended;
            let cut = if self.wrap { self.cut(end) } else { None };
            match cut {
                Some((line_end, next)) => {
                    self.lines.push(self.laid..line_end);
                    self.laid = next;
                }
                None if complete => {
                    self.lines.push(self.laid..end);
                    // Behind the end of the whole text there is no line.
                    self.laid = end + 1;
                    self.line_end = None;
                }
                None => return,
            }
        }
    }

    /// Where the line that starts at `laid` is broken, if it has to be: its end, and where the next
    /// one starts.
    fn cut(&self, end: usize) -> Option<(usize, usize)> {
        let (line_end, next) = break_at(&self.text[self.laid..end], self.columns)?;
        Some((self.laid + line_end, self.laid + next))
    }
}

/// Where the first line of `rest` is broken, if it has to be: its end, and where the next one
/// starts. Words stay whole where there is a space to break at.
pub fn break_at(rest: &str, columns: usize) -> Option<(usize, usize)> {
    let plain = rest.bytes().take(columns + 1).all(|byte| byte.is_ascii());
    if plain {
        if rest.len() <= columns {
            return None;
        }
        let room = &rest.as_bytes()[..=columns];
        return Some(match room.iter().rposition(|byte| *byte == b' ').filter(|at| *at > 0) {
            Some(space) => (space, space + 1),
            None => (columns, columns),
        });
    }
    let (mut used, mut space) = (0, None);
    for (at, grapheme) in rest.grapheme_indices(true) {
        used += width::width(grapheme);
        // One that is wider than the screen still has to go somewhere.
        if used > columns && at > 0 {
            return Some(match space {
                _ if grapheme == " " => (at, at + 1),
                Some(space) => (space, space + 1),
                None => (at, at),
            });
        }
        if grapheme == " " && at > 0 {
            space = Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unroll(pieces: &[&str], columns: usize, wrap: bool) -> Unrolled {
        let mut out = Unrolled::new(columns, wrap);
        for piece in pieces {
            out.push(piece);
        }
        out.end();
        out
    }

    fn lines(unrolled: &Unrolled) -> Vec<&str> {
        (0..unrolled.line_count()).filter_map(|at| unrolled.line(at)).collect()
    }

    #[test]
    fn words_stay_whole_and_breaks_of_the_author_count() {
        let text = unroll(&["one two three\r\n\nfourteen日本語日本 x"], 7, true);
        assert_eq!(lines(&text), ["one two", "three", "", "fourtee", "n日本語", "日本 x"]);
        assert_eq!(lines(&unroll(&["a  b\n"], 80, false)), ["a  b", ""]);
    }

    #[test]
    fn what_is_cut_into_pieces_looks_the_same() {
        let whole = unroll(&["one two\r\nthree four five"], 6, true);
        let parts = unroll(&["one t", "wo\r", "\nthree f", "our five"], 6, true);
        assert_eq!(lines(&whole), lines(&parts));
        assert_eq!(lines(&unroll(&["a\r", "b"], 9, true)), ["a\\x0db"]);
    }

    #[test]
    fn a_place_is_found_again_at_another_width() {
        let mut text = unroll(&["aaa bbb ccc ddd eee"], 7, true);
        let place = text.start_of(1);
        assert_eq!(text.line(1), Some("ccc ddd"));
        text.resize(3, true);
        assert_eq!(text.line(text.line_at(place)), Some("ccc"));
    }

    #[test]
    fn one_line_of_many_megabytes_is_laid_out_piece_by_piece() {
        let piece = "x".repeat(64 * 1024);
        let mut text = Unrolled::new(100, true);
        text.push(&piece);
        let before = text.line_count();
        assert_eq!(before, 64 * 1024 / 100);
        for _ in 0..40 {
            text.push(&piece);
        }
        text.end();
        assert_eq!(text.line_count(), (41 * 64 * 1024_usize).div_ceil(100));
        text.resize(100, false);
        assert_eq!((text.line_count(), text.line(0).map(str::len)), (1, Some(CUT_BYTES)));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_none_drives_a_terminal(
            text in "(\\PC|[ \n\r\t\u{1b}]|日|👩‍👩‍👧){0,80}", columns in 2usize..20
        ) {
            let text = unroll(&[&text], columns, true);
            for line in lines(&text) {
                prop_assert!(line.chars().all(|c| !c.is_control()));
                let graphemes = line.graphemes(true).count();
                prop_assert!(width::width(line) <= columns || graphemes == 1, "{line:?}");
            }
        }
    }
}
