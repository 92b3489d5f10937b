//! Keys in the viewer of a file: another look, folds, finding, copying; and what has to be worked
//! out for what it shows.

use super::{Decision, Machine, keys, toast};
use crate::app::{Action, Effect};
use crate::content::View as Look;
use crate::content::table::MOST_SORTED;
use crate::model::viewer::Leap;
use crate::model::{Focus, Level, Model, QuestionKind, View};
use crate::text::units;

/// What a key does to the file that is shown; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let here = matches!(model.focus, Focus::Viewer | Focus::ArtifactList);
    let covered = model.overlay.is_some() || model.ask.is_some() || model.comparison.is_some();
    if model.view != View::Artifacts || !here || covered {
        return None;
    }
    let in_list = model.focus == Focus::ArtifactList;
    if in_list && !matches!(action, Action::NextLook | Action::Copy) {
        return None;
    }
    let Some(viewer) = model.artifacts.viewer_mut() else {
        let about_file = matches!(action, Action::NextLook | Action::Copy | Action::Search);
        return about_file.then(|| {
            toast(model, Level::Info, "the file is not loaded; Enter in the list loads it");
            Vec::new()
        });
    };
    match action {
        Action::NextLook => viewer.next_view(),
        Action::Left => {
            if !viewer.out() {
                return None;
            }
        }
        Action::Right => viewer.inwards(),
        Action::Back | Action::Quit => {
            if !viewer.close_page() {
                return None;
            }
            machine.dispatcher.clear();
        }
        Action::Open => {
            if !viewer.enter() {
                no_folds(model);
            }
        }
        Action::Fold => {
            if !viewer.toggle_fold() {
                no_folds(model);
            }
        }
        Action::FoldAll | Action::UnfoldAll => {
            if !viewer.fold_all(action == Action::FoldAll) {
                no_folds(model);
            }
        }
        Action::Sort => {
            if !viewer.next_order() {
                no_order(model);
            }
        }
        Action::Search => {
            viewer.begin_find();
            keys::ask_for(model, "find in file".to_owned(), QuestionKind::Line, "");
            machine.decision = Some(Decision::FindInFile);
        }
        Action::NextHit | Action::PreviousHit => leap(model, action == Action::NextHit),
        Action::Copy | Action::CopyValue | Action::CopyPath => return Some(copy(model, action)),
        _ => return None,
    }
    Some(Vec::new())
}

fn no_folds(model: &mut Model) {
    let tree = model.artifacts.viewer().is_some_and(|viewer| viewer.file().fits(Look::Tree));
    let words = if tree { "folds are in the tree; zv leads there" } else { "nothing to fold here" };
    toast(model, Level::Info, words);
}

fn no_order(model: &mut Model) {
    let words = match model.artifacts.viewer().filter(|viewer| viewer.file().fits(Look::Table)) {
        Some(viewer) if viewer.view() == Look::Table && !viewer.has_page() => {
            let most = units::grouped(MOST_SORTED);
            format!("tables of more than {most} rows stay as they are")
        }
        Some(_) => "rows are sorted in the table; zv leads there".to_owned(),
        None => "nothing to sort here".to_owned(),
    };
    toast(model, Level::Info, words);
}

/// `:goto` in a file; false where there is none to go in.
pub(super) fn go_to(model: &mut Model, argument: &str) -> bool {
    let here = model.view == View::Artifacts && model.focus == Focus::Viewer;
    let Some(viewer) = model.artifacts.viewer_mut().filter(|_| here) else { return false };
    if let Err(wrong) = viewer.go_to_number(argument) {
        toast(model, Level::Error, format!("goto {argument}: {wrong}"));
    }
    true
}

fn leap(model: &mut Model, forward: bool) {
    let Some(viewer) = model.artifacts.viewer_mut() else { return };
    let words = match viewer.leap(forward) {
        Leap::NothingSought => "nothing is looked for; / finds",
        Leap::Searching => "still searching",
        Leap::NoHit => "no match",
        Leap::Done { wrapped: true } if forward => "search starts again at the top",
        Leap::Done { wrapped: true } => "search goes on from the end",
        Leap::Done { wrapped: false } => return,
    };
    toast(model, Level::Info, words);
}

fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(viewer) = model.artifacts.viewer() else { return Vec::new() };
    let copied = match action {
        Action::Copy => viewer.text().map(|text| (text, "text")),
        Action::CopyValue => viewer.value(),
        _ => viewer.path().map(|path| (path, "path")),
    };
    if let Some((text, what)) = copied {
        return vec![Effect::Copy { text, what: what.to_owned() }];
    }
    let words = match action {
        Action::Copy => "the file is no text",
        Action::CopyValue => "values and lines are in the tree and the text; zv leads there",
        _ => "paths are in the tree of JSON; zv leads there",
    };
    toast(model, Level::Info, words);
    Vec::new()
}

/// Something was typed or pasted into a question: the line to find, if it is that.
pub(super) fn typed(model: &mut Model) {
    let Some(line) = model.ask.as_ref().map(|question| question.input.text()) else { return };
    if let Some(viewer) = model.artifacts.viewer_mut().filter(|viewer| viewer.is_typing()) {
        viewer.find(&line);
    }
}

/// The line to find is done with: kept, or given up.
pub(super) fn end_line(model: &mut Model, kept: bool) {
    let Some(viewer) = model.artifacts.viewer_mut() else { return };
    if kept && viewer.finding().problem().is_none() {
        viewer.keep_find();
    } else {
        viewer.end_find(true);
    }
}

/// What has to be worked out for what is shown.
pub(super) fn work(model: &mut Model) -> impl Iterator<Item = Effect> {
    let wanted = model.artifacts.wanted().into_iter();
    wanted.map(|(artifact, file, job)| Effect::Work { artifact, file, job })
}
