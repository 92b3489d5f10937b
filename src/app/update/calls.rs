//! The inspector: reading arguments, writing answers, and sending them on purpose only.

use jiff::SignedDuration;

use super::{keys, memory, navigate, timeline, toast};
use crate::api::input::ToolOutputInput;
use crate::api::{Input, SessionRef};
use crate::app::effect::Purpose;
use crate::app::{Action, Effect};
use crate::model::memory::EventRef;
use crate::model::timeline::Landmark;
use crate::model::tool_calls::{AnswerKind, Call, Reveal};
use crate::model::{Edit, Focus, Level, Mode, Model, View};
use crate::text::units::counted;

/// How long a secret stays in the open.
const REVEALED: SignedDuration = SignedDuration::from_secs(10);

/// What an untouched answer starts from.
const SKELETON: &str = "{\n  \n}";

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let now = model.now;
    if model.view != View::Calls {
        return Vec::new();
    }
    match action {
        Action::SetAside => return set_aside(model),
        Action::Why => {
            (model.calls.reason, model.zoomed) = (0, false);
            let there = model.focus == Focus::Why;
            model.focus = if there { Focus::Arguments } else { Focus::Why };
            return Vec::new();
        }
        _ => {}
    }
    let Some(call) = model.calls.selected_mut() else { return Vec::new() };
    match action {
        Action::Edit => {
            if !call.draft.touched && call.draft.editor.is_empty() {
                call.draft.editor.set_text(SKELETON);
                call.draft.editor.apply(&Edit::Up);
                call.draft.editor.apply(&Edit::LineEnd);
            }
            model.focus = Focus::Answer;
            model.mode = Mode::Write;
        }
        Action::AnswerType => {
            call.draft.kind = match call.draft.kind {
                AnswerKind::Success => AnswerKind::Error,
                AnswerKind::Error => AnswerKind::Success,
            };
            call.draft.refused = None;
            return memory::answer_changed(model);
        }
        Action::Reveal => {
            let path = call.cursor.clone();
            if call.masked.contains(&path) {
                let until = now.checked_add(REVEALED).unwrap_or(now);
                call.reveal = Some(Reveal { path, until });
            } else {
                toast(model, Level::Info, "the value under the cursor is not masked");
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Folds (`Some(true)`), unfolds (`Some(false)`) or toggles the value under the cursor.
pub(super) fn fold(model: &mut Model, wanted: Option<bool>) {
    let now = model.now;
    let Some(call) = model.calls.selected_mut() else { return };
    let folded =
        call.rows(now).into_iter().find(|row| row.path == call.cursor).and_then(|row| row.folded);
    if folded.is_some_and(|folded| wanted != Some(folded)) {
        call.toggle_fold();
    }
}

/// To the next call that waits. In a timeline that is a row of it as long as there is one on the
/// way; from everywhere else, and behind the last of those rows, it is a call in the inspector.
pub(super) fn step(model: &mut Model, action: Action) -> Vec<Effect> {
    let forward = action == Action::NextPending;
    if model.view == View::File {
        return timeline::act(model, action);
    }
    if model.view == View::Triage && model.focus == Focus::Timeline {
        super::trail::leave(model);
        let timeline = model.open.as_mut().map(|open| &mut open.timeline);
        if timeline.is_some_and(|timeline| timeline.jump(forward, Landmark::Pending)) {
            return Vec::new();
        }
    }
    let from_elsewhere = model.view != View::Calls;
    if from_elsewhere && let Some(session) = model.current_session().cloned() {
        // Onwards from the calls of the session that is looked at, or to them from the list.
        let here = model.calls.of_session(&session).filter(|call| !call.set_aside);
        let here: Vec<_> = here.map(|call| call.id().clone()).collect();
        let edge = if forward { here.last() } else { here.first() };
        if model.focus == Focus::Sessions
            && let Some(first) = here.first()
        {
            model.calls.select(first);
            navigate::show_inspector(model);
            return Vec::new();
        }
        if let Some(edge) = edge {
            model.calls.select(edge);
        }
    }
    match model.calls.next_waiting(forward).cloned() {
        Some(id) => {
            model.calls.select(&id);
            if from_elsewhere {
                navigate::show_inspector(model);
            }
        }
        None if model.calls.is_empty() => toast(model, Level::Info, "no call waits for you"),
        None => toast(model, Level::Info, "every call is set aside; 3 shows them"),
    }
    Vec::new()
}

/// Sets the selected call aside, or takes it back. It stays selected: nothing moves under a finger.
fn set_aside(model: &mut Model) -> Vec<Effect> {
    let Some(call) = model.calls.selected() else { return Vec::new() };
    let (aside, id) = (!call.set_aside, call.id().clone());
    let on = EventRef { session: call.session.clone(), event: id.clone() };
    let tool = call.call.tool_name.clone();
    model.calls.set_aside(&id, aside);
    let text = if aside {
        format!("{tool} is set aside · - takes it back · ]p next call")
    } else {
        format!("{tool} is back in its place")
    };
    toast(model, Level::Info, text);
    memory::set_aside(model, on, aside)
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

/// What was being written for the call that somebody else answered.
pub(super) fn copy_departed(model: &mut Model) -> Vec<Effect> {
    let draft = model.calls.departed().map(|departed| departed.call.draft.editor.text());
    if let Some(text) = draft.filter(|text| !text.is_empty()) {
        return vec![Effect::Copy { text, what: "draft".to_owned() }];
    }
    toast(model, Level::Info, "nothing was written for this call");
    Vec::new()
}

pub(super) fn edit(model: &mut Model, edit: &Edit) -> Vec<Effect> {
    if let Some(call) = model.calls.selected_mut()
        && call.draft.editor.apply(edit)
    {
        call.draft.touched = true;
        call.draft.refused = None;
        return memory::answer_changed(model);
    }
    Vec::new()
}

/// Asks whether to send, if everything is ready; says what is missing otherwise. Sends nothing.
pub(super) fn arm(model: &mut Model) -> Option<SessionRef> {
    if model.view != View::Calls {
        return None;
    }
    let call = model.calls.selected()?;
    let session = call.session.clone();
    if model.answering.contains(&session) {
        toast(model, Level::Info, "the answers are still on their way");
        return None;
    }
    match model.calls.ready(&session) {
        Ok(answers) => {
            let unseen: usize = model.calls.of_session(&session).map(Call::unseen).sum();
            let seen = match unseen {
                0 => String::new(),
                _ => format!(" · {} never on screen", counted(unseen, "value")),
            };
            let what = counted(answers.len(), "answer");
            keys::ask(model, format!("Send {what} to {}?{seen}", session.key));
            Some(session)
        }
        Err(missing) => {
            toast(model, Level::Warning, format!("not sent: {}", missing.join(" · ")));
            None
        }
    }
}

/// Sends what [`arm`] asked about.
pub(super) fn send(model: &mut Model, session: &SessionRef) -> Vec<Effect> {
    match model.calls.ready(session) {
        Ok(tool_outputs) => {
            let input = Input::ToolOutput(ToolOutputInput { tool_outputs });
            toast(model, Level::Info, format!("sending to {} …", session.key));
            model.answering.push(session.clone());
            vec![Effect::Send { session: session.clone(), input, purpose: Purpose::Answers }]
        }
        Err(missing) => {
            toast(model, Level::Warning, format!("not sent: {}", missing.join(" · ")));
            Vec::new()
        }
    }
}
