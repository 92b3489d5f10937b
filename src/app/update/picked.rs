//! What is done with the picked rows: hide and delete. Nothing that cannot be taken back
//! happens without a question.

use std::sync::Arc;

use super::keys::{ask, ask_for};
use super::{Decision, toast};
use crate::api::{Event, SessionRef};
use crate::app::{Action, Effect};
use crate::model::timeline::HidePlan;
use crate::model::undo::Step;
use crate::model::{Level, Model, QuestionKind};
use crate::text::units::{counted, tokens};

/// More events are hidden or shown only after a question.
const MANY: usize = 20;
/// Typed to confirm that something goes for good: this many characters at the end of its name.
const TYPED: usize = 4;

pub(super) fn act(model: &mut Model, action: Action) -> (Vec<Effect>, Option<Decision>) {
    match action {
        Action::Hide => plan(model),
        _ => (Vec::new(), ask_to_delete(model)),
    }
}

/// Hides at once what is easily shown again; asks first where it is much, or half a call, or what a
/// summary stands for.
fn plan(model: &mut Model) -> (Vec<Effect>, Option<Decision>) {
    let Some(open) = &model.open else { return (Vec::new(), None) };
    let plan = open.timeline.plan_hiding();
    if plan.events.is_empty() {
        let text = if plan.unstored > 0 {
            "this row is not stored by the server, so it cannot be hidden"
        } else {
            "there is no event under the cursor yet"
        };
        toast(model, Level::Info, text);
        return (Vec::new(), None);
    }
    if plan.events.len() <= MANY && doubts(&plan).is_empty() {
        return (hide(model, plan), None);
    }
    (Vec::new(), Some(put(model, plan)))
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

fn put(model: &mut Model, plan: HidePlan) -> Decision {
    let verb = if plan.hide { "Hide" } else { "Show" };
    let events = counted(plan.events.len(), "event");
    let mut text = format!("{verb} {events}, about {} tokens", tokens(plan.tokens));
    for doubt in doubts(&plan) {
        text.push_str(": ");
        text.push_str(&doubt);
    }
    ask(model, format!("{text}?"));
    Decision::Hide(plan)
}

/// Puts the question about what is marked; `hide` says which way.
pub(super) fn ask_to_hide(model: &mut Model, hide: bool) -> Option<Decision> {
    let plan = model.open.as_ref()?.timeline.plan(hide);
    if plan.events.is_empty() {
        let text = if hide { "all of it is hidden" } else { "all of it is in context" };
        toast(model, Level::Info, text);
        return None;
    }
    Some(put(model, plan))
}

pub(super) fn hide(model: &mut Model, plan: HidePlan) -> Vec<Effect> {
    let HidePlan { hide: hidden, events, .. } = plan;
    let Some(open) = &mut model.open else { return Vec::new() };
    let session = open.reference.clone();
    open.each(|timeline| timeline.mark_hiding(&events, hidden));
    open.timeline.clear_marks();
    // Noted now, not when it is answered: an undo may come sooner than the answer.
    let step = Step { session: session.clone(), events: events.clone(), hidden };
    model.undo.record(step);
    vec![Effect::SetHidden { session, events, hidden }]
}

fn ask_to_delete(model: &mut Model) -> Option<Decision> {
    let open = model.open.as_ref()?;
    let targets = open.timeline.targets();
    let stored = targets.into_iter().filter(|unit| unit.stored);
    let events: Vec<Arc<Event>> =
        stored.flat_map(|unit| unit.event.into_iter().chain(unit.output)).collect();
    let session = open.reference.clone();
    let Some(last) = events.last().and_then(|event| event.id.as_ref()) else {
        toast(model, Level::Info, "there is no stored event under the cursor");
        return None;
    };
    // Where real people depend on it, the whole name.
    let name = last.as_str();
    let typed = if model.profile.production { name.chars().count() } else { TYPED };
    let skipped = name.chars().count().saturating_sub(typed);
    let expected: String = name.chars().skip(skipped).collect();
    let copy = if model.remembers { "a copy is kept for 7 days" } else { "no copy is kept" };
    let what = match events.len() {
        1 => format!("event …{expected}"),
        many => format!("{many} events, the last is …{expected}"),
    };
    ask_for(
        model,
        format!("Delete {what} for good ({copy})?"),
        QuestionKind::Typed { expected },
        "",
    );
    Some(Decision::Delete(session, events))
}

pub(super) fn delete(
    model: &mut Model,
    session: SessionRef,
    events: Vec<Arc<Event>>,
) -> Vec<Effect> {
    if let Some(open) = &mut model.open {
        open.timeline.clear_marks();
    }
    vec![Effect::DeleteEvents { session, events }]
}
