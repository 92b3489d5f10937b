//! The inspector: the queue of calls that wait, what led to one, and the answer to it.

use jiff::SignedDuration;

use super::{Cx, answer_editor, answered, memory, navigate, run, sending, toast};
use crate::action::Action;
use crate::api::EventId;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::keymap::Scope;
use crate::model::memory::EventRef;
use crate::model::timeline::{Landmark, State, Unit};
use crate::text::quoted;
use crate::view::{Focus, Level, Model, Pane, View};

/// How long a secret stays in the open.
const REVEALED: SignedDuration = SignedDuration::from_secs(10);

/// Everything that keys do to the selected call, whichever of the panes is focused.
pub(super) struct Inspector;

impl Target for Inspector {
    fn place(&self) -> &'static str {
        "the inspector of calls"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneCalls)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Calls]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Edit => answer_editor::begin,
            Action::EditOutside => answer_editor::edit_outside,
            Action::AnswerType => switch_kind,
            Action::NextRemark | Action::PreviousRemark => answer_editor::go_to_remark,
            Action::Reveal => reveal,
            Action::SetAside => set_aside,
            Action::Why => toggle_why,
            Action::Send | Action::SendAnyway => {
                |cx, action| sending::arm(cx.model, action == Action::SendAnyway)
            }
            Action::RunCommand => run::ask,
            Action::Recall => answered::recall,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        let call = model.calls.selected()?;
        let session = &call.session;
        match action {
            Action::Send if model.answering.contains(session) => {
                Some("the answers are on their way".to_owned())
            }
            Action::Send => {
                let missing = model.calls.missing(session).into_iter().next()?;
                // Of the call that is looked at, the name need not be said.
                let tool = quoted::in_sentence(&call.pending.tool_name);
                let own = missing.strip_prefix(&format!("{tool}: "));
                Some(own.unwrap_or(&missing).to_owned())
            }
            Action::Recall if model.earlier_answer().is_none() => {
                Some("no earlier answer is kept".to_owned())
            }
            _ => None,
        }
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Edit, "edit answer"),
            (Action::Send, "send"),
            (Action::AnswerType, "success/error"),
            (Action::EditOutside, "in $EDITOR"),
            (Action::NextRemark, "next remark"),
            (Action::NextPending, "next call"),
            (Action::SetAside, "set aside"),
            (Action::Why, "why"),
            (Action::Reveal, "show secret"),
            (Action::RunCommand, "run command"),
            (Action::Recall, "recall"),
            (Action::NextPane, "pane"),
        ]
    }
}

/// The calls that wait.
pub(super) struct Queue;

impl Target for Queue {
    fn place(&self) -> &'static str {
        "the queue of calls"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneCalls)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Calls, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.calls.go(motion);
                }
            },
            Action::Open | Action::Right => open,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "arguments")]
    }
}

/// What led to the selected call.
pub(super) struct Why;

impl Target for Why {
    fn place(&self) -> &'static str {
        "what led to a call"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Why)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Calls, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go_through_reasons,
            Action::Open | Action::Right => |cx, _| super::jumps::show_reason(cx),
            Action::Back if model.zoomed => return None,
            Action::Back | Action::Left | Action::Quit => |cx, _| cx.model.focus = Focus::Arguments,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Open, "jump there"),
            (Action::Down, "down"),
            (Action::NextPending, "next call"),
        ]
    }
}

/// The answer, while nobody writes in it.
pub(super) struct Answer;

impl Target for Answer {
    fn place(&self) -> &'static str {
        "the answer to a call"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneCalls)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Calls, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Open | Action::Right => answer_editor::begin,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "edit answer")]
    }
}

/// Opens the inspector at the call that is looked at, or else at the first of its session.
pub(super) fn open_inspector(cx: &mut Cx<'_>, _: Action) {
    if cx.model.calls.is_empty() {
        return cx.say_nothing_waits();
    }
    if cx.model.view != View::Calls
        && let Some(session) = cx.model.current_session()
    {
        let first = cx.model.calls.of_session(session).next().map(|call| call.id().clone());
        if let Some(id) = looked_at(cx.model).or(first) {
            cx.model.calls.select(&id);
        }
    }
    show(cx.model);
}

/// The call whose row or detail is under the cursor, if it waits.
fn looked_at(model: &Model) -> Option<EventId> {
    let open = model.open.as_ref()?;
    let unit = match Pane::focused(model) {
        Pane::Timeline => open.timeline.cursor_unit(),
        Pane::Detail => open.timeline.unit(open.detail.as_ref()?.unit()),
        Pane::Waterfall => open.timeline.unit(open.waterfall.as_ref()?.unit()?),
        _ => None,
    };
    waiting_call(&unit?).filter(|id| model.calls.get(id).is_some())
}

/// The event of the call that a row is about, if it waits for an answer.
pub(super) fn waiting_call(unit: &Unit) -> Option<EventId> {
    unit.event_ids().into_iter().next().filter(|_| unit.state == State::YourTurn)
}

/// Opens the inspector at that very call.
pub(super) fn open_call(cx: &mut Cx<'_>, call: &EventId) {
    if cx.model.calls.get(call).is_none() {
        return cx.say(format!(
            "that call waits no more, or its arguments are not known yet; {} looks",
            cx.key(Action::Refresh, "R")
        ));
    }
    cx.model.calls.select(call);
    show(cx.model);
}

