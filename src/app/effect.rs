//! What the model wants done in the world, in families. Each family is carried out in one place of
//! the runtime, which answers with messages; what it cannot do comes back as
//! [`Msg::NotDone`](super::Msg::NotDone).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::session_request::SessionRequest;
use crate::api::input::MessageInput;
use crate::api::{AgentKey, Artifact, ArtifactId, Event, EventId, Input, SessionRef, ToolId};
use crate::content::{Job, Prepared};
use crate::model::AnswerKind;
use crate::model::memory::Change;
use crate::model::output_schema::Check;
use crate::model::sessions::Wanted;
use crate::model::timeline::Search;
use crate::query::Query;
use crate::tools::Invocation;
use crate::view::pane::composer::Attachment;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Service(Request),
    Program(Program),
    Own(OwnWork),
    File(FileWork),
    Keep(Keep),
    Work(Work),
    Terminal(TerminalWork),
}

/// Something that the service is asked or told.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Hides or shows events for the agent, one request each.
    SetHidden {
        session: SessionRef,
        events: Vec<EventId>,
        hidden: bool,
    },
    /// Deletes events for good, after a copy of them was written where copies are kept.
    DeleteEvents {
        session: SessionRef,
        events: Vec<Arc<Event>>,
    },
    /// Sends input and streams the reply. Never repeated by itself.
    Send {
        session: SessionRef,
        input: Input,
        purpose: InputKind,
    },
    /// Sends a message with files. Never repeated by itself.
    Upload {
        session: SessionRef,
        message: MessageInput,
        files: Vec<Attachment>,
    },
    /// Changes, deletes or makes sessions.
    Session(SessionRequest),
    /// Gives up the stream of a session, which seems dead; its turn goes on.
    CloseStream {
        session: SessionRef,
    },
    ListArtifacts {
        session: SessionRef,
    },
    /// Fetches a file that was listed so.
    FetchArtifact {
        session: SessionRef,
        listed: Box<Artifact>,
    },
    /// Gives up fetching it.
    StopFetch {
        artifact: ArtifactId,
    },
    /// Fetches two files, the older first, and compares them.
    Compare {
        session: SessionRef,
        files: [ArtifactId; 2],
    },
    /// Reads two sessions, the older first, and compares them, in the place of what was being compared.
    CompareSessions {
        sessions: Box<[SessionRef; 2]>,
    },
    StopComparing,
    /// Asks for what the service measured of the turns of a session.
    FetchTraces {
        session: SessionRef,
    },
    /// Asks what the answers of a tool must look like.
    ReadTool {
        tool: ToolId,
    },
    /// Asks which sessions of these agents pass what the service decides of a filter, in the place of
    /// what was asked so before.
    FilterSessions {
        number: u64,
        agents: Vec<AgentKey>,
        wanted: Wanted,
    },
    /// Looks for events of these sessions, in this order, in the place of what was looked for before.
    SearchEvents {
        number: u64,
        query: Box<Query>,
        sessions: Vec<SessionRef>,
    },
    StopSearchEvents,
    /// Lists the agents, tools and aliases of the service, once.
    ReadCatalogue,
    /// Asks now for what is polled, instead of at the next due time.
    AskNow,
}

/// A local program for a call. Its end comes back; it sends nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Program {
    Run {
        call: EventId,
        invocation: Box<Invocation>,
        /// The tool whose schema the output must fit, where it may be sent without a person.
        check: Option<Fit>,
    },
    Stop {
        call: EventId,
    },
}

/// A command of one's own, beside the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnWork {
    Run { number: u8, invocation: Box<Invocation> },
    Stop { number: u8 },
}

