//! What is news to a person who looks elsewhere: a session that parks, and one that begins to fail.
//!
//! Each thing is told once. What was there when foretop began to look is no news, and neither is
//! what a lost link brings again.

use std::collections::HashSet;

use super::Cx;
use crate::api::{EventId, SessionRef};
use crate::app::effect::{Notice, TerminalWork};
use crate::model::Attention;
use crate::view::Model;

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

    /// The session is gone; one of the same name would be another one.
    pub(super) fn forget(&mut self, session: &SessionRef) {
        self.failing.remove(session);
    }
}

/// After a look at a session was worked in: marks what is new, and tells it if `can_tell`.
pub(super) fn after(cx: &mut Cx<'_>, session: &SessionRef, can_tell: bool) {
    let waiting = cx.model.calls.of_session(session);
    let waiting = waiting.map(|call| (call.id().clone(), call.pending.tool_name.clone()));
    let mut new: Vec<_> = waiting.filter(|(id, _)| !cx.machine.news.calls.contains(id)).collect();
    cx.machine.news.calls.extend(new.iter().map(|(id, _)| id.clone()));
    let now = cx.model.now;
    let fails = cx.model.sessions.get(session).is_some_and(|entry| {
        Attention::of(&entry.session, entry.probe.as_ref(), now) == Attention::Failing
    });
    let begins_to_fail = fails && cx.machine.news.failing.insert(session.clone());
    if !fails {
        cx.machine.news.failing.remove(session);
    }
    if !can_tell {
        return;
    }
    for (id, _) in &new {
        cx.model.calls.note_new(id);
    }
    let more = new.len().saturating_sub(1);
    let session = session.clone();
    if !new.is_empty() {
        let (_, tool) = new.swap_remove(0);
        return cx.emit(TerminalWork::Notify(Notice::Waits { session, tool, more }));
    }
    if begins_to_fail {
        cx.emit(TerminalWork::Notify(Notice::Fails { session }));
    }
}