/// Shows the inspector on the selected call.
pub(super) fn show(model: &mut Model) {
    if model.view != View::Calls {
        model.guard(super::GUARD);
    }
    navigate::go(model, View::Calls, Focus::Arguments);
    memory::announce_answer(model);
}

fn open(cx: &mut Cx<'_>, _: Action) {
    if let Some(session) = cx.model.calls.selected().map(|call| call.session.clone()) {
        super::open(cx, &session);
    }
    cx.model.focus = Focus::Arguments;
}

fn go_through_reasons(cx: &mut Cx<'_>, action: Action) {
    let (Some(motion), Some(call)) = (action.motion(), cx.model.calls.selected()) else { return };
    let count = cx.model.why(call).map_or(0, |why| why.reasons.len());
    cx.model.calls.reasons.go(motion, count);
}

fn switch_kind(cx: &mut Cx<'_>, _: Action) {
    let Some(call) = cx.model.calls.selected_mut() else { return cx.say_nothing_waits() };
    call.draft.switch();
    run::offer_failure(cx.model);
    memory::answer_changed(cx);
}

fn reveal(cx: &mut Cx<'_>, _: Action) {
    let until = cx.model.now.checked_add(REVEALED).unwrap_or(cx.model.now);
    let Some(call) = cx.model.calls.selected_mut() else { return cx.say_nothing_waits() };
    if !call.arguments.reveal(until) {
        cx.say("the value under the cursor is not masked");
    }
}

fn toggle_why(cx: &mut Cx<'_>, _: Action) {
    cx.model.calls.reasons.select(0);
    cx.model.zoomed = false;
    let there = cx.model.focus == Focus::Why;
    cx.model.focus = if there { Focus::Arguments } else { Focus::Why };
}

/// To the next call that waits. In a timeline that is a row of it as long as there is one on the
/// way; from everywhere else, and behind the last of those rows, it is a call in the inspector.
pub(super) fn step(cx: &mut Cx<'_>, action: Action) {
    let forward = action == Action::NextPending;
    if cx.model.view == View::File {
        return super::timeline::jump(cx, action);
    }
    if cx.model.view == View::Triage && cx.model.focus == Focus::Timeline {
        super::jumps::leave(cx.model);
        let timeline = cx.model.open.as_mut().map(|open| &mut open.timeline);
        if timeline.is_some_and(|timeline| timeline.jump(forward, Landmark::Pending)) {
            return;
        }
    }
    let from_elsewhere = cx.model.view != View::Calls;
    if from_elsewhere && let Some(session) = cx.model.current_session().cloned() {
        // Onwards from the calls of the session that is looked at, or to them from the list.
        let here = cx.model.calls.of_session(&session).filter(|call| !call.set_aside);
        let here: Vec<_> = here.map(|call| call.id().clone()).collect();
        let edge = if forward { here.last() } else { here.first() };
        if cx.model.focus == Focus::Sessions
            && let Some(first) = here.first()
        {
            cx.model.calls.select(first);
            show(cx.model);
            return;
        }
        if let Some(edge) = edge {
            cx.model.calls.select(edge);
        }
    }
    match cx.model.calls.next_waiting(forward).cloned() {
        Some(id) => {
            cx.model.calls.select(&id);
            if from_elsewhere {
                show(cx.model);
            }
        }
        None if cx.model.calls.is_empty() => cx.say_nothing_waits(),
        None => cx
            .say(format!("every call is set aside; {} shows them", cx.key(Action::PaneCalls, "3"))),
    }
}

/// Sets the selected call aside, or takes it back. It stays selected: nothing moves under a finger.
fn set_aside(cx: &mut Cx<'_>, _: Action) {
    let Some(call) = cx.model.calls.selected() else { return cx.say_nothing_waits() };
    let (aside, id) = (!call.set_aside, call.id().clone());
    let on = EventRef { session: call.session.clone(), event: id.clone() };
    let tool = quoted::in_sentence(&call.pending.tool_name);
    cx.model.calls.set_aside(&id, aside);
    let text = if aside {
        let back = cx.key(Action::SetAside, "-");
        let next = cx.key(Action::NextPending, "]p");
        format!("{tool} is set aside · {back} takes it back · {next} next call")
    } else {
        format!("{tool} is back in its place")
    };
    cx.say(text);
    memory::set_aside(cx, on, aside);
}

/// The person has seen that the call was answered elsewhere.
pub(super) fn let_go(model: &mut Model) {
    model.calls.let_go();
    if model.calls.is_empty() && model.view == View::Calls {
        model.zoomed = false;
        navigate::back(model);
        toast(model, Level::Info, "no call waits any more");
    }
}

/// Copies the draft of the selected call, or else what was written for one that is gone.
pub(super) fn copy_draft(cx: &mut Cx<'_>, _: Action) {
    let selected = cx.model.calls.selected().filter(|_| cx.model.view == View::Calls);
    let written = selected.filter(|call| call.draft.touched).map(|call| call.draft.editor.text());
    let Some(text) = written.or_else(|| cx.model.calls.left_over().map(str::to_owned)) else {
        return cx.say("there is no draft to copy");
    };
    cx.emit(TerminalWork::Copy { text, what: "draft".to_owned() });
}
