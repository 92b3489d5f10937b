//! Keys in the viewer of a file: another look, folds, finding, copying; and what has to be worked
//! out for what it shows.

use super::{Cx, toast};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::{TerminalWork, Work};
use crate::content::Rendition;
use crate::content::table::MOST_SORTED;
use crate::keymap::Scope;
use crate::text::units;
use crate::view::pane::viewer::Leap;
use crate::view::{Focus, Level, Model, Viewer};

/// The file that is looked at.
pub(super) struct FileViewer;

impl Target for FileViewer {
    fn place(&self) -> &'static str {
        "the viewer of a file"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneArtifacts)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Viewer, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        let viewer = model.artifacts.viewer();
        let page = viewer.is_some_and(Viewer::has_page);
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Right => |cx, _| with(cx, Viewer::inwards),
            Action::Left => out,
            Action::Back | Action::Quit if page => |cx, _| {
                with(cx, |viewer| {
                    viewer.close_page();
                });
            },
            Action::Back if viewer.is_some_and(|viewer| viewer.finding().typed().is_some()) => {
                |cx, _| {
                    with(cx, |viewer| {
                        viewer.end_find();
                    });
                }
            }
            Action::Back if super::files::can_stop(model) => super::files::stop,
            Action::Open => enter,
            Action::Fold => fold,
            Action::FoldAll | Action::UnfoldAll => fold_all,
            Action::Sort => sort,
            Action::Search => super::find::begin,
            Action::NextHit | Action::PreviousHit => {
                |cx, action| leap(cx.model, action == Action::NextHit)
            }
            Action::CopyValue | Action::CopyPath => copy,
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let viewer = model.artifacts.viewer();
        if viewer.is_some_and(|viewer| viewer.view() == Rendition::Table && !viewer.has_page()) {
            return vec![
                (Action::NextLook, "look"),
                (Action::Search, "find"),
                (Action::Sort, "sort"),
                (Action::Open, "whole cell"),
                (Action::CopyValue, "copy cell"),
            ];
        }
        vec![
            (Action::NextLook, "look"),
            (Action::Search, "find"),
            (Action::Fold, "fold"),
            (Action::Wrap, "wrap"),
            (Action::Save, "save"),
            (Action::RunCommand, "pipe"),
            (Action::Copy, "copy"),
            (Action::Page, "pager"),
            (Action::CopyValue, "value"),
            (Action::CopyPath, "path"),
            (Action::UnfoldAll, "unfold all"),
        ]
    }
}

/// Changes the file that is shown, or says that none is.
fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut Viewer)) {
    match cx.model.artifacts.viewer_mut() {
        Some(viewer) => change(viewer),
        None => cx.say(NOT_LOADED),
    }
}

pub(super) const NOT_LOADED: &str = "the file is not loaded; Enter loads it";

fn go(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    with(cx, |viewer| viewer.go(motion));
}

/// Out of what was gone into, and from the outermost place to the list.
fn out(cx: &mut Cx<'_>, _: Action) {
    if !cx.model.artifacts.viewer_mut().is_some_and(Viewer::out) {
        cx.model.focus = Focus::ArtifactList;
    }
}

fn enter(cx: &mut Cx<'_>, _: Action) {
    if super::files::open(cx) {
        return;
    }
    with(cx, |_| {});
    if cx.model.artifacts.viewer_mut().is_some_and(|viewer| !viewer.enter()) {
        no_folds(cx.model);
    }
}

fn fold(cx: &mut Cx<'_>, _: Action) {
    with(cx, |_| {});
    if cx.model.artifacts.viewer_mut().is_some_and(|viewer| !viewer.toggle_fold()) {
        no_folds(cx.model);
    }
}

fn fold_all(cx: &mut Cx<'_>, action: Action) {
    with(cx, |_| {});
    let folded = action == Action::FoldAll;
    if cx.model.artifacts.viewer_mut().is_some_and(|viewer| !viewer.fold_all(folded)) {
        no_folds(cx.model);
    }
}

fn sort(cx: &mut Cx<'_>, _: Action) {
    with(cx, |_| {});
    if cx.model.artifacts.viewer_mut().is_some_and(|viewer| !viewer.next_order()) {
        no_order(cx.model);
    }
}

/// Another way to look at the file, also from the list beside it.
pub(super) fn next_look(cx: &mut Cx<'_>, _: Action) {
    with(cx, Viewer::next_view);
}

fn no_folds(model: &mut Model) {
    let tree = model.artifacts.viewer().is_some_and(|viewer| viewer.file().fits(Rendition::Tree));
    let look = model.keys.of(Action::NextLook, "zv");
    let words = if tree {
        format!("folds are in the tree; {look} leads there")
    } else {
        "nothing to fold here".to_owned()
    };
    toast(model, Level::Info, words);
}

fn no_order(model: &mut Model) {
    let words = match model.artifacts.viewer().filter(|viewer| viewer.file().fits(Rendition::Table))
    {
        Some(viewer) if viewer.view() == Rendition::Table && !viewer.has_page() => {
            let most = units::grouped(MOST_SORTED);
            format!("tables of more than {most} rows stay as they are")
        }
        Some(_) => {
            let look = model.keys.of(Action::NextLook, "zv");
            format!("rows are sorted in the table; {look} leads there")
        }
        None => "nothing to sort here".to_owned(),
    };
    toast(model, Level::Info, words);
}

/// `:goto` in a file.
pub(super) fn go_to(model: &mut Model, argument: &str) -> Result<(), String> {
    let viewer = model.artifacts.viewer_mut().ok_or_else(|| NOT_LOADED.to_owned())?;
    viewer.go_to_number(argument).map_err(|wrong| wrong.clone())
}

fn leap(model: &mut Model, forward: bool) {
    let Some(viewer) = model.artifacts.viewer_mut() else { return };
    let words = match viewer.leap(forward) {
        Leap::NothingSought => {
            let finds = model.keys.of(Action::Search, "/").to_owned();
            return toast(model, Level::Info, format!("nothing is looked for; {finds} finds"));
        }
        Leap::Searching => "still searching",
        Leap::NoHit => "no match",
        Leap::Done { wrapped: true } if forward => "search starts again at the top",
        Leap::Done { wrapped: true } => "search goes on from the end",
        Leap::Done { wrapped: false } => return,
    };
    toast(model, Level::Info, words);
}

pub(super) fn copy(cx: &mut Cx<'_>, action: Action) {
    let Some(viewer) = cx.model.artifacts.viewer() else { return cx.say(NOT_LOADED) };
    let copied = match action {
        Action::CopyValue => viewer.value(),
        Action::CopyPath => viewer.path().map(|path| (path, "path")),
        _ => viewer.text().map(|text| (text, "text")),
    };
    if let Some((text, what)) = copied {
        return cx.emit(TerminalWork::Copy { text, what: what.to_owned() });
    }
    let look = cx.key(Action::NextLook, "zv");
    cx.say(match action {
        Action::CopyValue => {
            format!("values and lines are in the tree and the text; {look} leads there")
        }
        Action::CopyPath => format!("paths are in the tree of JSON; {look} leads there"),
        _ => "the file is no text".to_owned(),
    });
}

/// Asks for what has to be worked out for what is shown.
pub(super) fn work(cx: &mut Cx<'_>) {
    for (artifact, file, job) in cx.model.artifacts.wanted() {
        cx.emit(Work::File { artifact, file, job });
    }
}
