//! Where the time of a session went: its turns as bars, and in each of them steps, calls, texts and
//! waiting.
//!
//! Works on moments, which cost nothing to read; events are read only for the rows on the screen
//! and to learn the names of tools. Start with [`Waterfall::open`]; [`course`] makes the bars. The
//! invariant: the cursor and the folds are names of units, so that they stay when events arrive.

mod bar;
mod course;
mod measured;
mod row;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::api::{Agent, Timestamp};
use crate::model::timeline::{Moment, OTHER_TOOL, Timeline, Unit, UnitId};
use crate::text::{sanitize, width};
use crate::view::layout::{Area, WaterfallParts};
use crate::viewport::{Motion, Viewport};
use course::{Course, Present};

pub use bar::{End, Nature};
pub use measured::Measured;
pub use row::{Scale, WaterfallRow};

/// Sessions with more bars begin with their turns folded.
const LONG: usize = 60;
/// A shorter pause between turns has no row.
const PAUSE_MS: u64 = 1_000;

/// How the rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    #[default]
    AsItHappened,
    LongestFirst,
}

impl Order {
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItHappened => "in order",
            Self::LongestFirst => "longest first",
        }
    }
}

/// Where the lengths come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimingSource {
    EventTimes,
    /// Some bars are still told from event times.
    Traces,
}

impl TimingSource {
    pub fn words(self) -> &'static str {
        match self {
            Self::EventTimes => "from event times",
            Self::Traces => "from traces",
        }
    }
}

/// A row by the index of what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// The pause before this turn.
    Pause(u32),
    Turn(u32),
    Bar(u32),
}

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Pause(UnitId),
    Turn(UnitId),
    Bar(UnitId),
}

impl Place {
    fn unit(&self) -> &UnitId {
        match self {
            Self::Pause(id) | Self::Turn(id) | Self::Bar(id) => id,
        }
    }
}

#[derive(Debug, Clone)]
struct Tool {
    name: String,
    /// A person answers its calls.
    yours: bool,
}

/// What the bars were made of; others are made once this is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    generation: u64,
    /// The second, while something goes on.
    second: i64,
    measured: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Waterfall {
    course: Course,
    stamp: Option<Stamp>,
    /// Events that the bars were made of.
    events: usize,
    tools: HashMap<u8, Tool>,
    measured: Measured,
    /// Bars that have their length from a trace.
    from_traces: usize,
    order: Order,
    open_by_default: bool,
    /// Turns folded otherwise than by default.
    folds: HashSet<UnitId>,
    shown: Vec<Line>,
    cursor: Option<Place>,
    viewport: Viewport,
    summary: Vec<String>,
    /// The person went from here to a row of the timeline and may come back.
    away: bool,
}

impl Waterfall {
    /// With the cursor on what the timeline's cursor is on.
    pub fn open(timeline: &Timeline, agent: Option<&Agent>, now: Timestamp) -> Self {
        let mut waterfall = Self::default();
        waterfall.build(timeline, agent, now);
        waterfall.open_by_default = waterfall.course.bars.len() <= LONG;
        let row = timeline.cursor_unit().and_then(|unit| timeline.row_of_id(&unit.id));
        waterfall.point_to(timeline, row);
        waterfall.list(timeline);
        waterfall
    }

    /// Puts the cursor on the bar of a row, or on the turn that the row is in.
    fn point_to(&mut self, timeline: &Timeline, row: Option<usize>) {
        let Some(row) = row else { return };
        let turns = &self.course.turns;
        let before = turns.partition_point(|turn| turn.row as usize <= row);
        let Some(turn) = before.checked_sub(1).and_then(|at| turns.get(at)) else { return };
        let Some(name) = timeline.id_at_row(turn.row as usize) else { return };
        let bar = self.course.bar_of_row(row).and_then(|_| timeline.id_at_row(row));
        let Some(bar) = bar else {
            self.cursor = Some(Place::Turn(name));
            return;
        };
        if !self.open_by_default {
            self.folds.insert(name);
        }
        self.cursor = Some(Place::Bar(bar));
    }

    /// Takes over durations that traces tell. Answers whether they told any of a bar.
    pub fn measure(&mut self, measured: Measured, timeline: &Timeline) -> bool {
        // A service that has nothing to say now said what it knew before.
        self.measured.extend(measured);
        self.from_traces = self.measured.apply(&mut self.course, timeline);
        self.list(timeline);
        self.source() == TimingSource::Traces
    }

    pub fn source(&self) -> TimingSource {
        if self.from_traces > 0 { TimingSource::Traces } else { TimingSource::EventTimes }
    }

    pub fn order(&self) -> Order {
        self.order
    }

    /// Something goes on, so that lengths grow by time alone.
    pub fn is_open(&self) -> bool {
        self.course.open && !self.away
    }

    pub fn is_away(&self) -> bool {
        self.away
    }

