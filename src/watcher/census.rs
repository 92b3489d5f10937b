//! What was learnt of the sessions, for those without a screen.
//!
//! Start with [`Census::take`]. The invariant: what it calls whole was listed to its end and looked at,
//! session by session, or is counted among what could not be learnt.

use std::collections::{BTreeSet, HashMap};

use super::{Learnt, World};
use crate::api::{AgentKey, Event, PendingCall, Session, SessionRef, SessionStatus, Timestamp};
use crate::model::sessions::{SessionEntry, Sessions, Unlisted};

/// Sessions and their outstanding calls.
#[derive(Debug, Default)]
pub struct Census {
    sessions: Sessions,
    agents: BTreeSet<AgentKey>,
    calls: HashMap<SessionRef, Vec<(PendingCall, Option<Event>)>>,
    /// Sessions that could not be looked at.
    unreadable: BTreeSet<SessionRef>,
    /// Outages that questions about a session met in a row.
    missed: HashMap<SessionRef, u32>,
    open: Option<SessionRef>,
    /// Nothing is listed: they are those that it began with.
    given: bool,
}

/// A session that met so many outages in a row is not waited for any more.
const MISSED_ENOUGH: u32 = 3;

impl World for Census {
    fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn agents(&self) -> impl Iterator<Item = &AgentKey> {
        self.agents.iter()
    }

    fn open(&self) -> Option<&SessionRef> {
        self.open.as_ref()
    }

    fn calls(&self, session: &SessionRef) -> Vec<PendingCall> {
        self.calls_of(session).map(|(call, _)| call.clone()).collect()
    }
}

impl Census {
    /// About one session only, as it was read before `now`.
    pub fn of(session: Session, now: Timestamp) -> Self {
        let open = Some(session.reference());
        Self { open, ..Self::of_all([session], now) }
    }

    /// About these sessions only, as they were read before `now`.
    pub(super) fn of_all(sessions: impl IntoIterator<Item = Session>, now: Timestamp) -> Self {
        let mut census = Self { given: true, ..Self::default() };
        for session in sessions {
            census.sessions.apply_session(session);
        }
        // They say what they say since then, so that a look that is asked for later covers it.
        census.sessions.arrange(now, false);
        census
    }

    /// Whether it is about this session alone.
    pub fn is_about(&self, session: &SessionRef) -> bool {
        self.open.as_ref() == Some(session)
    }

    pub fn get(&self, session: &SessionRef) -> Option<&SessionEntry> {
        self.sessions.get(session)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&SessionRef, &SessionEntry)> {
        self.sessions.iter()
    }

    /// The calls that wait in a session, with their inputs as far as they could be had.
    pub fn calls_of(
        &self,
        session: &SessionRef,
    ) -> impl Iterator<Item = &(PendingCall, Option<Event>)> {
        self.calls.get(session).into_iter().flatten()
    }

    /// The service took answers to all calls of a session: none waits until a look says otherwise.
    pub(super) fn note_answered(&mut self, session: &SessionRef) {
        self.calls.remove(session);
        self.sessions.note_answered(session);
        self.sessions.begin_turn(session);
    }

    /// Every session in which calls wait.
    pub fn waiting(&self) -> impl Iterator<Item = &SessionRef> {
        self.calls.iter().filter(|(_, calls)| !calls.is_empty()).map(|(session, _)| session)
    }

    /// Whether no agent lists its sessions.
    pub fn is_refused(&self) -> bool {
        !self.agents.is_empty() && self.agents.iter().all(|of| self.sessions.unlisted(of).is_some())
    }

    /// Whether everything was asked for once, be it in vain.
    pub fn is_whole(&self) -> bool {
        let listed = self.given
            || self.sessions.no_agents().is_some()
            || self.sessions.awaited().is_some_and(|(_, awaited)| awaited == 0);
        listed && self.sessions.iter().all(|(name, entry)| self.is_answered(name, entry))
    }

    fn is_answered(&self, name: &SessionRef, entry: &SessionEntry) -> bool {
        entry.probe.is_some()
            || entry.session.status == Some(SessionStatus::Unstarted)
            || self.unreadable.contains(name)
            || self.missed.get(name).is_some_and(|missed| *missed >= MISSED_ENOUGH)
    }

    /// Takes over what was learnt; the sessions of which something may be different now.
    pub fn take(&mut self, learnt: &Learnt, now: Timestamp) -> Vec<SessionRef> {
        let touched = match learnt {
            Learnt::Agents(agents) => {
                let keys: Vec<AgentKey> = agents.iter().map(|agent| agent.key.clone()).collect();
                self.sessions.apply_agents(&keys);
                self.agents = keys.into_iter().collect();
                Vec::new()
            }
            Learnt::Sessions { agent, sessions, complete } => {
                let mut touched: Vec<_> = sessions.iter().map(Session::reference).collect();
                let gone = self.sessions.apply_listing(agent, sessions.clone(), *complete);
                for name in &gone {
                    self.forget(name);
                }
                touched.extend(gone);
                touched
            }
            Learnt::ListingEnded { agent, listed } => {
                let gone = self.sessions.end_listing(agent, listed);
                for name in &gone {
                    self.forget(name);
                }
                gone
            }
            Learnt::Session(session) => {
                let name = session.reference();
                self.sessions.apply_session((**session).clone());
                vec![name]
            }
            Learnt::Looked { session, probe, calls, inputs, asked_at } => {
                self.unreadable.remove(session);
                self.missed.remove(session);
                let is_told = probe.calls.is_told();
                self.sessions.apply_probe(session, probe.clone(), *asked_at);
                // What was known to wait still does, as far as anybody can tell.
                if is_told {
                    let with_input = |call: &PendingCall| {
                        let input =
                            inputs.iter().find(|event| event.id.as_ref() == Some(&call.event_id));
                        (call.clone(), input.cloned())
                    };
                    self.calls.insert(session.clone(), calls.iter().map(with_input).collect());
                }
                vec![session.clone()]
            }
            Learnt::Gone(session) => {
                self.forget(session);
                vec![session.clone()]
            }
            Learnt::Refused { session, .. } => {
                self.unreadable.insert(session.clone());
                vec![session.clone()]
            }
            Learnt::Missed { session, .. } => {
                *self.missed.entry(session.clone()).or_default() += 1;
                vec![session.clone()]
            }
            Learnt::Unlisted { agent, error } => {
                let why = Unlisted { problem: error.to_string(), status: error.status() };
                self.sessions.apply_refusal(agent.as_ref(), why);
                Vec::new()
            }
            Learnt::Events(_)
            | Learnt::Visible { .. }
            | Learnt::LinkLost { .. }
            | Learnt::Silent { .. }
            | Learnt::LinkAnswers
            | Learnt::LinkWorks { .. } => Vec::new(),
        };
        // Urgency, and since when a listing says what it says.
        self.sessions.arrange(now, false);
        touched
    }

    fn forget(&mut self, session: &SessionRef) {
        self.sessions.remove(session);
        self.calls.remove(session);
        self.unreadable.remove(session);
        self.missed.remove(session);
    }
}
