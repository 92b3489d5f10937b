//! Writing to the agent.

use super::{memory, toast};
use crate::api::event::InputPart;
use crate::api::input::{Behavior, MessageInput, Since};
use crate::api::{Input, SessionRef};
use crate::app::effect::Purpose;
use crate::app::{Action, Effect};
use crate::model::composer::Chip;
use crate::model::{Edit, Focus, Level, Mode, Model, View};

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Leave {
        model.mode = Mode::Browse;
        return memory::left(model);
    }
    let Some(open) = &model.open else {
        toast(model, Level::Info, "open a session first");
        return Vec::new();
    };
    let session = open.reference.clone();
    match action {
        Action::Write => {
            model.view = View::Triage;
            model.focus = Focus::Timeline;
            model.mode = Mode::Write;
            model.composer.draft_mut(&session);
        }
        Action::Newline => {
            model.composer.draft_mut(&session).editor.apply(&Edit::Newline);
            return memory::message_changed(model, &session);
        }
        Action::ModeChip if model.is_running(&session) => model.composer.toggle_chip(&session),
        Action::SendMessage => return send(model, &session),
        _ => {}
    }
    Vec::new()
}

fn send(model: &mut Model, session: &SessionRef) -> Vec<Effect> {
    let text = model.composer.draft(session).map(|draft| draft.editor.text()).unwrap_or_default();
    if text.trim().is_empty() && model.composer.attached(session).is_empty() {
        toast(model, Level::Info, "nothing is written yet; Esc leaves");
        return Vec::new();
    }
    if model.composer.is_sending(session) {
        toast(model, Level::Info, "the message before is still on its way");
        return Vec::new();
    }
    let waiting = model.calls.of_session(session).count();
    if waiting > 0 {
        let text = "the agent waits for a tool output, not for a message; 3 shows the call";
        toast(model, Level::Warning, text);
        return Vec::new();
    }
    let running = model.is_running(session);
    let newest = model.open.as_ref().and_then(|open| open.latest().newest_event().cloned());
    // The status may have changed since it was polled: a cursor is never wrong, its absence may be.
    let since = newest.map_or(running.then_some(Since::Start), |id| Some(Since::After(id)));
    let behavior = match model.composer.chip(session, running) {
        Chip::Steer => Behavior::Steer,
        Chip::NewTurn | Chip::FollowUp => Behavior::FollowUp,
    };
    let behavior = since.is_some().then_some(behavior);
    let files = model.composer.attached(session).to_vec();
    let text = model.composer.begin_sending(session).trim_end().to_owned();
    let written = Some(text).filter(|text| !text.is_empty());
    let messages = written.into_iter().map(|content| InputPart::Text { content }).collect();
    let message = MessageInput { messages, since, behavior };
    // The composer stays: what is typed next is the next message, never a row of commands.
    if let Some(open) = &mut model.open {
        open.resume();
        open.timeline.newest();
    }
    toast(model, Level::Info, "sending …");
    let session = session.clone();
    if files.is_empty() {
        return vec![Effect::Send {
            session,
            input: Input::Message(message),
            purpose: Purpose::Message,
        }];
    }
    vec![Effect::Upload { session, message, files }]
}

pub(super) fn interrupt(model: &mut Model, session: SessionRef) -> Vec<Effect> {
    toast(model, Level::Info, format!("interrupting {} …", session.key));
    vec![Effect::Send { session, input: Input::Interrupt, purpose: Purpose::Interrupt }]
}
