//! Comparing two files: choosing them, asking where they are large, and keys while they are shown.

use super::{Cx, toast};
use crate::action::Action;
use crate::api::{Artifact, ArtifactId, SessionRef};
use crate::app::chain::{Handler, Target};
use crate::app::effect::Request;
use crate::keymap::Scope;
use crate::text::units::bytes;
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{Comparison, DiffView, MAX_BYTES, Outcome, Side};
use crate::view::{Decision, Level, Model};

/// Two files, compared.
pub(super) struct ComparedFiles;

impl Target for ComparedFiles {
    fn place(&self) -> &'static str {
        "the comparison of two files"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Compare)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Diff, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Back if model.zoomed => return None,
            Action::Back | Action::Quit | Action::Compare => |cx, _| cx.model.comparison = None,
            Action::Right => |cx, _| with(cx, |view| view.shift(SHIFT)),
            Action::Left => |cx, _| with(cx, |view| view.shift(-SHIFT)),
            Action::NextLook => |cx, _| with(cx, DiffView::next_look),
            Action::Fold | Action::Open => fold,
            Action::FoldAll | Action::UnfoldAll => {
                |cx, action| with(cx, |view| view.fold_all(action == Action::FoldAll))
            }
            Action::NextChange | Action::PreviousChange => leap,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::NextChange, "next change"),
            (Action::PreviousChange, "previous"),
            (Action::NextLook, "side by side or not"),
            (Action::Fold, "unfold"),
            (Action::UnfoldAll, "unfold all"),
            (Action::Right, "shift"),
        ]
    }
}

/// More bytes of both together are fetched only after a question.
const ASKS_ABOVE: u64 = 1024 * 1024;
/// Columns that `h` and `l` shift by.
const SHIFT: isize = 8;

/// `D` in the list: the two that are marked, the marked one and the one under the cursor, or that
/// one and the version before it.
pub(super) fn start(cx: &mut Cx<'_>, _: Action) {
    let Some((one, other)) = choose(cx.model) else { return };
    let Some(session) = cx.model.artifacts.session().cloned() else { return };
    let (old, new) = if other.created_at < one.created_at { (other, one) } else { (one, other) };
    let comparison = Comparison::new(session, [side(cx.model, old), side(cx.model, new)]);
    let size = comparison.bytes();
    if comparison.says_same() || size > MAX_BYTES {
        return show(cx, comparison);
    }
    if size > ASKS_ABOVE {
        let text = format!("Fetch {} to compare two files?", bytes(size));
        let Comparison { session, sides, .. } = comparison;
        return cx.model.ask(text, Decision::Compare(session, Box::new(sides)));
    }
    show(cx, comparison);
}

fn choose(model: &mut Model) -> Option<(Artifact, Artifact)> {
    let list = &model.artifacts.list;
    let file = |id: &ArtifactId| list.file(id).cloned();
    let selected = list.selected().cloned();
    let marks = model.keys.of_scope("artifacts", Action::Mark, "Space");
    let compares = model.keys.of_scope("artifacts", Action::Compare, "D");
    let (pair, why_not) = match list.marked() {
        [] => {
            let before = selected.as_ref().and_then(|file| list.previous_version(file)).cloned();
            (
                before.zip(selected),
                format!("mark two files with {marks}, then {compares} compares them"),
            )
        }
        [one] => {
            let other = selected.filter(|file| file.id != *one);
            let words =
                format!("mark a second file, or put the cursor on it; {compares} compares both");
            (file(one).zip(other), words)
        }
        [one, other] => {
            (file(one).zip(file(other)), "those files are not here any more".to_owned())
        }
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
pub(super) fn show(cx: &mut Cx<'_>, mut comparison: Comparison) {
    if comparison.bytes() > MAX_BYTES {
        comparison.outcome = Outcome::TooLarge;
    } else if comparison.says_same() {
        comparison.outcome = Outcome::Bytes;
    } else {
        let (session, files) = (comparison.session.clone(), comparison.ids());
        cx.emit(Request::Compare { session, files });
    }
    cx.model.comparison = Some(Box::new(comparison));
}

/// Takes a finished comparison, if it is still looked at.
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

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut DiffView)) {
    if let Some(comparison) = &mut cx.model.comparison {
        change(&mut comparison.view);
    }
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    with(cx, |view| view.go(motion));
}

fn fold(cx: &mut Cx<'_>, _: Action) {
    let diff = cx.model.comparison.as_ref().and_then(|shown| shown.diff().cloned());
    if let Some(diff) = diff {
        with(cx, |view| view.toggle_fold(&diff));
    }
}

fn leap(cx: &mut Cx<'_>, action: Action) {
    let forward = action == Action::NextChange;
    let Some(comparison) = &mut cx.model.comparison else { return };
    if comparison.view.leap(forward) {
        return;
    }
    let which = if forward { "last" } else { "first" };
    let words = match comparison.view.change() {
        (_, 0) => "there is no change to go to".to_owned(),
        _ => format!("this is the {which} change"),
    };
    cx.say(words);
}
