//! Which compaction stands for which events.
//!
//! `hide_reason` decides where the service sends it. Where it does not, a compaction stands for the
//! `events_compacted` hidden events nearest before it that no other stands for, and any other
//! hidden event was hidden by hand.

use super::record::Record;

#[derive(Debug, Clone, Default)]
pub(crate) struct Covers {
    /// Hidden events that no compaction stands for so far.
    uncovered: Vec<u32>,
    /// Stretches whose hidden events have one compaction; ordered, and apart from each other.
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: u32,
    last: u32,
    by: u32,
}

impl Covers {
    /// Takes the next event. The events that it now stands for come back.
    pub(super) fn add(&mut self, at: usize, record: Record, compacted: u64) -> Vec<usize> {
        let Ok(place) = u32::try_from(at) else { return Vec::new() };
        let wanted = usize::try_from(compacted).unwrap_or(usize::MAX).min(self.uncovered.len());
        let taken = self.uncovered.split_off(self.uncovered.len() - wanted);
        for event in &taken {
            self.cover(*event, place);
        }
        if record.may_be_compacted() {
            self.uncovered.push(place);
        }
        taken.into_iter().map(|event| event as usize).collect()
    }

    /// Prolongs the run before the event, unless another compaction's lies between.
    fn cover(&mut self, event: u32, by: u32) {
        let next = self.runs.partition_point(|run| run.first <= event);
        match next.checked_sub(1).and_then(|at| self.runs.get_mut(at)) {
            Some(run) if run.by == by => run.last = event,
            _ => self.runs.insert(next, Run { first: event, last: event, by }),
        }
    }

    /// The compaction that stands for this event, if it is a hidden one.
    pub(crate) fn of(&self, at: usize) -> Option<usize> {
        let place = u32::try_from(at).ok()?;
        let next = self.runs.partition_point(|run| run.first <= place);
        let run = self.runs.get(next.checked_sub(1)?)?;
        (place <= run.last).then_some(run.by as usize)
    }

    /// First and last event that this compaction stands for.
    pub(crate) fn span(&self, compaction: usize) -> Option<(usize, usize)> {
        let mut runs = self.runs.iter().filter(|run| run.by as usize == compaction);
        let first = runs.next()?;
        let last = runs.next_back().unwrap_or(first);
        Some((first.first as usize, last.last as usize))
    }
}
