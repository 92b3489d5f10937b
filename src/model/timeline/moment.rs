//! The timeline as it was after an earlier event.
//!
//! Events from there on have not come: their rows are not shown, a compaction among them has
//! replaced nothing yet, and a call whose output is among them still runs. Hiding has no time on
//! the wire, so what is hidden now is hidden then. What arrives meanwhile waits for the way back to
//! the present. The invariant: a step costs what its event changed, whatever the session's length.

use std::collections::HashMap;

use crate::api::{EventKind, Timestamp};

use super::record::Record;
use super::unit::UnitId;
use super::visibility::Counts;
use super::{Timeline, Visibility};

/// How far the reader has gone back.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    /// Events that had come, which is also the row of the first that had not.
    rows: usize,
    /// What the agent saw of them.
    counts: Counts,
    /// The newest event when the reader left the present.
    left: Option<UnitId>,
}

/// A moment, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// When its last event happened.
    pub at: Option<Timestamp>,
    /// The number of that event, from 1.
    pub event: usize,
    pub of: usize,
}

/// What came of a step in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    Moved,
    /// There is nothing before the first event that is here.
    AtFirst,
    /// The step led into the present, or would have to lead beyond it.
    Present,
    /// What comes before the row under the cursor is not read yet.
    Unread,
}

impl Timeline {
    /// Events that have come, as of the moment that is shown.
    pub(super) fn rows_then(&self) -> usize {
        self.moment.as_ref().map_or(self.records.len(), |moment| moment.rows)
    }

    pub fn is_past(&self) -> bool {
        self.moment.is_some()
    }

    pub fn as_of(&self) -> Option<AsOf> {
        let moment = self.moment.as_ref()?;
        let last = self.records.get(moment.rows.checked_sub(1)?)?;
        let at = self.derived.since.and_then(|since| last.at(since));
        let at = at.and_then(|at| Timestamp::from_millisecond(at).ok());
        Some(AsOf { at, event: moment.rows, of: self.records.len() })
    }

    pub(super) fn counts_then(&self) -> Counts {
        self.moment.as_ref().map_or(self.derived.counts, |moment| moment.counts)
    }

    /// The other half of a call, unless it has not come yet.
    pub(super) fn partner_then(&self, row: usize) -> Option<usize> {
        let partner = self.records.get(row)?.partner()?;
        (partner < self.rows_then()).then_some(partner)
    }

    /// Whether the output of this call came later.
    pub(super) fn still_ran(&self, row: usize) -> bool {
        let answered = self.records.get(row).is_some_and(|record| record.partner().is_some());
        answered && self.partner_then(row).is_none()
    }

    pub(super) fn visibility_then(&self, row: usize) -> Visibility {
        let visibility = self.records[row].visibility();
        let Some(moment) = self.moment.as_ref().filter(|_| visibility == Visibility::Compacted)
        else {
            return visibility;
        };
        match self.derived.covers.of(row) {
            Some(compaction) if compaction >= moment.rows => Visibility::InContext,
            _ => visibility,
        }
    }

    /// One event on (`forward`) or back. The first step back leads to the row under the cursor.
    pub fn step(&mut self, forward: bool) -> Stepped {
        self.wanted = None;
        let rows = match &self.moment {
            None if forward => return Stepped::Present,
            None => return self.go_back_to_cursor(),
            Some(moment) => moment.rows,
        };
        if forward && rows >= self.records.len() {
            self.return_to_present();
            return Stepped::Present;
        }
        if !forward && rows <= 1 {
            return Stepped::AtFirst;
        }
        let row = if forward { rows } else { rows - 1 };
        self.pass(row, forward);
        self.place_cursor_on_newest();
        Stepped::Moved
    }

    fn go_back_to_cursor(&mut self) -> Stepped {
        let last = self.records.len().checked_sub(1);
        let cursor = self.scroll.cursor.as_ref().and_then(|id| self.row_of(id)).or(last);
        let Some((row, last)) = cursor.zip(last) else { return Stepped::AtFirst };
        if self.is_tail() {
            return Stepped::Unread;
        }
        self.show_as_of(row.min(last) + 1);
        Stepped::Moved
    }

