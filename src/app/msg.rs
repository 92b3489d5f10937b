//! Everything that can happen to foretop.
//!
//! Messages come in families, one for each place they come from. Start with [`Msg`]. The invariant:
//! a family is matched whole where it is handled, so that a new message cannot vanish.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::effect::{Effect, InputKind};
use super::session_request::SessionMsg;
use crate::api::alias::Alias;
use crate::api::tool::ClientTool;
use crate::api::{
    Agent, AgentKey, Artifact, ArtifactId, Event, EventId, Frame, PendingCall, Session, SessionKey,
    SessionRef, Timestamp, ToolId,
};
use crate::archive::Chunk;
use crate::content::{Done, Graphics, Prepared};
use crate::keymap::Key;
use crate::model::AnswerKind;
use crate::model::Memory;
use crate::model::event_search::{Hit, Progress};
pub use crate::model::event_window::EventWindow;
use crate::model::output_schema::{ToolRead, Verdict};
use crate::model::sessions::Probe;
use crate::model::timeline::Found;
use crate::tools::Ran;
use crate::view::layer::inside::Inside;
use crate::view::mouse::Pointer;
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::composer::Attachment;
use crate::view::pane::session_diff;
use crate::view::pane::text_diff::Outcome;
use crate::view::pane::waterfall::Measured;

/// By which way a copied text left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// To the terminal, which does not answer.
    Osc52,
    /// To the clipboard of the system that foretop runs on.
    Native,
    File(PathBuf),
}

/// Everything that can happen, in families. Each is handled by one exhaustive match.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Msg {
    Terminal(TerminalMsg),
    Run(RunMsg),
    Service(ServiceMsg),
    Stream(StreamMsg),
    File(FileMsg),
    Done(DoneMsg),
    /// An effect could not be carried out.
    #[serde(skip)]
    NotDone {
        effect: Box<Effect>,
        why: String,
    },
}

macro_rules! families {
    ($($family:ident: $of:ident,)+) => {
        $(impl From<$of> for Msg {
            fn from(msg: $of) -> Self {
                Self::$family(msg)
            }
        })+
    };
}

families! {
    Terminal: TerminalMsg,
    Run: RunMsg,
    Service: ServiceMsg,
    Stream: StreamMsg,
    File: FileMsg,
    Done: DoneMsg,
}

/// The person and the terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalMsg {
    Key(Press),
    Paste(String),
    /// Something done with the mouse, and when it arrived.
    Mouse(Pointer, Timestamp),
    Resize(u16, u16),
    /// The terminal proved to draw pictures.
    Graphics(Option<Graphics>),
    /// Suspending was asked for, but no shell could continue us.
    NobodyToResume,
}

/// A key, and how it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    pub key: Key,
    /// When it arrived, which may be long before it is worked in.
    pub at: Timestamp,
    /// Keys that arrived in one piece with it, itself among them.
    pub together: usize,
    /// Those keys look like a text that was pasted, not like keys that were pressed.
    pub pasted: bool,
}

#[cfg(any(test, feature = "internals"))]
impl Press {
    /// A key that came by itself.
    pub fn alone(key: Key, at: Timestamp) -> Self {
        Self { key, at, together: 1, pasted: false }
    }
}

/// The run itself: its beginning, its time, its end, and what is kept of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunMsg {
    /// A moment that the model waited for has come.
    Wake,
    /// What lies uppermost over the panes is on the screen for the first time.
    Shown,
    /// The process was asked to end.
    Terminate,
    /// What earlier runs kept, and what to say about the state of the files.
    Remembered { memory: Box<Memory>, remarks: Vec<String> },
    /// What is wrong with files that are read at the start, and keeps nobody out.
    Remarks(Vec<String>),
    /// Nothing can be kept in this run.
    KeepsNothing(String),
    /// Something could not be written; it is tried again with what comes next.
    NotKept(String),
    /// Leaving waits: so many drafts could not be written.
    HeldUp { drafts: usize, problem: String },
    /// What could not be written before is written now.
    KeptAgain,
    /// The run is not recorded any further.
    NotRecorded(String),
    /// What the page on the insides shows, as of now.
    #[serde(skip)]
    Inside(Box<Inside>),
}

