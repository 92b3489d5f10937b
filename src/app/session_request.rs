//! What a person wants done to sessions as a whole, and what came of it.

use serde::{Deserialize, Serialize};

use super::msg::Problem;
use crate::api::input::MessageInput;
use crate::api::session::{NewSession, SecretValues};
use crate::api::{AgentKey, Session, SessionRef};
use crate::export::Writing;
use crate::model::session_edit::SessionEdit;

/// Writes; none is ever repeated by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionRequest {
    /// Changes one after the other, each only if nobody else changed the same meanwhile.
    Edit(Vec<SessionEdit>),
    SetSecrets {
        session: SessionRef,
        secrets: SecretValues,
    },
    /// Deletes them for good, each after a copy of it was written where copies are kept.
    Delete(Vec<SessionRef>),
    Make {
        agent: AgentKey,
        new: Box<NewSession>,
    },
    /// Makes a branch, and hands back what is to be said in it.
    AskAgain {
        from: SessionRef,
        by: AgentKey,
        new: Box<NewSession>,
        message: MessageInput,
    },
    /// Writes each to a file of this machine; several into a directory. What is there already stays.
    WriteDown {
        sessions: Vec<SessionRef>,
        to: String,
        what: Writing,
    },
    /// Begins with none of what is left.
    Stop,
}

/// What came of it. Every session has an answer of its own; the end comes last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionMsg {
    Edited {
        edit: Box<SessionEdit>,
        outcome: Box<EditOutcome>,
    },
    SecretsSet {
        session: SessionRef,
        outcome: Box<EditOutcome>,
    },
    Deleted {
        session: SessionRef,
        outcome: DeleteOutcome,
    },
    /// Where it is now. Paths of this machine are no part of a recording.
    #[serde(skip)]
    WrittenDown {
        session: SessionRef,
        outcome: Result<String, Problem>,
    },
    /// Nothing was written: a file has that name. The other one is free.
    #[serde(skip)]
    NameTaken {
        path: String,
        free: String,
    },
    /// So many events have been read of the session that is being written.
    ReadSoFar {
        events: u64,
    },
    /// What was wanted is over, but for those that were not begun.
    Ended {
        left: Vec<SessionRef>,
    },
    Made(Box<Session>),
    NotMade {
        agent: AgentKey,
        problem: Problem,
    },
    /// The branch in which a message is to be said again, or why there is none.
    AskedAgain {
        from: SessionRef,
        message: MessageInput,
        made: Result<Box<Session>, Problem>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditOutcome {
    /// The session as it is now.
    Done(Session),
    /// Somebody else changed the same; nothing was written.
    Overtaken(Session),
    Refused(Problem),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteOutcome {
    /// Where its copy is, and what it lacks; `None` where no copies are kept.
    Done {
        copy: Option<String>,
    },
    Refused(Problem),
}

impl EditOutcome {
    pub fn refused(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            Self::Done(_) | Self::Overtaken(_) => None,
        }
    }
}

impl DeleteOutcome {
    pub fn refused(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            Self::Done { .. } => None,
        }
    }
}
