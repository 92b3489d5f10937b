//! Everything that can happen to foretop.

use std::collections::HashSet;

use super::effect::Purpose;
use crate::api::{
    Agent, AgentKey, Artifact, ArtifactId, Event, EventId, Frame, PendingCall, Session, SessionRef,
    Timestamp,
};
use crate::keymap::Key;
use crate::model::Memory;
use crate::model::artifacts::{Checksum, Content};
use crate::model::sessions::Probe;

#[derive(Debug, Clone)]
pub enum Msg {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// A moment that the model waited for has come.
    Wake,
    /// Suspending was asked for, but no shell could continue us.
    NobodyToResume,
    /// The process was asked to end.
    Terminate,
    /// What earlier runs kept, and what to say about the state of the files.
    Remembered {
        memory: Box<Memory>,
        remarks: Vec<String>,
    },
    /// Something could not be kept.
    NotKept(String),
    AgentsListed(Vec<Agent>),
    SessionsListed {
        agent: AgentKey,
        sessions: Vec<Session>,
        complete: bool,
    },
    /// A look at a session that is not open: its newest events, and its calls where it may be
    /// waiting.
    Probed {
        session: SessionRef,
        probe: Probe,
        calls: Vec<PendingCall>,
        /// The `tool_input` events of those calls, which say where the arguments come from.
        inputs: Vec<Event>,
        asked_at: Timestamp,
    },
    /// The newest events of the open session, hidden ones included, oldest first.
    EventsListed(Box<EventWindow>),
    /// A poll failed; everything shown is as old as it was.
    LinkFailed {
        problem: Problem,
        next_try: Timestamp,
    },
    LinkWorks,
    /// The service answered and would not; everything else goes on.
    Refused {
        session: Option<SessionRef>,
        problem: Problem,
    },
    SessionGone(SessionRef),
    HideAnswered {
        session: SessionRef,
        hidden: bool,
        done: Vec<EventId>,
        refused: Vec<(EventId, Problem)>,
    },
    /// The service took the input; a stream follows.
    InputTaken {
        session: SessionRef,
        purpose: Purpose,
    },
    InputRefused {
        session: SessionRef,
        purpose: Purpose,
        problem: Problem,
    },
    Streamed {
        session: SessionRef,
        frame: Frame,
    },
    StreamEnded {
        session: SessionRef,
        problem: Option<Problem>,
    },
    ArtifactsListed {
        session: SessionRef,
        artifacts: Vec<Artifact>,
    },
    ArtifactFetched {
        session: SessionRef,
        artifact: ArtifactId,
        content: Content,
        checksum: Checksum,
    },
}

/// What a listing with and a listing without the hidden events tell together.
#[derive(Debug, Clone)]
pub struct EventWindow {
    pub session: SessionRef,
    pub events: Vec<Event>,
    pub visible: HashSet<EventId>,
    pub reaches_start: bool,
    pub calls: Vec<PendingCall>,
    /// The session itself, as it was just before.
    pub state: Option<Session>,
    pub asked_at: Timestamp,
}

/// A failure in words, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened, why, and what to do next.
    pub text: String,
    /// Every message and field error of the service.
    pub details: Vec<String>,
    pub request_id: Option<String>,
    /// The service may have done it all the same.
    pub may_have_happened: bool,
    /// The HTTP status, where the service answered.
    pub status: Option<u16>,
}

impl Problem {
    /// A role is missing, or else the key is bad.
    pub fn is_forbidden(&self) -> bool {
        self.status == Some(403)
    }

    /// One line with everything that somebody needs to ask for help.
    pub fn line(&self) -> String {
        let mut line = self.text.clone();
        if let Some(id) = &self.request_id {
            line.push_str(" · request ");
            line.push_str(id);
        }
        line
    }
}
