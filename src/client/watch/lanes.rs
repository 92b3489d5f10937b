//! Who goes next: five queues ordered by due time, and shares between them, so that neither the
//! screen nor anything else can starve the rest.

use std::collections::BTreeSet;

use super::Ask;
use crate::api::Timestamp;

/// What the open session shows at once, and the few that parked before and no listing shows; goes
/// before everything and has a reserve of its own.
pub(super) const NOW: usize = 0;
/// The rest of the open session: its state, what is hidden in it, its past.
pub(super) const OPEN: usize = 1;
/// The sessions with the newest signs of life.
pub(super) const NEWEST: usize = 2;
pub(super) const LISTS: usize = 3;
/// All other sessions.
pub(super) const REST: usize = 4;

/// Requests that a lane gets while every lane wants more. `NOW` limits itself by its cadence where
/// the budget is ample, and by its share where it is not.
const SHARES: [u32; 5] = [24, 2, 12, 3, 1];

/// Where an ask stands in line: its lane, and for when. Kept with the ask, so that nobody has to look
/// for it.
pub(super) type Place = Option<(usize, Timestamp)>;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    queues: [BTreeSet<(Timestamp, Ask)>; 5],
    /// How much of its share each lane has used; the least goes first.
    used: [f64; 5],
}

impl Lanes {
    /// Puts an ask into a lane, or moves it there.
    pub(super) fn put(&mut self, ask: &Ask, place: &mut Place, lane: usize, due: Timestamp) {
        if *place == Some((lane, due)) {
            return;
        }
        self.remove(ask, place);
        *place = Some((lane, due));
        self.queues[lane].insert((due, ask.clone()));
    }

    pub(super) fn remove(&mut self, ask: &Ask, place: &mut Place) {
        if let Some((lane, due)) = place.take() {
            self.queues[lane].remove(&(due, ask.clone()));
        }
    }

    /// Takes the ask whose turn it is, among those due at `now` in the lanes that are `admitted`. It has
    /// no place any more.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        admitted: impl Fn(usize) -> bool,
    ) -> Option<(usize, Ask)> {
        let is_due = |lane: &usize| self.first_due(*lane).is_some_and(|due| due <= now);
        let waiting: Vec<usize> =
            (0..self.queues.len()).filter(|lane| is_due(lane) && admitted(*lane)).collect();
        let lane =
            waiting.iter().copied().min_by(|a, b| self.used[*a].total_cmp(&self.used[*b]))?;
        let turn = self.used[lane];
        for used in &mut self.used {
            // A lane that wanted nothing saves nothing up.
            *used = used.max(turn);
        }
        self.used[lane] = turn + 1.0 / f64::from(SHARES[lane]);
        let (_, ask) = self.queues[lane].pop_first()?;
        Some((lane, ask))
    }

    /// The same of the ask that was due first, whether or not its time has come.
    pub(super) fn take_soonest(&mut self) -> Option<(usize, Ask)> {
        let due = |lane: usize| self.first_due(lane).map(|due| (due, lane));
        let (_, lane) = (NOW..=REST).filter_map(due).min()?;
        let (_, ask) = self.queues[lane].pop_first()?;
        Some((lane, ask))
    }

    pub(super) fn first_due(&self, lane: usize) -> Option<Timestamp> {
        self.queues[lane].first().map(|(due, _)| *due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queues.iter().all(BTreeSet::is_empty)
    }
}
