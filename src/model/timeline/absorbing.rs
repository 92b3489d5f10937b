//! Taking in what has arrived: records, joins, covers and counts grow with it.
//!
//! What was only added is worked in; anything else is worked out anew from the entries. The
//! invariant, which a property test holds: both ways come to the same.

use crate::api::{EventKind, Glance};

use super::arranging::Before;
use super::record::Record;
use super::{Derived, Timeline};

impl Timeline {
    /// Takes over what has changed in the entries.
    pub(super) fn refresh(&mut self) {
        let changed = std::mem::replace(&mut self.changed_from, usize::MAX);
        self.changed();
        if changed < self.records.len() || self.entries.len() < self.records.len() {
            return self.rebuild();
        }
        let before = self.records.len();
        let was_empty = self.is_empty();
        let touched = self.absorb();
        self.reopen(&touched);
        self.show_from(before, touched);
        self.arrived(was_empty, self.shown.count() - self.shown.rank(before));
        self.keep_place(None);
    }

    /// Works everything out anew from the entries.
    pub(super) fn rebuild(&mut self) {
        let (places, shown) = (std::mem::take(&mut self.places), std::mem::take(&mut self.shown));
        self.records.clear();
        self.derived = Derived::default();
        self.absorb();
        self.marked.retain(|id| self.places.contains_key(id));
        self.renumber_sieves(&places);
        self.keep_moment(&places);
        self.arrange();
        let rows = (0..self.records.len()).rev().filter(|row| self.shown.contains(*row));
        let new = rows.take_while(|row| !places.contains_key(&self.entries[*row].id)).count();
        self.arrived(places.is_empty(), new);
        self.keep_place(Some(&Before { places, shown }));
    }

    /// Rows came in at the end.
    pub(super) fn arrived(&mut self, was_empty: bool, rows: usize) {
        let rows = rows.saturating_sub(std::mem::take(&mut self.taken_over));
        if !was_empty && !self.scroll.follow {
            self.scroll.new_below += rows;
        }
    }

    /// Works out what is new among the entries. Older rows that it says something about come back.
    pub(super) fn absorb(&mut self) -> Vec<usize> {
        let mut touched = self.part_early_pairs();
        let from = self.records.len();
        self.records.reserve(self.entries.len() - from);
        for row in from..self.entries.len() {
            let entry = &self.entries[row];
            let (glance, hidden, stored) = (entry.glance, entry.hidden, entry.stored);
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            self.places.insert(entry.id.clone(), number);
            self.derived.links.add(number, &entry.event);
            let mut record = self.new_record(&glance);
            record.set_hidden(hidden);
            record.set_stored(stored);
            self.take_in(record, &glance, &mut touched);
        }
        touched.extend(self.join_early_pairs());
        touched
    }

    pub(super) fn new_record(&mut self, glance: &Glance) -> Record {
        let since = *self.derived.since.get_or_insert(glance.at.unwrap_or_default());
        Record::new(glance, self.derived.tools.number(glance.tool), since)
    }

    /// Takes the next record in, and notes the rows that it says something about.
    pub(super) fn take_in(&mut self, record: Record, glance: &Glance, touched: &mut Vec<usize>) {
        let row = self.records.len();
        if record.stored() {
            self.derived.counts.add(record.visibility());
        }
        self.records.push(record);
        if matches!(record.kind(), EventKind::InputMessage | EventKind::StepTransition) {
            self.derived.heads.extend(u32::try_from(row));
        }
        if record.kind() == EventKind::StepTransition {
            self.derived.transitions.extend(u32::try_from(row));
        }
        if let Some(pair) = self.derived.joiner.add(row, glance) {
            join_records(&mut self.records, pair);
            self.derived.joined += 1;
            touched.push(pair.0);
        }
        for covered in self.derived.covers.add(row, record, glance.compacted) {
            self.derived.counts.compact(self.records[covered].visibility());
            self.uncover_then(covered);
            self.records[covered].set_compacted();
            touched.push(covered);
            touched.extend(self.records[covered].partner());
        }
    }

    /// Parts what was joined although the output came first; the next event may say otherwise.
    pub(super) fn part_early_pairs(&mut self) -> Vec<usize> {
        let pairs = std::mem::take(&mut self.derived.early_pairs);
        self.derived.joined = self.derived.joined.saturating_sub(pairs.len());
        let rows: Vec<usize> = pairs.into_iter().flat_map(|pair| [pair.0, pair.1]).collect();
        for row in &rows {
            self.records[*row].part();
        }
        rows
    }

    pub(super) fn join_early_pairs(&mut self) -> Vec<usize> {
        self.derived.early_pairs = self.derived.joiner.early_pairs();
        for pair in &self.derived.early_pairs {
            join_records(&mut self.records, *pair);
            self.derived.joined += 1;
        }
        self.derived.early_pairs.iter().flat_map(|pair| [pair.0, pair.1]).collect()
    }
}

fn join_records(records: &mut [Record], (input, output): (usize, usize)) {
    records[input].join(output);
    records[output].join(input);
}
