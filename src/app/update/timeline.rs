//! What a person does in the timeline: fold, jump, hide and take it back.

use super::toast;
use crate::api::EventId;
use crate::app::{Action, Effect};
use crate::model::timeline::{Landmark, Stepped, Visibility};
use crate::model::undo::Step;
use crate::model::{Level, Model};
use crate::text::units::{counted, tokens};

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Hide => return hide(model),
        Action::Undo | Action::Redo => return take_back(model, action == Action::Undo),
        _ => {}
    }
    let Some(open) = &mut model.open else { return Vec::new() };
    let timeline = &mut open.timeline;
    let found = match action {
        Action::Fold => {
            if let Some(id) = timeline.cursor_unit().map(|unit| unit.id.clone()) {
                timeline.toggle_fold(&id);
            }
            true
        }
        Action::FoldAll | Action::UnfoldAll => {
            timeline.fold_all(action == Action::FoldAll);
            true
        }
        Action::MomentOn | Action::MomentBack => {
            return step_in_time(model, action == Action::MomentOn);
        }
        Action::Follow => {
            timeline.newest();
            true
        }
        _ => match landmark(action) {
            Some((forward, landmark)) => timeline.jump(forward, landmark),
            None => true,
        },
    };
    if !found {
        toast(model, Level::Info, format!("no {} from here", action.words()));
    }
    Vec::new()
}

/// One event on or back, and a word where that leads nowhere.
fn step_in_time(model: &mut Model, forward: bool) -> Vec<Effect> {
    let Some(open) = &mut model.open else { return Vec::new() };
    let was_past = open.timeline.is_past();
    let words = match open.timeline.step(forward) {
        Stepped::Moved => return Vec::new(),
        Stepped::Present if was_past => "this is the present again",
        Stepped::Present => "this is the present; the other way leads back in time",
        Stepped::AtFirst if open.timeline.reaches_start() => "nothing was before this event",
        Stepped::AtFirst => "what was before this event is not loaded yet",
        Stepped::Unread => "what comes before this row is not read yet",
    };
    toast(model, Level::Info, words);
    Vec::new()
}

/// Goes to the moment that was asked for at the start, once the file is read so far.
pub(super) fn seek(model: &mut Model) {
    if let Some(remark) = model.open.as_mut().and_then(|open| open.timeline.seek()) {
        toast(model, Level::Warning, remark);
    }
}

/// Where a paired jump goes.
fn landmark(action: Action) -> Option<(bool, Landmark)> {
    Some(match action {
        Action::NextError => (true, Landmark::Error),
        Action::PreviousError => (false, Landmark::Error),
        Action::NextPending => (true, Landmark::Pending),
        Action::PreviousPending => (false, Landmark::Pending),
        Action::NextCompaction => (true, Landmark::Compaction),
        Action::PreviousCompaction => (false, Landmark::Compaction),
        Action::NextHidden => (true, Landmark::Hidden),
        Action::PreviousHidden => (false, Landmark::Hidden),
        Action::NextTurn => (true, Landmark::Turn),
        Action::PreviousTurn => (false, Landmark::Turn),
        _ => return None,
    })
}

/// Hides the marked events, or the one under the cursor; shows them again if none is in context.
fn hide(model: &mut Model) -> Vec<Effect> {
    let Some(open) = &mut model.open else { return Vec::new() };
    let targets = open.timeline.targets();
    if targets.is_empty() {
        toast(model, Level::Info, "there is no event under the cursor yet");
        return Vec::new();
    }
    let hidden = targets.iter().any(|unit| unit.visibility == Visibility::InContext);
    let events: Vec<EventId> =
        targets.iter().filter(|unit| unit.stored).flat_map(|unit| unit.event_ids()).collect();
    if events.is_empty() {
        toast(model, Level::Info, "this row is not stored by the server, so it cannot be hidden");
        return Vec::new();
    }
    let session = open.reference.clone();
    open.timeline.mark_hiding(&events, hidden);
    open.timeline.clear_marks();
    // Noted now, not when it is answered: an undo may come sooner than the answer.
    let step = Step { session: session.clone(), events: events.clone(), hidden };
    model.undo.record(step);
    vec![Effect::SetHidden { session, events, hidden }]
}

/// Sends the opposite of the last step, unless somebody else has changed those events since.
fn take_back(model: &mut Model, undo: bool) -> Vec<Effect> {
    let step = if undo { model.undo.undo() } else { model.undo.redo() };
    let Some(Step { session, events, hidden }) = step else {
        let what = if undo { "nothing to undo" } else { "nothing to redo" };
        toast(model, Level::Info, what);
        return Vec::new();
    };
    let Some(open) = model.open.as_mut().filter(|open| open.reference == session) else {
        // Nothing is sent; the step stays where it was.
        model.undo.keep(undo);
        let text = format!("the last step was in {}; open it to take it back", session.key);
        toast(model, Level::Warning, text);
        return Vec::new();
    };
    let still_ours = |id: &EventId| open.timeline.is_hidden(id) == Some(!hidden);
    let (ours, others): (Vec<_>, Vec<_>) = events.into_iter().partition(still_ours);
    open.timeline.mark_hiding(&ours, hidden);
    if !others.is_empty() {
        let text = format!(
            "{} changed since by somebody else, left as they are",
            counted(others.len(), "event")
        );
        toast(model, Level::Warning, text);
    }
    if ours.is_empty() {
        return Vec::new();
    }
    vec![Effect::SetHidden { session, events: ours, hidden }]
}

/// What the toast says after events were hidden or shown.
pub(super) fn outcome(model: &Model, hidden: bool, done: &[EventId]) -> String {
    let estimate = model.open.as_ref().map_or(0, |open| open.timeline.estimated_tokens(done));
    let verb = if hidden { "hid" } else { "showed" };
    format!("{verb} {}, about {} tokens", counted(done.len(), "event"), tokens(estimate))
}
