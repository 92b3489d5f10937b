//! Keys in the detail of a unit: moving, folding, looking at it otherwise, and back to its row.

use super::{Machine, navigate, toast};
use crate::app::scope;
use crate::app::{Action, Effect};
use crate::model::detail::Look;
use crate::model::{Detail, Level, Model, configuration_of};

/// The detail of the unit under the cursor; `None` where there is nothing to show.
pub(super) fn of_cursor(model: &Model) -> Option<Detail> {
    let open = model.open.as_ref()?;
    let unit = open.timeline.whole_unit(open.timeline.scroll().cursor.as_ref()?)?;
    let agent = model.agents.get(&open.reference.agent);
    Detail::open(&unit, agent.and_then(|agent| configuration_of(agent, &unit)))
}

pub(super) fn open(model: &mut Model) {
    let detail = of_cursor(model);
    let Some(open) = &mut model.open else { return };
    match detail {
        Some(detail) => {
            // The cursor must not follow the newest unit: the way back leads to this one.
            open.timeline.select(detail.unit());
            open.detail = Some(Box::new(detail));
        }
        None => toast(model, Level::Info, "there is nothing more to this row yet"),
    }
}

/// What a key does in the detail; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.overlay.is_some() || !scope::detail_has_keys(model) {
        return None;
    }
    let by = navigate::distance(model, action);
    let detail = model.open.as_mut()?.detail.as_mut()?;
    let mut stays = true;
    match action {
        Action::First => detail.move_by(-navigate::FAR),
        Action::Last => detail.move_by(navigate::FAR),
        Action::Open => detail.enter(),
        Action::Right => detail.inwards(),
        Action::Fold => detail.toggle_fold(),
        Action::FoldAll | Action::UnfoldAll => detail.fold_all(action == Action::FoldAll),
        Action::NextLook => detail.next_look(),
        Action::Wrap => detail.toggle_wrap(),
        Action::Left => stays = detail.out(),
        Action::Back | Action::Quit => {
            machine.dispatcher.clear();
            stays = detail.back();
        }
        _ => detail.move_by(by?),
    }
    if action == Action::Open && detail.look() != Look::Tree {
        toast(model, Level::Info, "o and Enter fold in the tree; zv leads there");
    }
    if !stays && let Some(open) = &mut model.open {
        open.detail = None;
    }
    Some(Vec::new())
}
