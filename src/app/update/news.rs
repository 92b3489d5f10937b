//! What is news to a person who looks elsewhere: a session that parks, and one that begins to fail.
//!
//! Each thing is told once. What was there when foretop began to look is no news, and neither is
//! what a lost link brings again.

use std::collections::HashSet;

use crate::api::{EventId, SessionRef};
use crate::app::Effect;
use crate::app::effect::Notice;
use crate::model::{Attention, Model};

#[derive(Debug, Clone, Default)]
pub(super) struct News {
    calls: HashSet<EventId>,
    failing: HashSet<SessionRef>,
    /// Every session was looked at once: what is unknown from now on is new.
    settled: bool,
}

impl News {
    pub(super) fn settle(&mut self, all_known: bool) {
        self.settled |= all_known;
    }

    /// Whether what a look at the session finds can be new. Ask before the look is worked in.
    pub(super) fn can_tell(&self, model: &Model, session: &SessionRef) -> bool {
        let entry = model.sessions.get(session);
        self.settled || entry.is_some_and(|entry| entry.probe.is_some())
    }

    /// After a look at a session was worked in: marks what is new, and tells it if `can_tell`.
    pub(super) fn after(
        &mut self,
        model: &mut Model,
        session: &SessionRef,
        can_tell: bool,
    ) -> Vec<Effect> {
        let waiting = model.calls.of_session(session);
        let waiting = waiting.map(|call| (call.id().clone(), call.call.tool_name.clone()));
        let mut new: Vec<_> = waiting.filter(|(id, _)| !self.calls.contains(id)).collect();
        self.calls.extend(new.iter().map(|(id, _)| id.clone()));
        let now = model.now;
        let fails = model.sessions.get(session).is_some_and(|entry| {
            Attention::of(&entry.session, entry.probe.as_ref(), now) == Attention::Failing
        });
        let begins_to_fail = fails && self.failing.insert(session.clone());
        if !fails {
            self.failing.remove(session);
        }
        if !can_tell {
            return Vec::new();
        }
        for (id, _) in &new {
            model.calls.note_new(id);
        }
        let more = new.len().saturating_sub(1);
        let session = session.clone();
        if !new.is_empty() {
            let (_, tool) = new.swap_remove(0);
            return vec![Effect::Notify(Notice::Waits { session, tool, more })];
        }
        if begins_to_fail {
            return vec![Effect::Notify(Notice::Fails { session })];
        }
        Vec::new()
    }

    /// The session is gone; one of the same name would be another one.
    pub(super) fn forget(&mut self, session: &SessionRef) {
        self.failing.remove(session);
    }
}
