//! What a person does in the timeline: fold, jump, hide and take it back.

use super::toast;
use crate::api::EventId;
use crate::app::{Action, Effect};
use crate::model::timeline::{Filter, Landmark, Stepped};
use crate::model::undo::Step;
use crate::model::{Level, Model};
use crate::text::units::{counted, tokens};

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Undo | Action::Redo => return take_back(model, action == Action::Undo),
        Action::TimeStyle => {
            model.time_style = model.time_style.next();
            toast(model, Level::Info, format!("times: {}", model.time_style.words()));
            return Vec::new();
        }
        Action::AgentsView => {
            toggle_agents_view(model);
            return Vec::new();
        }
        Action::Pause => {
            pause(model);
            return Vec::new();
        }
        Action::MarkAlike => {
            mark_alike(model);
            return Vec::new();
        }
        _ if landmark(action).is_some() => super::trail::leave(model),
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
        Action::FoldGroup | Action::UnfoldGroup => timeline.fold_group(action == Action::FoldGroup),
        Action::FoldTurns | Action::UnfoldTurns => {
            timeline.fold_turns(action == Action::FoldTurns);
            true
        }
        Action::Mark => {
            if let Some(id) = timeline.scroll().cursor.clone() {
                timeline.toggle_mark(&id);
                timeline.move_cursor(1);
            }
            true
        }
        Action::MarkRange => {
            timeline.toggle_range();
            true
        }
        Action::Follow => {
            open.timeline.return_to_present();
            open.newest();
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
    if let Some(remark) = model.open.as_mut().and_then(|open| open.timeline.look_for_wanted()) {
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
        Action::NextBookmark => (true, Landmark::Bookmark),
        Action::PreviousBookmark => (false, Landmark::Bookmark),
        Action::NextSameTool => (true, Landmark::SameTool),
        Action::PreviousSameTool => (false, Landmark::SameTool),
        _ => return None,
    })
}

fn toggle_agents_view(model: &mut Model) {
    let Some(open) = &mut model.open else { return };
    let next = match open.timeline.filter() {
        Filter::All => Filter::AgentsView,
        Filter::AgentsView => Filter::All,
    };
    open.timeline.set_filter(next);
}

/// The view stands still while everything that arrives is kept, or goes on with all of it.
fn pause(model: &mut Model) {
    let Some(open) = &mut model.open else { return };
    if !open.resume() {
        open.pause();
    }
}

fn mark_alike(model: &mut Model) {
    let Some(open) = &mut model.open else { return };
    let alike = open.timeline.mark_alike();
    let marked = open.timeline.marked_len();
    let text = format!("{} like this, {marked} marked", counted(alike, "row"));
    toast(model, Level::Info, text);
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
    open.each(|timeline| timeline.mark_hiding(&ours, hidden));
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
