//! What of a file was not walked yet, as a queue of lines from which both ends can be taken.
//!
//! That one thing serves files in either order and the end that is read ahead: nothing is handed
//! out twice, because what is taken is gone from between the two ends. The invariant: both ends
//! lie where a line begins, or at the end of the file.

use std::io;

use memchr::{memchr, memrchr};

use super::block::{Block, Scanned, first_word, last_word, outside};
use super::fault::FaultKind;
use super::{Archive, Line, header, shrink, to_size};

/// A line that does not fit in so much is never held as a whole.
pub(super) const STREAMED: usize = 4 << 20;
/// Up to here of a file, every line is read whole once.
const CHECKED: u64 = 16 << 20;
/// Lines handed out at once. Reached only by files of very short lines.
const MOST_LINES: usize = 1 << 16;
const SCAN_BLOCK: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}

/// Lines in the order in which they were walked.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) looks: Vec<Scanned>,
    pub(super) blank: u64,
}

impl Taken {
    fn push(&mut self, pieces: impl ExactSizeIterator<Item = Scanned>) {
        self.blank += u64::from(pieces.len() == 0);
        self.looks.extend(pieces);
    }
}

#[derive(Debug)]
pub(super) struct Remaining {
    archive: Archive,
    front: u64,
    back: u64,
    /// No more bytes will come.
    complete: bool,
    /// Nobody knows whether more bytes come.
    endless: bool,
    /// How far a line without an end was searched for it.
    searched: u64,
    buffer: Vec<u8>,
    unfit: Vec<usize>,
}

impl Remaining {
    pub(super) fn new(archive: &Archive, front: u64) -> Self {
        Self {
            archive: archive.clone(),
            front,
            back: front,
            complete: false,
            endless: false,
            searched: 0,
            buffer: Vec::new(),
            unfit: Vec::new(),
        }
    }

    /// What is appended to a file behind `front`: lines that have ended.
    pub(super) fn appended(archive: &Archive, front: u64) -> Self {
        Self { endless: true, ..Self::new(archive, front) }
    }

