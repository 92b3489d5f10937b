//! The polling plan: what a watcher asks next. The API has no subscribe call, so the plan spends a
//! budget of requests where they tell most.
//!
//! Pure: time and the state of the world come in. An [`Ask`] is exactly one HTTP request, so that
//! the budget cannot be exceeded; what takes more is asked for page by page. The open session is
//! served out of a reserve, the newest sessions within half a minute, and every other ask has a
//! share of its own, so that nothing starves. What does not change is asked for less and less.

mod budget;
mod cadence;
mod lanes;
mod lend;
mod status;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::RandomState;
use jiff::SignedDuration;

use cadence::Cadence;
use lanes::{Lanes, Place};
use status::Minute;

use super::breaker::Breaker;
use crate::api::{AgentKey, EventId, SessionRef, Timestamp};

pub use budget::Budget;
pub use status::{Ages, PlanStatus};
pub use view::{Open, WatchView, Watched, WatchedAgent};

/// Sessions whose pending state is to be known within half a minute.
pub const NEWEST: usize = 50;
/// A session that changed is looked at again at once, but not in a loop.
const CHANGED: SignedDuration = SignedDuration::from_secs(2);
/// When to look again if nothing at all is due.
const NOTHING_DUE: SignedDuration = SignedDuration::from_secs(60);
/// Asks beside those of the open session that wait for an answer at the same time, unless said
/// otherwise: a slow service is not made slower.
const IN_FLIGHT: usize = 8;
/// Keys that come faster than this say nothing new about whether somebody is there.
const ATTENTION: SignedDuration = SignedDuration::from_secs(2);

/// One question to the service: one request. Of asks due at the same moment the earlier named go
/// first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ask {
    /// The newest events of a session, hidden ones included.
    Tail(SessionRef),
    /// Its outstanding client tool calls; asked only when something may wait.
    Calls(SessionRef),
    /// The input of an outstanding call that is not among the newest events.
    Event(SessionRef, EventId),
    /// The open session's object.
    State(SessionRef),
    /// The newest events of the open session without hidden ones.
    Visible(SessionRef),
    /// The next page of a reading of the open session to its start.
    Deep(SessionRef),
    /// The next page of agents.
    Agents,
    /// The first page of an agent's sessions.
    Sessions(AgentKey),
    /// The next of its further pages.
    MoreSessions(AgentKey),
}

impl Ask {
    /// The session that it is about.
    pub fn session(&self) -> Option<&SessionRef> {
        match self {
            Self::Tail(session)
            | Self::Calls(session)
            | Self::Event(session, _)
            | Self::State(session)
            | Self::Visible(session)
            | Self::Deep(session) => Some(session),
            Self::Agents | Self::Sessions(_) | Self::MoreSessions(_) => None,
        }
    }
}

/// What an answer brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The same as before: ask less often.
    Nothing,
    Something,
    /// A page with more behind it: go on as soon as it is its turn.
    More,
}

#[derive(Debug)]
pub struct WatchPlan {
    budget: Budget,
    /// What goes out beside the watching has a share of it.
    lent: Budget,
    breaker: Breaker,
    /// The ask that is let through to see whether an outage is over.
    test: Option<Ask>,
    slots: HashMap<Ask, Slot, RandomState>,
    /// What stands on the screen was learnt by these.
    claims: Vec<Ask>,
    lanes: Lanes,
    /// Asks under way beside those of the first lane.
    in_flight: usize,
    at_once: usize,
    /// What was asked before this is due.
    hurry_from: Option<Timestamp>,
    attended_at: Option<Timestamp>,
    /// The latest time that came in.
    clock: Timestamp,
    /// Counts views, so that what left the view is known.
    view: u64,
    open: Option<SessionRef>,
    minute: Minute,
}

#[derive(Debug)]
struct Slot {
    lane: usize,
    cadence: Cadence,
    /// The wait that stands now, between the ends of the cadence.
    step: SignedDuration,
    due: Timestamp,
    /// In the lanes; none while it is under way.
    place: Place,
    asked: Option<Timestamp>,
    answered: Option<Timestamp>,
    /// The lane that it was sent from.
    in_flight: Option<usize>,
    /// Became urgent while it was under way: its answer is not the one that is wanted.
    again: bool,
    /// Ends with its answer.
    once: bool,
    view: u64,
}

impl Slot {
    fn new(lane: usize, cadence: Cadence, due: Timestamp, view: u64) -> Self {
        Self {
            lane,
            cadence,
            step: cadence.base,
            due,
            place: None,
            asked: None,
            answered: None,
            in_flight: None,
            again: false,
            once: false,
            view,
        }
    }

    fn hasten(&mut self, due: Timestamp) {
        self.due = self.due.min(due);
    }
}

