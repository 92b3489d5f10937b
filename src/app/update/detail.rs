//! Keys in the detail of a unit: moving, folding, looking at it otherwise, and back to its row.

use super::{Cx, artifacts, compose, copy, interrupt, picked, timeline};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::view::pane::detail::JsonLook;
use crate::view::{Detail, Model, configuration_of};

/// A row of the timeline, looked at closely.
pub(super) struct CloseLook;

impl Target for CloseLook {
    fn place(&self) -> &'static str {
        "the detail of a row"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneTimeline)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Detail, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open => enter,
            Action::Right => |cx, _| with(cx, Detail::inwards),
            Action::Fold => |cx, _| {
                with(cx, Detail::toggle_fold);
                say_where_folds_are(cx);
            },
            Action::FoldAll | Action::UnfoldAll => {
                |cx, action| with(cx, |detail| detail.fold_all(action == Action::FoldAll))
            }
            Action::NextLook => |cx, _| with(cx, Detail::next_look),
            Action::Wrap => |cx, _| with(cx, Detail::toggle_wrap),
            Action::Left => |cx, _| leave_unless(cx, Detail::out),
            Action::Back if model.zoomed && !has_page(model) => return None,
            Action::Back | Action::Quit => |cx, _| leave_unless(cx, Detail::back),
            Action::Hide | Action::Delete => picked::act,
            Action::Undo | Action::Redo => timeline::take_back,
            Action::Write => compose::begin,
            Action::Interrupt => interrupt::ask,
            Action::ItsFile => artifacts::open_named,
            Action::Copy
            | Action::CopyValue
            | Action::CopyPath
            | Action::CopyJson
            | Action::CopyId
            | Action::CopyCurl
            | Action::CopyMarkdown
            | Action::CopyCommand => copy::act,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        timeline::off(model, action)
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Open, "whole, fold"),
            (Action::NextLook, "look"),
            (Action::Copy, "copy"),
            (Action::CopyPath, "path"),
            (Action::CopyJson, "event"),
            (Action::CopyCurl, "curl"),
            (Action::Wrap, "wrap"),
            (Action::UnfoldAll, "unfold all"),
        ]
    }
}

fn has_page(model: &Model) -> bool {
    let detail = model.open.as_ref().and_then(|open| open.detail.as_ref());
    detail.is_some_and(|detail| detail.has_page())
}

fn shown<'a>(cx: &'a mut Cx<'_>) -> Option<&'a mut Detail> {
    cx.model.open.as_mut()?.detail.as_deref_mut()
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut Detail)) {
    if let Some(detail) = shown(cx) {
        change(detail);
    }
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    with(cx, |detail| detail.go(motion));
}

fn enter(cx: &mut Cx<'_>, _: Action) {
    with(cx, Detail::enter);
    say_where_folds_are(cx);
}

fn say_where_folds_are(cx: &mut Cx<'_>) {
    if shown(cx).is_some_and(|detail| detail.look() != JsonLook::Tree) {
        let (fold, look) = (cx.key(Action::Fold, "o"), cx.key(Action::NextLook, "zv"));
        cx.say(format!("{fold} and Enter fold in the tree; {look} leads there"));
    }
}

/// Goes out by one level; from the outermost that is back to the row.
fn leave_unless(cx: &mut Cx<'_>, stays: impl FnOnce(&mut Detail) -> bool) {
    if !shown(cx).is_some_and(stays)
        && let Some(open) = &mut cx.model.open
    {
        open.detail = None;
    }
}

/// The detail of the unit under the cursor; `None` where there is nothing to show.
pub(super) fn of_cursor(model: &Model) -> Option<Detail> {
    let open = model.open.as_ref()?;
    let unit = open.timeline.whole_unit(open.timeline.scroll().cursor.as_ref()?)?;
    let agent = model.agents.get(&open.reference.agent);
    Detail::open(&unit, agent.and_then(|agent| configuration_of(agent, &unit)))
}

pub(super) fn open(cx: &mut Cx<'_>) {
    let detail = of_cursor(cx.model);
    let Some(open) = &mut cx.model.open else { return };
    match detail {
        Some(detail) => {
            // The cursor must not follow the newest unit: the way back leads to this one.
            open.timeline.select(detail.unit());
            open.detail = Some(Box::new(detail));
        }
        None => cx.say("this row has no detail yet"),
    }
}
