//! A file as text: its bytes, their encoding and their lines, and pieces of it that are fit to be
//! shown.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::{Encoding, LineIndex};
use crate::text::sanitize;

/// Longer lines are shown and laid out in pieces of so many bytes.
const PIECE: usize = 4 * 1024;

#[derive(Debug, Clone)]
pub struct Text {
    bytes: Arc<[u8]>,
    /// Behind the mark of the encoding.
    start: usize,
    encoding: Encoding,
    lines: LineIndex,
}

impl Text {
    pub(super) fn of(bytes: &Arc<[u8]>) -> Option<Self> {
        let encoding = Encoding::of(bytes)?;
        let decoded = encoding.decode_whole(bytes);
        let start = if encoding == Encoding::Utf8WithMark { 3 } else { 0 };
        let bytes = decoded.map_or_else(|| Arc::clone(bytes), |text| text.into_bytes().into());
        let lines = LineIndex::of(&bytes[start..]);
        Some(Self { bytes, start, encoding, lines })
    }

    /// Whatever is in the string, it is text.
    pub fn of_string(text: String) -> Self {
        let lines = LineIndex::of(text.as_bytes());
        Self { bytes: text.into_bytes().into(), start: 0, encoding: Encoding::Utf8, lines }
    }

    /// All of it, in UTF-8 unless [`Self::encoding`] is one of single bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Where in the file a byte of the text is; `None` where these are not the same bytes.
    pub fn in_file(&self, byte: usize) -> Option<usize> {
        let same = !matches!(self.encoding, Encoding::Utf16Le | Encoding::Utf16Be);
        same.then_some(byte + self.start)
    }

    /// The other way round.
    pub fn of_file(&self, byte: usize) -> Option<usize> {
        self.in_file(0).map(|start| byte.saturating_sub(start))
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of a line, without its break.
    pub fn line(&self, line: usize) -> Range<usize> {
        self.lines.range(self.bytes(), line)
    }

    pub fn line_at(&self, byte: usize) -> usize {
        self.lines.line_at(self.bytes(), byte)
    }

    /// A piece as its author wrote it; what is no text in it is visible as `\x..`.
    pub fn decoded(&self, range: Range<usize>) -> Cow<'_, str> {
        self.encoding.decode(self.bytes().get(range).unwrap_or_default())
    }

    /// A piece of one line, fit for a screen.
    pub fn shown(&self, range: Range<usize>) -> String {
        let text = self.decoded(range);
        sanitize::lines(&text).collect::<Vec<_>>().join(" ")
    }

    /// Everything, as its author wrote it.
    pub fn whole(&self) -> Cow<'_, str> {
        self.decoded(0..self.bytes().len())
    }

    /// How many pieces a line is laid out in; never none.
    pub(super) fn pieces(&self, line: usize) -> usize {
        self.line(line).len().div_ceil(PIECE).max(1)
    }

    /// Bytes of one of these pieces.
    pub(super) fn piece(&self, line: usize, piece: usize) -> Range<usize> {
        let line = self.line(line);
        let at = |piece: usize| self.boundary((line.start + piece * PIECE).min(line.end));
        at(piece)..at(piece + 1)
    }

    /// The piece of its line that a byte is in.
    pub(super) fn piece_at(&self, line: usize, byte: usize) -> usize {
        let guess = byte.saturating_sub(self.line(line).start) / PIECE;
        let guess = guess.min(self.pieces(line) - 1);
        if self.piece(line, guess).start > byte { guess.saturating_sub(1) } else { guess }
    }

    /// The next place at or behind `at` where a character starts.
    pub fn boundary(&self, at: usize) -> usize {
        if self.encoding == Encoding::Windows1252 {
            return at;
        }
        let rest = self.bytes().get(at..).unwrap_or_default();
        at + rest.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count()
    }
}