impl WatchPlan {
    pub fn new(requests_per_second: f64) -> Self {
        Self {
            budget: Budget::new(requests_per_second),
            lent: Budget::new(requests_per_second / 2.0),
            breaker: Breaker::default(),
            test: None,
            slots: HashMap::default(),
            claims: Vec::new(),
            lanes: Lanes::default(),
            in_flight: 0,
            at_once: IN_FLIGHT,
            hurry_from: None,
            attended_at: None,
            clock: Timestamp::MIN,
            view: 0,
            open: None,
            minute: Minute::default(),
        }
    }

    /// So many requests may be spent ahead where much is due at once.
    #[must_use]
    pub fn with_burst(mut self, requests: f64) -> Self {
        self.budget = self.budget.with_burst(requests);
        self.lent = self.lent.with_burst(requests / 2.0);
        self
    }

    /// So many requests beside those of the open session wait for an answer at the same time.
    #[must_use]
    pub fn at_most_at_once(mut self, requests: usize) -> Self {
        self.at_once = requests.max(1);
        self
    }

    /// Asks for something once, as soon as may be: the calls of a session that may wait.
    pub fn want(&mut self, now: Timestamp, ask: &Ask) {
        let about = match ask {
            Ask::Calls(session) | Ask::Event(session, _) => {
                self.slots.get(&Ask::Tail(session.clone()))
            }
            _ => None,
        };
        let lane = about.map_or(lanes::REST, |slot| slot.lane);
        let (_, cadence) = cadence::of_open(ask, true);
        let view = self.view;
        let slot = self.slots.entry(ask.clone());
        let slot =
            slot.or_insert_with(|| Slot { once: true, ..Slot::new(lane, cadence, now, view) });
        if slot.in_flight.is_none() {
            slot.lane = lane;
            // What a look has begun is ended before the next look.
            slot.due = first_look(lanes::NEWEST, now, 0);
            self.lanes.put(ask, &mut slot.place, lane, slot.due);
        }
    }

    /// What to ask now. Each ask is in flight until `answered`, `failed` or `dropped` is told of it.
    pub fn next(&mut self, now: Timestamp) -> Vec<Ask> {
        self.notice(now);
        let mut asks = Vec::new();
        if self.breaker.is_open() {
            if self.lanes.is_empty()
                || self.budget.ready_at(now, true) > now
                || !self.breaker.allows(now)
            {
                return asks;
            }
            if let Some((lane, ask)) = self.lanes.take_soonest() {
                self.budget.spend(now, true);
                self.test = Some(ask.clone());
                self.start(now, lane, &ask);
                asks.push(ask);
            }
            return asks;
        }
        loop {
            let others = self.budget.ready_at(now, false) <= now && self.in_flight < self.at_once;
            let own = self.budget.ready_at(now, true) <= now;
            let admitted = |lane| if lane == lanes::NOW { own } else { others };
            let Some((lane, ask)) = self.lanes.take(now, admitted) else { return asks };
            self.budget.spend(now, lane == lanes::NOW);
            self.start(now, lane, &ask);
            asks.push(ask);
        }
    }

    fn start(&mut self, now: Timestamp, lane: usize, ask: &Ask) {
        self.minute.count(now);
        if let Some(slot) = self.slots.get_mut(ask) {
            slot.in_flight = Some(lane);
            slot.place = None;
            slot.asked = Some(now);
            self.in_flight += usize::from(lane != lanes::NOW);
        }
    }

    /// The service answered, be it with a refusal of this one ask.
    pub fn answered(&mut self, ask: &Ask, now: Timestamp, news: News) {
        self.breaker.succeeded();
        self.test = None;
        let hurry_from = self.hurry_from;
        self.land(ask, |slot| {
            slot.answered = Some(now);
            slot.step = match news {
                News::Nothing => (slot.step * 2).min(slot.cadence.longest),
                News::Something | News::More => slot.cadence.base,
            };
            let asked = slot.asked.unwrap_or(now);
            let hurried =
                std::mem::take(&mut slot.again) || hurry_from.is_some_and(|from| asked < from);
            slot.due = if news == News::More || hurried { now } else { after(asked, slot.step) };
        });
        if self.slots.get(ask).is_some_and(|slot| slot.once) {
            self.forget(ask);
        }
    }

    /// The service did not answer, or not usefully: everything waits. `retry_after` is how long it
    /// asked to be left alone, where it said so.
    pub fn failed(&mut self, ask: &Ask, now: Timestamp, retry_after: Option<Duration>) {
        // Others are the next test, so that one bad ask cannot stand in the way.
        self.land(ask, |slot| slot.due = after(now, slot.step));
        if retry_after.is_some() {
            self.budget.empty(now);
        }
        let is_test = self.test.as_ref() == Some(ask);
        if is_test {
            self.test = None;
        }
        if is_test || !self.breaker.is_testing() {
            self.breaker.failed(now, retry_after);
        }
    }

