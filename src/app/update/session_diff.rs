//! Keys while two sessions are compared.
//!
//! Which sessions is [`super::session_pair`]'s business.

use super::{Cx, jumps, session_pair};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::view::Model;
use crate::view::pane::text_diff::DiffView;

/// Two sessions, compared.
pub(super) struct ComparedSessions;

impl Target for ComparedSessions {
    fn place(&self) -> &'static str {
        "the comparison of two sessions"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Compare)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Diff, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                let Some(motion) = action.motion() else { return };
                with(cx, |view| view.go(motion));
            },
            Action::Back if model.zoomed => return None,
            Action::Back | Action::Quit | Action::Compare => session_pair::leave,
            Action::Refresh => session_pair::again,
            Action::Open => open,
            Action::Right => |cx, _| with(cx, |view| view.shift(SHIFT)),
            Action::Left => |cx, _| with(cx, |view| view.shift(-SHIFT)),
            Action::NextLook => |cx, _| with(cx, DiffView::next_look),
            Action::Fold => |cx, _| fold(cx),
            Action::FoldAll | Action::UnfoldAll => {
                |cx, action| with(cx, |view| view.fold_all(action == Action::FoldAll))
            }
            Action::NextChange | Action::PreviousChange => leap,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::NextChange, "next change"),
            (Action::PreviousChange, "previous"),
            (Action::Open, "open the event"),
            (Action::NextLook, "side by side or not"),
            (Action::Fold, "unfold"),
            (Action::UnfoldAll, "unfold all"),
            (Action::Refresh, "read again"),
        ]
    }
}

/// Columns that `h` and `l` shift by.
const SHIFT: isize = 8;

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut DiffView)) {
    match &mut cx.model.session_diff {
        Some(comparison) if comparison.sheet().is_some() => change(&mut comparison.view),
        _ => cx.say("there are no rows yet"),
    }
}

/// Enter: what is folded is shown, and an event in its session.
fn open(cx: &mut Cx<'_>, _: Action) {
    let Some(comparison) = &cx.model.session_diff else { return };
    if comparison.is_on_fold() {
        return fold(cx);
    }
    if comparison.sheet().is_none_or(|sheet| sheet.text.blocks.is_empty()) {
        return cx.say("there are no rows yet");
    }
    jumps::show_compared(cx);
}

fn fold(cx: &mut Cx<'_>) {
    let sheet = cx.model.session_diff.as_ref().and_then(|shown| shown.sheet().cloned());
    with(cx, |view| {
        if let Some(sheet) = sheet {
            view.toggle_fold(&sheet.text);
        }
    });
}

fn leap(cx: &mut Cx<'_>, action: Action) {
    let forward = action == Action::NextChange;
    let (mut found, mut changes) = (true, 0);
    with(cx, |view| {
        found = view.leap(forward);
        changes = view.change().1;
    });
    if !found {
        let which = if forward { "last" } else { "first" };
        let none = "there is no change to go to".to_owned();
        cx.say(if changes == 0 { none } else { format!("this is the {which} change") });
    }
}
