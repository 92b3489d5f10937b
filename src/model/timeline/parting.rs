//! A session parted at one of its events, as a compaction and a branch part it.
//!
//! Counts and names only; what becomes of the parts is said elsewhere. Start with
//! [`Timeline::part_behind`]. The invariant: what the agent does not see belongs to neither share.

use std::sync::Arc;

use super::store::Record;
use super::unit::tokens_of;
use super::{Timeline, Unit, UnitId, Visibility};
use crate::api::{Event, EventId, EventKind};

/// Events that the agent sees, and about how much of its context they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    pub events: usize,
    pub tokens: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The last event of the first part.
    pub border: EventId,
    pub first: Share,
    pub rest: Share,
    /// Events of the first part that the agent no longer sees.
    pub unseen: usize,
    /// Tool calls of the first part with their outputs.
    pub calls: usize,
    /// Tool calls whose output is in the other part.
    pub split: usize,
    /// Events of the first part with a bookmark.
    pub bookmarked: usize,
    /// Everything back to the first event is here and counted.
    pub whole: bool,
}

/// The rows of one part that are nearest to the border, in their order.
#[derive(Debug, Clone, Default)]
pub struct Nearest {
    pub units: Vec<Unit>,
    /// Rows further away.
    pub more: usize,
}

/// The message that a row answers.
#[derive(Debug, Clone)]
pub struct Question {
    pub event: Arc<Event>,
    /// Parted before it; `None` where it is the first of what is here.
    pub before: Option<Parting>,
    /// It is the first event of the session.
    pub is_first: bool,
}

impl Timeline {
    /// Parted behind a row, both events of a call before the border.
    pub fn part_behind(&self, unit: &UnitId) -> Option<Parting> {
        let row = self.store.row_of(unit)?;
        let record = self.store.record(row)?;
        self.part(record.partner().map_or(row, |partner| partner.max(row)))
    }

    /// Parted before the newest so many messages that the agent sees; `None` where nothing that it
    /// sees lies before them.
    pub fn part_before_inputs(&self, kept: usize) -> Option<Parting> {
        let is_input = |row: &usize| {
            let record = self.store.records()[*row];
            is_seen(record) && record.kind() == EventKind::InputMessage
        };
        let rows = (0..self.store.event_count()).rev();
        let input = rows.filter(is_input).nth(kept.saturating_sub(1))?;
        let last = (0..input).rev().find(|row| is_seen(self.store.records()[*row]))?;
        self.part(last)
    }

    /// All of it before the border.
    pub fn part_at_end(&self) -> Option<Parting> {
        let rows = (0..self.store.event_count()).rev();
        self.part(rows.into_iter().find(|row| self.store.records()[*row].stored())?)
    }

    /// The message that the turn of a row began with.
    pub fn question_of(&self, unit: &UnitId) -> Option<Question> {
        let row = self.store.row_of(unit).filter(|row| *row < self.store.event_count())?;
        let question = self.store.group_of(row, true)?;
        let event = Arc::clone(self.store.event_at(question)?);
        let before = (0..question).rev().find(|row| self.store.records()[*row].stored());
        let is_first = before.is_none() && self.store.reaches_start();
        Some(Question { event, before: before.and_then(|last| self.part(last)), is_first })
    }

    /// The newest compaction that is stored.
    pub fn newest_compaction(&self) -> Option<UnitId> {
        let is_one = |record: &Record| record.stored() && record.kind() == EventKind::Compaction;
        let row = self.store.records().iter().rposition(is_one)?;
        self.store.id_of(row)
    }

    /// What the agent sees on both sides of the border, at most so many rows of each.
    pub fn around(&self, parting: &Parting, most: usize) -> [Nearest; 2] {
        let Some(last) = self.store.place(&UnitId::from(&parting.border)) else {
            return [Nearest::default(), Nearest::default()];
        };
        // A call stands where its input does.
        let is_row = |row: &usize| {
            let record = self.store.records()[*row];
            is_seen(record) && !record.joined()
        };
        let nearest = |rows: &[usize]| Nearest {
            units: rows.iter().filter_map(|row| self.unit_at_row(*row)).collect(),
            more: 0,
        };
        let mut before: Vec<usize> = (0..=last).filter(is_row).collect();
        let mut behind: Vec<usize> = (last + 1..self.store.event_count()).filter(is_row).collect();
        let more = before.len().saturating_sub(most);
        let before = Nearest { more, ..nearest(&before.split_off(more)) };
        let more = behind.len().saturating_sub(most);
        behind.truncate(most);
        [before, Nearest { more, ..nearest(&behind) }]
    }

    /// Whether a call and its output lie on different sides of the border.
    pub fn is_split(&self, parting: &Parting, unit: &Unit) -> bool {
        let place = |id: &EventId| self.store.place(&UnitId::from(id));
        let output = unit.output.as_ref().and_then(|output| place(output.id.as_ref()?));
        unit.tool_input().is_some() && output > place(&parting.border)
    }

    fn part(&self, last: usize) -> Option<Parting> {
        let store = &self.store;
        let border = store.event_at(last)?.id.clone().filter(|_| store.records()[last].stored())?;
        let mut parting = Parting {
            border,
            first: Share::default(),
            rest: Share::default(),
            unseen: 0,
            calls: 0,
            split: 0,
            bookmarked: 0,
            whole: store.reaches_start(),
        };
        for (row, record) in store.records().iter().enumerate().filter(|(_, one)| one.stored()) {
            let in_first = row <= last;
            if !is_seen(*record) {
                parting.unseen += usize::from(in_first);
                continue;
            }
            let share = if in_first { &mut parting.first } else { &mut parting.rest };
            share.events += 1;
            share.tokens += store.event_at(row).map_or(0, |event| tokens_of(event.size() as u64));
            if !in_first {
                continue;
            }
            if record.kind() == EventKind::ToolInput
                && let Some(output) = record.partner()
            {
                let whole = output <= last;
                parting.calls += usize::from(whole);
                parting.split += usize::from(!whole);
            }
            let is_bookmarked = store.id_of(row).is_some_and(|id| self.note(&id).is_some());
            parting.bookmarked += usize::from(is_bookmarked);
        }
        Some(parting)
    }
}

fn is_seen(record: Record) -> bool {
    record.stored() && record.visibility() == Visibility::InContext
}
