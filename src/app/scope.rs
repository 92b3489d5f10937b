//! Which keys count now: the innermost scope first, worked out from the model alone.

use crate::keymap::Scope;
use crate::model::{Focus, Mode, Model, Overlay, View};

pub fn chain(model: &Model) -> Vec<Scope> {
    match (model.mode, model.overlay) {
        (Mode::Ask, _) => vec![Scope::Ask],
        (Mode::Write, _) if model.view == View::Calls => vec![Scope::Answer],
        (Mode::Write, _) => vec![Scope::Write],
        (Mode::Browse, Some(Overlay::Help | Overlay::Inside | Overlay::Output | Overlay::Uses)) => {
            vec![Scope::Help, Scope::Move]
        }
        (Mode::Browse, Some(Overlay::Types)) => vec![Scope::Types, Scope::Move],
        (Mode::Browse, Some(Overlay::Bookmarks)) => vec![Scope::Bookmarks, Scope::Move],
        (Mode::Browse, None) if departed_has_keys(model) => vec![Scope::Departed],
        (Mode::Browse, None) if detail_has_keys(model) => {
            vec![Scope::Detail, Scope::Move, Scope::Global]
        }
        (Mode::Browse, None) if waterfall_has_keys(model) => {
            vec![Scope::Waterfall, Scope::Move, Scope::Global]
        }
        (Mode::Browse, None) if comparison_has_keys(model) => {
            vec![Scope::Diff, Scope::Move, Scope::Global]
        }
        (Mode::Browse, None) => vec![pane(model.focus), Scope::Move, Scope::Global],
    }
}

/// Keys of the timeline go to the unit that is looked at closely.
pub fn detail_has_keys(model: &Model) -> bool {
    let opened = model.open.as_ref().is_some_and(|open| open.detail.is_some());
    let place = matches!(model.view, View::Triage | View::File);
    opened && place && model.focus == Focus::Timeline
}

/// Somebody else answered the call that is shown, and keys are about that.
pub fn departed_has_keys(model: &Model) -> bool {
    model.view == View::Calls && model.calls.departed().is_some()
}

/// Keys of the timeline go to the account of where time went.
pub fn waterfall_has_keys(model: &Model) -> bool {
    let waterfall = model.open.as_ref().and_then(|open| open.waterfall.as_ref());
    let shown = waterfall.is_some_and(|waterfall| !waterfall.is_away());
    let place = matches!(model.view, View::Triage | View::File) && model.focus == Focus::Timeline;
    shown && place && !detail_has_keys(model)
}

/// Keys go to the two files that are compared.
pub fn comparison_has_keys(model: &Model) -> bool {
    model.view == View::Artifacts && model.comparison.is_some()
}

pub fn pane(focus: Focus) -> Scope {
    match focus {
        Focus::Sessions => Scope::Sessions,
        Focus::Timeline => Scope::Timeline,
        Focus::Queue | Focus::Why => Scope::Calls,
        Focus::Arguments | Focus::Answer => Scope::Arguments,
        Focus::ArtifactList => Scope::Artifacts,
        Focus::Viewer => Scope::Viewer,
    }
}
