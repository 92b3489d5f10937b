//! What a yes to a question does, with all that it was asked about.

use std::sync::Arc;

use crate::api::input::MessageInput;
use crate::api::session::NewSession;
use crate::api::{AgentKey, ArtifactId, Event, EventId, SessionRef};
use crate::content::Prepared;
use crate::export::Writing;
use crate::model::memory::EventRef;
use crate::model::session_edit::SessionEdit;
use crate::model::timeline::{HidePlan, UnitId};
use crate::view::layer::compaction_page::CompactionPlan;
use crate::view::pane::text_diff::Side;

#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Hides or shows events of the open session.
    Hide(HidePlan),
    Delete(SessionRef, Vec<Arc<Event>>),
    /// Keeps a bookmark on it, with the note that was typed.
    Bookmark(BookmarkTarget),
    SendAnswers(ArmedAnswers),
    /// Runs what is typed for a call.
    RunCommand(EventId),
    Interrupt(SessionRef),
    /// Puts a summary in the place of events, by the prompt that was typed if one was.
    Compact(Box<CompactionPlan>),
    AskAgain(Box<AskAgain>),
    File(FileDecision),
    Sessions(SessionDecision),
    /// Fetches both files and compares them.
    Compare(SessionRef, Box<[Side; 2]>),
    Quit,
    /// Writes what was not sent to the file that is typed, and quits.
    KeepElsewhere,
}

/// The thing that a bookmark is on.
#[derive(Debug, Clone, PartialEq)]
pub enum BookmarkTarget {
    Event(EventRef),
    /// A row of a file.
    Row(UnitId),
}

/// The answers that Enter sends while the question stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmedAnswers {
    pub session: SessionRef,
    /// The calls that are answered. Another one that arrives meanwhile was not asked about.
    pub calls: Vec<EventId>,
    /// Although something speaks against it.
    pub insist: bool,
}

/// A branch that is made before a message, in which the message is said again.
#[derive(Debug, Clone, PartialEq)]
pub struct AskAgain {
    pub from: SessionRef,
    /// Whose session the branch is.
    pub by: AgentKey,
    pub new: NewSession,
    pub message: MessageInput,
}

/// A yes about sessions as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionDecision {
    /// Changes them; `past` is the word for when that is over.
    Edit {
        edits: Vec<SessionEdit>,
        past: &'static str,
    },
    Delete(Vec<SessionRef>),
    /// Writes them where a person says.
    WriteDown(Vec<SessionRef>, Writing),
}

impl SessionDecision {
    /// The session that it is about, where it is about one.
    fn session(&self) -> Option<&SessionRef> {
        match self {
            Self::Edit { edits, .. } => match edits.as_slice() {
                [one] => Some(&one.session),
                _ => None,
            },
            Self::Delete(sessions) | Self::WriteDown(sessions, _) => match sessions.as_slice() {
                [one] => Some(one),
                _ => None,
            },
        }
    }
}

/// A yes about a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileDecision {
    Fetch {
        session: SessionRef,
        artifact: ArtifactId,
        then_save: bool,
    },
    /// Shows what came although it is not what was promised.
    Show(ArtifactId),
    SaveFlawed(Arc<Prepared>),
    Save {
        file: Arc<Prepared>,
        name: String,
        /// A path of which the person knows that something is there.
        told: Option<String>,
    },
    Replace {
        file: Arc<Prepared>,
        name: String,
        path: String,
    },
    Pipe(Arc<Prepared>),
    Attach(SessionRef),
}

impl FileDecision {
    /// Whether Tab completes what is typed.
    pub fn wants_path(&self) -> bool {
        matches!(self, Self::Save { .. } | Self::Attach(_))
    }
}

impl Decision {
    /// The session that it names.
    pub fn session(&self) -> Option<&SessionRef> {
        match self {
            Self::Delete(session, _)
            | Self::Interrupt(session)
            | Self::Compare(session, _)
            | Self::SendAnswers(ArmedAnswers { session, .. })
            | Self::File(FileDecision::Fetch { session, .. } | FileDecision::Attach(session)) => {
                Some(session)
            }
            Self::Compact(plan) => Some(&plan.session),
            Self::AskAgain(again) => Some(&again.from),
            Self::Sessions(decision) => decision.session(),
            Self::Bookmark(BookmarkTarget::Event(on)) => Some(&on.session),
            Self::Hide(_)
            | Self::Bookmark(BookmarkTarget::Row(_))
            | Self::RunCommand(_)
            | Self::File(_)
            | Self::KeepElsewhere
            | Self::Quit => None,
        }
    }

    /// Whether it is about whatever session is open.
    pub fn is_about_open_session(&self) -> bool {
        match self {
            Self::Hide(_) | Self::Bookmark(_) | Self::File(_) => true,
            Self::Delete(..)
            | Self::SendAnswers(_)
            | Self::RunCommand(_)
            | Self::Interrupt(_)
            | Self::Compact(_)
            | Self::AskAgain(_)
            | Self::Sessions(_)
            | Self::Compare(..)
            | Self::KeepElsewhere
            | Self::Quit => false,
        }
    }

    pub fn is_about_call(&self, call: &EventId) -> bool {
        match self {
            Self::SendAnswers(armed) => armed.calls.contains(call),
            Self::RunCommand(of) => of == call,
            _ => false,
        }
    }
}
