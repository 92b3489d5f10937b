//! Looking through the texts of a timeline piece by piece, somewhere else.
//!
//! A [`Search`] is a snapshot: rows that nobody has decided yet, with what is known of them, and
//! where their text is. Whoever runs it answers with [`Found`]; then the next piece is due. Short
//! sessions are looked through at once instead. The invariant: at most one piece is on its way, and
//! an answer to any other is ignored.
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::api::{Event, EventBody, EventKind, Timestamp};
use crate::archive::{Archive, Line};
use crate::query::{Answer, EventFacts, EventState, Fact, Query, Reader, Tool, WholeEvent};

use super::query_index::QueryIndex;
use super::row_facts::RowFacts;
use super::{Reading, Store};

/// Rows looked at by their facts alone before something else may happen.
const GLANCES: usize = 20_000;
/// Rows of the first piece, which is there before the next letter is typed; each one after it has
/// twice as many, up to this.
const FIRST_READS: usize = 2_500;
const READS: usize = 40_000;
/// Bytes of one piece.
const READ_BYTES: u64 = 64 << 20;
/// Sessions up to this size are looked through at once.
const SHORT_ROWS: usize = 2_000;
const SHORT_BYTES: usize = 4 << 20;

/// What a query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Rows that pass are hits to go to.
    Find,
    /// Rows that pass are the only ones shown.
    Filter,
}

/// Where the text of an event is.
#[derive(Debug, Clone)]
pub enum Text {
    Held(Arc<Event>),
    Line(Line),
}

/// One event whose text decides.
#[derive(Debug, Clone)]
pub struct Asked {
    row: u32,
    pub facts: RowFacts,
    pub text: Text,
}

#[derive(Debug, Clone)]
pub struct Search {
    pub generation: u64,
    pub query: Arc<Query>,
    pub now: Timestamp,
    pub asked: Vec<Asked>,
    /// The file that lines lie in.
    pub archive: Option<Archive>,
    steps: Steps,
}

/// The same piece, whatever is in it.
impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.generation == other.generation
    }
}

/// An answer to a part of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub generation: u64,
    /// So many of what was asked are decided, from the first on.
    pub decided: usize,
    /// Places of those that pass since the answer before, among what was asked, in order.
    pub passed: Vec<usize>,
    pub done: bool,
    /// Why texts could not be read.
    pub problem: Option<String>,
}

impl Search {
    /// Whether this event, whose text is at hand, passes.
    pub fn passes(&self, asked: &Asked, event: &Event) -> bool {
        let sought = Sought { whole: WholeEvent::new(event), asked, search: self };
        self.query.event(&sought, self.now) == Answer::Yes
    }

    /// The same for a text that is read by pieces.
    pub fn passes_text(
        &self,
        asked: &Asked,
        tool: Option<&str>,
        read: &dyn Fn(&mut Reader<'_>),
    ) -> bool {
        let pieces = Pieces { asked, search: self, tool, read };
        self.query.event(&pieces, self.now) == Answer::Yes
    }

    fn step(&self, asked: &Asked) -> Option<&str> {
        self.steps.at(asked.row, self.archive.as_ref())
    }
}

/// Where the agent went from one step to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps(Vec<Transition>);

#[derive(Debug, Clone)]
struct Transition {
    row: u32,
    text: Text,
    /// From which step to which, once somebody asks.
    names: OnceLock<Option<(String, String)>>,
}

impl Steps {
    pub(super) fn at(&self, row: u32, archive: Option<&Archive>) -> Option<&str> {
        let before = self.0.partition_point(|transition| transition.row < row);
        let names = |transition: &'_ Transition| transition.read(archive);
        if let Some(last) = before.checked_sub(1).and_then(|at| self.0.get(at)) {
            return last.names.get_or_init(|| names(last)).as_ref().map(|(_, to)| &**to);
        }
        let first = self.0.first()?;
        first.names.get_or_init(|| names(first)).as_ref().map(|(from, _)| &**from)
    }
}

impl Transition {
    fn read(&self, archive: Option<&Archive>) -> Option<(String, String)> {
        let names = |event: &Event| match &*event.body {
            EventBody::StepTransition(step) => Some((step.from_step.clone(), step.to_step.clone())),
            _ => None,
        };
        match &self.text {
            Text::Held(event) => names(event),
            Text::Line(line) => names(&archive?.event(*line).ok()?.event),
        }
    }
}

/// An event at hand, with what the timeline knows of its row.
struct Sought<'a> {
    whole: WholeEvent<'a>,
    asked: &'a Asked,
    search: &'a Search,
}

