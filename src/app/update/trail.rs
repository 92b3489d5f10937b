//! Going back to where one was before a jump, also in another session.

use super::{Machine, toast};
use crate::app::{Action, Effect};
use crate::model::{Level, Model, Place};

fn here(model: &Model) -> Option<Place> {
    let open = model.open.as_ref()?;
    let unit = open.timeline.scroll().cursor.clone()?;
    Some(Place { session: open.reference.clone(), unit })
}

/// Remembers the place that a jump is about to leave.
pub(super) fn leave(model: &mut Model) {
    if let Some(place) = here(model) {
        model.trail.leave(place);
    }
}

impl Machine {
    pub(super) fn walk_trail(&mut self, model: &mut Model, action: Action) -> Vec<Effect> {
        let back = action == Action::ViewBack;
        let here = here(model);
        let Some(place) = model.trail.walk(back, here) else {
            let words = if back { "nowhere to go back to" } else { "nowhere to go forward to" };
            toast(model, Level::Info, words);
            return Vec::new();
        };
        if model.open.as_ref().is_none_or(|open| open.reference != place.session) {
            let trail = model.trail.clone();
            self.open(model, &place.session);
            model.trail = trail;
        }
        if let Some(open) = &mut model.open
            && !open.timeline.reach(&place.unit)
        {
            toast(model, Level::Info, "that row is not here any more");
        }
        Vec::new()
    }
}
