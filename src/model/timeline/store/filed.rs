//! A session that lies in a file: records of all of it, events only of what is looked at.
//!
//! The file is walked elsewhere and comes in as chunks. While that goes on, its end can be shown as
//! a timeline of its own; the same rows are in the whole one later, under the same names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde_json::value::RawValue;

use crate::api::{Event, Glance};
use crate::archive::{Archive, Chunk, ChunkPlace, Direction, Line};

use super::record::Record;
use super::{Growth, Store};

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
    /// Something in it tells which events the agent no longer sees.
    tells: bool,
    in_view: RefCell<InView>,
}

#[derive(Debug, Clone, Default)]
struct InView {
    events: HashMap<u64, ReadEvent, RandomState>,
    bytes: usize,
}

/// An event as it was read for showing.
#[derive(Debug, Clone)]
pub(crate) struct ReadEvent {
    pub(crate) event: Arc<Event>,
    /// Only its beginning was read.
    pub(crate) clipped: bool,
    pub(crate) size: u64,
    /// Why the line is no event.
    pub(crate) problem: Option<Arc<str>>,
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
            None if self.newest_first || self.is_tail => self.archive.length(),
            // What comes behind may be a line that has not ended yet.
            None => self.read_to,
        };
        Some(Line { offset, length: end.saturating_sub(offset) })
    }

    pub(super) fn read(&self, records: &[Record], row: usize) -> Option<ReadEvent> {
        let line = self.line(records, row)?;
        let glance = records.get(row)?.glance();
        let mut in_view = self.in_view.borrow_mut();
        if let Some(known) = in_view.events.get(&line.offset) {
            return Some(known.clone());
        }
        let reading = match self.archive.event_of(line, &glance) {
            Ok(viewed) => ReadEvent {
                event: Arc::new(viewed.event),
                clipped: viewed.clipped,
                size: line.length,
                problem: viewed.problem.map(Arc::from),
            },
            Err(error) => ReadEvent {
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
    pub(super) fn read_whole(&self, records: &[Record], row: usize) -> Option<ReadEvent> {
        let reading = self.read(records, row)?;
        if !reading.clipped {
            return Some(reading);
        }
        let viewed = self.archive.whole_event(self.line(records, row)?).ok()?;
        let problem = viewed.problem.map(Arc::from);
        Some(ReadEvent { event: Arc::new(viewed.event), clipped: false, problem, ..reading })
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

impl Store {
    pub(crate) fn of_file(archive: Archive, direction: Direction) -> Self {
        let filed = Filed {
            archive,
            newest_first: direction == Direction::NewestFirst,
            read_to: 0,
            tail: Vec::new(),
            is_tail: false,
            reading: Some(0),
            tells: false,
            in_view: RefCell::default(),
        };
        Self { filed: Some(filed), ..Self::default() }
    }

    pub(crate) fn archive(&self) -> Option<&Archive> {
        self.filed.as_ref().map(|filed| &filed.archive)
    }

    /// The session lies in a file: its events are read, and not held.
    pub(crate) fn is_filed(&self) -> bool {
        self.filed.is_some()
    }

    /// Where the line of a row lies in the file.
    pub(crate) fn line(&self, row: usize) -> Option<Line> {
        self.filed.as_ref()?.line(&self.records, row)
    }

    /// The event of a row in the file, or (unless `whole`) its beginning if it is very long.
    pub(crate) fn read(&self, row: usize, whole: bool) -> Option<ReadEvent> {
        let filed = self.filed.as_ref()?;
        if whole { filed.read_whole(&self.records, row) } else { filed.read(&self.records, row) }
    }

    pub(crate) fn reading(&self) -> Option<(u64, u64)> {
        let filed = self.filed.as_ref()?;
        Some((filed.reading?, filed.archive.length()))
    }

    pub(crate) fn reads_on(&self) -> bool {
        let reads = |filed: &Filed| filed.reading.is_some() && filed.archive.is_complete();
        self.filed.as_ref().is_some_and(reads)
    }

    /// Takes over the next lines of the file; nothing comes of them where there is none.
    pub(crate) fn absorb_chunk(&mut self, chunk: Chunk) -> Option<Growth> {
        self.generation += 1;
        let filed = self.filed.as_mut()?;
        self.loaded = true;
        filed.reading = (!chunk.last).then_some(chunk.read);
        let mut lines = Vec::new();
        if chunk.place == ChunkPlace::Tail {
            filed.tail = chunk.lines;
        } else {
            lines = chunk.lines;
        }
        if chunk.last {
            lines.append(&mut filed.tail);
        }
        if let Some((line, _)) = lines.last() {
            filed.read_to = end_of(*line);
        }
        let growth = self.absorb_lines(&lines);
        // Not again for every line that is appended.
        if chunk.last && !self.reaches_start {
            self.records.shrink_to_fit();
            self.reaches_start = true;
        }
        Some(growth)
    }

    pub(crate) fn tail(&self) -> Option<(Self, Growth)> {
        let filed = self.filed.as_ref().filter(|filed| !filed.tail.is_empty())?;
        let direction =
            if filed.newest_first { Direction::NewestFirst } else { Direction::OldestFirst };
        let mut tail = Self::of_file(filed.archive.clone(), direction);
        if let Some(own) = &mut tail.filed {
            own.is_tail = true;
            own.reading = filed.reading;
            own.tells = filed.tells;
            own.read_to = filed.tail.first().map_or(0, |(line, _)| end_of(*line));
        }
        tail.loaded = true;
        let growth = tail.absorb_lines(&filed.tail);
        Some((tail, growth))
    }

    pub(crate) fn follow_reading(&mut self, of: &Self) {
        if let (Some(filed), Some(other)) = (&mut self.filed, &of.filed) {
            filed.reading = other.reading;
        }
    }

    /// Whether it is known which events the agent still sees. The service tells; a file does only
    /// where it says so of some event.
    pub(crate) fn tells_context(&self) -> bool {
        self.filed.as_ref().is_none_or(|filed| filed.tells)
    }

    /// The end of a file whose middle is not read yet.
    pub(crate) fn is_tail(&self) -> bool {
        self.filed.as_ref().is_some_and(|filed| filed.is_tail)
    }

    /// What comes before this row is not read yet.
    pub(crate) fn is_behind_gap(&self, row: usize) -> bool {
        row == 0 && self.is_tail()
    }

    fn absorb_lines(&mut self, lines: &[(Line, Glance)]) -> Growth {
        if let Some(filed) = &mut self.filed {
            filed.tells |= lines.iter().any(|(_, glance)| glance.told);
        }
        let mut growth = self.begin_growth();
        self.records.reserve(lines.len());
        for (line, glance) in lines {
            let mut record = self.new_record(glance);
            record.set_place(line.offset);
            self.take_in(record, glance, &mut growth);
        }
        self.end_growth(&mut growth);
        growth
    }
}
