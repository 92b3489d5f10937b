//! What is kept between runs: which change makes what worth keeping, and how it comes back.

use super::{Cx, toast};
use crate::action::Action;
use crate::api::{EventId, SessionRef, Timestamp};
use crate::app::effect::Keep;
use crate::model::memory::{Change, DraftOf, EventRef, Fact, Kept, SavedDraft, Seen, Table};
use crate::model::sessions::ListOrder;
use crate::model::step::Step;
use crate::model::{Memory, Permissions};
use crate::text::{quoted, units};
use crate::view::layer::prompt::Subject;
use crate::view::pane::tool_calls::Call;
use crate::view::{Level, Model, View};

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
    let order = memory.choices.get(LIST_ORDER);
    if let Some(order) = order.and_then(|kept| ListOrder::from_kept(&kept.value)) {
        model.sessions.set_order(order);
    }
    let wider = memory.choices.get(LIST_WIDTH).and_then(|kept| kept.value.parse().ok());
    model.list_wider = wider.unwrap_or(0);
    restore_steps(model, std::mem::take(&mut memory.steps));
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

fn restore_steps(model: &mut Model, steps: Table<Timestamp, Step>) {
    let (mut hides, mut edits) = (Vec::new(), Vec::new());
    for (at, step) in steps {
        match step.value {
            Step::Hide(step) => hides.push((at, step)),
            Step::Edit(step) => edits.push((at, step)),
        }
    }
    model.undo.restore(hides.into_iter());
    model.edits.restore(edits.into_iter());
}

/// The run goes on with what earlier ones kept, and leaves nothing behind.
pub(super) fn keeps_nothing(model: &mut Model, problem: String) {
    model.remembers = false;
    let text = format!(
        "nothing is kept when you quit (drafts, bookmarks, what you read): {problem}; make it \
         writable, or set XDG_STATE_HOME, and start again"
    );
    model.unkept = Some(problem);
    toast(model, Level::Error, text);
}

/// Said once, however often it fails: the header goes on saying it.
pub(super) fn not_kept(model: &mut Model, problem: &str) {
    if model.unkept.replace(problem.to_owned()).is_none() {
        let text = format!("drafts and the like are not kept: {problem}; it is tried again");
        toast(model, Level::Error, text);
    }
}

/// How far a session was read when it was last looked at.
pub(super) fn last_look(model: &Model, session: &SessionRef) -> Option<Seen> {
    model.memory.seen.get(session).map(|seen| seen.value.clone())
}

/// Notes how far the open session is read, while it is on the screen. Whoever types a filter looks at
/// the list, where timelines only come by.
pub(super) fn looked(cx: &mut Cx<'_>) {
    let filters = cx.model.layers.prompt().is_some_and(|line| line.subject() == Subject::Sessions);
    let read = cx.model.view == View::Triage && !filters;
    let Some(open) = cx.model.open.as_ref().filter(|_| read) else { return };
    let Some(seen) = open.timeline.seen().filter(|_| open.timeline.is_loaded()) else {
        return;
    };
    let change = cx.model.memory.see(&open.reference, seen, cx.model.now);
    if let Some(change) = change {
        keep(cx, change);
    }
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
    model.calls.keep_left_over(gone);
}

/// Puts those calls of a session at the end that were set aside, in this run or an earlier one.
pub(super) fn restore_set_aside(model: &mut Model, session: &SessionRef) {
    if model.memory.set_aside.is_empty() {
        return;
    }
    let known = |call: &Call| {
        let on = EventRef { session: session.clone(), event: call.id().clone() };
        !call.set_aside && model.memory.set_aside.contains_key(&on)
    };
    let waiting = model.calls.of_session(session).filter(|call| known(call));
    let waiting: Vec<_> = waiting.map(|call| call.id().clone()).collect();
    for id in waiting {
        model.calls.set_aside(&id, true);
    }
}

/// A call was set aside, or taken back.
pub(super) fn set_aside(cx: &mut Cx<'_>, on: EventRef, aside: bool) {
    let at = cx.model.now;
    if aside {
        cx.model.memory.set_aside.insert(on.clone(), Kept { at, value: () });
    } else {
        cx.model.memory.set_aside.remove(&on);
    }
    keep(cx, Change { at, fact: Fact::SetAside(on, aside.then_some(())) });
}

