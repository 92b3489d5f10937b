//! Keys in the account of where time went: moving, folding, another order, and to the row of a bar.

use super::{Machine, navigate, toast};
use crate::app::{Action, Effect, scope};
use crate::model::{Focus, Level, Model, Waterfall};

/// Shows where the time of the open session went, as it was left if it was.
fn open(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Some(open) = &mut model.open else { return Vec::new() };
    if open.timeline.event_count() == 0 {
        toast(model, Level::Info, "there are no events to tell it from yet");
        return Vec::new();
    }
    if let Some(waterfall) = &mut open.waterfall {
        waterfall.set_away(false);
    } else {
        let agent = model.agents.get(&open.reference.agent);
        open.waterfall = Some(Box::new(Waterfall::open(&open.timeline, agent, now)));
    }
    if open.timeline.archive().is_some() {
        return Vec::new();
    }
    vec![Effect::FetchTraces { session: open.reference.clone() }]
}

/// Esc on the row that a bar led to leads back to the bar.
fn come_back(model: &mut Model, action: Action) -> bool {
    let here = model.focus == Focus::Timeline && model.overlay.is_none() && !model.zoomed;
    let waterfall = model.open.as_mut().and_then(|open| open.waterfall.as_mut());
    let Some(waterfall) = waterfall.filter(|waterfall| here && waterfall.is_away()) else {
        return false;
    };
    if action == Action::Back {
        waterfall.set_away(false);
    }
    action == Action::Back
}

/// What a key does here; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if come_back(model, action) {
        machine.dispatcher.clear();
        return Some(Vec::new());
    }
    if model.overlay.is_some() || !scope::waterfall_has_keys(model) {
        return (action == Action::WhereTimeWent).then(|| open(model));
    }
    let by = navigate::distance(model, action);
    let open = model.open.as_mut()?;
    let timeline = &open.timeline;
    let waterfall = open.waterfall.as_mut()?;
    let mut stays = true;
    match action {
        Action::First => waterfall.move_by(-navigate::FAR, timeline),
        Action::Last => waterfall.move_by(navigate::FAR, timeline),
        Action::Sort => waterfall.next_order(timeline),
        Action::Right => waterfall.inwards(timeline),
        Action::Left => stays = waterfall.out(timeline),
        Action::Fold => waterfall.toggle_fold(timeline),
        Action::FoldAll | Action::UnfoldAll => {
            waterfall.fold_all(action == Action::FoldAll, timeline);
        }
        Action::Open => {
            if let Some(unit) = waterfall.unit().cloned() {
                waterfall.set_away(true);
                open.timeline.reveal(&unit);
            }
        }
        Action::Back | Action::Quit | Action::WhereTimeWent => {
            machine.dispatcher.clear();
            stays = false;
        }
        _ => waterfall.move_by(by?, timeline),
    }
    if !stays && let Some(open) = &mut model.open {
        open.waterfall = None;
    }
    Some(Vec::new())
}