    pub fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    /// Lines above the bars: what the time went to, and the tools that took most of it.
    pub fn summary(&self) -> &[String] {
        &self.summary
    }

    /// Takes over what has changed, and keeps the cursor on the screen.
    pub fn settle(
        &mut self,
        timeline: &Timeline,
        agent: Option<&Agent>,
        now: Timestamp,
        pane: Area,
    ) {
        if self.is_stale(timeline, now) {
            self.build(timeline, agent, now);
            self.list(timeline);
        }
        self.summary = self.summarise(pane.width.into());
        let parts = WaterfallParts::of(pane, self.summary.len());
        self.summary.truncate(parts.summary.height.into());
        self.viewport.settle(self.shown.len(), parts.bars.height.into());
    }

    fn is_stale(&self, timeline: &Timeline, now: Timestamp) -> bool {
        let fresh = self.stamp_now(timeline, now);
        // While a file is read it grows without end: a quarter more is worth another look.
        let grown = timeline.event_count() > self.events + self.events / 4;
        self.stamp != Some(fresh) && (grown || timeline.reading().is_none())
    }

    fn stamp_now(&self, timeline: &Timeline, now: Timestamp) -> Stamp {
        let second = if self.course.open { now.as_second() } else { 0 };
        Stamp { generation: timeline.generation(), second, measured: self.measured.count() }
    }

    fn build(&mut self, timeline: &Timeline, agent: Option<&Agent>, now: Timestamp) {
        let held = timeline.archive().is_none();
        let present = Present {
            told: timeline.is_told_what_waits(),
            running: timeline.is_running(),
            now: held.then(|| now.as_second().saturating_mul(1_000)),
        };
        let tools = &mut self.tools;
        let yours = |number: u8, row: usize| {
            let known = tools.entry(number);
            known.or_insert_with(|| tool_of(timeline, number, row, agent)).yours
        };
        // What lies behind a gap in a file moves while the gap closes.
        let moments = timeline.moments().take_while(|moment: &Moment| !moment.unread_before);
        self.course = Course::of(moments, present, yours);
        self.from_traces = self.measured.apply(&mut self.course, timeline);
        self.events = timeline.event_count();
        self.stamp = Some(self.stamp_now(timeline, now));
    }

    /// Works out anew which rows there are, and finds the cursor among them.
    fn list(&mut self, timeline: &Timeline) {
        let course = &self.course;
        let folded = self.folded_rows(timeline);
        self.shown.clear();
        let mut turns: Vec<u32> = (0..number(course.turns.len())).collect();
        if self.order == Order::LongestFirst {
            turns.sort_by_key(|turn| std::cmp::Reverse(course.turns[*turn as usize].length));
        }
        for at in turns {
            let turn = &course.turns[at as usize];
            if self.order == Order::AsItHappened && turn.pause >= PAUSE_MS {
                self.shown.push(Line::Pause(at));
            }
            self.shown.push(Line::Turn(at));
            if folded.contains(&turn.row) == self.open_by_default {
                continue;
            }
            let from = self.shown.len();
            self.shown.extend(turn.bars.clone().map(Line::Bar));
            if self.order == Order::LongestFirst {
                self.shown[from..].sort_by_key(|line| match line {
                    Line::Bar(bar) => std::cmp::Reverse(course.bars[*bar as usize].length),
                    _ => std::cmp::Reverse(0),
                });
            }
        }
        self.find_cursor(timeline);
    }

    /// Rows of the turns that are folded otherwise than by default.
    fn folded_rows(&self, timeline: &Timeline) -> HashSet<u32> {
        self.folds.iter().filter_map(|id| timeline.row_of_id(id)).map(number).collect()
    }

    /// The row of the cursor; where it is folded away, the row of its turn.
    fn find_cursor(&mut self, timeline: &Timeline) {
        let Some(place) = &self.cursor else {
            return self.put_cursor(self.cursor_row(), timeline);
        };
        let Some(row) = timeline.row_of_id(place.unit()) else {
            return self.put_cursor(self.cursor_row(), timeline);
        };
        let turns = &self.course.turns;
        let turn = turns.partition_point(|turn| turn.row as usize <= row).saturating_sub(1);
        let wanted = match place {
            Place::Pause(_) => Line::Pause(number(turn)),
            Place::Turn(_) => Line::Turn(number(turn)),
            Place::Bar(_) => match self.course.bar_of_row(row) {
                Some(bar) => Line::Bar(number(bar)),
                None => Line::Turn(number(turn)),
            },
        };
        let find = |wanted: Line| self.shown.iter().position(|line| *line == wanted);
        if let Some(at) = find(wanted) {
            self.viewport.select(at);
        } else {
            let at = find(Line::Turn(number(turn))).unwrap_or(self.cursor_row());
            self.put_cursor(at, timeline);
        }
    }

