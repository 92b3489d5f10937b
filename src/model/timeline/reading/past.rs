//! A session as it was after an earlier event, and as it is now.
//!
//! Events from there on have not come: a compaction among them has replaced nothing yet, and a call
//! whose output is among them still runs. Hiding has no time on the wire, so what is hidden now is
//! hidden then. Whoever shows rows asks here how they were seen. The invariant: the counts are those
//! of the rows that had come.

use std::collections::HashMap;

use super::{AsOf, Store, UnitId};
use crate::api::EventKind;
use crate::model::timeline::store::Record;
use crate::model::timeline::visibility::{Counts, Visibility};

/// How far the reader has gone back, if at all.
#[derive(Debug, Clone, Default)]
pub(super) struct Past(Option<Cutoff>);

#[derive(Debug, Clone)]
struct Cutoff {
    /// Events that had come, which is also the row of the first that had not.
    rows: usize,
    /// What the agent saw of them.
    counts: Counts,
    /// The newest event when the reader left the present.
    left: Option<UnitId>,
}

impl Past {
    pub(super) fn is_past(&self) -> bool {
        self.0.is_some()
    }

    /// Events that had come; `None` in the present.
    #[inline]
    pub(super) fn cutoff(&self) -> Option<usize> {
        self.0.as_ref().map(|cutoff| cutoff.rows)
    }

    /// Events that have come, as of the moment that is shown.
    #[inline]
    pub(super) fn rows(&self, store: &Store) -> usize {
        self.cutoff().unwrap_or_else(|| store.event_count())
    }

    pub(super) fn as_of(&self, store: &Store) -> Option<AsOf> {
        let rows = self.cutoff()?;
        let last = rows.checked_sub(1).filter(|last| *last < store.event_count())?;
        Some(AsOf { at: store.recorded_at(last), event: rows, of: store.event_count() })
    }

    pub(super) fn counts(&self, store: &Store) -> Counts {
        self.0.as_ref().map_or_else(|| store.counts(), |cutoff| cutoff.counts)
    }

    /// The other half of a call, unless it has not come yet.
    #[inline]
    pub(super) fn partner(&self, store: &Store, row: usize) -> Option<usize> {
        let partner = store.records().get(row)?.partner()?;
        (partner < self.rows(store)).then_some(partner)
    }

    /// Whether the output of this call came later.
    pub(super) fn still_ran(&self, store: &Store, row: usize) -> bool {
        let answered = store.records().get(row).is_some_and(|record| record.partner().is_some());
        answered && self.partner(store, row).is_none()
    }

    #[inline]
    pub(super) fn visibility(&self, store: &Store, row: usize) -> Visibility {
        let visibility = store.records()[row].visibility();
        let Some(rows) = self.cutoff().filter(|_| visibility == Visibility::Compacted) else {
            return visibility;
        };
        match store.covers().of(row) {
            Some(compaction) if compaction >= rows => Visibility::InContext,
            _ => visibility,
        }
    }

    /// The half of a unit that says what the agent sees of it: half hidden is shown as hidden,
    /// because the agent no longer sees the whole.
    #[inline]
    pub(super) fn place_seen(&self, store: &Store, row: usize) -> usize {
        self.seen(store, row).0
    }

    /// That half, and how the agent sees it.
    #[inline]
    pub(super) fn seen(&self, store: &Store, row: usize) -> (usize, Visibility) {
        let own = self.visibility(store, row);
        if own != Visibility::InContext {
            return (row, own);
        }
        let other = self.partner(store, row).map(|other| (other, self.visibility(store, other)));
        other.unwrap_or((row, own))
    }

    /// Goes to after so many events.
    pub(super) fn go(&mut self, store: &Store, rows: usize) {
        let left = match self.0.take() {
            Some(cutoff) => cutoff.left,
            None => store.event_count().checked_sub(1).and_then(|row| store.id_of(row)),
        };
        let rows = rows.clamp(1, store.event_count().max(1));
        self.0 = Some(Cutoff { rows, counts: Counts::default(), left });
        self.count(store);
    }

    /// Goes to the present. The newest event when the reader left it comes back.
    pub(super) fn end(&mut self) -> Option<UnitId> {
        self.0.take()?.left
    }

    /// Takes one event in (`came`) or takes it away again, with all that it says about others, which
    /// come back.
    pub(super) fn pass(&mut self, store: &Store, row: usize, came: bool) -> Vec<usize> {
        let Some(record) = store.record(row) else { return Vec::new() };
        let covered = covered_by(store, row, record);
        let seen = self.visibility(store, row);
        if let Some(cutoff) = &mut self.0 {
            cutoff.rows = if came { row + 1 } else { row };
            let stored = covered.iter().filter(|row| store.records()[**row].stored()).count();
            let counts = &mut cutoff.counts;
            let (from, to) = if came {
                (&mut counts.in_context, &mut counts.compacted)
            } else {
                (&mut counts.compacted, &mut counts.in_context)
            };
            *from = from.saturating_sub(stored);
            *to += stored;
        }
        // What an event is seen as once it has come, so before it is taken away or after.
        let seen = if came { self.visibility(store, row) } else { seen };
        if let Some(cutoff) = self.0.as_mut().filter(|_| record.stored()) {
            if came {
                cutoff.counts.add(seen);
            } else {
                cutoff.counts.remove(seen);
            }
        }
        let partners = covered.iter().filter_map(|row| store.records()[*row].partner());
        let mut touched: Vec<usize> = partners.chain(record.partner()).collect();
        touched.extend(covered);
        touched
    }

    /// Compactions that came after the moment turn out to have hidden these events, which were seen
    /// in these ways.
    pub(super) fn uncover(&mut self, store: &Store, compacted: &[(usize, Visibility)]) {
        let Some(cutoff) = &mut self.0 else { return };
        for (row, seen) in compacted {
            if *row < cutoff.rows && store.records()[*row].stored() {
                cutoff.counts.remove(*seen);
                cutoff.counts.add(Visibility::InContext);
            }
        }
    }

    /// After everything was numbered anew: the moment is after the last event that had come.
    pub(super) fn renumber(&mut self, store: &Store, before: &HashMap<UnitId, u32>) {
        let Some(cutoff) = &mut self.0 else { return };
        let had_come = before.iter().filter(|(_, row)| (**row as usize) < cutoff.rows);
        match had_come.filter_map(|(id, _)| store.place(id)).max() {
            Some(last) => {
                cutoff.rows = last + 1;
                self.count(store);
            }
            None => self.0 = None,
        }
    }

    fn count(&mut self, store: &Store) {
        let stored = (0..self.rows(store)).filter(|row| store.records()[*row].stored());
        let counts = stored.fold(Counts::default(), |mut counts, row| {
            counts.add(self.visibility(store, row));
            counts
        });
        if let Some(cutoff) = &mut self.0 {
            cutoff.counts = counts;
        }
    }
}

/// What an event stands for, if it is a compaction.
fn covered_by(store: &Store, row: usize, record: Record) -> Vec<usize> {
    if record.kind() != EventKind::Compaction {
        return Vec::new();
    }
    let Some((first, last)) = store.covers().span(row) else { return Vec::new() };
    let is_covered = |at: &usize| {
        store.records()[*at].visibility() == Visibility::Compacted
            && store.covers().of(*at) == Some(row)
    };
    (first..=last.min(row)).filter(is_covered).collect()
}
