//! Whole lines in memory, and what one look at each of them tells.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use simdutf8::basic::from_utf8;

use super::fault::FaultKind;
use super::header::{Header, find_unfit, mistake, quick, whole};
use super::{CLIP, Line, recover, to_size};
use crate::api::{Event, EventBody, Glance};

/// What one look at a line tells.
#[derive(Debug, Clone)]
pub(super) struct Scanned {
    pub(super) line: Line,
    pub(super) glance: Glance,
    pub(super) id: Option<u64>,
    pub(super) fault: Option<FaultKind>,
    /// It is an event, of whatever type, or was one before it was damaged.
    pub(super) event: bool,
    /// Something in it had to be taken for something else. Not looked for in large files.
    pub(super) odd: bool,
}

impl Scanned {
    pub(super) fn at_fault(line: Line, what: FaultKind) -> Self {
        Self {
            line,
            glance: Glance::nothing(),
            id: None,
            fault: Some(what),
            event: false,
            odd: false,
        }
    }

    /// A line as a parser read it. A broken one tells what stands before the mistake.
    pub(super) fn parsed(line: Line, header: &Header, fault: Option<FaultKind>) -> Self {
        Self {
            line,
            glance: header.glance(),
            id: header.id,
            fault,
            event: header.is_event(),
            odd: false,
        }
    }
}

pub(super) struct Block<'a> {
    bytes: &'a [u8],
    /// Where the first byte lies in the file.
    base: u64,
    text: Option<&'a str>,
    /// Places whose lines only the parser may read, in order.
    unfit: &'a [usize],
    /// Every line is read whole, too.
    careful: bool,
}

impl<'a> Block<'a> {
    /// `bytes` begin and end with lines; `unfit` is room for notes, used again from block to block.
    pub(super) fn new(bytes: &'a [u8], base: u64, unfit: &'a mut Vec<usize>) -> Self {
        unfit.clear();
        find_unfit(bytes, |at| unfit.push(at));
        unfit.sort_unstable();
        Self { bytes, base, text: from_utf8(bytes).ok(), unfit, careful: false }
    }

    /// Looks for what is odd, too.
    pub(super) fn carefully(self, careful: bool) -> Self {
        Self { careful, ..self }
    }

    /// All that is on a line: one event as a rule, nothing on a blank one, and on a damaged one whole
    /// records beside what is none.
    pub(super) fn pieces(&self, start: usize, end: usize, cut_off: bool) -> Vec<Scanned> {
        let Some(one) = self.look(start, end, cut_off) else { return Vec::new() };
        let bytes = |line: Line| {
            let start = to_size(line.offset - self.base);
            self.bytes.get(start..start + to_size(line.length)).unwrap_or_default()
        };
        let mut all = match one.fault {
            Some(_) => recover::pieces(bytes(one.line), one.line.offset, cut_off),
            None => None,
        }
        .unwrap_or_else(|| vec![one]);
        if self.careful {
            for piece in all.iter_mut().filter(|piece| piece.fault.is_none()) {
                piece.odd = is_odd(bytes(piece.line));
            }
        }
        all
    }

    /// Looks at the line from `start` to `end`, its newline left out; `None` for a blank one.
    /// `cut_off` means that the file ends here without a newline.
    pub(super) fn look(&self, start: usize, end: usize, cut_off: bool) -> Option<Scanned> {
        let bytes = self.bytes.get(start..end)?;
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let line = Line { offset: self.base + start as u64, length: bytes.len() as u64 };
        let (Some(first), Some(last)) = (first_word(bytes), last_word(bytes)) else { return None };
        let text = match self.text {
            Some(text) => text.get(start..start + bytes.len()),
            None => from_utf8(bytes).ok(),
        };
        let Some(text) = text else { return Some(Scanned::at_fault(line, FaultKind::NotUtf8)) };
        if let Some(what) = outside(first, last, cut_off) {
            let value = bytes.len() <= CLIP && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
            let what = if value { FaultKind::NoObject } else { what };
            return Some(Scanned::at_fault(line, what));
        }
        let fit = !cut_off && !self.is_unfit(start, end);
        if let Some(header) = fit.then(|| quick(text)).flatten() {
            return Some(Scanned::parsed(line, &header, None));
        }
        let (header, error) = whole(bytes);
        let fault = error.map(|error| if cut_off { FaultKind::Truncated } else { mistake(&error) });
        Some(Scanned::parsed(line, &header, fault))
    }

    fn is_unfit(&self, start: usize, end: usize) -> bool {
        let next = self.unfit.partition_point(|&at| at < start);
        self.unfit.get(next).is_some_and(|&at| at < end)
    }
}

fn is_odd(bytes: &[u8]) -> bool {
    let Ok(raw) = serde_json::from_slice::<Box<RawValue>>(bytes) else { return false };
    let event = Event::from_raw(raw);
    event.remark.is_some() || matches!(&*event.body, EventBody::Malformed(_))
}

pub(super) fn first_word(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

pub(super) fn last_word(bytes: &[u8]) -> Option<u8> {
    bytes.iter().rev().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// What the two ends of a line say against its being an object.
pub(super) fn outside(first: u8, last: u8, cut_off: bool) -> Option<FaultKind> {
    match (first, last) {
        (b'{', b'}') => None,
        (b'{', _) if cut_off => Some(FaultKind::Truncated),
        _ => Some(FaultKind::NotJson),
    }
}
