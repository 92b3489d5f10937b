//! Writing to the agent.
//!
//! Owns the keys of the composer and what leaves by them. What was sent before is brought back in
//! [`recall`], what a word may become is offered in [`offer`]. Start with [`begin`] and [`send`]. The
//! invariant: [`send`] is the only way out, and it is reached by its key alone.

pub(super) mod offer;
mod recall;

use super::{Cx, attach, memory};
use crate::action::Action;
use crate::api::event::{InputMessage, InputPart};
use crate::api::input::{Behavior, MessageInput, Since};
use crate::api::{Input, SessionRef};
use crate::app::chain::{self, Handler, Target};
use crate::app::effect::{InputKind, Request, TerminalWork};
use crate::keymap::Scope;
use crate::model::timeline::Fate;
use crate::view::hit;
use crate::view::pane::composer::Chip;
use crate::view::pane::composer::offers::Gives;
use crate::view::pane::composer::outlook::Refusal;
use crate::view::{Edit, Focus, Layer, Model, Pane, View};

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

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Leave if offer::is_open(model) => |cx, _| {
                if let Some(session) = cx.model.layers.composer().cloned() {
                    offer::close(cx, &session);
                }
            },
            Action::Leave if recall::is_shown(model) => recall::give_back,
            Action::Leave => super::leave_editor,
            Action::SendMessage if recall::is_searching(model) => recall::take,
            Action::SendMessage => send,
            Action::Newline => |cx, _| edit(cx, &Edit::Newline),
            Action::UndoText => |cx, _| edit(cx, &Edit::Undo),
            Action::RedoText => |cx, _| edit(cx, &Edit::Redo),
            Action::ModeChip if offer::is_open(model) => take_offer,
            Action::ModeChip => switch_chip,
            Action::FindSent => recall::search,
            Action::EditOutside => edit_outside,
            Action::Attach => attach::ask,
            Action::Detach => attach::detach,
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        if offer::is_open(model) {
            return vec![
                (Action::ModeChip, "take"),
                (Action::SendMessage, "send as it is"),
                (Action::Leave, "offer nothing"),
            ];
        }
        if recall::is_searching(model) {
            return vec![
                (Action::FindSent, "an earlier one"),
                (Action::SendMessage, "take it"),
                (Action::Leave, "what you wrote"),
            ];
        }
        let mut hints = vec![
            (Action::SendMessage, "send"),
            (Action::Newline, "new line"),
            (Action::Attach, "attach"),
        ];
        if model.layers.composer().is_some_and(|session| model.is_running(session)) {
            hints.push((Action::ModeChip, "steer / follow-up"));
        }
        hints.push((Action::FindSent, "sent before"));
        hints.push((Action::EditOutside, "in $EDITOR"));
        let leave = if recall::is_shown(model) { "what you wrote" } else { "keep draft" };
        hints.push((Action::Leave, leave));
        hints
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

/// Why a message is not taken, with the key that leads on, from where the keyboard is.
fn advice(refusal: Refusal, cx: &Cx<'_>) -> String {
    if refusal == Refusal::SessionDisabled {
        let key = cx.machine.keymap.label_for(Action::Disable, &[Scope::Sessions]);
        let way = key.map(|key| format!(" · {key} in the list of sessions enables it"));
        return format!("{}{}", refusal.words(), way.unwrap_or_default());
    }
    let (next, does) = match refusal {
        Refusal::Waits(1) => (Action::PaneCalls, "shows the call"),
        Refusal::Waits(_) => (Action::PaneCalls, "shows the calls"),
        Refusal::SessionDisabled | Refusal::AgentDisabled => (Action::Refresh, "asks again"),
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
    format!("{}{way}", refusal.words())
}

/// Why there is nobody to write to.
pub(super) fn off(model: &Model) -> Option<String> {
    let session = model.current_session()?;
    model.refusal(session).map(Refusal::short)
}

/// Begins to write to the open session, unless it would come to nothing.
pub(super) fn begin(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let session = open.reference.clone();
    if let Some(refusal) = cx.model.refusal(&session) {
        let words = advice(refusal, cx);
        return cx.warn(words);
    }
    (cx.model.view, cx.model.focus) = (View::Triage, Focus::Timeline);
    cx.model.composer.draft_mut(&session);
    cx.model.layers.push(Layer::Composer(session));
}

fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    if offer::choose(cx, &session, edit) {
        return;
    }
    let down = match edit {
        Edit::Up => Some(false),
        Edit::Down => Some(true),
        _ => None,
    };
    // By rows of the screen, which a long line has several of; what was sent before is beyond the first.
    if let Some(down) = down.filter(|_| !recall::is_searching(cx.model))
        && let Some(place) = hit::beside_cursor(cx.model, Pane::Composer, down)
    {
        let draft = cx.model.composer.draft_mut(&session);
        draft.editor.move_to(place);
        draft.offers = None;
        return;
    }
    if recall::edit(cx, &session, edit) {
        return;
    }
    let draft = cx.model.composer.draft_mut(&session);
    if draft.editor.apply(edit) {
        draft.history.take();
        memory::message_changed(cx, &session);
        offer::offer(cx, &session);
    } else {
        draft.offers = None;
    }
}

/// Begins to write to the open session in the person's own editor.
pub(super) fn begin_outside(cx: &mut Cx<'_>, action: Action) {
    begin(cx, action);
    if cx.model.layers.composer().is_some() {
        edit_outside(cx, action);
    }
}

fn edit_outside(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let text = cx.model.composer.lend(&session);
    cx.emit(TerminalWork::EditMessageOutside { session, text });
}

/// What the person's editor left becomes the draft, as one step that can be taken back.
pub(super) fn edited_outside(cx: &mut Cx<'_>, session: &SessionRef, text: Result<String, String>) {
    match text {
        Ok(text) if cx.model.composer.take_back(session, &text) => {
            memory::message_changed(cx, session);
            cx.say("the editor's text is the draft; nothing was sent");
        }
        Ok(_) => cx.say("the editor changed nothing"),
        Err(why) => cx.warn(format!("the draft is as it was: {why}")),
    }
}

/// The word that is written becomes what is offered for it.
fn take_offer(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let Some(gives) = offer::take(cx, &session) else { return };
    memory::message_changed(cx, &session);
    match gives {
        Gives::Attached(path) => attach::attach(cx, session, &path),
        Gives::Skill(_) | Gives::Named(_) | Gives::Directory(_) => offer::offer(cx, &session),
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
    cx.model.composer.draft_mut(session).offers = None;
    let text =
        cx.model.composer.draft(session).map(|draft| draft.editor.text()).unwrap_or_default();
    if text.trim().is_empty() && !cx.model.composer.has_more_than_text(session) {
        return cx.say("nothing is written yet; Esc leaves");
    }
    if cx.model.composer.is_sending(session) {
        return cx.say("the message before is still on its way");
    }
    if let Some(refusal) = cx.model.refusal(session) {
        let words = advice(refusal, cx);
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
    let skills = cx.model.composer.skills(session).to_vec();
    let written = cx.model.composer.begin_sending(session).trim_end().to_owned();
    let written = Some(written).filter(|text| !text.is_empty());
    let skills = skills.into_iter().map(|skill_name| InputPart::Skill { skill_name });
    let messages = skills.chain(written.map(|content| InputPart::Text { content })).collect();
    let said = InputMessage { messages, message_diffs: Vec::new() };
    let text = said.to_text();
    let message = MessageInput { messages: said.messages, since, behavior };
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