    fn put_cursor(&mut self, at: usize, timeline: &Timeline) {
        let at = at.min(self.shown.len().saturating_sub(1));
        self.viewport.select(at);
        let line = self.shown.get(at).copied();
        self.cursor = line.and_then(|line| {
            let id = timeline.id_at_row(self.row_of_line(line)?)?;
            Some(match line {
                Line::Pause(_) => Place::Pause(id),
                Line::Turn(_) => Place::Turn(id),
                Line::Bar(_) => Place::Bar(id),
            })
        });
    }

    fn row_of_line(&self, line: Line) -> Option<usize> {
        Some(match line {
            Line::Pause(turn) | Line::Turn(turn) => self.course.turns.get(turn as usize)?.row,
            Line::Bar(bar) => self.course.bars.get(bar as usize)?.row,
        } as usize)
    }

    fn turn_of_line(&self, line: Line) -> usize {
        match line {
            Line::Pause(turn) | Line::Turn(turn) => turn as usize,
            Line::Bar(bar) => self.course.turn_of(bar),
        }
    }

    pub fn row_count(&self) -> usize {
        self.shown.len()
    }

    pub fn turn_count(&self) -> usize {
        self.course.turns.len()
    }

    /// The row of the cursor.
    pub fn cursor_row(&self) -> usize {
        self.viewport.at()
    }

    /// The unit that the bar under the cursor belongs to.
    pub fn unit(&self) -> Option<&UnitId> {
        self.cursor.as_ref().map(Place::unit)
    }

    pub fn go(&mut self, motion: Motion, timeline: &Timeline) {
        self.viewport.go(motion, self.shown.len());
        self.put_cursor(self.cursor_row(), timeline);
    }

    pub fn next_order(&mut self, timeline: &Timeline) {
        self.order = match self.order {
            Order::AsItHappened => Order::LongestFirst,
            Order::LongestFirst => Order::AsItHappened,
        };
        if self.order == Order::LongestFirst {
            // Whoever asks for the longest wants to see it.
            self.cursor = None;
            self.viewport.show_from(0);
        }
        self.list(timeline);
    }

    fn turn_here(&self, timeline: &Timeline) -> Option<UnitId> {
        let line = *self.shown.get(self.cursor_row())?;
        let turn = self.course.turns.get(self.turn_of_line(line))?;
        timeline.id_at_row(turn.row as usize)
    }

    fn is_folded(&self, turn: &UnitId) -> bool {
        self.folds.contains(turn) == self.open_by_default
    }

    /// Folds or unfolds the turn that the cursor is in; says whether that changed anything.
    fn fold(&mut self, folded: bool, timeline: &Timeline) -> bool {
        let Some(turn) = self.turn_here(timeline) else { return false };
        if self.is_folded(&turn) == folded {
            return false;
        }
        if !self.folds.remove(&turn) {
            self.folds.insert(turn.clone());
        }
        self.list(timeline);
        true
    }

    pub fn toggle_fold(&mut self, timeline: &Timeline) {
        if !self.fold(true, timeline) {
            self.fold(false, timeline);
        }
    }

    pub fn fold_all(&mut self, folded: bool, timeline: &Timeline) {
        self.open_by_default = !folded;
        self.folds.clear();
        self.list(timeline);
    }

    /// `h`: folds the turn; false when there is nothing further out.
    pub fn out(&mut self, timeline: &Timeline) -> bool {
        self.fold(true, timeline)
    }

    /// `l`: unfolds the turn, else goes to its first bar.
    pub fn inwards(&mut self, timeline: &Timeline) {
        let on_turn = matches!(self.shown.get(self.cursor_row()), Some(Line::Turn(_)));
        if !self.fold(false, timeline)
            && on_turn
            && matches!(self.shown.get(self.cursor_row() + 1), Some(Line::Bar(_)))
        {
            self.put_cursor(self.cursor_row() + 1, timeline);
        }
    }
}

/// What one call of a tool tells of all of them.
fn tool_of(timeline: &Timeline, number: u8, row: usize, agent: Option<&Agent>) -> Tool {
    if number == OTHER_TOOL {
        // One call of them says nothing of the others.
        return Tool { name: "other tools".to_owned(), yours: false };
    }
    let unit: Option<Unit> = timeline.unit_at_row(row);
    let configured = unit.as_ref().zip(agent);
    let configured =
        configured.and_then(|(unit, agent)| crate::view::configuration_of(agent, unit));
    let input = unit.as_ref().and_then(Unit::tool_input);
    let kind = configured.map(|tool| tool.kind.as_str());
    let kind = kind.or(input.and_then(|input| input.tool_type.as_deref()));
    let name = input.map(|input| input.tool_configuration_name.as_str()).unwrap_or_default();
    Tool {
        name: width::truncate(&sanitize::preview(name, 40), 24).into_owned(),
        yours: kind.is_some_and(|kind| kind.contains("client")),
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
