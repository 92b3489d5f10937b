//! The inspector: reading arguments, writing answers, and sending them on purpose only.

use jiff::SignedDuration;

use super::{keys, memory, toast};
use crate::api::input::ToolOutputInput;
use crate::api::{Input, SessionRef};
use crate::app::effect::Purpose;
use crate::app::{Action, Effect};
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
            super::run::offer_failure(model);
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

pub(super) fn step(model: &mut Model, forward: bool) {
    let (at, count) = (model.calls.position().unwrap_or(0), model.calls.len());
    if count == 0 {
        return;
    }
    let next = if forward { (at + 1) % count } else { (at + count - 1) % count };
    let id = model.calls.iter().nth(next).map(|call| call.id().clone());
    if let Some(id) = id {
        model.calls.select(&id);
    }
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
