//! Where the lines of a text are: a number for every few kilobytes, and a short look for the rest.

use std::ops::Range;

use memchr::memchr_iter;

const BLOCK: usize = 16 * 1024;

/// Belongs to one text, which comes with every question. Takes eight bytes per sixteen kilobytes,
/// however short the lines are.
#[derive(Debug, Clone, Default)]
pub struct LineIndex {
    /// Line breaks before each block.
    before: Vec<usize>,
    len: usize,
}

impl LineIndex {
    pub fn of(bytes: &[u8]) -> Self {
        let mut breaks = 0;
        let mut before = Vec::with_capacity(bytes.len().div_ceil(BLOCK));
        for block in bytes.chunks(BLOCK) {
            before.push(breaks);
            breaks += memchr_iter(b'\n', block).count();
        }
        // Behind the last break there is a line only where there is something in it.
        let open = bytes.last().is_some_and(|last| *last != b'\n');
        Self { before, len: breaks + usize::from(open) }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where a line starts; for lines that do not exist the end of the text.
    pub fn start(&self, bytes: &[u8], line: usize) -> usize {
        if line == 0 {
            return 0;
        }
        let block = self.before.partition_point(|before| *before < line).saturating_sub(1);
        let from = block * BLOCK;
        let until = (from + BLOCK).min(bytes.len());
        let wanted = line - self.before.get(block).copied().unwrap_or(0);
        let rest = bytes.get(from..until).unwrap_or_default();
        memchr_iter(b'\n', rest).nth(wanted - 1).map_or(bytes.len(), |at| from + at + 1)
    }

    /// A line without its break.
    pub fn range(&self, bytes: &[u8], line: usize) -> Range<usize> {
        let start = self.start(bytes, line);
        let mut end = self.start(bytes, line + 1).max(start);
        for wanted in [b'\n', b'\r'] {
            if end > start && bytes.get(end - 1) == Some(&wanted) {
                end -= 1;
            }
        }
        start..end
    }

    /// The line that a byte is in; its break counts to it.
    pub fn line_at(&self, bytes: &[u8], at: usize) -> usize {
        let at = at.min(bytes.len());
        let block = (at / BLOCK).min(self.before.len().saturating_sub(1));
        let here = bytes.get(block * BLOCK..at).unwrap_or_default();
        let line =
            self.before.get(block).map_or(0, |before| before + memchr_iter(b'\n', here).count());
        line.min(self.len.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Vec<&[u8]> {
        let index = LineIndex::of(bytes);
        (0..index.len()).map(|line| &bytes[index.range(bytes, line)]).collect()
    }

    #[test]
    fn lines_are_those_of_the_author() {
        assert_eq!(lines(b""), Vec::<&[u8]>::new());
        assert_eq!(lines(b"\n"), [b""]);
        assert_eq!(lines(b"a\r\n\nb"), [&b"a"[..], b"", b"b"]);
        assert_eq!(lines(b"a\nb\n"), [b"a", b"b"]);
    }

    proptest! {
        #[test]
        fn every_block_agrees_with_a_plain_split(
            pieces in proptest::collection::vec((0usize..9_000, proptest::bool::ANY), 0..40)
        ) {
            let mut bytes = Vec::new();
            for (length, ends) in pieces {
                bytes.extend(std::iter::repeat_n(b'x', length));
                if ends { bytes.push(b'\n'); }
            }
            let text = std::str::from_utf8(&bytes).unwrap();
            let wanted: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
            prop_assert_eq!(lines(&bytes), wanted);
            let index = LineIndex::of(&bytes);
            for line in 0..index.len() {
                prop_assert_eq!(index.line_at(&bytes, index.start(&bytes, line)), line);
                prop_assert_eq!(index.line_at(&bytes, index.range(&bytes, line).end), line);
            }
        }
    }
}
