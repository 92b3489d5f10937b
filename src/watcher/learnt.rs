//! What asking brought to light: the only way in which the watcher speaks.
//!
//! Start with [`Learnt`]. The invariant: nothing in it claims more than an answer said; what could not
//! be learnt is a variant of its own.

use std::collections::HashSet;

use crate::api::{
    Agent, AgentKey, Event, EventId, PendingCall, Session, SessionKey, SessionRef, Timestamp,
};
use crate::client::ClientError;
use crate::model::event_window::EventWindow;
use crate::model::sessions::Probe;

#[derive(Debug)]
pub enum Learnt {
    /// All agents that are watched.
    Agents(Vec<Agent>),
    /// A page of an agent's sessions; with `complete` there are no others.
    Sessions { agent: AgentKey, sessions: Vec<Session>, complete: bool },
    /// All pages of an agent's sessions were read: what is not among them is gone.
    ListingEnded { agent: AgentKey, listed: HashSet<SessionKey> },
    /// One session object, asked for by itself.
    Session(Box<Session>),
    /// Its newest events were read, and its calls where it may be waiting.
    Looked {
        session: SessionRef,
        probe: Probe,
        calls: Vec<PendingCall>,
        /// The `tool_input` events of those calls, as far as they could be had.
        inputs: Vec<Event>,
        asked_at: Timestamp,
    },
    /// Events of the open session, hidden ones included, oldest first.
    Events(Box<EventWindow>),
    /// Which events of the open session were listed without hidden ones, from `from` (`None`: the
    /// first) to `to`.
    Visible {
        session: SessionRef,
        visible: HashSet<EventId>,
        from: Option<EventId>,
        to: EventId,
        asked_at: Timestamp,
    },
    /// The session does not exist any more.
    Gone(SessionRef),
    /// The newest events of a session could not be had; everything else goes on.
    Refused { session: SessionRef, error: ClientError },
    /// A question about a session met an outage, of this session alone or of everything.
    Missed { session: SessionRef, problem: String },
    /// The sessions of an agent, or (`None`) the agents, could not be listed.
    Unlisted { agent: Option<AgentKey>, error: ClientError },
    /// The service cannot be asked now. Nothing is sent before `next_try`.
    LinkLost { error: ClientError, next_try: Timestamp },
    /// It was asked, and nothing at all has come back since then.
    Silent { since: Timestamp },
    /// The service answers, be it with a refusal.
    LinkAnswers,
    /// The service answers with data. What is claimed of the sessions was asked for since `oldest`.
    LinkWorks { oldest: Option<Timestamp> },
}