    /// The ask was given up without an answer of either kind.
    pub fn dropped(&mut self, ask: &Ask) {
        self.land(ask, |_| {});
        if self.test.as_ref() == Some(ask) {
            self.test = None;
            self.breaker.gave_up();
        }
    }

    fn land(&mut self, ask: &Ask, change: impl FnOnce(&mut Slot)) {
        let Some(slot) = self.slots.get_mut(ask) else { return };
        let Some(from) = slot.in_flight.take() else { return };
        self.in_flight -= usize::from(from != lanes::NOW);
        change(slot);
        let (lane, due, kept) = (slot.lane, slot.due, slot.once || slot.view == self.view);
        if kept {
            self.lanes.put(ask, &mut slot.place, lane, due);
        } else {
            self.forget(ask);
        }
    }

    fn forget(&mut self, ask: &Ask) {
        if let Some(mut slot) = self.slots.remove(ask) {
            self.lanes.remove(ask, &mut slot.place);
        }
    }

    /// Clears all waiting times, as for a key that asks for it or a stream that ended. The budget
    /// still holds.
    pub fn ask_now(&mut self, now: Timestamp) {
        self.hurry_from = Some(now);
        self.breaker.try_now();
        for (ask, slot) in &mut self.slots {
            slot.step = slot.cadence.base;
            // What has waited longest goes first.
            slot.due = slot.due.min(slot.asked.unwrap_or(now).min(now));
            if slot.in_flight.is_none() {
                self.lanes.put(ask, &mut slot.place, slot.lane, slot.due);
            }
        }
    }

    /// Somebody is there: what backed off on the screen goes at its first pace again.
    pub fn attend(&mut self, now: Timestamp) {
        let recent = |at: Timestamp| at <= now && now.duration_since(at) < ATTENTION;
        if self.attended_at.is_some_and(recent) {
            return;
        }
        self.attended_at = Some(now);
        for (ask, slot) in &mut self.slots {
            if slot.lane == lanes::REST
                || slot.in_flight.is_some()
                || slot.step == slot.cadence.base
            {
                continue;
            }
            slot.step = slot.cadence.base;
            slot.due = slot.asked.map_or(slot.due, |at| slot.due.min(after(at, slot.step)));
            self.lanes.put(ask, &mut slot.place, slot.lane, slot.due);
        }
    }

    /// When `next` has something to say again, unless an answer or another view comes first.
    pub fn wake_at(&self, now: Timestamp) -> Timestamp {
        let idle = after(now, NOTHING_DUE);
        if let Some(until) = self.breaker.next_try() {
            if self.breaker.is_testing() || self.lanes.is_empty() {
                return idle;
            }
            return until.max(self.budget.ready_at(now, true)).clamp(now, idle);
        }
        let ready = |lane: usize| {
            let own = lane == lanes::NOW;
            let full = !own && self.in_flight >= self.at_once;
            let due = self.lanes.first_due(lane).filter(|_| !full)?;
            Some(due.max(self.budget.ready_at(now, own)))
        };
        let ready = (lanes::NOW..=lanes::REST).filter_map(ready).min();
        ready.unwrap_or(idle).clamp(now, idle)
    }

    /// Different asks.
    pub fn count(&self) -> usize {
        self.slots.len()
    }

    /// Whether this is asked for from time to time.
    pub fn knows(&self, ask: &Ask) -> bool {
        self.slots.contains_key(ask)
    }

    /// When a lost service is asked next; `None` while all is well.
    pub fn next_try(&self) -> Option<Timestamp> {
        self.breaker.next_try()
    }

    /// Failures in a row; one outage that met several asks at once counts once.
    pub fn failures(&self) -> u32 {
        self.breaker.failures()
    }

    /// A clock that was set back must not silence the plan.
    fn notice(&mut self, now: Timestamp) {
        if now < self.clock {
            for (ask, slot) in &mut self.slots {
                slot.asked = slot.asked.map(|at| at.min(now));
                slot.answered = slot.answered.map(|at| at.min(now));
                slot.due = slot.due.min(after(now, slot.step));
                if slot.in_flight.is_none() {
                    self.lanes.put(ask, &mut slot.place, slot.lane, slot.due);
                }
            }
            self.hurry_from = self.hurry_from.map(|from| from.min(now));
        }
        self.clock = now;
    }
}

/// When an ask that was never made is due. In the lanes that promise something that is before
/// everything else there; among all other sessions it waits its turn. The order is that of places.
fn first_look(lane: usize, now: Timestamp, place: usize) -> Timestamp {
    let start = if lane == lanes::REST { now } else { Timestamp::UNIX_EPOCH };
    // So close together that what an answer makes due comes behind all of them.
    after(start, SignedDuration::from_micros(i64::try_from(place).unwrap_or(i64::MAX)))
}

pub(crate) fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}
