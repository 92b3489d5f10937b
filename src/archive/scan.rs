//! Many lines read for a search: neighbours with one read, and no line held longer than a test
//! of it takes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Archive, Line, to_size};

/// Small enough that what was read is still near when it is tested.
const BLOCK: u64 = 512 * 1024;
/// Bytes between two lines that are read along rather than passed over.
const GAP: u64 = 4 * 1024;
/// A longer line comes in pieces.
pub(super) const PIECE: u64 = 4 << 20;
/// What two pieces of a line have in common, so that no match is lost between them.
pub(super) const OVERLAP: u64 = 64 * 1024;

/// Who looks at lines.
pub trait Look {
    /// A line, or a piece of it.
    fn look(&mut self, number: u32, bytes: &[u8]);

    /// Whether anything in these neighbouring lines is worth a look at each of them.
    fn is_worth(&self, _neighbours: &[u8]) -> bool {
        true
    }

    /// A line among such as are not.
    fn pass_over(&mut self, _number: u32) {}
}

impl<F: FnMut(u32, &[u8])> Look for F {
    fn look(&mut self, number: u32, bytes: &[u8]) {
        self(number, bytes);
    }
}

impl Archive {
    /// Hands each line's bytes to `test`, in the order in which they come. A line of more than
    /// 4 MB comes in several pieces that overlap by 64 KB. Ends early, and without an error, once
    /// `cancel` is set.
    pub fn scan(
        &self,
        lines: &mut dyn Iterator<Item = (u32, Line)>,
        test: &mut dyn Look,
        cancel: &AtomicBool,
    ) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut group: Vec<(u32, Line)> = Vec::new();
        let mut span = Span { start: 0, end: 0 };
        for (number, line) in lines {
            if line.length > BLOCK {
                self.scan_group(&mut group, span, &mut buffer, test, cancel)?;
                self.scan_long(number, line, &mut buffer, test, cancel)?;
            } else if let Some(wider) = span.with(line).filter(|_| !group.is_empty()) {
                span = wider;
                group.push((number, line));
            } else {
                self.scan_group(&mut group, span, &mut buffer, test, cancel)?;
                span = Span { start: line.offset, end: line.end() };
                group.push((number, line));
            }
            if cancel.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
        self.scan_group(&mut group, span, &mut buffer, test, cancel)
    }

    fn scan_group(
        &self,
        group: &mut Vec<(u32, Line)>,
        span: Span,
        buffer: &mut Vec<u8>,
        test: &mut dyn Look,
        cancel: &AtomicBool,
    ) -> io::Result<()> {
        if group.is_empty() || cancel.load(Ordering::Relaxed) {
            return Ok(());
        }
        let bytes = self.fill_buffer(span.start, span.end - span.start, buffer)?;
        let is_worth = test.is_worth(bytes);
        for (number, line) in group.drain(..) {
            if is_worth {
                let start = to_size(line.offset - span.start);
                test.look(
                    number,
                    bytes.get(start..start + to_size(line.length)).unwrap_or_default(),
                );
            } else {
                test.pass_over(number);
            }
        }
        Ok(())
    }

    fn scan_long(
        &self,
        number: u32,
        line: Line,
        buffer: &mut Vec<u8>,
        test: &mut dyn Look,
        cancel: &AtomicBool,
    ) -> io::Result<()> {
        let mut at = line.offset;
        while !cancel.load(Ordering::Relaxed) {
            let length = PIECE.min(line.end() - at);
            test.look(number, self.fill_buffer(at, length, buffer)?);
            at += length;
            if at >= line.end() {
                break;
            }
            at -= OVERLAP;
        }
        Ok(())
    }

    fn fill_buffer<'a>(
        &self,
        at: u64,
        length: u64,
        buffer: &'a mut Vec<u8>,
    ) -> io::Result<&'a [u8]> {
        let length = to_size(length);
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        let bytes = buffer.get_mut(..length).unwrap_or_default();
        self.fill(at, bytes)?;
        Ok(bytes)
    }
}

/// What one read covers.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    end: u64,
}

impl Span {
    /// Wide enough for one more line, if that lies near, before or behind, and there is room.
    fn with(self, line: Line) -> Option<Self> {
        let wider = Self { start: self.start.min(line.offset), end: self.end.max(line.end()) };
        let near = line.offset <= self.end + GAP && line.end() + GAP >= self.start;
        (near && wider.end - wider.start <= BLOCK).then_some(wider)
    }
}
