//! The tour of the demo: goes on when the key that a step is about was pressed, and takes none.
//!
//! Start with [`follow`]. The invariant: nothing here keeps an action from doing what it does.

use super::Cx;
use crate::action::Action;
use crate::keymap::{Code, Key, key};
use crate::view::tour::STEPS;
use crate::view::{Focus, LayerKind, Model, Pane, Tour, View};

/// Begins the tour, or ends the one that goes on.
pub(super) fn begin(cx: &mut Cx<'_>) {
    if cx.model.tour.take().is_some() {
        return cx.say("the tour is left · :tour begins it again");
    }
    let mut tour = Tour::default();
    tour.words = words(cx, tour.step);
    cx.model.tour = Some(tour);
}

/// Why there is none here.
pub(super) fn off(model: &Model) -> Option<String> {
    let why = "it goes through the demo: foretop --demo opens that";
    (!model.profile.demo).then(|| why.to_owned())
}

/// Notes that an action was taken.
pub(super) fn note(cx: &mut Cx<'_>, action: Action) {
    if let Some(tour) = &mut cx.model.tour {
        tour.taken = Some(action);
    }
}

/// Whether a key leaves the tour, beside whatever else it does: Esc, where it closes nothing that lies
/// over the panes.
pub(super) fn leaves(model: &Model, key: Key) -> bool {
    let covered = model.layers.top().is_some() || !model.which_key.is_empty();
    model.tour.is_some() && key.code == Code::Esc && !covered
}

pub(super) fn leave(cx: &mut Cx<'_>) {
    cx.model.tour = None;
    cx.say("the tour is left · :tour begins it again");
}

/// Goes on where the step is done.
pub(super) fn follow(cx: &mut Cx<'_>) {
    let Some(mut tour) = cx.model.tour.take() else { return };
    let done = is_done(cx.model, &mut tour);
    tour.taken = None;
    if !done {
        cx.model.tour = Some(tour);
    } else if tour.step + 1 < STEPS.len() {
        let step = tour.step + 1;
        cx.model.tour = Some(Tour { step, words: words(cx, step), ..Tour::default() });
    } else {
        cx.say("that was the tour · :tour begins it again");
    }
}

fn is_done(model: &Model, tour: &mut Tour) -> bool {
    let taken = |actions: &[Action]| tour.taken.is_some_and(|action| actions.contains(&action));
    match tour.step {
        0 => taken(&[Action::Down, Action::Up]) && Pane::focused(model) == Pane::Sessions,
        1 => {
            let opened = model.open.is_some() && model.focus == Focus::Timeline;
            tour.taken.is_some() && opened && model.view == View::Triage
        }
        2 => taken(&[
            Action::Fold,
            Action::FoldAll,
            Action::UnfoldAll,
            Action::FoldGroup,
            Action::UnfoldGroup,
            Action::FoldTurns,
            Action::UnfoldTurns,
        ]),
        3 => taken(&[Action::NextError, Action::PreviousError]),
        4 => {
            let writes = model.layers.iter().any(|layer| layer.kind() == LayerKind::Answer);
            let left = tour.half && !writes;
            tour.half |= writes;
            left
        }
        5 => {
            let back = tour.half && taken(&[Action::Undo]);
            tour.half |= taken(&[Action::Hide]);
            back
        }
        _ => taken(&[Action::Help]),
    }
}

/// The words of a step with the keys of its actions.
fn words(cx: &Cx<'_>, step: usize) -> String {
    let text = STEPS.get(step).map_or("", |step| step.text);
    let mut out = String::new();
    let mut pieces = text.split('{');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        let action = Action::from_name(name);
        let binding = action.and_then(|action| cx.machine.keymap.keys_for(action).next());
        // What has no key any more has its name in the command line.
        let label = binding.map_or_else(|| format!(":{name}"), |found| key::label(&found.keys));
        out.push_str(&label);
        out.push_str(rest);
    }
    out
}
