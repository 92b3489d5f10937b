//! The list of sessions. The timeline follows its selection.

use super::{Cx, calls, compose, find, interrupt};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::model::{Attention, Focus, Model};

pub(super) struct SessionList;

impl Target for SessionList {
    fn place(&self) -> &'static str {
        "the list of sessions"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneSessions)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Sessions, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.sessions.go(motion);
                }
                show_selected(cx);
            },
            Action::Open | Action::Right => |cx, _| {
                show_selected(cx);
                if cx.model.open.is_some() {
                    cx.model.focus = Focus::Timeline;
                } else {
                    cx.say("there is no session here yet");
                }
            },
            Action::Fold => |cx, _| {
                cx.model.sessions.toggle_group(Attention::Idle);
            },
            Action::Search => find::begin,
            Action::Back if !model.sessions.filter().is_empty() => |cx, _| {
                cx.model.sessions.set_filter("", None);
            },
            Action::Write => compose::begin,
            Action::Interrupt => interrupt::ask,
            Action::NextPending | Action::PreviousPending => calls::step,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        (action == Action::Interrupt).then(|| interrupt::off(model)).flatten()
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Open, "open"),
            (Action::PaneCalls, "your turn"),
            (Action::PaneArtifacts, "artifacts"),
            (Action::Search, "filter"),
            (Action::Write, "write"),
            (Action::Interrupt, "interrupt"),
        ]
    }
}

/// Shows the selected session in the timeline.
pub(super) fn show_selected(cx: &mut Cx<'_>) {
    if let Some(session) = cx.model.sessions.selected().cloned() {
        super::open(cx, &session);
    }
}
