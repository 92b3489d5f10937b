//! Writing to the agent.

use super::{Cx, attach, memory};
use crate::action::Action;
use crate::api::Input;
use crate::api::event::InputPart;
use crate::api::input::{Behavior, MessageInput, Since};
use crate::app::chain::{self, Handler, Target};
use crate::app::effect::{InputKind, Request};
use crate::app::refusal::{Refusal, refusal};
use crate::keymap::Scope;
use crate::model::timeline::Fate;
use crate::text::units::counted;
use crate::view::pane::composer::Chip;
use crate::view::{Edit, Focus, Layer, Model, View};

/// The message that is being written.
pub(super) struct Composer;

impl Target for Composer {
    fn place(&self) -> &'static str {
        "the message that is written"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Write)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Write]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Leave => super::leave_editor,
            Action::SendMessage => send,
            Action::Newline => |cx, _| edit(cx, &Edit::Newline),
            Action::UndoText => |cx, _| edit(cx, &Edit::Undo),
            Action::RedoText => |cx, _| edit(cx, &Edit::Redo),
            Action::ModeChip => switch_chip,
            Action::Attach => attach::ask,
            Action::Detach => attach::detach,
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let mut hints = vec![
            (Action::SendMessage, "send"),
            (Action::Newline, "new line"),
            (Action::Attach, "attach"),
        ];
        if model.layers.composer().is_some_and(|session| model.is_running(session)) {
            hints.push((Action::ModeChip, "steer / follow-up"));
        }
        hints.push((Action::Leave, "keep draft"));
        hints
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

impl Refusal {
    fn words(self) -> String {
        match self {
            Self::SessionDisabled => "the session is disabled and takes no input".to_owned(),
            Self::AgentDisabled => "its agent is disabled and takes no input".to_owned(),
            Self::Waits(calls) => {
                let outputs = counted(calls, "tool output");
                format!("the agent waits for {outputs} and takes no message before")
            }
        }
    }

    /// The same with the key that leads on, from where the keyboard is.
    fn advice(self, cx: &Cx<'_>) -> String {
        if self == Self::SessionDisabled {
            let key = cx.machine.keymap.label_for(Action::Disable, &[Scope::Sessions]);
            let way = key.map(|key| format!(" · {key} in the list of sessions enables it"));
            return format!("{}{}", self.words(), way.unwrap_or_default());
        }
        let (next, does) = match self {
            Self::Waits(1) => (Action::PaneCalls, "shows the call"),
            Self::Waits(_) => (Action::PaneCalls, "shows the calls"),
            Self::SessionDisabled | Self::AgentDisabled => (Action::Refresh, "asks again"),
        };
        let scopes = |targets: Vec<&dyn Target>| -> Vec<Scope> {
            targets.into_iter().flat_map(Target::scopes).copied().collect()
        };
        let keymap = &cx.machine.keymap;
        let leave = chain::scopes(cx.model);
        let leave = keymap.label_for(Action::Leave, &leave).filter(|_| {
            // Letters are text as long as somebody writes.
            cx.model.layers.composer().is_some()
        });
        let leave = leave.map_or_else(String::new, |key| format!("{key}, then "));
        let key = keymap.label_for(next, &scopes(chain::browse(cx.model)));
        let way = key.map_or_else(String::new, |key| format!(" · {leave}{key} {does}"));
        format!("{}{way}", self.words())
    }
}

/// Why there is nobody to write to.
pub(super) fn off(model: &Model) -> Option<String> {
    let session = model.current_session()?;
    refusal(model, session).map(Refusal::short)
}

/// Begins to write to the open session, unless it would come to nothing.
pub(super) fn begin(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let session = open.reference.clone();
    if let Some(refusal) = refusal(cx.model, &session) {
        let words = refusal.advice(cx);
        return cx.warn(words);
    }
    (cx.model.view, cx.model.focus) = (View::Triage, Focus::Timeline);
    cx.model.composer.draft_mut(&session);
    cx.model.layers.push(Layer::Composer(session));
}

fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    if cx.model.composer.draft_mut(&session).editor.apply(edit) {
        memory::message_changed(cx, &session);
    }
}

fn switch_chip(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    if cx.model.is_running(&session) {
        cx.model.composer.toggle_chip(&session);
    } else {
        cx.say("the agent does not run: the message begins a new turn");
    }
}

fn send(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let session = &session;
    let text =
        cx.model.composer.draft(session).map(|draft| draft.editor.text()).unwrap_or_default();
    if text.trim().is_empty() && cx.model.composer.attached(session).is_empty() {
        return cx.say("nothing is written yet; Esc leaves");
    }
    if cx.model.composer.is_sending(session) {
        return cx.say("the message before is still on its way");
    }
    if let Some(refusal) = refusal(cx.model, session) {
        let words = refusal.advice(cx);
        return cx.warn(words);
    }
    let running = cx.model.is_running(session);
    let open = cx.model.open.as_ref().filter(|open| open.reference == *session);
    let newest = open.and_then(|open| open.latest().newest_event().cloned());
    // The status may have changed since it was polled: a cursor is never wrong, its absence may be.
    let since = newest.map_or(running.then_some(Since::Start), |id| Some(Since::After(id)));
    let chip = cx.model.composer.chip(session, running);
    let (behavior, then) = match chip {
        Chip::Steer => (Behavior::Steer, Fate::NextStep),
        Chip::NewTurn => (Behavior::FollowUp, Fate::BeginsTurn),
        Chip::FollowUp => (Behavior::FollowUp, Fate::AfterTurn),
    };
    let behavior = since.is_some().then_some(behavior);
    let files = cx.model.composer.attached(session).to_vec();
    let text = cx.model.composer.begin_sending(session).trim_end().to_owned();
    let written = Some(text.clone()).filter(|text| !text.is_empty());
    let messages = written.into_iter().map(|content| InputPart::Text { content }).collect();
    let message = MessageInput { messages, since, behavior };
    // The composer stays: what is typed next is the next message, never a row of commands.
    let now = cx.model.now;
    if let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == *session) {
        open.resume();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        open.timeline.send(&text, &names.join("  "), now, then);
        open.timeline.newest();
    }
    cx.say("sending …");
    let session = session.clone();
    if files.is_empty() {
        return cx.emit(Request::Send {
            session,
            input: Input::Message(message),
            purpose: InputKind::Message,
        });
    }
    cx.emit(Request::Upload { session, message, files });
}