/// Says once that the message to a session comes from an earlier run.
pub(super) fn announce_message(model: &mut Model, session: &SessionRef) {
    let unsent = model.composer.unsent(session).is_some();
    if unsent && let Some(at) = model.composer.draft_mut(session).restored.take() {
        let shows = format!("{} shows it", model.keys.of(Action::Write, "i"));
        announce(model, &quoted::in_sentence(session.key.as_str()), at, &shows);
    }
}

/// The same for the answer to the selected call, which is on the screen.
pub(super) fn announce_answer(model: &mut Model) {
    let found = model.calls.selected_mut().and_then(|call| {
        let at = call.draft.restored.take()?;
        Some((quoted::in_sentence(&call.pending.tool_name), at))
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

/// What the list of sessions is ordered by.
pub(super) const LIST_ORDER: &str = "list_order";
pub(super) const LIST_WIDTH: &str = "list_wider";

/// Something was chosen for the screen; it is so in later runs.
pub(super) fn choose(cx: &mut Cx<'_>, what: &str, choice: String) {
    keep(cx, Change { at: cx.model.now, fact: Fact::Choice(what.to_owned(), Some(choice)) });
}

/// What can be taken back is kept for later runs, as it stands now.
pub(super) fn keep_steps(cx: &mut Cx<'_>) {
    let mut unkept = cx.model.undo.unkept();
    unkept.extend(cx.model.edits.unkept());
    for (done_at, step) in unkept {
        keep(cx, Change { at: cx.model.now, fact: Fact::Step(done_at, step) });
    }
}

pub(super) fn keep(cx: &mut Cx<'_>, change: Change) {
    if cx.model.remembers {
        cx.emit(Keep::Soon(change));
    }
}

fn keep_draft(cx: &mut Cx<'_>, of: DraftOf, draft: Option<SavedDraft>) {
    keep(cx, Change { at: cx.model.now, fact: Fact::Draft(of, draft) });
}

/// The editor was left: a good moment, and nobody waits.
pub(super) fn left(cx: &mut Cx<'_>) {
    if cx.model.remembers {
        cx.emit(Keep::Now);
    }
    // It matters again each time that something was written.
    if let Some(why) = cx.model.unkept.clone() {
        cx.warn(format!("what you wrote is not kept when you quit: {why}"));
    }
}

/// The service took the message to a session, which can be brought back from now on.
pub(super) fn message_taken(cx: &mut Cx<'_>, session: &SessionRef) {
    let now = cx.model.now;
    let Some(text) = cx.model.composer.on_its_way(session) else { return };
    let change = cx.model.memory.sent(&session.agent, text, now);
    cx.model.composer.end_sending(session, true);
    message_changed(cx, session);
    if let Some(change) = change {
        keep(cx, change);
    }
}

/// The message to a session was edited, sent, or refused.
pub(super) fn message_changed(cx: &mut Cx<'_>, session: &SessionRef) {
    let text = cx.model.composer.unsent(session);
    let draft = text.map(|text| SavedDraft { text, ..SavedDraft::default() });
    keep_draft(cx, DraftOf::Message(session.clone()), draft);
}

fn answer_of(call: &Call) -> DraftOf {
    DraftOf::Answer { session: call.session.clone(), call: call.id().clone() }
}

/// The answer to the selected call was edited.
pub(super) fn answer_changed(cx: &mut Cx<'_>) {
    if let Some(id) = cx.model.calls.selected().map(|call| call.id().clone()) {
        answer_changed_of(cx, &id);
    }
}

/// The same for the answer to that call, also where it was written for its person.
pub(super) fn answer_changed_of(cx: &mut Cx<'_>, id: &EventId) {
    let found = cx.model.calls.get(id).map(|call| (answer_of(call), call.draft.saved()));
    if let Some((of, draft)) = found {
        keep_draft(cx, of, draft);
    }
}

/// The service took the answers to these calls.
pub(super) fn answers_taken(cx: &mut Cx<'_>, calls: &[Call]) {
    for call in calls {
        keep_draft(cx, answer_of(call), None);
        if call.set_aside {
            let on = EventRef { session: call.session.clone(), event: call.id().clone() };
            set_aside(cx, on, false);
        }
    }
}