impl EventFacts for Sought<'_> {
    fn kind(&self) -> EventKind {
        self.asked.facts.kind
    }

    fn is(&self, state: EventState) -> Fact<bool> {
        self.asked.facts.is(state)
    }

    fn tool(&self) -> Tool<'_> {
        self.whole.tool()
    }

    fn size(&self) -> u64 {
        self.asked.facts.size
    }

    fn duration_ms(&self) -> Fact<Option<u64>> {
        self.asked.facts.duration_ms()
    }

    fn at(&self) -> Option<Timestamp> {
        self.whole.at().or(self.asked.facts.at)
    }

    fn step(&self) -> Fact<Option<&str>> {
        Fact::Known(self.search.step(self.asked))
    }

    fn sub_agent(&self) -> Fact<Option<&str>> {
        self.whole.sub_agent()
    }

    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        self.whole.text(reader)
    }
}

/// An event too long to be held, read piece by piece for every question about its text.
struct Pieces<'a> {
    asked: &'a Asked,
    search: &'a Search,
    tool: Option<&'a str>,
    read: &'a dyn Fn(&mut Reader<'_>),
}

impl EventFacts for Pieces<'_> {
    fn kind(&self) -> EventKind {
        self.asked.facts.kind
    }

    fn is(&self, state: EventState) -> Fact<bool> {
        self.asked.facts.is(state)
    }

    fn tool(&self) -> Tool<'_> {
        self.tool.map_or_else(|| self.asked.facts.tool(), Tool::Named)
    }

    fn size(&self) -> u64 {
        self.asked.facts.size
    }

    fn duration_ms(&self) -> Fact<Option<u64>> {
        self.asked.facts.duration_ms()
    }

    fn at(&self) -> Option<Timestamp> {
        self.asked.facts.at
    }

    fn step(&self) -> Fact<Option<&str>> {
        Fact::Known(self.search.step(self.asked))
    }

    fn sub_agent(&self) -> Fact<Option<&str>> {
        Fact::Known(self.tool.filter(|_| self.asked.facts.sub_agent))
    }

    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        (self.read)(reader);
        Fact::Known(())
    }
}

/// A piece that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    generation: u64,
    purpose: Purpose,
    rows: Vec<u32>,
    /// How many of them are decided.
    decided: usize,
    /// Rows of which something else is known since.
    stale: HashSet<usize>,
}

impl Flight {
    pub(super) fn is_for(&self, purpose: Purpose) -> bool {
        self.purpose == purpose
    }

    pub(super) fn outdate(&mut self, rows: &[usize]) {
        self.stale.extend(rows);
    }
}

impl Reading {
    pub(crate) fn search_under_way(&self) -> Option<u64> {
        self.searches.flight.as_ref().map(|flight| flight.generation)
    }

    pub(crate) fn abandon_search(&mut self) {
        self.searches.flight = None;
    }

    pub(crate) fn next_search(&mut self, store: &Store, generation: u64) -> Option<Search> {
        if self.searches.flight.is_some() {
            return None;
        }
        let mut purposes = [Purpose::Filter, Purpose::Find].into_iter();
        purposes.find_map(|purpose| self.advance(store, purpose, generation))
    }

    pub(crate) fn take_found(&mut self, store: &Store, found: &Found) -> bool {
        let Some(flight) = &mut self.searches.flight else { return false };
        if flight.generation != found.generation {
            return false;
        }
        let purpose = flight.purpose;
        let first = flight.decided;
        let until = found.decided.min(flight.rows.len()).max(first);
        flight.decided = until;
        let passed = |at: usize| found.passed.binary_search(&at).is_ok();
        let verdict = |at: usize| (flight.rows[at] as usize, passed(at));
        let verdicts = (first..until).map(verdict).filter(|(row, _)| !flight.stale.contains(row));
        let verdicts: Vec<(usize, bool)> = verdicts.collect();
        if found.done {
            self.searches.flight = None;
        }
        self.take_verdicts(store, purpose, &verdicts);
        true
    }

