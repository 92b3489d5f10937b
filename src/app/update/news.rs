//! What is news to a person who looks elsewhere: a session that parks, and one that begins to fail.
//!
//! Each thing is told once. What was there when foretop began to look is no news, and neither is
//! what a lost link brings again.

use std::collections::{HashMap, HashSet};

use super::Cx;
use crate::action::Action;
use crate::api::{EventId, SessionRef, Timestamp};
use crate::app::effect::{Notice, TerminalWork};
use crate::model::attention::{self, Attention, EXPIRES_SOON_MINUTES};
use crate::model::sessions::SessionEntry;
use crate::text::quoted;
use crate::text::units::counted;
use crate::view::Model;

#[derive(Debug, Clone, Default)]
pub(super) struct News {
    calls: HashSet<EventId>,
    failing: HashSet<SessionRef>,
    /// Sessions of which was told that they are about to be deleted, as they were called.
    expiring: HashMap<SessionRef, String>,
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

    /// The session is gone; one of the same name would be another one. What it was called, where it was
    /// about to be deleted for not having been used.
    pub(super) fn forget(&mut self, session: &SessionRef) -> Option<String> {
        self.failing.remove(session);
        self.expiring.remove(session)
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
    note_expiring(cx, std::slice::from_ref(session));
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

/// What expires by time alone, without an answer of the service.
pub(super) fn expiring(cx: &mut Cx<'_>) {
    if cx.machine.news.settled {
        let all: Vec<SessionRef> = cx.model.sessions.iter().map(|(name, _)| name.clone()).collect();
        note_expiring(cx, &all);
    }
}

/// Tells, once, which of these are about to be deleted, and what keeps them.
fn note_expiring(cx: &mut Cx<'_>, sessions: &[SessionRef]) {
    let now = cx.model.now;
    let mut new = Vec::new();
    for session in sessions {
        let Some(entry) = cx.model.sessions.get(session) else { continue };
        let expiring = &mut cx.machine.news.expiring;
        match minutes_left(entry, now) {
            Some(left) if left <= EXPIRES_SOON_MINUTES => {
                if expiring.insert(session.clone(), entry.called().to_owned()).is_none() {
                    new.push((entry.called().to_owned(), left));
                }
            }
            _ => {
                expiring.remove(session);
            }
        }
    }
    match new.as_slice() {
        [] => {}
        [(name, left)] => {
            let name = quoted::in_sentence(name);
            let (keeps, writes) = (cx.key(Action::Extend, "D"), cx.key(Action::WriteDown, "w"));
            cx.warn(format!(
                "{name} is deleted in {left} min unless used · {keeps} keeps it, {writes} writes it down"
            ));
        }
        many => {
            let (many, filters) = (counted(many.len(), "session"), cx.key(Action::Search, "/"));
            cx.warn(format!(
                "{many} are deleted within {EXPIRES_SOON_MINUTES} min unless used · {filters} is:expiring \
                 shows them"
            ));
        }
    }
}

fn minutes_left(entry: &SessionEntry, now: Timestamp) -> Option<u64> {
    attention::minutes_left(&entry.session, entry.probe.as_ref(), now)
}
