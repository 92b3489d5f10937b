//! In which order calls stand in the queue: oldest first, and behind them those set aside.
//!
//! Knows names and ranks, not calls. Start with [`CallOrder::place`]. The invariant: whatever a key
//! or a frame needs is found without walking the queue, however long it is.

use std::collections::HashMap;

use crate::api::{EventId, SessionRef, Timestamp};

/// Sorts as the queue does. The number keeps calls of one moment in the order of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    set_aside: bool,
    since: Timestamp,
    number: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct CallOrder {
    line: Vec<(Rank, EventId)>,
    ranks: HashMap<EventId, Rank>,
    sessions: HashMap<SessionRef, Vec<EventId>>,
    set_aside: usize,
    next: u64,
}

impl CallOrder {
    /// Puts a call where it belongs by now.
    pub(super) fn place(
        &mut self,
        session: &SessionRef,
        id: &EventId,
        since: Timestamp,
        aside: bool,
    ) {
        let known = self.take_out(id);
        let number = known.map_or(self.next, |rank| rank.number);
        self.next = self.next.max(number + 1);
        let rank = Rank { set_aside: aside, since, number };
        let at = self.line.partition_point(|(other, _)| *other < rank);
        self.line.insert(at, (rank, id.clone()));
        self.ranks.insert(id.clone(), rank);
        self.set_aside += usize::from(aside);
        let siblings = self.sessions.entry(session.clone()).or_default();
        if known.is_none() {
            siblings.push(id.clone());
        }
        let ranks = &self.ranks;
        siblings.sort_by_key(|id| ranks.get(id).map(|rank| (rank.since, rank.number)));
    }

    pub(super) fn remove(&mut self, session: &SessionRef, id: &EventId) {
        self.take_out(id);
        if let Some(siblings) = self.sessions.get_mut(session) {
            siblings.retain(|sibling| sibling != id);
            if siblings.is_empty() {
                self.sessions.remove(session);
            }
        }
    }

    fn take_out(&mut self, id: &EventId) -> Option<Rank> {
        let at = self.position(id);
        let rank = self.ranks.remove(id)?;
        if let Some(at) = at {
            self.line.remove(at);
        }
        self.set_aside -= usize::from(rank.set_aside);
        Some(rank)
    }

    pub(super) fn position(&self, id: &EventId) -> Option<usize> {
        let rank = self.ranks.get(id)?;
        self.line.binary_search_by_key(rank, |(rank, _)| *rank).ok()
    }

    pub(super) fn at(&self, position: usize) -> Option<&EventId> {
        self.line.get(position).map(|(_, id)| id)
    }

    pub(super) fn from(&self, position: usize) -> impl Iterator<Item = &EventId> {
        self.line.iter().skip(position).map(|(_, id)| id)
    }

    /// The calls of a session, the oldest first, whether set aside or not.
    pub(super) fn of_session(&self, session: &SessionRef) -> &[EventId] {
        self.sessions.get(session).map_or(&[], Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// How many of them are set aside; these are the last ones.
    pub(super) fn set_aside(&self) -> usize {
        self.set_aside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_a_sort_after_any_change() {
        let mut order = CallOrder::default();
        let session = |n: u64| SessionRef::new("a", format!("s{}", n % 3));
        let mut wanted = Vec::new();
        let mut seed = 7_u64;
        for step in 0..400_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let n = (seed >> 33) % 40;
            let id = EventId::from(format!("aev_{n}"));
            let known = wanted.iter().position(|(_, _, _, known)| *known == id);
            if step % 5 == 4 {
                order.remove(&session(n), &id);
                wanted.retain(|(_, _, _, known)| *known != id);
            } else {
                let (aside, since) = ((seed >> 40).is_multiple_of(4), (seed >> 45) % 6);
                let at = Timestamp::from_second(since.cast_signed()).unwrap();
                let number = known.map_or(order.next, |at| wanted[at].2);
                wanted.retain(|(_, _, _, known)| *known != id);
                wanted.push((aside, at, number, id.clone()));
                order.place(&session(n), &id, at, aside);
            }
            wanted.sort();
            let ids: Vec<_> = wanted.iter().map(|(_, _, _, id)| id).collect();
            assert_eq!(order.from(0).collect::<Vec<_>>(), ids);
            assert_eq!(order.set_aside(), wanted.iter().filter(|(aside, ..)| *aside).count());
            for (at, id) in ids.iter().enumerate() {
                assert_eq!(order.position(id), Some(at));
            }
            let in_sessions: usize = (0..3).map(|n| order.of_session(&session(n)).len()).sum();
            assert_eq!(in_sessions, ids.len());
        }
    }
}
