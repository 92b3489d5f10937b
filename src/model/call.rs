//! One client tool call that waits for a person.
//!
//! Its arguments come in clear and may hold secrets: they leave only through [`Call::rows`] and
//! [`Call::masked_arguments`], which mask.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::{EventId, PendingCall, SessionRef, Timestamp};
use crate::text::json_tree::{self, TreeRow};

use super::draft::Draft;
use super::masking::{Provenance, masked_paths};

/// A value shown in clear for a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    pub path: String,
    pub until: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub session: SessionRef,
    pub call: PendingCall,
    pub since: Timestamp,
    pub draft: Draft,
    pub folded: BTreeSet<String>,
    /// Path of the argument under the cursor; `""` is the root.
    pub cursor: String,
    /// Paths that were on the screen.
    pub seen: BTreeSet<String>,
    pub masked: BTreeSet<String>,
    /// Paths filled by configuration rather than by the agent; `None` while unknown.
    pub overrides: Option<Vec<String>>,
    pub reveal: Option<Reveal>,
    /// First row on the screen.
    pub top: usize,
    pub set_aside: bool,
}

impl Call {
    pub(super) fn new(session: &SessionRef, call: PendingCall, since: Timestamp) -> Self {
        let masked = masked_paths(&call.arguments, &Provenance::default());
        Self {
            session: session.clone(),
            call,
            since,
            draft: Draft::default(),
            folded: BTreeSet::new(),
            cursor: String::new(),
            seen: BTreeSet::new(),
            masked,
            overrides: None,
            reveal: None,
            top: 0,
            set_aside: false,
        }
    }

    pub fn id(&self) -> &EventId {
        &self.call.event_id
    }

    fn masked_at(&self, now: Timestamp) -> BTreeSet<String> {
        let mut masked = self.masked.clone();
        if let Some(reveal) = self.reveal.as_ref().filter(|reveal| reveal.until > now) {
            masked.remove(&reveal.path);
        }
        masked
    }

    /// The arguments as rows, masked and folded as they are now.
    pub fn rows(&self, now: Timestamp) -> Vec<TreeRow> {
        let arguments = Value::Object(self.call.arguments.clone());
        json_tree::rows(&arguments, &self.folded, &self.masked_at(now))
    }

    /// Where the value at `path` came from, in a word or two; `""` for the root.
    pub fn origin(&self, path: &str) -> &'static str {
        if path.is_empty() {
            return "";
        }
        let Some(overrides) = &self.overrides else {
            return "origin unknown";
        };
        let below = |base: &str| {
            path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match (self.masked.iter().any(|base| below(base)), overrides.iter().any(|base| below(base)))
        {
            (true, _) => "override · secret",
            (false, true) => "override",
            (false, false) => "from agent",
        }
    }

    /// The arguments for the clipboard and for exports: never a value that is masked.
    pub fn masked_arguments(&self) -> Value {
        fn mask(value: &mut Value, path: &str, masked: &BTreeSet<String>) {
            if masked.contains(path) {
                *value = Value::String("****".to_owned());
                return;
            }
            let below = |name: &str| {
                if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
            };
            match value {
                Value::Object(map) => {
                    map.iter_mut().for_each(|(key, child)| mask(child, &below(key), masked));
                }
                Value::Array(items) => {
                    for (index, child) in items.iter_mut().enumerate() {
                        mask(child, &below(&index.to_string()), masked);
                    }
                }
                _ => {}
            }
        }
        let mut value = Value::Object(self.call.arguments.clone());
        mask(&mut value, "", &self.masked);
        value
    }

    pub fn move_cursor(&mut self, by: isize, now: Timestamp) {
        let rows = self.rows(now);
        let at = rows.iter().position(|row| row.path == self.cursor).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        self.cursor = rows.get(to).map(|row| row.path.clone()).unwrap_or_default();
    }

    pub fn toggle_fold(&mut self) {
        if !self.folded.remove(&self.cursor) {
            self.folded.insert(self.cursor.clone());
        }
    }

    /// Keeps the cursor on the screen and notes what was on it.
    pub fn settle(&mut self, height: usize, now: Timestamp) {
        let rows = self.rows(now);
        let height = height.max(1);
        let at = rows.iter().position(|row| row.path == self.cursor).unwrap_or(0);
        self.top = self.top.clamp((at + 1).saturating_sub(height), at);
        let shown = rows.into_iter().skip(self.top).take(height);
        self.seen.extend(shown.filter(|row| row.folded != Some(true)).map(|row| row.path));
    }

    /// Argument values that were never on the screen.
    pub fn unseen(&self) -> usize {
        let arguments = Value::Object(self.call.arguments.clone());
        let all = json_tree::rows(&arguments, &BTreeSet::new(), &self.masked);
        all.iter().filter(|row| !self.seen.contains(&row.path)).count()
    }
}
