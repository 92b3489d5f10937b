//! Comparing two files: choosing them, asking where they are large, and keys while they are shown.

use super::keys::ask;
use super::{Decision, Machine, navigate, toast};
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::app::{Action, Effect};
use crate::model::artifacts::Checksum;
use crate::model::text_diff::{Comparison, MAX_BYTES, Outcome, Side};
use crate::model::{Level, Model};
use crate::text::units::bytes;

/// More bytes of both together are fetched only after a question.
const ASKS_ABOVE: u64 = 1024 * 1024;
/// Columns that `h` and `l` shift by.
const SHIFT: isize = 8;

/// `D` in the list: the two that are marked, the marked one and the one under the cursor, or that
/// one and the version before it.
pub(super) fn start(machine: &mut Machine, model: &mut Model) -> Vec<Effect> {
    let Some((one, other)) = choose(model) else { return Vec::new() };
    let Some(session) = model.artifacts.session().cloned() else { return Vec::new() };
    let (old, new) = if other.created_at < one.created_at { (other, one) } else { (one, other) };
    let comparison = Comparison::new(session, [side(model, old), side(model, new)]);
    let size = comparison.bytes();
    if comparison.says_same() || size > MAX_BYTES {
        return show(model, comparison);
    }
    if size > ASKS_ABOVE {
        ask(model, format!("Fetch {} to compare two files?", bytes(size)));
        let Comparison { session, sides, .. } = comparison;
        machine.decision = Some(Decision::Compare(session, Box::new(sides)));
        return Vec::new();
    }
    show(model, comparison)
}

fn choose(model: &mut Model) -> Option<(Artifact, Artifact)> {
    let list = &model.artifacts.list;
    let file = |id: &ArtifactId| list.file(id).cloned();
    let selected = list.selected().cloned();
    let (pair, why_not) = match list.marked() {
        [] => {
            let before = selected.as_ref().and_then(|file| list.previous_version(file)).cloned();
            (before.zip(selected), "mark two files with Space, then D compares them")
        }
        [one] => {
            let other = selected.filter(|file| file.id != *one);
            (file(one).zip(other), "mark a second file, or put the cursor on it; D compares both")
        }
        [one, other] => (file(one).zip(file(other)), "those files are not here any more"),
        more => {
            let text =
                format!("{} files are marked, and two are compared; Esc unmarks", more.len());
            toast(model, Level::Info, text);
            return None;
        }
    };
    if pair.is_none() {
        toast(model, Level::Info, why_not);
    }
    pair
}

fn side(model: &Model, file: Artifact) -> Side {
    let same = model.artifacts.artifacts().iter().filter(|other| other.filename == file.filename);
    let places: Vec<&ArtifactId> = same.map(|other| &other.id).collect();
    let newer = places.iter().position(|id| **id == file.id).unwrap_or(0);
    Side { version: (places.len() - newer, places.len()), file, checksum: Checksum::Unchecked }
}

/// Shows it, and fetches both files unless what the service says of them is enough.
pub(super) fn show(model: &mut Model, mut comparison: Comparison) -> Vec<Effect> {
    let mut effects = Vec::new();
    if comparison.bytes() > MAX_BYTES {
        comparison.outcome = Outcome::TooLarge;
    } else if comparison.says_same() {
        comparison.outcome = Outcome::Bytes;
    } else {
        let (session, files) = (comparison.session.clone(), comparison.ids());
        effects.push(Effect::Compare { session, files });
    }
    model.comparison = Some(Box::new(comparison));
    effects
}

/// What came of a comparison, if it is still looked at.
pub(super) fn answered(
    model: &mut Model,
    session: &SessionRef,
    files: &[ArtifactId; 2],
    outcome: Outcome,
    checksums: [Checksum; 2],
) {
    let shown = model.comparison.as_mut();
    if let Some(shown) = shown.filter(|shown| shown.session == *session && shown.ids() == *files) {
        shown.answer(outcome, checksums);
    }
}

/// A key while two files are compared; `None` when it is none of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let by = navigate::distance(model, action);
    let comparison = model.comparison.as_mut()?;
    let diff = comparison.diff().cloned();
    let view = &mut comparison.view;
    match action {
        Action::Back | Action::Quit | Action::Compare => {
            machine.dispatcher.clear();
            model.comparison = None;
        }
        Action::First => view.move_by(-navigate::FAR),
        Action::Last => view.move_by(navigate::FAR),
        Action::Right => view.shift(SHIFT),
        Action::Left => view.shift(-SHIFT),
        Action::NextLook => view.next_look(),
        Action::Fold | Action::Open => {
            if let Some(diff) = diff {
                view.toggle_fold(&diff);
            }
        }
        Action::FoldAll | Action::UnfoldAll => view.fold_all(action == Action::FoldAll),
        Action::NextChange | Action::PreviousChange => {
            let forward = action == Action::NextChange;
            if !view.leap(forward) {
                let which = if forward { "last" } else { "first" };
                let words = match view.change() {
                    (_, 0) => "there is no change to go to".to_owned(),
                    _ => format!("this is the {which} change"),
                };
                toast(model, Level::Info, words);
            }
        }
        _ => view.move_by(by?),
    }
    Some(Vec::new())
}
