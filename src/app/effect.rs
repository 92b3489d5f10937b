//! What the model wants done in the world. The runtime does it and answers with messages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::{ArtifactId, Event, EventId, Input, SessionRef};
use crate::content::{Job, Prepared};
use crate::model::memory::Change;
use crate::model::timeline::Search;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
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
        purpose: Purpose,
    },
    /// Gives up the stream of a session, which seems dead; its turn goes on.
    CloseStream {
        session: SessionRef,
    },
    ListArtifacts {
        session: SessionRef,
    },
    /// Works something out about a file, in the place of what was being worked out of that sort.
    Work {
        artifact: ArtifactId,
        file: Arc<Prepared>,
        job: Job,
    },
    FetchArtifact {
        session: SessionRef,
        artifact: ArtifactId,
    },
    /// Asks for what the service measured of the turns of a session.
    FetchTraces {
        session: SessionRef,
    },
    /// Keeps something for the next run, within half a second.
    Remember(Change),
    /// Keeps now what waits to be kept.
    RememberNow,
    /// Asks the service now instead of at the next due time.
    AskNow,
    /// Looks through texts, in the place of what was looked through before.
    Search(Box<Search>),
    StopSearch,
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
}

/// Something that a person who looks elsewhere wants to know. Names are as the service has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The session waits for the answer to a call of this tool, and to so many more.
    Waits { session: SessionRef, tool: String, more: usize },
    /// The session has begun to fail.
    Fails { session: SessionRef },
}

/// Why input is sent; decides where a refusal lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Message,
    Answers,
    Interrupt,
}
