//! What the plan tells about itself, for people who ask why something is late.

use std::collections::VecDeque;

use super::{Ask, Slot, WatchPlan, after, cadence, lanes};
use crate::api::Timestamp;

/// The plan at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanStatus {
    /// Requests per second that may be spent.
    pub rate: f64,
    /// Requests that may be spent ahead, and those of them that could be sent at once.
    pub burst: f64,
    pub tokens: f64,
    /// Requests of the last 60 seconds.
    pub last_minute: usize,
    /// Different asks.
    pub asks: usize,
    pub in_flight: usize,
    /// Asks whose time has come.
    pub due: usize,
    /// Those of them that have waited for another whole interval.
    pub overdue: usize,
    /// Asks that are made less often because nothing changed.
    pub backing_off: usize,
    /// Failures in a row.
    pub failures: u32,
    /// When a lost service is asked next.
    pub next_try: Option<Timestamp>,
    pub agents: Ages,
    pub lists: Ages,
    pub open: Ages,
    pub sessions: Ages,
}

/// When asks of one kind were last answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ages {
    pub newest: Option<Timestamp>,
    pub median: Option<Timestamp>,
    pub oldest: Option<Timestamp>,
    /// Asks that were answered, and those that never were.
    pub known: usize,
    pub unknown: usize,
}

impl Ages {
    fn of<'a>(slots: impl Iterator<Item = &'a Slot>) -> Self {
        let mut unknown = 0;
        let mut times = Vec::new();
        for slot in slots {
            match slot.answered {
                Some(at) => times.push(at),
                None => unknown += 1,
            }
        }
        times.sort_unstable();
        Self {
            newest: times.last().copied(),
            median: times.get(times.len() / 2).copied(),
            oldest: times.first().copied(),
            known: times.len(),
            unknown,
        }
    }
}

impl Slot {
    /// Whether what it tells stands on the screen.
    pub(super) fn is_claim(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Sessions(_) => true,
            Ask::Tail(_) => self.lane != lanes::REST,
            _ => false,
        }
    }
}

impl WatchPlan {
    /// When that was asked which is known longest of what stands on the screen: the first pages of
    /// the lists, and the newest sessions. `None` before the first answer.
    pub fn oldest_claim(&self) -> Option<Timestamp> {
        let slots = self.claims.iter().filter_map(|ask| self.slots.get(ask));
        slots.filter_map(|slot| slot.answered).min()
    }

    /// Costs time for every ask: meant for a page that somebody looks at.
    pub fn status(&self, now: Timestamp) -> PlanStatus {
        let waiting = || self.slots.values().filter(|slot| slot.in_flight.is_none());
        let ages = |wanted: fn(&Ask, &Slot) -> bool| {
            Ages::of(
                self.slots.iter().filter(|(ask, slot)| wanted(ask, slot)).map(|(_, slot)| slot),
            )
        };
        PlanStatus {
            rate: self.budget.rate(),
            burst: self.budget.burst(),
            tokens: self.budget.tokens_at(now),
            last_minute: self.minute.total(now),
            asks: self.count(),
            in_flight: self.count() - waiting().count(),
            due: waiting().filter(|slot| slot.due <= now).count(),
            overdue: waiting()
                .filter(|slot| slot.asked.is_some_and(|_| after(slot.due, slot.step) <= now))
                .count(),
            backing_off: waiting().filter(|slot| slot.step > slot.cadence.base).count(),
            failures: self.failures(),
            next_try: self.next_try(),
            agents: ages(|ask, _| matches!(ask, Ask::Agents)),
            lists: ages(|ask, _| matches!(ask, Ask::Sessions(_) | Ask::MoreSessions(_))),
            open: ages(|ask, slot| matches!(ask, Ask::Tail(_)) && is_open(slot)),
            sessions: ages(|ask, slot| matches!(ask, Ask::Tail(_)) && !is_open(slot)),
        }
    }
}

/// In the first lane there are also sessions that parked before.
fn is_open(slot: &Slot) -> bool {
    slot.lane == lanes::NOW && slot.cadence != cadence::of_close_session().1
}

/// Requests by second, for the last minute.
#[derive(Debug, Default)]
pub(super) struct Minute {
    seconds: VecDeque<(i64, usize)>,
}

impl Minute {
    pub(super) fn count(&mut self, now: Timestamp) {
        let second = now.as_second();
        self.seconds.retain(|(at, _)| (second - 60 < *at) && *at <= second);
        match self.seconds.back_mut() {
            Some((at, count)) if *at == second => *count += 1,
            _ => self.seconds.push_back((second, 1)),
        }
    }

    fn total(&self, now: Timestamp) -> usize {
        let recent = self.seconds.iter().filter(|(at, _)| now.as_second() - 60 < *at);
        recent.map(|(_, count)| count).sum()
    }
}
