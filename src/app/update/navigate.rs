//! Moving about: panes, views, lines, and in and out of things.

use super::{Machine, calls, find, memory, toast};
use crate::app::{Action, Effect};
use crate::model::timeline::State;
use crate::model::{Focus, Level, Mode, Model, View};

pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Vec<Effect> {
    if model.overlay.is_some() {
        scroll_help(model, action);
        return Vec::new();
    }
    match action {
        Action::PaneSessions => go(model, View::Triage, Focus::Sessions),
        Action::PaneTimeline => go(model, View::Triage, Focus::Timeline),
        Action::PaneCalls => open_inspector(model),
        Action::PaneArtifacts => return open_artifacts(model),
        Action::NextPane => cycle(model, true),
        Action::PreviousPane => cycle(model, false),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Back => {
            machine.dispatcher.clear();
            if !find::end_one(model) {
                back(model);
            }
        }
        Action::Open | Action::Right => return enter(machine, model, action == Action::Open),
        Action::Left => leave_inwards(model),
        _ => {
            move_in_pane(model, action);
            match model.focus {
                Focus::Sessions => show_selected(machine, model),
                Focus::ArtifactList => return super::service::preview(model),
                _ => {}
            }
        }
    }
    Vec::new()
}

pub(super) fn go(model: &mut Model, view: View, focus: Focus) {
    model.view = view;
    model.focus = focus;
    model.mode = Mode::Browse;
    model.prompt = None;
}

fn open_inspector(model: &mut Model) {
    if model.calls.is_empty() {
        toast(model, Level::Info, "no call waits for you");
        return;
    }
    // The call of the session that is looked at comes first.
    let wanted = model
        .current_session()
        .cloned()
        .and_then(|session| model.calls.of_session(&session).next().map(|call| call.id().clone()));
    if let (Some(id), true) = (wanted, model.view != View::Calls) {
        model.calls.select(&id);
    }
    show_inspector(model);
}

/// Opens the inspector on the selected call.
pub(super) fn show_inspector(model: &mut Model) {
    if model.view != View::Calls {
        super::guard(model, super::GUARD);
    }
    go(model, View::Calls, Focus::Arguments);
    memory::announce_answer(model);
}

pub(super) fn open_artifacts(model: &mut Model) -> Vec<Effect> {
    let Some(open) = &model.open else {
        toast(model, Level::Info, "open a session first");
        return Vec::new();
    };
    let session = open.reference.clone();
    if model.artifacts.session() != Some(&session) {
        model.artifacts.leave_session();
    }
    if model.comparison.as_ref().is_some_and(|shown| shown.session != session) {
        model.comparison = None;
    }
    go(model, View::Artifacts, Focus::ArtifactList);
    vec![Effect::ListArtifacts { session }]
}

fn cycle(model: &mut Model, forward: bool) {
    let panes: &[Focus] = match model.view {
        View::File => return,
        View::Triage => &[Focus::Sessions, Focus::Timeline],
        View::Calls => &[Focus::Queue, Focus::Arguments, Focus::Answer],
        View::Artifacts => &[Focus::ArtifactList, Focus::Viewer],
    };
    let at = panes.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    let step = if forward { 1 } else { panes.len() - 1 };
    model.focus = panes[(at + step) % panes.len()];
}

/// One level out; never anything that the agent would notice.
pub(super) fn back(model: &mut Model) {
    let in_timeline = model.focus == Focus::Timeline;
    if in_timeline && model.is_past() {
        if let Some(open) = &mut model.open {
            open.timeline.return_to_present();
        }
    } else if in_timeline && model.open.as_mut().is_some_and(|open| open.timeline.clear_marks()) {
        // One thing at a time.
    } else if model.zoomed {
        model.zoomed = false;
    } else if model.view == View::File {
        // There is nothing around it.
    } else if model.focus == Focus::Viewer {
        model.focus = Focus::ArtifactList;
    } else if model.focus == Focus::Why {
        model.focus = Focus::Arguments;
    } else if model.view == View::Triage {
        model.focus = Focus::Sessions;
    } else {
        let opened = model.open.is_some();
        go(model, View::Triage, if opened { Focus::Timeline } else { Focus::Sessions });
    }
}

