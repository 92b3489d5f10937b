//! Keys in the account of where time went: moving, folding, another order, and to the row of a bar.

use super::Cx;
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::Request;
use crate::keymap::Scope;
use crate::model::Timeline;
use crate::view::{Model, Waterfall};

/// The account of where the time of a session went.
pub(super) struct WhereTimeWent;

impl Target for WhereTimeWent {
    fn place(&self) -> &'static str {
        "the account of where time went"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::WhereTimeWent)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Waterfall, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Sort => |cx, _| with(cx, Waterfall::next_order),
            Action::Right => |cx, _| with(cx, Waterfall::inwards),
            Action::Fold => |cx, _| with(cx, Waterfall::toggle_fold),
            Action::FoldAll | Action::UnfoldAll => |cx, action| {
                with(cx, |waterfall, timeline| {
                    waterfall.fold_all(action == Action::FoldAll, timeline);
                });
            },
            Action::Left => out,
            Action::Open => go_to_row,
            Action::Back if model.zoomed => return None,
            Action::Back | Action::Quit | Action::WhereTimeWent => leave,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Open, "its row"),
            (Action::Sort, "order"),
            (Action::Fold, "fold"),
            (Action::UnfoldAll, "unfold all"),
            (Action::FoldAll, "fold all"),
            (Action::Last, "end"),
        ]
    }
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut Waterfall, &Timeline)) {
    if let Some(open) = &mut cx.model.open
        && let Some(waterfall) = &mut open.waterfall
    {
        change(waterfall, &open.timeline);
    }
}

/// Shows where the time of the open session went, as it was left if it was.
pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    let now = cx.model.now;
    let Some(open) = &mut cx.model.open else { return cx.say("open a session first") };
    if open.timeline.event_count() == 0 {
        return cx.say("there are no events to tell it from yet");
    }
    if let Some(waterfall) = &mut open.waterfall {
        waterfall.set_away(false);
    } else {
        let agent = cx.model.agents.get(&open.reference.agent);
        open.waterfall = Some(Box::new(Waterfall::open(&open.timeline, agent, now)));
    }
    if open.timeline.archive().is_none() {
        let session = open.reference.clone();
        cx.emit(Request::FetchTraces { session });
    }
}

/// Whether a bar led to the row that is looked at, so that Esc leads back to the bar.
pub(super) fn is_away(model: &Model) -> bool {
    let waterfall = model.open.as_ref().and_then(|open| open.waterfall.as_ref());
    waterfall.is_some_and(|waterfall| waterfall.is_away())
}

pub(super) fn come_back(cx: &mut Cx<'_>, _: Action) {
    with(cx, |waterfall, _| waterfall.set_away(false));
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    with(cx, |waterfall, timeline| waterfall.go(motion, timeline));
}

fn out(cx: &mut Cx<'_>, action: Action) {
    let mut stays = true;
    with(cx, |waterfall, timeline| stays = waterfall.out(timeline));
    if !stays {
        leave(cx, action);
    }
}

fn go_to_row(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &mut cx.model.open else { return };
    let Some(waterfall) = &mut open.waterfall else { return };
    if let Some(unit) = waterfall.unit().cloned() {
        waterfall.set_away(true);
        open.timeline.reveal(&unit);
    }
}

fn leave(cx: &mut Cx<'_>, _: Action) {
    if let Some(open) = &mut cx.model.open {
        open.waterfall = None;
    }
}
