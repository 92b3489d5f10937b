//! Texts that lie in a file.
//!
//! Owns how a line is looked at: as it is, which settles most of them, and decoded only where that
//! does not. Long lines are read in pieces. Start with [`File::look_through`]. The invariant: what is
//! passed over as it is would not have passed decoded.

use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use regex::bytes::{Regex, RegexBuilder};
use serde_json::value::{RawValue, to_raw_value};

use super::{Report, shares};
use crate::api::{Event, EventBody};
use crate::archive::{self, Archive, Line, Look};
use crate::model::timeline::{Asked, Search, Text};
use crate::query::{NeededLetters, Reader};
use crate::text::json;

/// A longer line is not decoded as a whole.
const LONG: u64 = 4 << 20;
/// It is read in pieces, which have this in common, so that no match is lost between them.
const PIECE: u64 = 1 << 20;
const OVERLAP: u64 = 64 * 1024;

pub(super) struct File<'a> {
    pub(super) search: &'a Search,
    pub(super) archive: &'a Archive,
    pub(super) cancel: &'a AtomicBool,
}

impl File<'_> {
    pub(super) fn look_through(&self, report: &mut Report<'_>) -> io::Result<()> {
        let raw = self.search.query.needed_letters().and_then(raw_pattern);
        let asked = &self.search.asked;
        let mut at = 0;
        while at < asked.len() && !self.cancel.load(Ordering::Relaxed) {
            let short = asked[at..].iter().take_while(|asked| !is_long(asked)).count();
            let look = |share| self.scan(share, raw.as_ref());
            let mut tell = |end, passed| report.decided_before(end, passed);
            shares::look_through(at..at + short, |at| length(&asked[at]), &look, &mut tell)?;
            at += short;
            if let Some(long) = asked.get(at) {
                report.decided(at, self.long_passes(long)?);
                at += 1;
            }
        }
        Ok(())
    }

    /// Those that pass.
    fn scan(&self, range: Range<usize>, raw: Option<&Regex>) -> io::Result<Vec<usize>> {
        let line = |at: usize| match &self.search.asked[at].text {
            Text::Line(line) => Some((u32::try_from(at).ok()?, *line)),
            Text::Held(_) => None,
        };
        let mut lines = range.filter_map(line);
        let mut sifting = Sifting { file: self, raw, passed: Vec::new() };
        self.archive.scan(&mut lines, &mut sifting, self.cancel)?;
        Ok(sifting.passed)
    }

    /// Reads a long line as often as the query asks for its text.
    fn long_passes(&self, asked: &Asked) -> io::Result<bool> {
        let Text::Line(line) = asked.text else { return Ok(false) };
        let beginning = self.archive.event(line)?.event;
        let tool = match &*beginning.body {
            EventBody::ToolInput(input) => Some(&*input.tool_configuration_name),
            EventBody::ToolOutput(output) => Some(&*output.tool_configuration_name),
            _ => None,
        };
        let failed = Cell::new(None);
        let read = |reader: &mut Reader<'_>| {
            if let Err(error) = self.read_pieces(line, reader) {
                failed.set(Some(error));
            }
        };
        let passes = self.search.passes_text(asked, tool, &read);
        failed.take().map_or(Ok(passes), Err)
    }

    fn read_pieces(&self, line: Line, reader: &mut Reader<'_>) -> io::Result<()> {
        let (mut at, end) = (line.offset, line.offset.saturating_add(line.length));
        while !self.cancel.load(Ordering::Relaxed) {
            let length = PIECE.min(end - at);
            let bytes = self.archive.read(Line { offset: at, length })?;
            let text = String::from_utf8_lossy(&bytes);
            at += length;
            if reader(&json::decode(&text)).is_break() || at >= end {
                break;
            }
            at -= OVERLAP;
        }
        Ok(())
    }
}

/// Lines that are first looked at as they are, many at once.
struct Sifting<'a> {
    file: &'a File<'a>,
    raw: Option<&'a Regex>,
    passed: Vec<usize>,
}

impl Look for Sifting<'_> {
    fn look(&mut self, at: u32, bytes: &[u8]) {
        let (at, File { search, cancel, .. }) = (at as usize, self.file);
        let passes = !cancel.load(Ordering::Relaxed)
            && self.is_worth(bytes)
            && search.passes(&search.asked[at], &event(bytes));
        if passes {
            self.passed.push(at);
        }
    }

    fn is_worth(&self, bytes: &[u8]) -> bool {
        self.raw.is_none_or(|raw| raw.is_match(bytes))
    }
}

fn is_long(asked: &Asked) -> bool {
    length(asked) > LONG
}

/// In the file, in bytes.
fn length(asked: &Asked) -> u64 {
    match asked.text {
        Text::Line(line) => line.length,
        Text::Held(_) => 0,
    }
}

/// Finds the letters in JSON, or a sign that they may be written as escapes. In any case a small `k`
/// and `s` have a third form each, which may be escaped too.
fn raw_pattern(needed: NeededLetters<'_>) -> Option<Regex> {
    let mut pattern = format!(r"{}|\\u00[2-7]", regex::escape(needed.letters));
    if needed.in_any_case {
        pattern += r"|\\u212a|\\u017f";
    }
    RegexBuilder::new(&pattern).case_insensitive(needed.in_any_case).build().ok()
}

/// What is no event is a text all the same.
fn event(bytes: &[u8]) -> Event {
    let text = String::from_utf8_lossy(bytes);
    let raw = RawValue::from_string(text.trim().to_owned()).ok();
    let raw = raw.or_else(|| to_raw_value(&text).ok());
    archive::event(raw.unwrap_or_else(|| RawValue::NULL.to_owned()))
}