    /// Shows the timeline as it was after that many events.
    pub(super) fn show_as_of(&mut self, rows: usize) {
        let left = match self.moment.take() {
            Some(moment) => moment.left,
            None => self.records.len().checked_sub(1).and_then(|row| self.id_of(row)),
        };
        let rows = rows.clamp(1, self.records.len().max(1));
        self.moment = Some(Moment { rows, counts: Counts::default(), left });
        self.scroll.follow = false;
        self.count_moment();
        self.arrange();
        self.place_cursor_on_newest();
    }

    /// Everything that is here is shown again; the cursor stays where it is.
    pub fn return_to_present(&mut self) {
        self.wanted = None;
        let Some(moment) = self.moment.take() else { return };
        let known = moment.left.and_then(|id| self.row_of(&id));
        self.rearrange();
        if let Some(known) = known {
            self.scroll.new_below = self.shown_len().saturating_sub(self.rank(known + 1));
        }
    }

    /// Takes one event in (`came`) or takes it away again, with all that it says about others.
    fn pass(&mut self, row: usize, came: bool) {
        let Some(record) = self.records.get(row).copied() else { return };
        let covered = self.covered_by(row, record);
        let seen = self.visibility_then(row);
        if let Some(moment) = &mut self.moment {
            moment.rows = if came { row + 1 } else { row };
            let stored = covered.iter().filter(|row| self.records[**row].stored()).count();
            let counts = &mut moment.counts;
            let (from, to) = if came {
                (&mut counts.in_context, &mut counts.compacted)
            } else {
                (&mut counts.compacted, &mut counts.in_context)
            };
            *from = from.saturating_sub(stored);
            *to += stored;
        }
        // What an event is seen as once it has come, so before it is taken away or after.
        let seen = if came { self.visibility_then(row) } else { seen };
        if let Some(moment) = self.moment.as_mut().filter(|_| record.stored()) {
            if came {
                moment.counts.add(seen);
            } else {
                moment.counts.remove(seen);
            }
        }
        let partners = covered.iter().filter_map(|row| self.records[*row].partner());
        let mut touched: Vec<usize> = partners.chain(record.partner()).collect();
        touched.extend(covered);
        self.shown.truncate(row);
        // The row itself, if it came; of the others only those that have come count.
        self.show_from(row, touched);
    }

    /// What the event stands for, if it is a compaction.
    fn covered_by(&self, row: usize, record: Record) -> Vec<usize> {
        if record.kind() != EventKind::Compaction {
            return Vec::new();
        }
        let Some((first, last)) = self.derived.covers.span(row) else { return Vec::new() };
        let is_covered = |at: &usize| {
            self.records[*at].visibility() == Visibility::Compacted
                && self.derived.covers.of(*at) == Some(row)
        };
        (first..=last.min(row)).filter(is_covered).collect()
    }

    fn count_moment(&mut self) {
        let stored = (0..self.rows_then()).filter(|row| self.records[*row].stored());
        let counts = stored.fold(Counts::default(), |mut counts, row| {
            counts.add(self.visibility_then(row));
            counts
        });
        if let Some(moment) = &mut self.moment {
            moment.counts = counts;
        }
    }

    /// A compaction that came after the moment turns out to have hidden an event.
    pub(super) fn uncover_then(&mut self, row: usize) {
        let record = self.records[row];
        if let Some(moment) = self.moment.as_mut().filter(|moment| row < moment.rows)
            && record.stored()
        {
            moment.counts.remove(record.visibility());
            moment.counts.add(Visibility::InContext);
        }
    }

    /// After everything was numbered anew: the moment is after the last event that had come.
    pub(super) fn keep_moment(&mut self, before: &HashMap<UnitId, u32>) {
        let Some(moment) = &mut self.moment else { return };
        let had_come = before.iter().filter(|(_, row)| (**row as usize) < moment.rows);
        let last = had_come.filter_map(|(id, _)| self.places.get(id)).max();
        match last {
            Some(last) => {
                moment.rows = *last as usize + 1;
                self.count_moment();
            }
            None => self.moment = None,
        }
    }

    /// The row that tells of the newest event, or the nearest before it.
    fn place_cursor_on_newest(&mut self) {
        let Some(newest) = self.rows_then().checked_sub(1) else { return };
        let joined = self.partner_then(newest).filter(|_| self.records[newest].joined());
        let row = joined.unwrap_or(newest);
        let near = if self.is_shown(row) { Some(row) } else { self.shown.previous(newest) };
        let near = near.or_else(|| self.shown.next(0));
        match near {
            Some(row) => self.place_cursor(self.rank(row)),
            None => self.scroll.cursor = None,
        }
    }
}
