//! A session that lies in a file: records of all of it, events only of what is looked at.
//!
//! The file is walked elsewhere and comes in as chunks. While that goes on, its end can be shown as
//! a timeline of its own; the same rows are in the whole one later, under the same names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::api::{Event, Glance};
use crate::archive::{Archive, Chunk, Direction, Line, Place};

use super::Timeline;
use super::record::Record;

/// Events of that many bytes are kept as long as nothing else comes into view.
const KEPT_BYTES: usize = 4 << 20;

#[derive(Debug, Clone)]
pub(super) struct Filed {
    archive: Archive,
    newest_first: bool,
    /// Where the last line ends of those that were read in one go from the start of the session.
    read_to: u64,
    /// The end of the session, read ahead.
    tail: Vec<(Line, Glance)>,
    /// This is only the end, and the rest is still being read.
    is_tail: bool,
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
    pub(super) fn line(&self, records: &[Record], row: usize) -> Option<Line> {
        let offset = records.get(row)?.place();
        let behind = if self.newest_first { row.checked_sub(1) } else { Some(row + 1) };
        let end = match behind.and_then(|row| records.get(row)) {
            Some(next) => next.place(),
            // Lines that are read from their own ends to the first one that is not.
            None if self.newest_first && self.is_tail => self.read_to,
            None if self.newest_first || self.is_tail || self.reading.is_none() => {
                self.archive.len()
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
            is_tail: false,
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

    /// A file of which not all lines are here yet; a pipe grows like a live session instead.
    pub fn reads_on(&self) -> bool {
        let reads = |filed: &Filed| filed.reading.is_some() && filed.archive.is_complete();
        self.filed.as_ref().is_some_and(reads)
    }

    /// Takes over the next lines of the file.
    pub fn absorb_chunk(&mut self, chunk: Chunk) {
        self.generation += 1;
        let drawn = self.minimap.rows();
        let Some(filed) = &mut self.filed else { return };
        self.loaded = true;
        if let Some(wanted) = self.wanted.as_mut().filter(|_| chunk.wanted.is_some()) {
            wanted.line = chunk.wanted;
        }
        filed.reading = (!chunk.last).then_some(chunk.read);
        let complete = filed.reading.is_none();
        if chunk.place == Place::Tail {
            filed.tail = chunk.lines;
        } else {
            if let Some((line, _)) = chunk.lines.last() {
                filed.read_to = end_of(*line);
            }
            self.absorb_lines(&chunk.lines);
        }
        if complete {
            let tail = self.filed.as_mut().map(|filed| std::mem::take(&mut filed.tail));
            self.absorb_lines(&tail.unwrap_or_default());
            self.records.shrink_to_fit();
            self.reaches_start = true;
        }
        // Drawing it looks at every record: not for every few that come.
        if complete || self.records.len() > drawn + drawn / 4 {
            self.minimap.forget();
        }
        self.keep_place(None);
        if self.scroll.cursor.is_none() && self.shown_len() > 0 {
            self.place_cursor(0);
        }
    }

    /// The end of the session alone, while what comes before it is being read.
    pub fn tail(&self) -> Option<Self> {
        let filed = self.filed.as_ref().filter(|filed| !filed.tail.is_empty())?;
        let direction =
            if filed.newest_first { Direction::NewestFirst } else { Direction::OldestFirst };
        let mut tail = Self::of_file(filed.archive.clone(), direction);
        if let Some(own) = &mut tail.filed {
            own.is_tail = true;
            own.reading = filed.reading;
            own.read_to = filed.tail.first().map_or(0, |(line, _)| end_of(*line));
        }
        tail.loaded = true;
        tail.absorb_lines(&filed.tail);
        tail.take_reader(self);
        tail.place_cursor(tail.shown_len().saturating_sub(1));
        tail.scroll.new_below = 0;
        Some(tail)
    }

    /// How far the rest is read, while this is only the end.
    pub fn follow_reading(&mut self, of: &Self) {
        if let (Some(filed), Some(other)) = (&mut self.filed, &of.filed) {
            filed.reading = other.reading;
        }
    }

    /// The end of a file whose middle is not read yet.
    pub(super) fn is_tail(&self) -> bool {
        self.filed.as_ref().is_some_and(|filed| filed.is_tail)
    }

    /// What comes before this row is not read yet.
    pub(super) fn is_behind_gap(&self, row: usize) -> bool {
        row == 0 && self.is_tail()
    }

    fn absorb_lines(&mut self, lines: &[(Line, Glance)]) {
        let before = self.records.len();
        let mut touched = self.part_early_pairs();
        self.records.reserve(lines.len());
        for (line, glance) in lines {
            let mut record = self.new_record(glance);
            record.set_place(line.offset);
            self.take_in(record, glance, &mut touched);
        }
        touched.extend(self.join_early_pairs());
        self.reopen(&touched);
        self.show_from(before, touched);
    }
}