/// What the service told, asked or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceMsg {
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
    /// A poll failed; everything shown is as old as it was.
    LinkFailed {
        problem: Problem,
        next_try: Timestamp,
    },
    /// Requests are under way, and nothing at all has come back since then.
    LinkSilent {
        since: Timestamp,
    },
    /// An answer came, be it a refusal.
    LinkAnswers,
    /// An answer came. Nothing that the screen claims of the sessions is older than `oldest`.
    LinkWorks {
        #[serde(default)]
        oldest: Option<Timestamp>,
    },
    /// The service's clock is so far ahead of ours; `None` once it agrees.
    ClocksApart {
        seconds: Option<i64>,
    },
    /// The events of a session could not be had; everything else goes on.
    Refused {
        session: SessionRef,
        problem: Problem,
    },
    /// The sessions of an agent, or (`None`) the agents, could not be listed.
    Unlisted {
        agent: Option<AgentKey>,
        problem: Problem,
    },
    SessionGone(SessionRef),
    HideAnswered {
        session: SessionRef,
        hidden: bool,
        done: Vec<EventId>,
        refused: Vec<(EventId, Problem)>,
    },
    /// Of sessions that were to be changed, deleted or made.
    Session(SessionMsg),
    EventsDeleted {
        session: SessionRef,
        done: Vec<EventId>,
        refused: Vec<(EventId, Problem)>,
        /// Where the copy is.
        copy: Option<String>,
    },
    /// Sessions that pass what the service decides of a filter.
    SessionsPass {
        number: u64,
        sessions: Vec<Session>,
    },
    /// Every agent was asked for them.
    FilterAsked {
        number: u64,
    },
    /// An agent could not be asked, or (`whole`) the question is refused.
    FilterRefused {
        number: u64,
        problem: Problem,
        whole: bool,
    },
    /// A page of some session was looked through.
    EventsSearched {
        number: u64,
        hits: Vec<Hit>,
        progress: Progress,
        /// Nothing is left to look through.
        over: bool,
    },
    /// What the service measured; empty where it does not measure, or will not say.
    TracesRead {
        session: SessionRef,
        measured: Measured,
    },
    /// What a tool says about its answers.
    ToolRead {
        tool: ToolId,
        read: ToolRead,
    },
    /// What somebody asked for who looks at the agents.
    Catalogued(Catalogued),
    ArtifactsListed {
        session: SessionRef,
        artifacts: Vec<Artifact>,
        /// The service has more of them.
        #[serde(default)]
        more: bool,
    },
    /// The files of a session could not be listed.
    ArtifactsUnlisted {
        session: SessionRef,
        problem: Problem,
    },
    /// How much of a file has come.
    ArtifactProgress {
        artifact: ArtifactId,
        done: u64,
    },
    ArtifactFetched {
        session: SessionRef,
        artifact: ArtifactId,
        content: Content,
        checksum: Checksum,
    },
    /// How much of the files of a message has left.
    UploadProgress {
        session: SessionRef,
        done: u64,
        total: u64,
    },
    /// Two files were fetched and compared. No part of a recording, which would hold both files.
    #[serde(skip)]
    Compared {
        session: SessionRef,
        files: [ArtifactId; 2],
        outcome: Outcome,
        checksums: [Checksum; 2],
    },
    /// So many events of one of two sessions have come, that are to be compared.
    #[serde(skip)]
    SessionsReadSoFar {
        sessions: Box<[SessionRef; 2]>,
        side: usize,
        events: u64,
    },
    /// Two sessions were read and compared. No part of a recording, which would hold both.
    #[serde(skip)]
    SessionsCompared {
        sessions: Box<[SessionRef; 2]>,
        outcome: session_diff::Outcome,
    },
}

/// The agents, tools and aliases of the service, each by itself, or why they could not be listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Catalogued {
    Agents { agents: Vec<Agent>, more: bool },
    NoAgents(Problem),
    Tools { tools: Vec<ClientTool>, more: bool },
    NoTools(Problem),
    Aliases { aliases: Vec<Alias>, more: bool },
    NoAliases(Problem),
}

