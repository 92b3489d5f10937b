//! The outstanding calls of sessions: when they are asked for, and what was told of them.
//!
//! Start with [`Watcher::looked`]. The invariant: calls are asked for by what cannot be hidden, and what
//! was not told is no answer.

use jiff::SignedDuration;

use super::learnt::Learnt;
use super::{Buried, NewestEvents, Settled, Watcher, World, is_running};
use crate::api::{Event, EventId, PendingCall, SessionRef, Timestamp};
use crate::client::watch::Ask;
use crate::model::probe::{read_probe, read_probe_without_calls};
use crate::model::sessions::CallsAnswer;

/// A call without an output may become one that waits with no event in between, and back again
/// when somebody interrupts. So the same events are asked about again, less and less often.
const CALLS_AGAIN_OPEN: SignedDuration = SignedDuration::from_secs(2);
const CALLS_AGAIN_WAITING_OPEN: SignedDuration = SignedDuration::from_secs(5);
const CALLS_AGAIN_WAITING: SignedDuration = SignedDuration::from_secs(60);
/// After so many answers without calls a still session whose newest events lack an output is believed
/// to wait for nobody.
const EMPTY_ENOUGH: u32 = 3;

/// Inputs of calls of one session that are fetched one by one, where they are not among the newest
/// events.
const MOST_INPUTS: usize = 20;

/// The calls of a session, or why they are not known.
pub(super) type Waiting = Result<Vec<PendingCall>, CallsAnswer>;

impl Watcher {
    /// Whether the outstanding calls may be others than what was last heard.
    pub(super) fn must_ask(
        &self,
        session: &SessionRef,
        print: u64,
        lacks_output: bool,
        world: &impl World,
        now: Timestamp,
    ) -> bool {
        let Some(settled) = self.settled.get(session).filter(|settled| settled.print == print)
        else {
            return true;
        };
        let passed = now.duration_since(settled.at);
        let open = self.open.session.as_ref() == Some(session);
        let changed = world
            .sessions()
            .get(session)
            .is_some_and(|entry| entry.is_changed() || entry.is_running() || settled.running);
        match (settled.waiting, open) {
            (true, true) => passed >= CALLS_AGAIN_WAITING_OPEN,
            (true, false) => passed >= CALLS_AGAIN_WAITING,
            (false, true) => lacks_output && passed >= CALLS_AGAIN_OPEN,
            (false, false) => changed || lacks_output && settled.empty < EMPTY_ENOUGH,
        }
    }

    /// The calls that a look was waiting for.
    pub(super) fn calls(
        &mut self,
        session: &SessionRef,
        calls: Vec<PendingCall>,
        world: &impl World,
        now: Timestamp,
    ) -> Vec<Learnt> {
        let Some(look) = self.looks.remove(session) else { return Vec::new() };
        self.settle(session, &look, &calls, world, now);
        vec![self.looked(session, &look.events, Ok(calls), look.asked_at)]
    }

    pub(super) fn remember_parked(&mut self, session: &SessionRef, calls: &[PendingCall]) {
        if !calls.is_empty() {
            self.parked.insert(session.clone());
        }
    }

    /// Keeps what was told about the calls that belong to these events.
    pub(super) fn settle(
        &mut self,
        session: &SessionRef,
        look: &NewestEvents,
        calls: &[PendingCall],
        world: &impl World,
        now: Timestamp,
    ) {
        let before = self.settled.get(session).filter(|settled| settled.print == look.print);
        let empty = before.map_or(0, |settled| settled.empty) + u32::from(calls.is_empty());
        let settled = Settled {
            print: look.print,
            at: now,
            waiting: !calls.is_empty(),
            running: is_running(world, session),
            empty,
        };
        self.settled.insert(session.clone(), settled);
        self.remember_parked(session, calls);
        self.dig(session, look, calls, now);
    }

    /// Asks for the inputs of calls that lie behind the newest events: they tell since when somebody
    /// is waited for, and what of the arguments is the agent's own.
    fn dig(
        &mut self,
        session: &SessionRef,
        look: &NewestEvents,
        calls: &[PendingCall],
        now: Timestamp,
    ) {
        if self.service.no_events.contains(&session.agent) {
            return;
        }
        let waits = |event: &Event| calls.iter().any(|call| is_input(event, call));
        let known = self.buried.remove(session).map(|buried| buried.inputs).unwrap_or_default();
        let inputs: Vec<Event> = known.into_iter().filter(waits).collect();
        let is_known = |call: &&PendingCall| {
            inputs.iter().chain(&look.events).any(|event| is_input(event, call))
        };
        let unknown = calls.iter().filter(|call| !is_known(call)).take(MOST_INPUTS);
        let unknown: Vec<EventId> = unknown.map(|call| call.event_id.clone()).collect();
        for event in &unknown {
            self.plan.want(now, &Ask::Event(session.clone(), event.clone()));
        }
        if !unknown.is_empty() || !inputs.is_empty() {
            let (look, calls, missing) = (look.clone(), calls.to_vec(), unknown.len());
            let buried = Buried { look, calls, inputs, missing };
            self.buried.insert(session.clone(), buried);
        }
    }

    /// The input of a call came.
    pub(super) fn dug_up(&mut self, session: &SessionRef, input: Option<Event>) -> Vec<Learnt> {
        let Some(buried) = self.buried.get_mut(session) else { return Vec::new() };
        buried.missing = buried.missing.saturating_sub(1);
        buried.inputs.extend(input);
        buried.inputs.sort_by_key(|event| event.created_at);
        let (look, calls) = (buried.look.clone(), buried.calls.clone());
        vec![self.looked(session, &look.events, Ok(calls), look.asked_at)]
    }

    pub(super) fn looked(
        &self,
        session: &SessionRef,
        events: &[Event],
        waiting: Waiting,
        asked_at: Timestamp,
    ) -> Learnt {
        let session = session.clone();
        let calls = match waiting {
            Ok(calls) => calls,
            Err(why) => {
                let probe = read_probe_without_calls(events, why);
                let (calls, inputs) = (Vec::new(), Vec::new());
                return Learnt::Looked { session, probe, calls, inputs, asked_at };
            }
        };
        let older = self.buried.get(&session).map_or(&[][..], |buried| &buried.inputs);
        let older = older.iter().filter(|input| events.iter().all(|event| event.id != input.id));
        let events: Vec<Event> = older.chain(events).cloned().collect();
        let probe = read_probe(&events, &calls);
        let waits = |event: &Event| {
            &*event.kind == "tool_input" && calls.iter().any(|call| is_input(event, call))
        };
        let inputs = events.into_iter().filter(waits).collect();
        Learnt::Looked { session, probe, calls, inputs, asked_at }
    }
}

fn is_input(event: &Event, call: &PendingCall) -> bool {
    event.id.as_ref() == Some(&call.event_id)
}
