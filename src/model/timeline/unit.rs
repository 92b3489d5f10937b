//! One thing that happened: an event, or the input and the output of a tool joined.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::api::event::{ToolInput, ToolOutput};
use crate::api::{Event, EventBody, EventId, Timestamp};

use super::visibility::Visibility;

/// Name of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitId {
    /// The id of its first event, or one of ours for what the service does not store.
    Named(Arc<str>),
    /// Where the line of its first event begins in a file.
    Line(u64),
}

impl UnitId {
    pub fn named(name: &str) -> Self {
        Self::Named(Arc::from(name))
    }
}

impl From<&EventId> for UnitId {
    fn from(id: &EventId) -> Self {
        Self::named(id.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    You,
    Agent,
    Think,
    Tool,
    SubAgent,
    Step,
    Image,
    Skill,
    Upload,
    Structured,
    Compaction,
    Error,
    Limit,
    Interrupted,
    Note,
    Unknown,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Agent => "agent",
            Self::Think => "think",
            Self::Tool => "tool",
            Self::SubAgent => "sub",
            Self::Step => "step",
            Self::Image => "image",
            Self::Skill => "skill",
            Self::Upload => "file",
            Self::Structured => "data",
            Self::Compaction => "cmp",
            Self::Error => "error",
            Self::Limit => "limit",
            Self::Interrupted => "stop",
            Self::Note => "note",
            Self::Unknown => "?",
        }
    }
}

/// How a tool call stands; `None` for everything that is no tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum State {
    #[default]
    None,
    Running,
    Ok,
    Failed,
    YourTurn,
    Cancelled,
    /// It has no output; whether it waits for one was not told, and a file cannot tell.
    Unanswered,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "ERR",
            Self::YourTurn => "YOUR TURN",
            Self::Cancelled => "cancelled",
            Self::Unanswered => "no output",
        }
    }
}

/// Who did it, where that is not what the unit says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Who {
    #[default]
    Unknown,
    /// The person at this screen.
    Us,
    /// It came while the session was looked at, and not from here.
    Elsewhere,
}

/// What becomes of a message that was sent and has no event yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fate {
    Leaving,
    /// The connection broke; it is being looked for.
    Doubtful,
    BeginsTurn,
    /// It was sent to steer.
    NextStep,
    /// It was sent as a follow-up.
    AfterTurn,
    /// The service took it, and the session rests without it.
    Lost,
    /// In words why; the draft is where it was written.
    Refused(String),
}

impl Fate {
    pub fn words(&self) -> String {
        match self {
            Self::Leaving => "sending …".to_owned(),
            Self::Doubtful => "looking whether it arrived".to_owned(),
            Self::BeginsTurn => "sent, begins a turn".to_owned(),
            Self::NextStep => "queued, taken at the next step".to_owned(),
            Self::AfterTurn => "queued, taken after this turn".to_owned(),
            Self::Lost => "taken by the service, and not among its events".to_owned(),
            Self::Refused(why) => format!("not sent, kept as the draft: {why}"),
        }
    }
}

/// A row is looked at many times a key, so that telling whether it changed must cost little. Nobody
/// else chooses what goes in but by what a row shows.
const VERSIONS: FixedState = FixedState::with_seed(0);

/// Something a tool reported while it ran, a sub-agent's event included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActivityLine {
    pub kind: String,
    pub text: String,
}

/// What lies between a unit and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Above {
    /// The session was last looked at.
    LastLook,
    /// A part of the file that is not read yet.
    Unread,
}

/// What a unit is in the timeline as a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChatPart {
    /// All rows are shown, not a chat.
    #[default]
    None,
    /// Something in the middle of a turn.
    Said,
    /// A turn begins with it: its number, where all before it are here.
    Turn(Option<usize>),
}

impl ChatPart {
    /// What the line above a unit says that begins a turn.
    pub fn heading(self) -> Option<String> {
        match self {
            Self::None | Self::Said => None,
            Self::Turn(Some(number)) => Some(format!("turn {number}")),
            Self::Turn(None) => Some("turn".to_owned()),
        }
    }
}

