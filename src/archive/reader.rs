//! The one walk over a file: chunks of lines, oldest first, the end ahead of the middle.
//!
//! Never waits: while a pipe has nothing new, a chunk without lines comes.

use std::io;

use super::fault::{FaultKind, Summary};
use super::preamble::{Direction, Preamble, SAMPLE};
use super::remaining::{End, Remaining, STREAMED, Taken};
use super::{Archive, Line};
use crate::api::Glance;
use crate::api::glance::fingerprint;

const FIRST: usize = 64 * 1024;
const TAIL: usize = 1 << 20;
/// Ids that are compared, at eight bytes each until the end.
const COMPARED_IDS: usize = 1 << 24;
/// Stamps that are closer may stand against the stored order: that happens within one turn.
pub(super) const NEARLY_EQUAL_MS: i64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkPlace {
    /// Goes on where the last one of this kind ended.
    Next,
    /// The newest lines, read ahead so that the end can be shown at once. At most one such chunk
    /// comes, and its lines do not come again: they belong behind all others.
    Tail,
}

#[derive(Debug, Clone)]
pub struct Chunk {
    pub place: ChunkPlace,
    /// Oldest first.
    pub lines: Vec<(Line, Glance)>,
    /// Where the line of the event lies that is looked for, if it is one of these.
    pub wanted: Option<u64>,
    /// Bytes done so far.
    pub read: u64,
    /// No other chunk follows, but for what is appended to a file later.
    pub last: bool,
}

/// Walks an archive once.
#[derive(Debug)]
pub struct Reader {
    archive: Archive,
    preamble: Option<Preamble>,
    pub(super) remaining: Option<Remaining>,
    hurried: bool,
    size: usize,
    tail: Option<Times>,
    done: bool,
    /// What is read was appended after the end was reached.
    follows: bool,
    /// A line that did not end where the file did, and the rest of which is not a line.
    torn: Option<u64>,
    summary: Summary,
    ids: Vec<u64>,
    wanted: Option<u64>,
    found: Option<u64>,
    times: Times,
}

impl Reader {
    pub fn new(archive: &Archive) -> Self {
        Self {
            archive: archive.clone(),
            preamble: None,
            remaining: None,
            hurried: false,
            size: FIRST,
            tail: None,
            done: false,
            follows: false,
            torn: None,
            summary: Summary::default(),
            ids: Vec::new(),
            wanted: None,
            found: None,
            times: Times::default(),
        }
    }

    /// Known from the first chunk with lines on.
    pub fn preamble(&self) -> Option<&Preamble> {
        self.preamble.as_ref()
    }

    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Says in which chunk the event of this id comes. Its first line counts.
    pub fn look_for(&mut self, id: &str) {
        self.wanted = Some(fingerprint(id));
    }

    /// Begins with what a slow pipe has delivered, though it is little to tell its order from.
    pub fn hurry(&mut self) {
        self.hurried = true;
    }