fn enter(machine: &mut Machine, model: &mut Model, by_enter: bool) -> Vec<Effect> {
    match model.focus {
        Focus::Sessions => {
            show_selected(machine, model);
            if model.open.is_some() {
                model.focus = Focus::Timeline;
            }
        }
        Focus::Timeline => enter_unit(model, by_enter),
        Focus::Queue => {
            if let Some(session) = model.calls.selected().map(|call| call.session.clone()) {
                machine.open(model, &session);
            }
            model.focus = Focus::Arguments;
        }
        Focus::Why => machine.show_reason(model),
        Focus::Answer => return calls::act(model, Action::Edit),
        Focus::ArtifactList => {
            let wanted =
                model.artifacts.session().cloned().zip(model.artifacts.selected().cloned());
            if let Some((session, artifact)) = wanted {
                model.focus = Focus::Viewer;
                return super::service::fetch(model, session, artifact.id);
            }
        }
        // The arguments have keys of their own.
        Focus::Arguments | Focus::Viewer => {}
    }
    Vec::new()
}

/// Enter on a call that waits leads to its answer, on anything else to its detail; `l` unfolds.
fn enter_unit(model: &mut Model, by_enter: bool) {
    let Some(open) = &mut model.open else { return };
    let Some(unit) = open.timeline.cursor_unit() else { return };
    let id = unit.id.clone();
    if by_enter && unit.state == State::YourTurn {
        if let Some(event) = unit.event_ids().first() {
            model.calls.select(event);
        }
        open_inspector(model);
    } else if by_enter {
        super::detail::open(model);
    } else if open.timeline.is_folded(&id) {
        open.timeline.toggle_fold(&id);
    }
}

/// `h`: folds what is unfolded, else goes to the pane on the left.
fn leave_inwards(model: &mut Model) {
    match model.focus {
        Focus::Timeline => {
            let Some(open) = &mut model.open else { return };
            let unfolded = open
                .timeline
                .cursor_unit()
                .map(|unit| unit.id.clone())
                .filter(|id| !open.timeline.is_folded(id));
            match unfolded {
                Some(id) => open.timeline.toggle_fold(&id),
                None if model.view == View::File => {}
                None => model.focus = Focus::Sessions,
            }
        }
        Focus::Viewer => model.focus = Focus::ArtifactList,
        Focus::Why => model.focus = Focus::Arguments,
        _ => {}
    }
}

/// Follows the selection of the session list with the timeline.
pub(super) fn show_selected(machine: &mut Machine, model: &mut Model) {
    if let Some(session) = model.sessions.selected().cloned() {
        machine.open(model, &session);
    }
}

fn page(model: &Model) -> isize {
    isize::try_from(model.size.1.saturating_sub(6)).unwrap_or(1).max(2)
}

/// Lines to move by; `None` for the two ends.
pub(super) fn distance(model: &Model, action: Action) -> Option<isize> {
    Some(match action {
        Action::Down => 1,
        Action::Up => -1,
        Action::HalfDown => page(model) / 2,
        Action::HalfUp => -page(model) / 2,
        Action::PageDown => page(model),
        Action::PageUp => -page(model),
        _ => return None,
    })
}

/// Far enough for any list, and safe to add to an index.
pub(super) const FAR: isize = 1 << 30;

fn move_in_pane(model: &mut Model, action: Action) {
    let by = distance(model, action).unwrap_or(if action == Action::First { -FAR } else { FAR });
    match model.focus {
        Focus::Sessions => model.sessions.move_selection(by),
        Focus::Timeline => {
            if matches!(action, Action::First | Action::Last) {
                super::trail::leave(model);
            }
            let Some(open) = &mut model.open else { return };
            match action {
                Action::First => open.first(),
                Action::Last if open.timeline.is_past() => open.timeline.last(),
                Action::Last => open.newest(),
                Action::HalfDown | Action::HalfUp => {
                    open.timeline.move_page(action == Action::HalfDown, true);
                }
                Action::PageDown | Action::PageUp => {
                    open.timeline.move_page(action == Action::PageDown, false);
                }
                _ => open.timeline.move_cursor(by),
            }
        }
        Focus::Queue => model.calls.move_selection(by),
        Focus::Arguments | Focus::Answer => {}
        Focus::Why => {
            if let Some(call) = model.calls.selected() {
                let count = model.why(call).map_or(0, |why| why.reasons.len());
                model.calls.reasons.move_by(by, count);
            }
        }
        Focus::ArtifactList => model.artifacts.move_selection(by),
        Focus::Viewer => {
            if let Some(viewer) = model.artifacts.viewer_mut() {
                viewer.move_by(by);
            }
        }
    }
}

fn scroll_help(model: &mut Model, action: Action) {
    let by = distance(model, action).unwrap_or(match action {
        Action::First => -FAR,
        Action::Last => FAR,
        _ => 0,
    });
    // The drawing stops at the last line; beyond a thousand there is nothing in any case.
    model.overlay_top = model.overlay_top.saturating_add_signed(by).min(1_000);
}
