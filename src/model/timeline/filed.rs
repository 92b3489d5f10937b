//! A session that lies in a file: records of all of it, events only of what is looked at.
//!
//! The file is walked elsewhere and comes in as chunks. While that goes on, the end of the file can
//! be shown behind a gap; it moves as the gap closes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::api::{Event, Glance};
use crate::archive::{Archive, Chunk, Direction, Line, Place};

use super::record::Record;
use super::{Derived, Timeline};

/// Events of that many bytes are kept as long as nothing else comes into view.
const KEPT_BYTES: usize = 4 << 20;

#[derive(Debug, Clone)]
pub(super) struct Filed {
    archive: Archive,
    newest_first: bool,
    /// Where the last line ends that was read before the gap.
    read_to: u64,
    /// The end of the session, read ahead.
    tail: Vec<(Line, Glance)>,
    /// Rows before the gap, and what was worked out of them, while the tail is shown.
    before_gap: Option<(usize, Derived)>,
    /// Bytes read so far; `None` when that is all.
    reading: Option<u64>,
    in_view: RefCell<InView>,
}

#[derive(Debug, Clone, Default)]
struct InView {
    events: HashMap<u64, Reading>,
    bytes: usize,
}

/// An event as it was read for showing.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) event: Arc<Event>,
    /// Only its beginning was read.
    pub(super) clipped: bool,
    pub(super) size: u64,
    /// Why the line is no event.
    pub(super) problem: Option<Arc<str>>,
}

impl Filed {
    /// Where the line of a row lies. Lines follow each other, so the next one says where it ends.
    fn line(&self, records: &[Record], row: usize) -> Option<Line> {
        let offset = records.get(row)?.place();
        let gap = self.before_gap.as_ref().map(|(rows, _)| *rows);
        let behind = if self.newest_first {
            row.checked_sub(1).filter(|_| gap != Some(row))
        } else {
            Some(row + 1).filter(|next| gap != Some(*next))
        };
        let end = match behind.and_then(|row| records.get(row)) {
            Some(next) => next.place(),
            None if self.newest_first && row == 0 => self.archive.len(),
            None if self.reading.is_none() && gap.is_none() => self.archive.len(),
            None if self.newest_first => {
                self.tail.first().map_or(offset, |(line, _)| end_of(*line))
            }
            None => self.read_to,
        };
        Some(Line { offset, length: end.saturating_sub(offset) })
    }

    pub(super) fn read(&self, records: &[Record], row: usize) -> Option<Reading> {
        let line = self.line(records, row)?;
        let glance = records.get(row)?.glance();
        let mut in_view = self.in_view.borrow_mut();
        if let Some(known) = in_view.events.get(&line.offset) {
            return Some(known.clone());
        }
        let reading = match self.archive.event_of(line, &glance) {
            Ok(viewed) => Reading {
                event: Arc::new(viewed.event),
                clipped: viewed.clipped,
                size: line.length,
                problem: viewed.problem.map(Arc::from),
            },
            Err(error) => Reading {
                event: Arc::new(Event::from_raw(RawValue::NULL.to_owned())),
                clipped: false,
                size: line.length,
                problem: Some(Arc::from(error.to_string())),
            },
        };
        in_view.bytes += reading.event.size();
        if in_view.bytes > KEPT_BYTES {
            *in_view = InView { bytes: reading.event.size(), ..InView::default() };
        }
        in_view.events.insert(line.offset, reading.clone());
        Some(reading)
    }

    /// The same event with all of its line.
    pub(super) fn read_whole(&self, records: &[Record], row: usize) -> Option<Reading> {
        let reading = self.read(records, row)?;
        if !reading.clipped {
            return Some(reading);
        }
        let bytes = self.archive.read(self.line(records, row)?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let raw = RawValue::from_string(text.trim().to_owned()).ok()?;
        Some(Reading { event: Arc::new(reading.event.with_raw(raw)), clipped: false, ..reading })
    }

    /// The row whose line begins there.
    pub(super) fn row_at(&self, records: &[Record], offset: u64) -> Option<usize> {
        let found = if self.newest_first {
            records.binary_search_by(|record| offset.cmp(&record.place()))
        } else {
            records.binary_search_by(|record| record.place().cmp(&offset))
        };
        found.ok()
    }
}

fn end_of(line: Line) -> u64 {
    line.offset.saturating_add(line.length)
}

impl Timeline {
    /// The session in this file, which is walked by somebody else.
    pub fn of_file(archive: Archive, direction: Direction) -> Self {
        let filed = Filed {
            archive,
            newest_first: direction == Direction::NewestFirst,
            read_to: 0,
            tail: Vec::new(),
            before_gap: None,
            reading: Some(0),
            in_view: RefCell::default(),
        };
        let mut timeline = Self { filed: Some(filed), ..Self::default() };
        timeline.scroll.follow = false;
        timeline
    }