/// Something done with files of this machine.
#[derive(Debug, Clone, PartialEq)]
pub enum FileWork {
    /// Saves a file where a person said, under `name` if that is a directory.
    Save {
        file: Arc<Prepared>,
        to: String,
        name: String,
        replace: bool,
    },
    /// Runs a program with the file on its stdin; no shell has a part in it.
    Pipe {
        file: Arc<Prepared>,
        line: String,
        words: Vec<String>,
    },
    StopPipe,
    /// Writes drafts where a person said, to a file that is not there yet.
    WriteDrafts {
        to: String,
        text: String,
    },
    /// Looks up what the beginning of a path may become.
    CompletePath {
        typed: String,
    },
    /// Looks at a file of this machine that shall go with a message.
    Attach {
        session: SessionRef,
        path: String,
    },
    /// Writes the keys of an action where those of later runs stand.
    KeepKeys(KeyLine),
}

/// A line of the file of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    pub scope: &'static str,
    pub action: String,
    /// In the notation of such files; `None` takes the keys away that the action has.
    pub keys: Option<String>,
}

/// Something kept for the next run.
#[derive(Debug, Clone, PartialEq)]
pub enum Keep {
    /// Within half a second.
    Soon(Change),
    /// What waits to be kept, now.
    Now,
}

/// Something worked out beside the loop.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// About a file, in the place of what was being worked out of that sort.
    File {
        artifact: ArtifactId,
        file: Arc<Prepared>,
        job: Job,
    },
    CheckDraft(Box<Check>),
    /// Looks through texts, in the place of what was looked through before.
    Search(Box<Search>),
    StopSearch,
}

/// Something that needs the terminal.
#[derive(Debug, Clone, PartialEq)]
pub enum TerminalWork {
    /// Lends it to a command of one's own.
    LendTo { number: u8, invocation: Box<Invocation> },
    /// Lends it to the person's pager.
    Page { file: Arc<Prepared> },
    /// Lends it to the person's editor, with the draft of that call in it.
    EditOutside { session: SessionRef, call: EventId, kind: AnswerKind, text: String },
    /// The same with the message to a session.
    EditMessageOutside { session: SessionRef, text: String },
    /// The same with a field of a form; the suffix tells the editor what it is.
    EditFieldOutside { text: String, suffix: String },
    /// Puts a text where other programs find it.
    Copy {
        text: String,
        /// What it is, for the note that says it was done.
        what: String,
    },
    /// Tells a person who looks elsewhere.
    Notify(Notice),
    /// Gives the terminal back to the shell until the process is continued.
    Suspend,
    /// Paints every cell anew.
    Redraw,
    /// Takes the mouse, or gives it back to the terminal.
    CaptureMouse(bool),
}

macro_rules! families {
    ($($family:ident: $of:ident,)+) => {
        $(impl From<$of> for Effect {
            fn from(effect: $of) -> Self {
                Self::$family(effect)
            }
        })+
    };
}

families! {
    Service: Request,
    Program: Program,
    Own: OwnWork,
    File: FileWork,
    Keep: Keep,
    Work: Work,
    Terminal: TerminalWork,
}

/// What one message led to, in order.
#[must_use = "effects that are dropped never happen"]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    pub fn push(&mut self, effect: impl Into<Effect>) {
        self.0.push(effect.into());
    }

    pub fn iter(&self) -> impl Iterator<Item = &Effect> {
        self.0.iter()
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<Effect> for Effects {
    fn extend<T: IntoIterator<Item = Effect>>(&mut self, effects: T) {
        self.0.extend(effects);
    }
}

/// Something that a person who looks elsewhere wants to know. Names are as the service has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The session waits for the answer to a call of this tool, and to so many more.
    Waits { session: SessionRef, tool: String, more: usize },
    /// The session has begun to fail.
    Fails { session: SessionRef },
}

/// Whose schema an output must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckedTool {
    /// Nothing is known of the agent's configuration, so that nothing fits.
    Unknown,
    /// The configuration names no tool, so that there is no schema.
    Unnamed,
    Named(ToolId),
}

/// What an output is checked against.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub tool: CheckedTool,
    /// The key for output that is no object.
    pub wrap: String,
}

/// Why input is sent; decides where a refusal lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    Message,
    Answers,
    Interrupt,
    Compact,
}
