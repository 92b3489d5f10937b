//! What is kept between runs: which change makes what worth keeping, and how it comes back.

use super::toast;
use crate::api::{EventId, SessionRef, Timestamp};
use crate::app::Effect;
use crate::model::memory::{Change, DraftOf, Fact, Kept, SavedDraft, Seen};
use crate::model::tool_calls::{AnswerKind, Call};
use crate::model::{Level, Memory, Model, Permissions, View};
use crate::text::units;

/// Takes over what earlier runs kept. Answers wait there until their call is listed.
pub(super) fn remembered(model: &mut Model, mut memory: Memory, remarks: &[String]) {
    let is_answer = |of: &DraftOf| matches!(of, DraftOf::Answer { .. });
    for (of, kept) in &memory.drafts {
        if let DraftOf::Message(session) = of {
            model.composer.restore(session, &kept.value.text, kept.at);
        }
    }
    memory.drafts.retain(|of, _| is_answer(of));
    model.permissions = Permissions::new(std::mem::take(&mut memory.denied));
    model.memory = memory;
    model.remembers = true;
    if !remarks.is_empty() {
        toast(model, Level::Warning, remarks.join(" · "));
    }
    if let Some(session) = model.open.as_ref().map(|open| open.reference.clone()) {
        announce_message(model, &session);
        let bookmarks = super::bookmarks::of_session(model, &session);
        if let Some(open) = &mut model.open {
            open.timeline.set_bookmarks(bookmarks);
        }
    }
}

/// How far a session was read when it was last looked at.
pub(super) fn last_look(model: &Model, session: &SessionRef) -> Option<Seen> {
    model.memory.seen.get(session).map(|seen| seen.value.clone())
}

/// Notes how far the open session is read, while it is on the screen.
pub(super) fn looked(model: &mut Model) -> Vec<Effect> {
    let Some(open) = model.open.as_ref().filter(|_| model.view == View::Triage) else {
        return Vec::new();
    };
    let Some(seen) = open.timeline.seen().filter(|_| open.timeline.is_loaded()) else {
        return Vec::new();
    };
    let change = model.memory.see(&open.reference, seen, model.now);
    change.map_or_else(Vec::new, |change| keep(model, change))
}

/// Gives answers from earlier runs back to the calls of a session.
pub(super) fn restore_answers(model: &mut Model, session: &SessionRef) {
    let waiting: Vec<_> = model.calls.of_session(session).map(|call| call.id().clone()).collect();
    for call in waiting {
        let of = DraftOf::Answer { session: session.clone(), call };
        let Some(kept) = model.memory.drafts.remove(&of) else { continue };
        let DraftOf::Answer { call, .. } = of else { continue };
        if let Some(call) = model.calls.get_mut(&call) {
            call.draft.restore(&kept.value, kept.at);
        }
    }
}

/// Keeps the answers in preparation to calls that a listing lacks: it may be wrong for a while.
pub(super) fn put_away_answers(model: &mut Model, gone: &[Call]) {
    for call in gone {
        if let Some(value) = call.draft.saved() {
            model.memory.drafts.insert(answer_of(call), Kept { at: model.now, value });
        }
    }
}

/// Says once that the message to a session comes from an earlier run.
pub(super) fn announce_message(model: &mut Model, session: &SessionRef) {
    let unsent = model.composer.unsent(session).is_some();
    if unsent && let Some(at) = model.composer.draft_mut(session).restored.take() {
        announce(model, session.key.as_str(), at, "i shows it");
    }
}

/// The same for the answer to the selected call, which is on the screen.
pub(super) fn announce_answer(model: &mut Model) {
    let found = model.calls.selected_mut().and_then(|call| {
        let at = call.draft.restored.take()?;
        Some((call.call.tool_name.clone(), at))
    });
    if let Some((tool, at)) = found {
        announce(model, &format!("the answer to {tool}"), at, "not sent yet");
    }
}

fn announce(model: &mut Model, of: &str, at: Timestamp, more: &str) {
    let age = match units::age(units::seconds_between(at, model.now)).as_str() {
        "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    };
    toast(model, Level::Info, format!("draft of {of} restored, written {age} · {more}"));
}

pub(super) fn keep(model: &Model, change: Change) -> Vec<Effect> {
    if model.remembers { vec![Effect::Remember(change)] } else { Vec::new() }
}

fn keep_draft(model: &Model, of: DraftOf, draft: Option<SavedDraft>) -> Vec<Effect> {
    keep(model, Change { at: model.now, fact: Fact::Draft(of, draft) })
}

/// The editor was left: a good moment, and nobody waits.
pub(super) fn left(model: &Model) -> Vec<Effect> {
    if model.remembers { vec![Effect::RememberNow] } else { Vec::new() }
}

/// The message to a session was edited, sent, or refused.
pub(super) fn message_changed(model: &Model, session: &SessionRef) -> Vec<Effect> {
    let text = model.composer.unsent(session);
    let draft = text.map(|text| SavedDraft { text, kind: AnswerKind::default() });
    keep_draft(model, DraftOf::Message(session.clone()), draft)
}

fn answer_of(call: &Call) -> DraftOf {
    DraftOf::Answer { session: call.session.clone(), call: call.id().clone() }
}

/// The answer to the selected call was edited.
pub(super) fn answer_changed(model: &Model) -> Vec<Effect> {
    model
        .calls
        .selected()
        .map_or_else(Vec::new, |call| keep_draft(model, answer_of(call), call.draft.saved()))
}

/// The answer to some call was written for its person.
pub(super) fn answer_set(model: &Model, id: &EventId) -> Vec<Effect> {
    model
        .calls
        .get(id)
        .map_or_else(Vec::new, |call| keep_draft(model, answer_of(call), call.draft.saved()))
}

/// The service took the answers to these calls.
pub(super) fn answers_taken(model: &Model, calls: &[Call]) -> Vec<Effect> {
    calls.iter().flat_map(|call| keep_draft(model, answer_of(call), None)).collect()
}
