//! Taking in what has arrived: records, joins, covers and counts grow with it.
//!
//! What was only added is worked in; anything else is worked out anew from the entries. The
//! invariant, which a property test holds: both ways come to the same.

use crate::api::{EventKind, Glance};

use super::record::Record;
use super::{Change, Derived, Growth, Rows, Store};

impl Store {
    /// Takes over what has changed in the entries.
    pub(super) fn refresh(&mut self) -> Change {
        let changed = std::mem::replace(&mut self.changed_from, usize::MAX);
        self.generation += 1;
        if changed < self.records.len() || self.entries.len() < self.records.len() {
            return self.rebuild();
        }
        let growth = self.absorb();
        self.change(Rows::Grown(growth))
    }

    /// Works everything out anew from the entries.
    pub(crate) fn rebuild(&mut self) -> Change {
        let places = std::mem::take(&mut self.places);
        self.records.clear();
        self.derived = Derived::default();
        self.absorb();
        self.change(Rows::Renumbered(places))
    }

    fn change(&mut self, rows: Rows) -> Change {
        Change { renamed: self.take_renamed(), rows }
    }

    pub(super) fn take_renamed(&mut self) -> Vec<(super::UnitId, super::UnitId)> {
        std::mem::take(&mut self.renamed)
    }

    /// Works out what is new among the entries.
    fn absorb(&mut self) -> Growth {
        let mut growth = self.begin_growth();
        self.records.reserve(self.entries.len() - growth.from);
        for row in growth.from..self.entries.len() {
            let entry = &self.entries[row];
            let (glance, hidden, stored) = (entry.glance, entry.hidden, entry.stored);
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            self.places.insert(entry.id.clone(), number);
            self.derived.links.add(number, &entry.event);
            let mut record = self.new_record(&glance);
            record.set_hidden(hidden);
            record.set_stored(stored);
            self.take_in(record, &glance, &mut growth);
        }
        self.end_growth(&mut growth);
        growth
    }

    /// Parts what was joined although the output came first; the next event may say otherwise.
    pub(super) fn begin_growth(&mut self) -> Growth {
        let pairs = std::mem::take(&mut self.derived.early_pairs);
        self.derived.joined = self.derived.joined.saturating_sub(pairs.len());
        let touched: Vec<usize> = pairs.into_iter().flat_map(|pair| [pair.0, pair.1]).collect();
        for row in &touched {
            self.records[*row].part();
        }
        let (from, was_empty) = (self.records.len(), self.is_empty());
        Growth { from, was_empty, touched, compacted: Vec::new() }
    }

    pub(super) fn end_growth(&mut self, growth: &mut Growth) {
        self.derived.early_pairs = self.derived.joiner.early_pairs();
        for pair in &self.derived.early_pairs {
            join_records(&mut self.records, *pair);
            self.derived.joined += 1;
            growth.touched.extend([pair.0, pair.1]);
        }
    }

    pub(super) fn new_record(&mut self, glance: &Glance) -> Record {
        let since = *self.derived.since.get_or_insert(glance.at.unwrap_or_default());
        Record::new(glance, self.derived.tools.number(glance.tool), since)
    }

    /// Takes the next record in, and notes the rows that it says something about.
    pub(super) fn take_in(&mut self, record: Record, glance: &Glance, growth: &mut Growth) {
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
            growth.touched.push(pair.0);
        }
        for covered in self.derived.covers.add(row, record, glance.compacted) {
            let seen = self.records[covered].visibility();
            self.derived.counts.compact(seen);
            self.records[covered].set_compacted();
            growth.compacted.push((covered, seen));
            growth.touched.push(covered);
            growth.touched.extend(self.records[covered].partner());
        }
    }
}

fn join_records(records: &mut [Record], (input, output): (usize, usize)) {
    records[input].join(output);
    records[output].join(input);
}