/// Input of our own and the stream of its turn.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every message of a stream is the large one")]
pub enum StreamMsg {
    /// The service took the input; a stream follows.
    InputTaken {
        session: SessionRef,
        purpose: InputKind,
    },
    InputRefused {
        session: SessionRef,
        purpose: InputKind,
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
}

/// Files of this machine: the session that is shown from one, and files saved, piped, attached.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileMsg {
    /// The next lines of the file that is shown.
    #[serde(skip)]
    FileRead(Box<Chunk>),
    /// The whole file is read, and this is what was found in it; or reading it failed.
    FileEnded { remarks: Vec<String>, problem: Option<String> },
    /// Where files of this machine are is no part of a recording; nor is what follows.
    #[serde(skip)]
    FileSaved(SaveOutcome),
    /// A program that was given a file has ended.
    #[serde(skip)]
    Piped(Box<Piped>),
    /// Drafts were written to a file that the person named, before leaving; where it is, or in words
    /// why not.
    #[serde(skip)]
    DraftsWritten(Result<String, String>),
    /// The keys of an action are written for later runs: where, or why not. No part of a recording, as other
    /// files of this machine.
    #[serde(skip)]
    KeysKept(Result<String, String>),
    /// The pager could not be run.
    NotPaged(String),
    /// What the beginning of a path may become.
    #[serde(skip)]
    PathCompleted { typed: String, completed: String, offers: Vec<String> },
    /// A file was looked at, to go with the next message.
    #[serde(skip)]
    Attached { session: SessionRef, outcome: Result<Attachment, String> },
}

/// Work that was wanted is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneMsg {
    /// A part of what a search is about has been looked through.
    Found(Found),
    /// Something was worked out about a file. It follows from the file, and is not recorded.
    #[serde(skip)]
    Worked(Box<Worked>),
    /// What the check of a draft found.
    DraftChecked {
        call: EventId,
        verdict: Verdict,
    },
    /// A local program for a call has ended. No part of a recording: it may have printed anything.
    #[serde(skip)]
    CommandEnded {
        call: EventId,
        ran: Box<Ran>,
        /// Whether a success fits its tool's schema, where that was asked for.
        fits: Option<Result<(), String>>,
    },
    /// A command of one's own has ended.
    OwnEnded(Box<OwnEnd>),
    /// The person's editor has ended: the text, or in words why there is none.
    EditedOutside {
        session: SessionRef,
        call: EventId,
        kind: AnswerKind,
        text: Result<String, String>,
    },
    /// The same for the message to a session. What is typed there is no part of a recording.
    #[serde(skip)]
    MessageEditedOutside {
        session: SessionRef,
        text: Result<String, String>,
    },
    /// The same for a field of a form. What is typed there is no part of a recording.
    #[serde(skip)]
    FieldEditedOutside(Result<String, String>),
    /// A text was copied, or sent on its way.
    Copied {
        what: String,
        bytes: usize,
        route: Route,
    },
    NotCopied(String),
}

/// How a command of one's own ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnEnd {
    pub number: u8,
    pub succeeded: bool,
    /// In words, such as `exit 0`.
    pub ending: String,
    pub took: String,
    /// What it printed, and what it complained of behind that.
    pub printed: String,
    /// The last complaint.
    pub last_words: String,
}

#[derive(Debug, Clone)]
pub struct Worked {
    pub artifact: ArtifactId,
    pub file: Arc<Prepared>,
    pub done: Done,
}

/// Result of saving a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    Saved {
        path: String,
        bytes: u64,
    },
    /// Nothing was written; `free` is a name that nothing has.
    Exists {
        path: String,
        free: String,
    },
    Refused(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piped {
    pub line: String,
    /// `exit 0, 96 bytes`.
    pub summary: String,
    pub succeeded: bool,
    pub output: String,
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
        if let Some(id) = self.request_id.as_ref().filter(|id| !line.contains(id.as_str())) {
            line.push_str(" · request ");
            line.push_str(id);
        }
        line
    }
}
