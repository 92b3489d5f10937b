//! What is on the screen, and how the plan takes it over.
//!
//! Start with [`WatchPlan::watch`]. The invariant: an ask that is no part of the view any more is neither
//! made nor kept, once what is under way of it has come back.

use super::cadence::{self, Cadence};
use super::{Ask, CHANGED, NEWEST, Slot, WatchPlan, after, first_look, lanes};
use crate::api::{AgentKey, SessionRef, Timestamp};

/// Views are counted from one.
const NO_VIEW: u64 = 0;

/// The open session, and which of its questions make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub session: SessionRef,
    pub running: bool,
    /// No field tells hidden events apart, so that a second listing must.
    pub visible: bool,
    /// One page does not reach its start.
    pub deep: bool,
}

/// What is on the screen, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub struct WatchView {
    pub open: Option<Open>,
    /// The latest signs of life first.
    pub sessions: Vec<Watched>,
    pub agents: Vec<WatchedAgent>,
    /// Whether agents and their sessions are wanted at all.
    pub lists: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedAgent {
    pub agent: AgentKey,
    /// Pages of its sessions behind the first.
    pub further_pages: usize,
    /// Some session on its first page may need somebody soon: one of the newest, or one that did
    /// before.
    pub lively: bool,
    /// The same of a session on another of its pages.
    pub lively_behind: bool,
}

#[derive(Debug, Clone)]
pub struct Watched {
    pub session: SessionRef,
    pub running: bool,
    /// It waited for somebody before, and no first page of a listing would show that it does again.
    pub close: bool,
    /// The session list says that something happened since the last look.
    pub changed: bool,
}

/// What the view says of the order among asks of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Order {
    place: usize,
    changed: bool,
}

impl WatchPlan {
    /// Takes over what is on the screen. Costs time for every session: call it when something
    /// changed, not whenever something is asked.
    pub fn watch(&mut self, now: Timestamp, view: &WatchView) {
        self.notice(now);
        self.view += 1;
        self.open = None;
        if let Some(open) = &view.open {
            self.keep_open(now, open);
        }
        self.watch_lists(now, view);
        let open = view.open.as_ref().map(|open| &open.session);
        let others = view.sessions.iter().filter(|watched| Some(&watched.session) != open);
        for (place, watched) in others.enumerate() {
            let rhythm = if watched.close {
                cadence::of_close_session()
            } else {
                cadence::of_session(place < NEWEST, watched.running)
            };
            let order = Order { place, changed: watched.changed };
            self.keep(now, &Ask::Tail(watched.session.clone()), rhythm, order);
        }
        let (view, lanes, claims) = (self.view, &mut self.lanes, &mut self.claims);
        claims.clear();
        self.slots.retain(|ask, slot| {
            let stays = slot.view == view || slot.once || slot.in_flight.is_some();
            if !stays {
                lanes.remove(ask, &mut slot.place);
            } else if slot.is_claim(ask) {
                claims.push(ask.clone());
            }
            stays
        });
    }

    /// Somebody turns to another session, before the view is taken over as a whole. Costs nothing for
    /// the others.
    pub fn turn_to(&mut self, now: Timestamp, open: &Open) {
        self.notice(now);
        if let Some(before) = self.open.take().filter(|before| *before != open.session) {
            self.leave(before);
        }
        self.keep_open(now, open);
    }

    /// Nobody waits for this one any more: it must not go before the one that is waited for.
    fn leave(&mut self, session: SessionRef) {
        let open_alone = [Ask::State, Ask::Visible, Ask::Deep];
        for ask in open_alone.map(|ask| ask(session.clone())) {
            let Some(slot) = self.slots.get_mut(&ask) else { continue };
            slot.view = NO_VIEW;
            if slot.in_flight.is_none() {
                self.forget(&ask);
            }
        }
        let tail = Ask::Tail(session);
        if let Some(slot) = self.slots.get_mut(&tail) {
            slot.lane = lanes::NEWEST;
            if slot.in_flight.is_none() {
                self.lanes.put(&tail, &mut slot.place, slot.lane, slot.due);
            }
        }
    }

    fn keep_open(&mut self, now: Timestamp, open: &Open) {
        let session = &open.session;
        self.open = Some(session.clone());
        let mut asks = vec![Ask::Tail(session.clone()), Ask::State(session.clone())];
        asks.extend(open.visible.then(|| Ask::Visible(session.clone())));
        asks.extend(open.deep.then(|| Ask::Deep(session.clone())));
        for ask in asks {
            let rhythm = cadence::of_open(&ask, open.running);
            self.keep(now, &ask, rhythm, Order::default());
        }
    }

    fn watch_lists(&mut self, now: Timestamp, view: &WatchView) {
        let lively = view.agents.iter().filter(|agent| agent.lively).count();
        let behind = view.agents.iter().filter(|agent| agent.lively_behind);
        let pages = behind.map(|agent| agent.further_pages).sum();
        let first = cadence::of_lively_list(lively);
        let walk = cadence::of_lively_walk(pages, self.budget.rate());
        let mut keep = |ask: &Ask, is_lively: bool, pace: Cadence| {
            let pace = if is_lively { pace } else { cadence::of_list(ask) };
            self.keep(now, ask, (lanes::LISTS, pace), Order::default());
        };
        if view.lists {
            keep(&Ask::Agents, false, first);
        }
        for WatchedAgent { agent, further_pages, lively, lively_behind } in &view.agents {
            keep(&Ask::Sessions(agent.clone()), *lively, first);
            if *further_pages > 0 {
                keep(&Ask::MoreSessions(agent.clone()), *lively_behind, walk);
            }
        }
    }

    /// Makes room for an ask of the view, or gives the one that is there its place.
    fn keep(&mut self, now: Timestamp, ask: &Ask, rhythm: (usize, Cadence), order: Order) {
        let (view, (mut lane, cadence)) = (self.view, rhythm);
        let slot = self.slots.entry(ask.clone());
        let slot = slot.or_insert_with(|| Slot::new(lane, cadence, Timestamp::MAX, view));
        if slot.asked.is_none() && lane == lanes::REST && self.budget.could_reach(order.place) {
            // Who waits is asked everywhere, as far as may be spent ahead, before anything else is
            // asked again anywhere.
            lane = lanes::NEWEST;
        }
        let first = first_look(lane, now, order.place);
        let opened = lane == lanes::NOW && slot.lane != lane;
        (slot.view, slot.lane) = (view, lane);
        if slot.cadence != cadence {
            slot.cadence = cadence;
            slot.step = slot.step.clamp(cadence.base, cadence.longest);
            if let Some(asked) = slot.asked {
                slot.hasten(after(asked, slot.step));
            }
        }
        if opened {
            // Somebody waits in front of an empty pane.
            slot.hasten(now);
            slot.again = slot.in_flight.is_some();
        }
        match slot.asked {
            Some(asked) if order.changed => slot.hasten(after(asked, CHANGED)),
            None => slot.hasten(first),
            Some(_) => {}
        }
        if slot.in_flight.is_none() {
            self.lanes.put(ask, &mut slot.place, lane, slot.due);
        }
    }
}
