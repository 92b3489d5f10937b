//! Steps of a person that can be taken back: what was hidden or shown, and what of sessions was changed.
//!
//! Plain data, kept between runs. The invariant: the opposite of the opposite is the step itself.

use serde::{Deserialize, Serialize};

use super::session_edit::SessionEdit;
use crate::api::{EventId, SessionRef};

/// Something done that something else undoes.
pub trait Reversible: Clone {
    #[must_use]
    fn opposite(&self) -> Self;

    /// Nothing of it was done.
    fn is_empty(&self) -> bool;

    /// As it is kept for the next run.
    fn kept(&self) -> Step;
}

/// We set all `events` to `hidden`. Undoing sets them to the opposite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HideStep {
    pub session: SessionRef,
    pub events: Vec<EventId>,
    pub hidden: bool,
}

/// We changed fields of these sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditStep {
    pub edits: Vec<SessionEdit>,
}

/// A step of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Hide(HideStep),
    Edit(EditStep),
}

impl Reversible for HideStep {
    fn opposite(&self) -> Self {
        Self { hidden: !self.hidden, ..self.clone() }
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn kept(&self) -> Step {
        Step::Hide(self.clone())
    }
}

impl Reversible for EditStep {
    fn opposite(&self) -> Self {
        Self { edits: self.edits.iter().map(SessionEdit::opposite).collect() }
    }

    fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    fn kept(&self) -> Step {
        Step::Edit(self.clone())
    }
}
