//! One client tool call that waits for a person, and the answer in preparation.
//!
//! Its arguments come in clear and may hold secrets: they are looked at through [`Arguments`], which
//! masks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::input::ToolAnswer;
use crate::api::{EventId, PendingCall, SessionRef, Timestamp};

use super::arguments::Arguments;
use super::editor::Editor;
use super::memory::SavedDraft;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    #[default]
    Success,
    Error,
}

/// An answer in preparation. Untouched drafts are never sent.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub editor: Editor,
    pub kind: AnswerKind,
    pub touched: bool,
    /// The service's complaint about an earlier try, until the text changes.
    pub refused: Option<String>,
    /// When it was written, if that was in an earlier run and nobody was told yet.
    pub restored: Option<Timestamp>,
}

impl Draft {
    /// What there is to keep for the next run: nothing, unless somebody wrote it.
    pub fn saved(&self) -> Option<SavedDraft> {
        self.touched.then(|| SavedDraft { text: self.editor.text(), kind: self.kind })
    }

    /// Gives back what was typed in an earlier run, unless something is being written by now.
    pub fn restore(&mut self, saved: &SavedDraft, written_at: Timestamp) {
        if self.touched || !self.editor.is_empty() {
            return;
        }
        self.editor.set_text(&saved.text);
        self.kind = saved.kind;
        self.touched = true;
        self.restored = Some(written_at);
    }

    /// What is wrong with the draft as it stands, and on which line (from zero).
    pub fn problem(&self) -> Option<(usize, String)> {
        if let Some(refused) = &self.refused {
            return Some((0, refused.clone()));
        }
        if self.kind == AnswerKind::Error {
            return self.editor.is_empty().then(|| (0, "say what failed".to_owned()));
        }
        match serde_json::from_str::<Value>(&self.editor.text()) {
            Ok(Value::Object(_)) => None,
            Ok(_) => Some((0, "the output must be a JSON object".to_owned())),
            Err(error) => Some((error.line().saturating_sub(1), plain_reason(&error))),
        }
    }

    pub(super) fn answer(&self, event_id: &EventId) -> Option<ToolAnswer> {
        if self.problem().is_some() {
            return None;
        }
        let (event_id, text) = (event_id.clone(), self.editor.text());
        match self.kind {
            AnswerKind::Success => {
                let output = serde_json::from_str(&text).ok()?;
                Some(ToolAnswer::Success { event_id, output })
            }
            // Text that is JSON travels as such; anything else is a message.
            AnswerKind::Error => {
                let error = serde_json::from_str(&text).unwrap_or(Value::String(text));
                Some(ToolAnswer::Error { event_id, error })
            }
        }
    }
}

/// Without the "at line 1 column 2", which the editor shows by place.
fn plain_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

#[derive(Debug, Clone)]
pub struct Call {
    pub session: SessionRef,
    pub call: PendingCall,
    pub since: Timestamp,
    pub draft: Draft,
    pub arguments: Arguments,
    pub set_aside: bool,
}

impl Call {
    pub(super) fn new(session: &SessionRef, call: PendingCall, since: Timestamp) -> Self {
        Self {
            session: session.clone(),
            arguments: Arguments::new(call.arguments.clone()),
            call,
            since,
            draft: Draft::default(),
            set_aside: false,
        }
    }

    pub fn id(&self) -> &EventId {
        &self.call.event_id
    }

    /// Argument values that were never on the screen.
    pub fn unseen(&self) -> usize {
        self.arguments.unseen()
    }
}
