//! What the inspector says in place of a call: somebody else answered it, or we just did.
//!
//! The invariant: while one of the two is shown, no key does anything to the next call; it only shows
//! it.

use super::{Cx, calls, navigate};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::keymap::Scope;
use crate::text::quoted;
use crate::view::{Focus, Model, View};

/// Somebody else answered the call that was looked at.
pub(super) struct Departed;

impl Target for Departed {
    fn place(&self) -> &'static str {
        "the note on a call that was answered elsewhere"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Departed]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Copy => copy,
            Action::Close => |cx, _| calls::let_go(cx.model),
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Copy, "copy what you had written"), (Action::Close, "go on")]
    }
}

/// What was being written for the call that somebody else answered.
fn copy(cx: &mut Cx<'_>, _: Action) {
    let draft = cx.model.calls.departed().map(|departed| departed.call.draft.editor.text());
    match draft.filter(|text| !text.is_empty()) {
        Some(text) => cx.emit(TerminalWork::Copy { text, what: "draft".to_owned() }),
        None => cx.say("nothing was written for this call"),
    }
}

/// Answers were just taken.
pub(super) struct Sent;

impl Target for Sent {
    fn place(&self) -> &'static str {
        "the note on answers that were sent"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Open => go_to_session,
            Action::Edit
            | Action::EditOutside
            | Action::AnswerType
            | Action::Send
            | Action::SendAnyway
            | Action::Reveal
            | Action::RunCommand
            | Action::Recall
            | Action::SetAside
            | Action::NextRemark
            | Action::PreviousRemark
            | Action::NextPending
            | Action::PreviousPending => show_next,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "to the session"), (Action::NextPending, "next call")]
    }
}

/// Whether the note stays while an action is done.
pub(super) fn stays(action: Action) -> bool {
    matches!(
        action,
        Action::Help | Action::Inside | Action::Commands | Action::Redraw | Action::Refresh
    )
}

fn go_to_session(cx: &mut Cx<'_>, _: Action) {
    let Some(sent) = cx.model.sent.take() else { return };
    super::open(cx, &sent.session);
    cx.model.zoomed = false;
    (cx.model.view, cx.model.focus) = (View::Triage, Focus::Timeline);
}

fn show_next(cx: &mut Cx<'_>, _: Action) {
    cx.model.sent = None;
    if let Some(call) = cx.model.calls.selected() {
        let tool = quoted::in_sentence(&call.pending.tool_name);
        let key = quoted::in_sentence(call.session.key.as_str());
        let text = format!("the next call: {tool} of {key}");
        cx.say(text);
        cx.model.guard(super::GUARD);
    } else {
        navigate::back(cx.model);
        cx.say("no call waits any more");
    }
}