    pub fn archive(&self) -> Option<&Archive> {
        self.filed.as_ref().map(|filed| &filed.archive)
    }

    /// Bytes read of how many, while the file is being walked.
    pub fn reading(&self) -> Option<(u64, u64)> {
        let filed = self.filed.as_ref()?;
        Some((filed.reading?, filed.archive.len()))
    }

    /// Takes over the next lines of the file.
    pub fn absorb_chunk(&mut self, chunk: Chunk) {
        let Some(filed) = &mut self.filed else { return };
        self.loaded = true;
        if let Some(wanted) = self.wanted.as_mut().filter(|_| chunk.wanted.is_some()) {
            wanted.line = chunk.wanted;
        }
        filed.reading = (!chunk.last).then_some(chunk.read);
        self.minimap.forget();
        let lines = if chunk.place == Place::Tail {
            filed.tail = chunk.lines;
            Vec::new()
        } else {
            chunk.lines
        };
        if let Some((line, _)) = lines.last() {
            filed.read_to = end_of(*line);
        }
        let complete = filed.reading.is_none();
        let touched = self.close_gap();
        let gap = touched.is_some();
        self.absorb_lines(&lines, touched.unwrap_or_default());
        if complete {
            let tail = self.filed.as_mut().map(|filed| std::mem::take(&mut filed.tail));
            self.absorb_lines(&tail.unwrap_or_default(), Vec::new());
            self.reaches_start = true;
        } else if gap && !self.is_past() {
            self.show_tail();
        }
        // Joins may reach back to what is in view.
        self.keep_place(None);
        if self.scroll.cursor.is_none() && self.shown_len() > 0 {
            self.place_cursor(0);
        }
    }

    /// Shows the end of the file although what comes before it is not read yet.
    pub(super) fn show_tail(&mut self) {
        let Some(filed) = self.filed.as_mut().filter(|filed| filed.before_gap.is_none()) else {
            return;
        };
        if filed.reading.is_none() || filed.tail.is_empty() {
            return;
        }
        let tail = std::mem::take(&mut filed.tail);
        filed.before_gap = Some((self.records.len(), self.derived.clone()));
        self.absorb_lines(&tail, Vec::new());
        if let Some(filed) = &mut self.filed {
            filed.tail = tail;
        }
    }

    /// Takes the tail away again, if it was shown; rows that it said something about come back.
    fn close_gap(&mut self) -> Option<Vec<usize>> {
        let (rows, derived) = self.filed.as_mut()?.before_gap.take()?;
        self.derived = derived;
        self.records.truncate(rows);
        self.shown.truncate(rows);
        // Halves of calls whose other half was in the tail are open again.
        let beyond = |record: &Record| record.partner().is_some_and(|partner| partner >= rows);
        let parted = (0..rows).filter(|row| beyond(&self.records[*row])).collect::<Vec<_>>();
        for row in &parted {
            self.records[*row].part();
        }
        Some(parted)
    }

    /// Rows before the gap, while there is one.
    pub(super) fn rows_in_sequence(&self) -> Option<usize> {
        let gap = self.filed.as_ref().and_then(|filed| filed.before_gap.as_ref());
        gap.map(|(rows, _)| *rows)
    }

    /// The first row behind the gap.
    pub(super) fn is_behind_gap(&self, row: usize) -> bool {
        self.rows_in_sequence() == Some(row)
    }

    fn absorb_lines(&mut self, lines: &[(Line, Glance)], mut touched: Vec<usize>) {
        let before = self.records.len();
        touched.extend(self.part_early_pairs());
        self.records.reserve(lines.len());
        for (line, glance) in lines {
            let mut record = self.new_record(glance);
            record.set_place(line.offset);
            self.take_in(record, glance, &mut touched);
        }
        touched.extend(self.join_early_pairs());
        self.show_from(before, touched);
    }
}
