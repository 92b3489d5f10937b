//! A change of sessions on its way: one request after the other, with how far it is and what was
//! refused.
//!
//! Sends nothing. The invariant: what is neither done, refused nor overtaken has not been answered.

use crate::api::SessionRef;
use crate::export::Writing;
use crate::model::session_edit::SessionEdit;
use crate::text::units::counted;

/// What is done to the sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Fields are set, in the word for when that is over: `disabled`.
    Edit(&'static str),
    Delete,
    /// Written to files.
    WriteDown,
}

impl Deed {
    /// As it is said of what is over.
    pub fn past(self) -> &'static str {
        match self {
            Self::Edit(past) => past,
            Self::Delete => "deleted",
            Self::WriteDown => "written",
        }
    }
}

/// Whether it takes something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undoing {
    #[default]
    No,
    Undo,
    Redo,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SessionWork {
    pub deed: Deed,
    pub undoing: Undoing,
    /// All that was sent of changes.
    pub edits: Vec<SessionEdit>,
    total: usize,
    only: Option<SessionRef>,
    pub done: usize,
    /// Sessions with the reason.
    pub refused: Vec<(SessionRef, String)>,
    /// Somebody else was there first; nothing was written.
    pub overtaken: Vec<SessionRef>,
    /// What could not be taken back, and can still be.
    pub put_back: Vec<SessionEdit>,
    /// Where the last copy is.
    pub copy: Option<String>,
    /// What is written to files, and how many keys had been pressed before.
    pub writing: Option<(Writing, u64)>,
    /// Events that have been read of what is written.
    pub read: u64,
    /// A file has the name that was wanted; that one is free.
    pub taken: Option<(String, String)>,
    pub stopping: bool,
}

impl SessionWork {
    pub fn editing(past: &'static str, edits: &[SessionEdit]) -> Self {
        let sessions: Vec<SessionRef> = edits.iter().map(|edit| edit.session.clone()).collect();
        Self { edits: edits.to_vec(), ..Self::new(Deed::Edit(past), &sessions) }
    }

    pub fn deleting(sessions: &[SessionRef]) -> Self {
        Self::new(Deed::Delete, sessions)
    }

    pub fn writing_down(sessions: &[SessionRef], what: Writing, pressed: u64) -> Self {
        Self { writing: Some((what, pressed)), ..Self::new(Deed::WriteDown, sessions) }
    }

    fn new(deed: Deed, sessions: &[SessionRef]) -> Self {
        let only = match sessions {
            [one] => Some(one.clone()),
            _ => None,
        };
        Self {
            deed,
            undoing: Undoing::No,
            edits: Vec::new(),
            total: sessions.len(),
            only,
            done: 0,
            refused: Vec::new(),
            overtaken: Vec::new(),
            put_back: Vec::new(),
            copy: None,
            writing: None,
            read: 0,
            taken: None,
            stopping: false,
        }
    }

    /// The session, where it is about a single one.
    pub fn only(&self) -> Option<&SessionRef> {
        self.only.as_ref()
    }

    /// How far it is, in words; `None` where it is over too soon to be read.
    pub fn progress(&self) -> Option<String> {
        let answered = self.done + self.refused.len() + self.overtaken.len();
        let stopping = if self.stopping { ", ending" } else { "" };
        if self.total == 1 && self.read > 0 {
            let read = usize::try_from(self.read).unwrap_or(usize::MAX);
            return Some(format!("{} read{stopping}", counted(read, "event")));
        }
        (self.total > 1)
            .then(|| format!("{} {answered} of {}{stopping}", self.deed.past(), self.total))
    }

    /// Why nothing else can begin; one piece of work at a time.
    pub fn busy(&self) -> String {
        let so_far = self.progress().unwrap_or_else(|| "the last change".to_owned());
        format!("{so_far} so far; wait for the end, or Esc stops")
    }

    /// Those that were not changed.
    pub fn failed(&self) -> impl Iterator<Item = &SessionRef> {
        self.refused.iter().map(|(session, _)| session).chain(&self.overtaken)
    }
}