    fn advance(&mut self, store: &Store, purpose: Purpose, generation: u64) -> Option<Search> {
        let index = self.searches.index(purpose).filter(|index| index.is_open())?;
        let at_once = is_short(store);
        let archive = store.archive().cloned();
        let mut search = Search {
            generation,
            query: Arc::clone(&index.query),
            now: index.now,
            asked: Vec::new(),
            archive,
            steps: if index.query.asks_for_steps() { steps(store) } else { Steps::default() },
        };
        let words_alone = index.query.asks_for_words_alone();
        let reads = reads(index.pieces);
        // No facts are gathered for words alone.
        let glances = if words_alone { reads } else { GLANCES };
        search.asked.reserve_exact(reads.min(index.open_count()));
        let mut verdicts = Vec::new();
        let mut bytes = 0;
        for row in Self::open_rows(index).take(glances) {
            let facts =
                if words_alone { RowFacts::unasked(store, row) } else { self.facts(store, row) };
            let answer = if facts.is_vague() {
                Answer::NeedsReading
            } else {
                search.query.glance(&facts, search.now)
            };
            if answer != Answer::NeedsReading {
                verdicts.push((row, answer == Answer::Yes));
                continue;
            }
            let Some(asked) = ask(store, row, facts) else {
                verdicts.push((row, false));
                continue;
            };
            if let (true, Text::Held(event)) = (at_once, &asked.text) {
                verdicts.push((row, search.passes(&asked, event)));
                continue;
            }
            bytes += asked.facts.size;
            search.asked.push(asked);
            if search.asked.len() >= reads || bytes >= READ_BYTES {
                break;
            }
        }
        self.take_verdicts(store, purpose, &verdicts);
        let index = self.searches.slot(purpose).as_mut()?;
        index.pieces = index.pieces.saturating_add(1);
        index.is_open().then(|| {
            let rows = search.asked.iter().map(|asked| asked.row).collect();
            let (decided, stale) = (0, HashSet::new());
            self.searches.flight = Some(Flight { generation, purpose, rows, decided, stale });
            search
        })
    }

    /// From where looking began to the end, and then from the start.
    fn open_rows(index: &QueryIndex) -> impl Iterator<Item = usize> {
        let rows = |from, end| {
            let next = move |row: &usize| index.next_open(row + 1).filter(|next| *next < end);
            std::iter::successors(index.next_open(from).filter(|row| *row < end), next)
        };
        rows(index.from, usize::MAX).chain(rows(0, index.from))
    }
}

/// Rows of a piece, after so many others.
fn reads(pieces: u32) -> usize {
    FIRST_READS.saturating_mul(2_usize.saturating_pow(pieces)).min(READS)
}

/// Whether it is looked through at once.
fn is_short(store: &Store) -> bool {
    !store.is_filed() && store.event_count() <= SHORT_ROWS && store.held_bytes() <= SHORT_BYTES
}

fn ask(store: &Store, row: usize, facts: RowFacts) -> Option<Asked> {
    Some(Asked { row: u32::try_from(row).ok()?, facts, text: text_of(store, row)? })
}

fn text_of(store: &Store, row: usize) -> Option<Text> {
    if store.is_filed() {
        return store.line(row).map(Text::Line);
    }
    Some(Text::Held(Arc::clone(store.event_at(row)?)))
}

pub(super) fn steps(store: &Store) -> Steps {
    let transition = |row: &u32| {
        let text = text_of(store, *row as usize)?;
        Some(Transition { row: *row, text, names: OnceLock::new() })
    };
    Steps(store.transitions().iter().filter_map(transition).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_grow_and_stay_as_long_as_they_may_get() {
        let first: Vec<usize> = (0..6).map(reads).collect();
        assert_eq!(first, [2_500, 5_000, 10_000, 20_000, 40_000, 40_000]);
        assert!((6..200).all(|pieces| reads(pieces) == READS));
    }
}
