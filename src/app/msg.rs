//! Everything that can happen to foretop.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::effect::Purpose;
use crate::api::{
    Agent, AgentKey, Artifact, ArtifactId, Event, EventId, Frame, PendingCall, Session, SessionKey,
    SessionRef, Timestamp,
};
use crate::archive::Chunk;
use crate::content::{Done, Graphics, Prepared};
use crate::keymap::Key;
use crate::model::Memory;
use crate::model::artifacts::{Checksum, Content};
use crate::model::inside::Inside;
use crate::model::sessions::Probe;
use crate::model::timeline::Found;
use crate::model::waterfall::Measured;

/// By which way a copied text left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// To the terminal, which does not answer.
    Osc52,
    File(PathBuf),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Msg {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    /// The terminal proved to draw pictures.
    Graphics(Graphics),
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
    /// The run is not recorded any further.
    NotRecorded(String),
    /// A text was copied, or sent on its way.
    Copied {
        what: String,
        bytes: usize,
        route: Route,
    },
    NotCopied(String),
    AgentsListed(Vec<Agent>),
    SessionsListed {
        agent: AgentKey,
        sessions: Vec<Session>,
        complete: bool,
    },
    /// All pages of an agent's sessions were read: what is not among them is gone.
    ListingEnded {
        agent: AgentKey,
        listed: HashSet<SessionKey>,
    },
    /// One session object, asked for by itself.
    SessionRead(Box<Session>),
    /// A look at a session: what its newest events say, and its calls where it may be waiting.
    Probed {
        session: SessionRef,
        probe: Probe,
        calls: Vec<PendingCall>,
        /// The `tool_input` events of those calls, which say where the arguments come from.
        inputs: Vec<Event>,
        asked_at: Timestamp,
    },
    /// Events of the open session, hidden ones included, oldest first.
    EventsListed(Box<EventWindow>),
    /// Which events of the open session were listed without hidden ones. It speaks about those
    /// from `from` (`None`: the first) to `to`; see
    /// [`apply_visible`](crate::model::Timeline::apply_visible).
    VisibleListed {
        session: SessionRef,
        visible: HashSet<EventId>,
        from: Option<EventId>,
        to: EventId,
        asked_at: Timestamp,
    },
    /// What the page on the insides shows, as of now.
    #[serde(skip)]
    Inside(Box<Inside>),
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
    EventsDeleted {
        session: SessionRef,
        done: Vec<EventId>,
        refused: Vec<(EventId, Problem)>,
        /// Where the copy is.
        copy: Option<String>,
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
    /// A message may have arrived or not; the events are being looked at to find out, and
    /// [`Self::InputFound`] or [`Self::InputRefused`] follows.
    InputDoubtful {
        session: SessionRef,
        problem: Problem,
    },
    /// The message whose fate was doubtful is among the events.
    InputFound {
        session: SessionRef,
    },
    Streamed {
        session: SessionRef,
        frame: Frame,
    },
    StreamEnded {
        session: SessionRef,
        problem: Option<Problem>,
    },
    /// The next lines of the file that is shown.
    #[serde(skip)]
    FileRead(Box<Chunk>),
    /// The whole file is read, and this is what was found in it; or reading it failed.
    FileEnded {
        remarks: Vec<String>,
        problem: Option<String>,
    },
    /// What the service measured; empty where it does not measure, or will not say.
    TracesRead {
        session: SessionRef,
        measured: Measured,
    },
    /// A part of what a search is about has been looked through.
    Found(Found),
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
    /// Something was worked out about a file. It follows from the file, and is not recorded.
    #[serde(skip)]
    Worked(Box<Worked>),
}

#[derive(Debug, Clone)]
pub struct Worked {
    pub artifact: ArtifactId,
    pub file: Arc<Prepared>,
    pub done: Done,
}

/// One gap-free stretch of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventWindow {
    pub session: SessionRef,
    pub events: Vec<Event>,
    /// Whether this service marks hidden events, so that those without a mark are visible.
    pub marked: bool,
    pub reaches_start: bool,
    /// Nothing was newer when it was listed.
    pub reaches_end: bool,
    pub asked_at: Timestamp,
}

/// A failure in words, safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
