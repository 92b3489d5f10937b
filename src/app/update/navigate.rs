//! Moving about between panes and views.

use super::{Cx, toast};
use crate::action::Action;
use crate::app::effect::Request;
use crate::view::{Focus, Level, Model, View};

pub(super) fn go(model: &mut Model, view: View, focus: Focus) {
    model.view = view;
    model.focus = focus;
}

pub(super) fn open_artifacts(cx: &mut Cx<'_>) {
    let Some(open) = &cx.model.open else {
        return toast(cx.model, Level::Info, "open a session first");
    };
    let session = open.reference.clone();
    if cx.model.artifacts.session().is_some_and(|listed| *listed != session) {
        cx.model.artifacts.leave_session();
    }
    if cx.model.comparison.as_ref().is_some_and(|shown| shown.session != session) {
        cx.model.comparison = None;
    }
    go(cx.model, View::Artifacts, Focus::ArtifactList);
    cx.emit(Request::ListArtifacts { session });
}

pub(super) fn cycle(cx: &mut Cx<'_>, action: Action) {
    let panes: &[Focus] = match cx.model.view {
        View::File => {
            return cx.say(format!(
                "this is the only pane; {} shows where time went",
                cx.key(Action::WhereTimeWent, "W")
            ));
        }
        View::Triage => &[Focus::Sessions, Focus::Timeline],
        View::Calls => &[Focus::Queue, Focus::Arguments, Focus::Answer],
        View::Artifacts => &[Focus::ArtifactList, Focus::Viewer],
        View::Agents => &[Focus::AgentList, Focus::AgentFacts],
        View::Compare => return cx.say("this is the only pane; Esc leads back"),
    };
    let at = panes.iter().position(|pane| *pane == cx.model.focus).unwrap_or(0);
    let step = if action == Action::NextPane { 1 } else { panes.len() - 1 };
    cx.model.focus = panes[(at + step) % panes.len()];
}

/// Whether Esc leads no further out.
pub(super) fn is_outermost(model: &Model) -> bool {
    let outer = match model.view {
        View::File => true,
        View::Triage => model.focus == Focus::Sessions,
        View::Calls | View::Artifacts | View::Agents | View::Compare => false,
    };
    outer && !model.zoomed
}

/// One level out; never anything that the agent would notice.
pub(super) fn back(model: &mut Model) {
    if model.zoomed {
        model.zoomed = false;
        return;
    }
    match (model.view, model.focus) {
        // There is nothing around it.
        (View::File, _) => {}
        (_, Focus::Viewer) if model.comparison.is_none() => model.focus = Focus::ArtifactList,
        (_, Focus::AgentFacts) => model.focus = Focus::AgentList,
        (_, Focus::Why) => model.focus = Focus::Arguments,
        (View::Triage, _) => model.focus = Focus::Sessions,
        (View::Calls | View::Artifacts | View::Agents | View::Compare, _) => {
            let opened = model.open.is_some();
            go(model, View::Triage, if opened { Focus::Timeline } else { Focus::Sessions });
        }
    }
}
