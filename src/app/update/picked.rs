//! What is done with the picked rows: hide and delete. Nothing that cannot be taken back
//! happens without a question.

use std::sync::Arc;

use super::{Cx, toast};
use crate::action::Action;
use crate::api::{Event, SessionRef};
use crate::app::effect::Request;
use crate::model::step::HideStep;
use crate::model::timeline::HidePlan;
use crate::text::quoted;
use crate::text::units::{counted, tokens};
use crate::view::{Decision, Level, Model, QuestionKind};

/// More events are hidden or shown only after a question.
const MANY: usize = 20;

pub(super) fn act(cx: &mut Cx<'_>, action: Action) {
    if action == Action::Hide { plan(cx) } else { ask_to_delete(cx.model) }
}

/// Hides at once what is easily shown again; asks first where it is much, or half a call, or what a
/// summary stands for.
fn plan(cx: &mut Cx<'_>) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let plan = open.timeline.plan_hiding();
    if plan.events.is_empty() {
        let text = if plan.unstored > 0 {
            "this row is not stored by the server, so it cannot be hidden"
        } else {
            "there is no event under the cursor yet"
        };
        return cx.say(text);
    }
    if plan.events.len() <= MANY && doubts(&plan).is_empty() {
        return hide(cx, plan);
    }
    ask(cx.model, plan);
}

/// Why somebody may not mean it.
fn doubts(plan: &HidePlan) -> Vec<String> {
    let mut doubts = Vec::new();
    if plan.halves > 0 && plan.hide {
        let calls = counted(plan.halves, "tool call");
        doubts.push(format!("half of {calls} only, the other half is not here"));
    }
    if plan.compacted > 0 && !plan.hide {
        doubts.push(format!("a summary stands for {} of them", plan.compacted));
    }
    doubts
}

fn ask(model: &mut Model, plan: HidePlan) {
    let verb = if plan.hide { "Hide" } else { "Show" };
    let events = counted(plan.events.len(), "event");
    let mut text = format!("{verb} {events}, about {} tokens", tokens(plan.tokens));
    for doubt in doubts(&plan) {
        text.push_str(": ");
        text.push_str(&doubt);
    }
    model.ask(format!("{text}?"), Decision::Hide(plan));
}

/// Puts the question about what is marked; `hide` says which way.
pub(super) fn ask_to_hide(model: &mut Model, hide: bool) {
    let Some(open) = &model.open else { return };
    let plan = open.timeline.plan(hide);
    if plan.events.is_empty() {
        let text = if hide { "all of it is hidden" } else { "all of it is in context" };
        return toast(model, Level::Info, text);
    }
    ask(model, plan);
}

pub(super) fn hide(cx: &mut Cx<'_>, plan: HidePlan) {
    let HidePlan { hide: hidden, events, .. } = plan;
    let Some(open) = &mut cx.model.open else { return };
    let session = open.reference.clone();
    open.each(|timeline| timeline.mark_hiding(&events, hidden));
    open.timeline.clear_marks();
    // Noted now, not when it is answered: an undo may come sooner than the answer.
    let step = HideStep { session: session.clone(), events: events.clone(), hidden };
    cx.model.undo.record(step, cx.model.now);
    cx.emit(Request::SetHidden { session, events, hidden });
}

fn ask_to_delete(model: &mut Model) {
    let Some(open) = &model.open else { return toast(model, Level::Info, "open a session first") };
    let targets = open.timeline.targets();
    let stored = targets.into_iter().filter(|unit| unit.stored);
    let events: Vec<Arc<Event>> =
        stored.flat_map(|unit| unit.event.into_iter().chain(unit.output)).collect();
    let session = open.reference.clone();
    let Some(last) = events.last().and_then(|event| event.id.as_ref()) else {
        return toast(model, Level::Info, "there is no stored event under the cursor");
    };
    let expected = quoted::to_type(last.as_str(), model.profile.production).to_owned();
    let copy = if model.remembers { "a copy is kept for 7 days" } else { "no copy is kept" };
    let shown = quoted::in_sentence(&expected);
    let what = match events.len() {
        1 => format!("event …{shown}"),
        many => format!("{many} events, the last is …{shown}"),
    };
    model.ask_for(
        format!("Delete {what} for good ({copy})?"),
        QuestionKind::Typed { expected },
        "",
        Decision::Delete(session, events),
    );
}

pub(super) fn delete(cx: &mut Cx<'_>, session: SessionRef, events: Vec<Arc<Event>>) {
    if let Some(open) = &mut cx.model.open {
        open.timeline.clear_marks();
    }
    cx.emit(Request::DeleteEvents { session, events });
}
