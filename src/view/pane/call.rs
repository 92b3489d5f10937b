//! One client tool call that waits for a person.
//!
//! Its arguments come in clear and may hold secrets: they are looked at through [`Arguments`], which
//! masks.

use crate::api::{EventId, PendingCall, SessionRef, Timestamp};
use crate::view::pane::arguments::Arguments;
use crate::view::pane::draft::AnswerDraft;

#[derive(Debug, Clone)]
pub struct Call {
    pub session: SessionRef,
    pub pending: PendingCall,
    pub since: Timestamp,
    pub draft: AnswerDraft,
    pub arguments: Arguments,
    pub set_aside: bool,
}

impl Call {
    pub(super) fn new(session: &SessionRef, call: PendingCall, since: Timestamp) -> Self {
        Self {
            session: session.clone(),
            arguments: Arguments::new(call.arguments.clone()),
            pending: call,
            since,
            draft: AnswerDraft::default(),
            set_aside: false,
        }
    }

    pub fn id(&self) -> &EventId {
        &self.pending.event_id
    }

    /// Argument values that were never on the screen.
    pub fn unseen(&self) -> usize {
        self.arguments.unseen()
    }
}
