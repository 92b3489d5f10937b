//! Going back to where one was before a jump, also in another session, and from a call to what led
//! to it.

use super::{Cx, artifacts, calls, navigate, open};
use crate::action::Action;
use crate::model::timeline::UnitId;
use crate::view::{Focus, Jump, Model, View};

/// Said while the row to jump to is not listed yet.
pub(super) const ON_THEIR_WAY: &str = "its events are on their way";

fn here(model: &Model) -> Option<Jump> {
    if model.view == View::Calls {
        let call = model.calls.selected()?;
        let (unit, id) = (UnitId::from(call.id()), call.id().clone());
        return Some(Jump { session: call.session.clone(), unit, call: Some(id), file: None });
    }
    if model.view == View::Artifacts {
        let (session, file) = (model.artifacts.session()?, model.artifacts.selected()?);
        let (session, file) = (session.clone(), Some(file.id.clone()));
        return Some(Jump { session, unit: UnitId::named(""), call: None, file });
    }
    let open = model.open.as_ref()?;
    let unit = open.timeline.scroll().cursor.clone()?;
    Some(Jump { session: open.reference.clone(), unit, call: None, file: None })
}

/// Remembers the place that a jump is about to leave.
pub(super) fn leave(model: &mut Model) {
    if let Some(place) = here(model) {
        model.jumps.leave(place);
    }
}

pub(super) fn walk(cx: &mut Cx<'_>, action: Action) {
    let back = action == Action::ViewBack;
    let here = here(cx.model);
    let Some(place) = cx.model.jumps.walk(back, here) else {
        let words = if back { "nowhere to go back to" } else { "nowhere to go forward to" };
        return cx.say(words);
    };
    if let Some(call) = place.call.as_ref().filter(|call| cx.model.calls.get(call).is_some()) {
        cx.model.calls.select(call);
        calls::show(cx.model);
        return;
    }
    if matches!(cx.model.view, View::Calls | View::Artifacts | View::Agents) {
        navigate::go(cx.model, View::Triage, Focus::Timeline);
    }
    let jumps = cx.model.jumps.clone();
    open(cx, &place.session);
    cx.model.jumps = jumps;
    if let Some(file) = &place.file {
        return artifacts::show(cx, file);
    }
    if let Some(open) = &mut cx.model.open
        && !open.reach(&place.unit)
    {
        cx.say("that row is not here any more");
    }
}

/// From the selected call to the row of the reason under the cursor, or to its own row.
pub(super) fn show_reason(cx: &mut Cx<'_>) {
    let (Some(from), Some(call)) = (here(cx.model), cx.model.calls.selected()) else { return };
    let reason = cx.model.why(call).and_then(|why| why.reasons.get(cx.model.reason_at(call)));
    let unit = UnitId::from(reason.map_or(call.id(), |reason| &reason.event));
    let place = Jump { session: from.session.clone(), unit, call: None, file: None };
    let jumps = cx.model.jumps.clone();
    open(cx, &place.session);
    // One step back leads to the inspector, whichever session was open before.
    cx.model.jumps = jumps;
    cx.model.jumps.leave(from);
    cx.model.zoomed = false;
    navigate::go(cx.model, View::Triage, Focus::Timeline);
    cx.machine.landing = Some(place);
    land(cx);
    if cx.machine.landing.is_some() {
        cx.say(ON_THEIR_WAY);
    }
}

/// The row that the screen begins at.
pub(super) fn beginning(model: &Model) -> Option<Jump> {
    let (session, event) = (model.open.as_ref()?.reference.clone(), model.begins_at.as_ref()?);
    Some(Jump { session, unit: UnitId::from(event), call: None, file: None })
}

/// Goes to the row that a jump is for, if it is here by now.
pub(super) fn land(cx: &mut Cx<'_>) {
    let open = cx.model.open.as_mut();
    if let (Some(place), Some(open)) = (&cx.machine.landing, open)
        && open.reference == place.session
    {
        if open.reach(&place.unit) {
            cx.machine.landing = None;
            cx.model.toast.take_if(|toast| toast.text == ON_THEIR_WAY);
        } else if open.timeline.reaches_start() && beginning(cx.model).as_ref() == Some(place) {
            // It was there when the screen was opened.
            cx.machine.landing = None;
            cx.warn("the event to begin at is not here any more");
        }
    }
}