/// What is shown above a unit, for the line between days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Before {
    /// It was not put together for its place on the screen, or what is above is not loaded.
    #[default]
    Unknown,
    /// It is the first of the session.
    Nothing,
    /// A row that happened then.
    Row(Timestamp),
}

/// What a folded group says of itself on its first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Folded {
    pub rows: usize,
    pub calls: usize,
    pub errors: usize,
}

#[derive(Debug, Clone)]
pub struct Unit {
    pub id: UnitId,
    /// Changes whenever anything that is drawn changes, and only then.
    pub version: u64,
    pub kind: Kind,
    pub at: Option<Timestamp>,
    /// Milliseconds since the unit before.
    pub gap: Option<u64>,
    pub state: State,
    pub visibility: Visibility,
    /// A hide (`true`) or unhide was sent and is not confirmed yet.
    pub hiding: Option<bool>,
    pub duration: Option<u64>,
    pub size: u64,
    /// False for rows that a listing will never show again.
    pub stored: bool,
    /// Text that is still streaming in.
    pub live_text: Option<String>,
    /// The stream ended in the middle of that text.
    pub unfinished: bool,
    /// What becomes of it, where it was sent from here and has no event yet.
    pub fate: Option<Fate>,
    pub who: Who,
    /// Who has hidden it, where that was while it was looked at.
    pub hidden_by: Who,
    pub activity: Vec<ActivityLine>,
    /// Only the beginning was read: the line in the file is very long.
    pub clipped: bool,
    /// Why the line in the file is no event.
    pub problem: Option<Arc<str>>,
    /// What a line above it says.
    pub above: Option<Above>,
    pub before: Before,
    pub chat: ChatPart,
    /// What a person noted on it; empty is a bookmark without words.
    pub note: Option<Arc<str>>,
    /// What is folded away behind it.
    pub folded_behind: Option<Folded>,
    /// The first event; a live text has none.
    pub event: Option<Arc<Event>>,
    pub output: Option<Arc<Event>>,
}

impl Unit {
    /// Ids of the stored events that it is made of.
    pub fn event_ids(&self) -> Vec<EventId> {
        if !self.stored {
            return Vec::new();
        }
        let events = self.event.iter().chain(&self.output);
        events.filter_map(|event| event.id.clone()).collect()
    }

    pub fn tool_input(&self) -> Option<&ToolInput> {
        match &*self.event.as_ref()?.body {
            EventBody::ToolInput(input) => Some(input),
            _ => None,
        }
    }

    pub fn tool_output(&self) -> Option<&ToolOutput> {
        let found = |event: &'_ Arc<Event>| matches!(&*event.body, EventBody::ToolOutput(_));
        let event = self.output.as_ref().or(self.event.as_ref()).filter(|event| found(event))?;
        match &*event.body {
            EventBody::ToolOutput(output) => Some(output),
            _ => None,
        }
    }

    pub fn is_error(&self) -> bool {
        self.state == State::Failed
            || self.problem.is_some()
            || matches!(self.kind, Kind::Error | Kind::Limit)
    }

    /// A rough guess, for "about 18k tokens freed".
    pub fn estimated_tokens(&self) -> u64 {
        tokens_of(self.size)
    }

    /// Puts it below what is shown above it.
    pub(crate) fn follow(&mut self, before: Before) {
        self.before = before;
        self.version = VERSIONS.hash_one((self.version, before));
    }

    pub(crate) fn seal(&mut self, revision: u64) {
        let mut hash = VERSIONS.build_hasher();
        (revision, self.state, self.visibility, self.hiding, self.stored, self.size)
            .hash(&mut hash);
        (self.above, &self.note, self.folded_behind).hash(&mut hash);
        (&self.fate, self.who, self.hidden_by, self.chat).hash(&mut hash);
        (self.gap, self.duration, self.kind, &self.activity).hash(&mut hash);
        // It only grows, and its length is in the size.
        self.live_text.is_some().hash(&mut hash);
        self.version = hash.finish();
    }
}

/// Four bytes of JSON are about one token.
pub(crate) fn tokens_of(bytes: u64) -> u64 {
    bytes / 4
}