    /// The next chunk; `None` after the last one.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        if self.done {
            return Ok(None);
        }
        let Some(direction) = self.begin()? else { return Ok(Some(nothing_yet())) };
        let Some(mut remaining) = self.remaining.take() else { return Ok(None) };
        let chunk = self.walk(&mut remaining, direction);
        if !self.done {
            self.remaining = Some(remaining);
        }
        chunk.map(Some)
    }

    /// After the last chunk: has the next ones bring what is appended to the file. False where that is
    /// not the way in which it grows.
    pub fn follow(&mut self) -> io::Result<bool> {
        if !self.done {
            return Ok(true);
        }
        let oldest_first = |start: &Preamble| start.direction == Direction::OldestFirst;
        if !self.archive.may_grow() || !self.preamble.as_ref().is_some_and(oldest_first) {
            return Ok(false);
        }
        let end = self.archive.length();
        if end == 0 {
            self.preamble = None;
        } else {
            let mut last = [0];
            self.archive.fill(end - 1, &mut last)?;
            self.torn = (last != *b"\n").then_some(end);
            self.remaining = Some(Remaining::appended(&self.archive, end));
        }
        (self.done, self.follows) = (false, end > 0);
        Ok(true)
    }

    /// The direction, once enough is there to tell it.
    fn begin(&mut self) -> io::Result<Option<Direction>> {
        let complete = self.archive.is_complete();
        if let (Some(preamble), Some(_)) = (&self.preamble, &self.remaining) {
            return Ok(Some(preamble.direction));
        }
        let length = self.archive.length();
        // Nothing at all is no beginning, whatever the hurry: it would look like an empty file.
        if !complete && (length == 0 || !self.hurried && length < SAMPLE as u64) {
            return Ok(None);
        }
        let preamble = self.archive.preamble()?;
        let direction = preamble.direction;
        let start = preamble.body;
        self.preamble = Some(preamble);
        // The oldest line of such a pipe is the one that comes last.
        if !complete && direction == Direction::NewestFirst {
            return Ok(None);
        }
        self.remaining = Some(Remaining::new(&self.archive, start));
        Ok(Some(direction))
    }

    fn walk(&mut self, remaining: &mut Remaining, direction: Direction) -> io::Result<Chunk> {
        if !remaining.is_complete() {
            remaining.grow();
        }
        let (near, far) = match direction {
            Direction::OldestFirst => (End::Front, End::Back),
            Direction::NewestFirst => (End::Back, End::Front),
        };
        let begun = self.size > FIRST;
        let ahead = begun
            && self.tail.is_none()
            && remaining.is_complete()
            && remaining.bytes() > (TAIL + FIRST) as u64;
        let (place, taken) = if ahead {
            let mut taken = remaining.take(far, TAIL)?;
            taken.looks.reverse();
            (ChunkPlace::Tail, taken)
        } else {
            let taken = remaining.take(near, self.size)?;
            if !taken.looks.is_empty() {
                self.size = (self.size * 2).min(STREAMED);
            }
            (ChunkPlace::Next, taken)
        };
        let mut times = if ahead { Times::default() } else { self.times };
        let first = !begun && self.summary.lines == 0;
        let mut lines = self.note(taken, &mut times, first);
        if self.torn.is_some() && !lines.is_empty() {
            let torn = self.torn.take();
            lines.retain(|(line, _)| Some(line.offset) != torn);
        }
        *(if ahead { self.tail.insert(times) } else { &mut self.times }) = times;
        self.done = remaining.is_complete() && remaining.bytes() == 0;
        if self.done {
            self.finish();
        }
        let read = self.archive.length().saturating_sub(remaining.bytes());
        let wanted = self.found.take();
        Ok(Chunk { place, lines, wanted, read, last: self.done || self.follows })
    }

    fn note(&mut self, taken: Taken, times: &mut Times, first: bool) -> Vec<(Line, Glance)> {
        if first && self.preamble.as_ref().is_some_and(|start| start.faulty) {
            self.summary.faults.add(FaultKind::Session);
        }
        self.summary.blank += taken.blank;
        self.summary.lines += taken.looks.len() as u64;
        let mut lines = Vec::with_capacity(taken.looks.len());
        for look in taken.looks {
            if let Some(what) = look.fault {
                self.summary.faults.add(what);
            }
            self.summary.odd += u64::from(look.odd);
            self.summary.events += u64::from(look.event);
            if look.id.is_some() && look.id == self.wanted {
                self.found = Some(look.line.offset);
                self.wanted = None;
            }
            // One more than is compared tells that there are too many.
            if let Some(id) = look.id
                && self.ids.len() <= COMPARED_IDS
            {
                self.ids.push(id);
            }
            if let Some(at) = look.glance.at {
                times.note(at);
            }
            lines.push((look.line, look.glance));
        }
        lines
    }

    fn finish(&mut self) {
        let tail = self.tail.unwrap_or_default();
        let joint = self.times.last.zip(tail.first).is_some_and(|(one, two)| turns_back(one, two));
        self.summary.inversions = self.times.inversions + tail.inversions + u64::from(joint);
        let mut ids = std::mem::take(&mut self.ids);
        if ids.len() <= COMPARED_IDS {
            ids.sort_unstable();
            let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
            self.summary.duplicates = Some(twice as u64);
        }
    }
}

/// Of a pipe that has not delivered enough.
fn nothing_yet() -> Chunk {
    Chunk { place: ChunkPlace::Next, lines: Vec::new(), wanted: None, read: 0, last: false }
}

fn turns_back(one: i64, two: i64) -> bool {
    one.saturating_sub(two) >= NEARLY_EQUAL_MS
}

/// The times of one run of lines.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    first: Option<i64>,
    last: Option<i64>,
    inversions: u64,
}

impl Times {
    fn note(&mut self, at: i64) {
        self.first.get_or_insert(at);
        if self.last.replace(at).is_some_and(|before| turns_back(before, at)) {
            self.inversions += 1;
        }
    }
}
