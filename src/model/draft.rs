//! The answer to a waiting call, in preparation.
//!
//! Never sends anything. The invariant: an untouched draft is no answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::input::ToolAnswer;
use crate::api::{EventId, Exact, Timestamp};

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
                let output = Exact::object(&text)?;
                Some(ToolAnswer::Success { event_id, output })
            }
            // Text that is JSON travels as such; anything else is a message.
            AnswerKind::Error => {
                let error = Exact::new(&text).unwrap_or_else(|| Exact::from(text.as_str()));
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
