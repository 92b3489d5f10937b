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
        return Some(Jump { call: Some(id), ..Jump::to(call.session.clone(), unit) });
    }
    if model.view == View::Artifacts {
        let (session, file) = (model.artifacts.session()?, model.artifacts.selected()?);
        let (session, file) = (session.clone(), Some(file.id.clone()));
        return Some(Jump { file, ..Jump::to(session, UnitId::named("")) });
    }
    if model.view == View::Compare {
        let session = model.session_diff.as_ref()?.sessions[1].clone();
        return Some(Jump { compared: true, ..Jump::to(session, UnitId::named("")) });
    }
    let open = model.open.as_ref()?;
    let unit = open.timeline.scroll().cursor.clone()?;
    Some(Jump::to(open.reference.clone(), unit))
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
    if place.compared {
        if cx.model.session_diff.is_some() {
            return navigate::go(cx.model, View::Compare, Focus::SessionDiff);
        }
        let again = cx.key_of("sessions", Action::Compare, "gD");
        return cx.say(format!("that comparison was left; {again} compares again"));
    }
    if matches!(cx.model.view, View::Calls | View::Artifacts | View::Agents | View::Compare) {
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
    let place = Jump::to(from.session.clone(), unit);
    go_from(cx, from, place);
}

/// From an event of a comparison to its row.
pub(super) fn show_compared(cx: &mut Cx<'_>) {
    let (Some(from), Some(comparison)) = (here(cx.model), &cx.model.session_diff) else { return };
    let Some((session, event)) = comparison.event() else {
        return cx.say("the service gave this event no id to go to");
    };
    if cx.model.sessions.get(session).is_none() {
        return cx.say("that session is not there any more");
    }
    let place = Jump::to(session.clone(), UnitId::from(event));
    go_from(cx, from, place);
    if cx.machine.landing.is_none() {
        let back = cx.key(Action::ViewBack, "[[");
        cx.say(format!("{back} leads back to the comparison"));
    }
}

/// To a row of some session, which may not be listed yet.
fn go_from(cx: &mut Cx<'_>, from: Jump, place: Jump) {
    let jumps = cx.model.jumps.clone();
    open(cx, &place.session);
    // One step back leads there, whichever session was open before.
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
    Some(Jump::to(session, UnitId::from(event)))
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
