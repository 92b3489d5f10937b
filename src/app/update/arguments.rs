//! Keys in the arguments of a waiting call: moving, folding, reading a value whole, copying.

use super::Cx;
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::keymap::Scope;
use crate::view::{Arguments, Model};

/// The arguments of the selected call.
pub(super) struct ReadArguments;

impl Target for ReadArguments {
    fn place(&self) -> &'static str {
        "the arguments of a call"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneCalls)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Arguments, Scope::Calls, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        let whole = model.calls.selected().is_some_and(|call| call.arguments.page().is_some());
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                with(cx, |shown| action.motion().into_iter().for_each(|by| shown.go(by)));
            },
            Action::Open => |cx, _| with(cx, Arguments::enter),
            Action::Right => |cx, _| with(cx, Arguments::inwards),
            Action::Left => |cx, _| with(cx, Arguments::out),
            Action::Fold => |cx, _| {
                with(cx, |shown| {
                    shown.toggle_fold();
                });
            },
            Action::FoldAll | Action::UnfoldAll => {
                |cx, action| with(cx, |shown| shown.fold_all(action == Action::FoldAll))
            }
            Action::NextLook => |cx, _| with(cx, Arguments::next_look),
            // A value that is shown whole is a level of its own.
            Action::Back | Action::Quit if whole => |cx, _| {
                with(cx, |shown| {
                    shown.back();
                });
            },
            Action::Copy
            | Action::CopyValue
            | Action::CopyPath
            | Action::CopyJson
            | Action::CopyId => copy,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Edit, "edit answer"),
            (Action::AnswerType, "success/error"),
            (Action::Send, "send"),
            (Action::NextLook, "raw"),
            (Action::Reveal, "secret"),
            (Action::RunCommand, "run command"),
            (Action::Recall, "recall"),
            (Action::NextPending, "next call"),
            (Action::Copy, "copy"),
            (Action::UnfoldAll, "unfold all"),
            (Action::NextPane, "pane"),
        ]
    }
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut Arguments)) {
    match cx.model.calls.selected_mut() {
        Some(call) => change(&mut call.arguments),
        None => cx.say_nothing_waits(),
    }
}

fn copy(cx: &mut Cx<'_>, action: Action) {
    let Some(call) = cx.model.calls.selected() else { return cx.say_nothing_waits() };
    let (text, what) = match action {
        Action::CopyPath => (call.arguments.path(), "path"),
        Action::CopyJson => (call.arguments.masked_text(), "arguments"),
        Action::CopyId => (call.pending.event_id.to_string(), "id"),
        _ => (call.arguments.value(), "value"),
    };
    cx.emit(TerminalWork::Copy { text, what: what.to_owned() });
}
