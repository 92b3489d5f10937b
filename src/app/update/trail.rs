//! Going back to where one was before a jump, also in another session, and from a call to what led
//! to it.

use super::{Machine, artifacts, navigate, toast};
use crate::app::{Action, Effect};
use crate::model::timeline::UnitId;
use crate::model::{Focus, Level, Model, Place, View};

/// Said while the row to jump to is not listed yet.
const ON_THEIR_WAY: &str = "its events are on their way";

fn here(model: &Model) -> Option<Place> {
    if model.view == View::Calls {
        let call = model.calls.selected()?;
        let (unit, id) = (UnitId::from(call.id()), call.id().clone());
        return Some(Place { session: call.session.clone(), unit, call: Some(id), file: None });
    }
    if model.view == View::Artifacts {
        let (session, file) = (model.artifacts.session()?, model.artifacts.selected()?);
        let (session, file) = (session.clone(), Some(file.id.clone()));
        return Some(Place { session, unit: UnitId::named(""), call: None, file });
    }
    let open = model.open.as_ref()?;
    let unit = open.timeline.scroll().cursor.clone()?;
    Some(Place { session: open.reference.clone(), unit, call: None, file: None })
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
        if let Some(call) = place.call.as_ref().filter(|call| model.calls.get(call).is_some()) {
            model.calls.select(call);
            navigate::show_inspector(model);
            return Vec::new();
        }
        if matches!(model.view, View::Calls | View::Artifacts) {
            navigate::go(model, View::Triage, Focus::Timeline);
        }
        let trail = model.trail.clone();
        self.open(model, &place.session);
        model.trail = trail;
        if let Some(file) = &place.file {
            return artifacts::show(model, file);
        }
        if let Some(open) = &mut model.open
            && !open.timeline.reach(&place.unit)
        {
            toast(model, Level::Info, "that row is not here any more");
        }
        Vec::new()
    }

    /// From the selected call to the row of the reason under the cursor, or to its own row.
    pub(super) fn show_reason(&mut self, model: &mut Model) {
        let (Some(from), Some(call)) = (here(model), model.calls.selected()) else { return };
        let reason = model.why(call).and_then(|why| why.reasons.get(model.reason_at(call)));
        let unit = UnitId::from(reason.map_or(call.id(), |reason| &reason.event));
        let place = Place { session: from.session.clone(), unit, call: None, file: None };
        let trail = model.trail.clone();
        self.open(model, &place.session);
        // One step back leads to the inspector, whichever session was open before.
        model.trail = trail;
        model.trail.leave(from);
        model.zoomed = false;
        navigate::go(model, View::Triage, Focus::Timeline);
        self.landing = Some(place);
        self.land(model);
        if self.landing.is_some() {
            toast(model, Level::Info, ON_THEIR_WAY);
        }
    }

    /// Goes to the row that a jump is for, if it is here by now.
    pub(super) fn land(&mut self, model: &mut Model) {
        let open = model.open.as_mut();
        if let (Some(place), Some(open)) = (&self.landing, open)
            && open.reference == place.session
            && open.timeline.reach(&place.unit)
        {
            self.landing = None;
            model.toast.take_if(|toast| toast.text == ON_THEIR_WAY);
        }
    }
}
