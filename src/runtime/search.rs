//! Looking through texts beside the loop: one search at a time, and the next one ends it.
//!
//! Lines of a file are first looked at as they are, which settles most of them, and decoded only
//! where that does not. The invariant: once cancelled nothing more is sent, and not more than a few
//! megabytes are looked at.

use crate::app::msg::DoneMsg;
use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use regex::bytes::{Regex, RegexBuilder};
use serde_json::value::{RawValue, to_raw_value};

use super::inbox::{Arrival, Sender};
use crate::api::{Event, EventBody};
use crate::app::Msg;
use crate::archive::{self, Archive, Line, Look};
use crate::model::timeline::{Asked, Found, Search, Text};
use crate::query::Reader;
use crate::text::json;

/// How often what was found is shown.
const REPORT_EVERY: Duration = Duration::from_millis(20);
const CLOCK: usize = 64;
/// A longer line is not decoded as a whole.
const LONG: u64 = 4 << 20;
/// It is read in pieces, which have this in common, so that no match is lost between them.
const PIECE: u64 = 1 << 20;
const OVERLAP: u64 = 64 * 1024;

pub(super) struct Searcher {
    inbox: Sender,
    cancel: Arc<AtomicBool>,
}

impl Searcher {
    pub(super) fn new(inbox: Sender) -> Self {
        Self { inbox, cancel: Arc::default() }
    }

    pub(super) fn start(&mut self, search: Search) {
        self.stop();
        self.cancel = Arc::default();
        let (inbox, cancel) = (self.inbox.clone(), Arc::clone(&self.cancel));
        tokio::task::spawn_blocking(move || {
            let send =
                |found| inbox.blocking_send(Arrival::Msg(Msg::Done(DoneMsg::Found(found)))).is_ok();
            run(&search, &cancel, &send);
        });
    }

    pub(super) fn stop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for Searcher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Looks through all that is asked, in its order, unless it is cancelled.
fn run(search: &Search, cancel: &AtomicBool, send: &dyn Fn(Found) -> bool) {
    let mut report = Report::new(search.generation, cancel, send);
    let outcome = if let Some(archive) = &search.archive {
        File { search, archive, cancel }.look_through(&mut report)
    } else {
        look_through_held(search, cancel, &mut report);
        Ok(())
    };
    report.end(search.asked.len(), outcome.err());
}

fn look_through_held(search: &Search, cancel: &AtomicBool, report: &mut Report<'_>) {
    for (at, asked) in search.asked.iter().enumerate() {
        if cancel.load(Ordering::Relaxed) {
            return;
        }
        let passes = match &asked.text {
            Text::Held(event) => search.passes(asked, event),
            Text::Line(_) => false,
        };
        report.decided(at, passes);
    }
}

/// Collects what was found, and sends it every now and then.
struct Report<'a> {
    generation: u64,
    decided: usize,
    passed: Vec<usize>,
    sent: Instant,
    cancel: &'a AtomicBool,
    send: &'a dyn Fn(Found) -> bool,
}

impl<'a> Report<'a> {
    fn new(generation: u64, cancel: &'a AtomicBool, send: &'a dyn Fn(Found) -> bool) -> Self {
        Self { generation, decided: 0, passed: Vec::new(), sent: Instant::now(), cancel, send }
    }

    fn decided(&mut self, at: usize, passes: bool) {
        self.decided = at + 1;
        if passes {
            self.passed.push(at);
        }
        self.send_if_due();
    }

    /// The same of one that need not be looked at.
    fn ruled_out(&mut self, at: usize) {
        self.decided = at + 1;
        // To look at the clock takes longer.
        if at.is_multiple_of(CLOCK) {
            self.send_if_due();
        }
    }

    fn send_if_due(&mut self) {
        if self.sent.elapsed() >= REPORT_EVERY {
            self.send(false, None);
        }
    }

    fn end(mut self, all: usize, error: Option<io::Error>) {
        // What cannot be read is not asked for again.
        self.decided = all;
        self.send(true, error.map(|error| error.to_string()));
    }

    fn send(&mut self, done: bool, problem: Option<String>) {
        if self.cancel.load(Ordering::Relaxed) {
            return;
        }
        let passed = std::mem::take(&mut self.passed);
        let (generation, decided) = (self.generation, self.decided);
        if !(self.send)(Found { generation, decided, passed, done, problem }) {
            self.cancel.store(true, Ordering::Relaxed);
        }
        self.sent = Instant::now();
    }
}

struct File<'a> {
    search: &'a Search,
    archive: &'a Archive,
    cancel: &'a AtomicBool,
}

impl File<'_> {
    fn look_through(&self, report: &mut Report<'_>) -> io::Result<()> {
        let raw = self.search.query.needed_letters().and_then(raw_pattern);
        let asked = &self.search.asked;
        let mut at = 0;
        while at < asked.len() && !self.cancel.load(Ordering::Relaxed) {
            let short = asked[at..].iter().take_while(|asked| !is_long(asked)).count();
            self.scan(at..at + short, raw.as_ref(), report)?;
            at += short;
            if let Some(long) = asked.get(at) {
                report.decided(at, self.long_passes(long)?);
                at += 1;
            }
        }
        Ok(())
    }

    fn scan(
        &self,
        range: Range<usize>,
        raw: Option<&Regex>,
        report: &mut Report<'_>,
    ) -> io::Result<()> {
        let line = |at: usize| match &self.search.asked[at].text {
            Text::Line(line) => Some((u32::try_from(at).ok()?, *line)),
            Text::Held(_) => None,
        };
        let mut lines = range.filter_map(line);
        let mut sifting = Sifting { file: self, raw, report };
        self.archive.scan(&mut lines, &mut sifting, self.cancel)
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
struct Sifting<'a, 'r, 's> {
    file: &'a File<'a>,
    raw: Option<&'a Regex>,
    report: &'r mut Report<'s>,
}

impl Look for Sifting<'_, '_, '_> {
    fn look(&mut self, at: u32, bytes: &[u8]) {
        let (at, File { search, cancel, .. }) = (at as usize, self.file);
        let passes = !cancel.load(Ordering::Relaxed)
            && self.is_worth(bytes)
            && search.passes(&search.asked[at], &event(bytes));
        self.report.decided(at, passes);
    }

    fn is_worth(&self, bytes: &[u8]) -> bool {
        self.raw.is_none_or(|raw| raw.is_match(bytes))
    }

    fn pass_over(&mut self, at: u32) {
        self.report.ruled_out(at as usize);
    }
}

fn is_long(asked: &Asked) -> bool {
    matches!(asked.text, Text::Line(line) if line.length > LONG)
}

/// Finds the letters in JSON, or a sign that they may be written as escapes. A small `k` and `s`
/// have a third form each, which may be escaped too.
fn raw_pattern(letters: &str) -> Option<Regex> {
    let pattern = format!(r"{}|\\u00[2-7]|\\u212a|\\u017f", regex::escape(letters));
    RegexBuilder::new(&pattern).case_insensitive(true).build().ok()
}

/// What is no event is a text all the same.
fn event(bytes: &[u8]) -> Event {
    let text = String::from_utf8_lossy(bytes);
    let raw = RawValue::from_string(text.trim().to_owned()).ok();
    let raw = raw.or_else(|| to_raw_value(&text).ok());
    archive::event(raw.unwrap_or_else(|| RawValue::NULL.to_owned()))
}

#[cfg(test)]
mod tests;