    /// Takes in what a pipe has delivered since. Must not be called once the back was taken from.
    pub(super) fn grow(&mut self) {
        // In this order: what is complete first grows no more.
        self.complete = self.archive.is_complete() && !self.endless;
        self.back = self.archive.length().max(self.front);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn bytes(&self) -> u64 {
        self.back - self.front
    }

    /// The lines in about `size` bytes at one end. Nothing comes only when nothing is left, or
    /// when a pipe is still in the middle of a line.
    pub(super) fn take(&mut self, end: End, size: usize) -> io::Result<Taken> {
        for size in [size, STREAMED.max(size)] {
            let want = size.min(to_size(self.bytes()));
            if want == 0 {
                return Ok(Taken::default());
            }
            let taken = match end {
                End::Front => self.front_lines(want)?,
                End::Back => self.back_lines(want)?,
            };
            if let Some(taken) = taken {
                return Ok(taken);
            }
        }
        match end {
            End::Front => self.long_front(),
            End::Back => self.long_back(),
        }
    }

    fn fill(&mut self, offset: u64, want: usize) -> io::Result<()> {
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        let bytes = self.buffer.get_mut(..want).unwrap_or_default();
        self.archive.fill(offset, bytes)
    }

    fn front_lines(&mut self, want: usize) -> io::Result<Option<Taken>> {
        if self.searched > self.front + want as u64 {
            return Ok(None);
        }
        self.fill(self.front, want)?;
        let bytes = self.buffer.get(..want).unwrap_or_default();
        let to_end = self.complete && self.front + want as u64 == self.back;
        let stop = if to_end { want } else { memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
        if stop == 0 {
            return Ok(None);
        }
        let bytes = bytes.get(..stop).unwrap_or_default();
        let careful = self.archive.length() <= CHECKED;
        let block = Block::new(bytes, self.front, &mut self.unfit).carefully(careful);
        let mut taken = Taken::default();
        let mut start = 0;
        while start < stop && taken.looks.len() < MOST_LINES {
            let newline = memchr(b'\n', bytes.get(start..).unwrap_or_default());
            let end = newline.map_or(stop, |length| start + length);
            taken.push(block.pieces(start, end, newline.is_none()).into_iter());
            start = (end + 1).min(stop);
        }
        self.front += start as u64;
        Ok(Some(taken))
    }

    fn back_lines(&mut self, want: usize) -> io::Result<Option<Taken>> {
        let base = self.back - want as u64;
        self.fill(base, want)?;
        let bytes = self.buffer.get(..want).unwrap_or_default();
        let first = if base == self.front {
            0
        } else {
            // A newline at the very end is that of a line which begins before.
            memchr(b'\n', bytes).map_or(want, |at| at + 1)
        };
        if first == want {
            return Ok(None);
        }
        let careful = self.archive.length() <= CHECKED;
        let block = Block::new(
            bytes.get(first..).unwrap_or_default(),
            base + first as u64,
            &mut self.unfit,
        )
        .carefully(careful);
        let bytes = bytes.get(first..).unwrap_or_default();
        let cut_off = bytes.last() != Some(&b'\n');
        let mut taken = Taken::default();
        let mut end = bytes.len() - usize::from(!cut_off);
        let start = loop {
            let before = bytes.get(..end).unwrap_or_default();
            let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
            let pieces = block.pieces(start, end, cut_off && end == bytes.len());
            taken.push(pieces.into_iter().rev());
            if start == 0 || taken.looks.len() >= MOST_LINES {
                break start;
            }
            end = start - 1;
        };
        self.back = base + (first + start) as u64;
        Ok(Some(taken))
    }

    fn long_front(&mut self) -> io::Result<Taken> {
        let mut at = self.front.max(self.searched);
        let newline = loop {
            let want = SCAN_BLOCK.min(to_size(self.back - at));
            if want == 0 {
                break None;
            }
            self.fill(at, want)?;
            if let Some(found) = memchr(b'\n', self.buffer.get(..want).unwrap_or_default()) {
                break Some(at + found as u64);
            }
            at += want as u64;
        };
        self.searched = at;
        if newline.is_none() && !self.complete {
            return Ok(Taken::default());
        }
        let end = newline.unwrap_or(self.back);
        let line = Line { offset: self.front, length: end - self.front };
        self.front = newline.map_or(end, |newline| newline + 1);
        self.look_long(line, newline.is_none())
    }

    fn long_back(&mut self) -> io::Result<Taken> {
        self.fill(self.back - 1, 1)?;
        let cut_off = self.buffer.first() != Some(&b'\n');
        let end = self.back - u64::from(!cut_off);
        let mut at = end;
        let start = loop {
            let want = SCAN_BLOCK.min(to_size(at - self.front));
            if want == 0 {
                break self.front;
            }
            at -= want as u64;
            self.fill(at, want)?;
            if let Some(found) = memrchr(b'\n', self.buffer.get(..want).unwrap_or_default()) {
                break at + found as u64 + 1;
            }
        };
        self.back = start;
        self.look_long(Line { offset: start, length: end - start }, cut_off)
    }

    /// Looks at a line without holding it.
    fn look_long(&mut self, line: Line, cut_off: bool) -> io::Result<Taken> {
        const EDGE: u64 = 64;
        let head = self.archive.read_start(line, to_size(EDGE))?;
        let edge = line.length.min(EDGE);
        let tail = self.archive.read(Line { offset: line.end() - edge, length: edge })?;
        let length = line.length - u64::from(tail.last() == Some(&b'\r'));
        let line = Line { length, ..line };
        let ends = first_word(&head).zip(last_word(&tail));
        let fault = match ends {
            Some((0, 0)) => Some(FaultKind::Nul),
            Some((first, last)) => outside(first, last, cut_off),
            None => Some(FaultKind::NotJson),
        };
        let look = if let Some(what) = fault {
            Scanned::at_fault(line, what)
        } else {
            let small = shrink::shrink(&self.archive, line)?;
            let (read, _) = header::whole(&small.json);
            let broken = if cut_off { FaultKind::Truncated } else { FaultKind::NotJson };
            Scanned::parsed(line, &read, small.broken.then_some(broken))
        };
        Ok(Taken { looks: vec![look], blank: 0 })
    }
}
