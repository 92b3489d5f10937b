//! Two sessions that are compared, and what came of it.
//!
//! Owns what is shown of the comparison and where the cursor is; [`crate::model::session_diff`] compares.
//! Start with [`SessionComparison`]. The invariant: what was read of other sessions is never shown here.

mod sheet;

use std::sync::Arc;

use crate::api::{EventId, SessionRef};
use crate::view::Focus;
use crate::view::pane::text_diff::{DiffRow, DiffView};

pub use sheet::Sheet;

#[derive(Debug, Clone)]
pub enum Outcome {
    /// Both are being read: so many events have come of each.
    Reading { events: [u64; 2] },
    /// `rough`: time ran out, and more is shown as different than need be.
    Compared { sheet: Arc<Sheet>, rough: bool },
    /// One of them could not be read; the status is there where the service answered.
    Failed { side: usize, reason: String, status: Option<u16> },
}

#[derive(Debug, Clone)]
pub struct SessionComparison {
    /// The older one, and the newer one.
    pub sessions: [SessionRef; 2],
    pub outcome: Outcome,
    pub view: DiffView,
    /// Where the way out leads to.
    pub from: Focus,
}

impl SessionComparison {
    pub fn new(sessions: [SessionRef; 2], from: Focus) -> Self {
        let outcome = Outcome::Reading { events: [0, 0] };
        Self { sessions, outcome, view: DiffView::default(), from }
    }

    pub fn sheet(&self) -> Option<&Arc<Sheet>> {
        match &self.outcome {
            Outcome::Compared { sheet, .. } => Some(sheet),
            _ => None,
        }
    }

    pub fn is_of(&self, sessions: &[SessionRef; 2]) -> bool {
        self.sessions == *sessions
    }

    /// Takes over how far it is, unless it is over.
    pub fn note(&mut self, side: usize, read: u64) {
        if let Outcome::Reading { events } = &mut self.outcome {
            events[side] = read;
        }
    }

    /// The event under the cursor with its session: of two that stand for each other the newer one. None
    /// on what is folded, and where the service gave it no id.
    pub fn event(&self) -> Option<(&SessionRef, &EventId)> {
        let sheet = self.sheet()?;
        let (side, line) = match *self.view.rows().get(self.view.cursor())? {
            DiffRow::Same { new, .. } | DiffRow::Pair { new, .. } | DiffRow::Added { new, .. } => {
                (1, new)
            }
            DiffRow::Removed { old, .. } => (0, old),
            DiffRow::Fold { .. } => return None,
        };
        let at = sheet.event(side, line)?;
        Some((&self.sessions[side], sheet.diff.sides[side].events.get(at)?.id.as_ref()?))
    }

    pub fn is_on_fold(&self) -> bool {
        matches!(self.view.rows().get(self.view.cursor()), Some(DiffRow::Fold { .. }))
    }

    /// Makes rows and scroll position valid for `width` columns and `height` rows.
    pub fn settle(&mut self, width: usize, height: usize) {
        if let Outcome::Compared { sheet, .. } = &self.outcome {
            self.view.settle(&sheet.text, width, height);
        }
    }
}
