//! Keys in the list of files and about the file that is looked at: order, versions, marks, the rows
//! that name a file, and from such a row to the file.

use super::{Cx, fetching, jumps, navigate, toast};
use crate::action::Action;
use crate::api::ArtifactId;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::model::Timeline;
use crate::view::pane::artifacts::list::Order;
use crate::view::{Focus, Level, Model, View};

/// The list of files.
pub(super) struct Files;

impl Target for Files {
    fn place(&self) -> &'static str {
        "the list of files"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneArtifacts)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Artifacts, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        let list = &model.artifacts.list;
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open | Action::Right => open,
            Action::Search => super::find::begin,
            Action::SortFiles => |cx, _| sort(cx, Order::next),
            Action::ReverseFiles => {
                |cx, _| sort(cx, |order| Order { reversed: !order.reversed, ..order })
            }
            Action::Fold => fold,
            Action::FoldAll | Action::UnfoldAll => |cx, action| {
                cx.model.artifacts.list.fold_all(action == Action::FoldAll);
                fetching::preview(cx);
            },
            Action::Mark => |cx, _| {
                cx.model.artifacts.list.toggle_mark();
                cx.model.artifacts.list.move_selection(1);
                fetching::preview(cx);
            },
            Action::Back if model.artifacts.piping.is_some() => super::files::stop,
            Action::Back if !model.zoomed && !list.filter().is_empty() => |cx, _| {
                let now = cx.model.now;
                cx.model.artifacts.list.set_filter("", None, now);
            },
            Action::Back if !model.zoomed && !list.marked().is_empty() => |cx, _| {
                cx.model.artifacts.list.clear_marks();
            },
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let (list, piping) = (&model.artifacts.list, model.artifacts.piping.is_some());
        let mut hints = vec![
            (Action::Open, "view"),
            (Action::Search, "filter"),
            (Action::SortFiles, "sort"),
            (Action::Save, "save"),
            (Action::Uses, "used by"),
            (Action::Mark, "mark"),
            (Action::Compare, "compare"),
            (Action::Fold, "versions"),
            (Action::RunCommand, "pipe"),
            (Action::Page, "pager"),
            (Action::Copy, "copy"),
            (Action::Wrap, "wrap"),
            (Action::NextPane, "pane"),
        ];
        let ends = match (model.zoomed, list.filter(), list.marked().is_empty()) {
            _ if piping => Some("stop the program"),
            (false, filter, _) if !filter.is_empty() => Some("end filter"),
            (false, _, false) => Some("unmark"),
            _ => None,
        };
        hints.extend(ends.map(|words| (Action::Back, words)));
        hints
    }
}

/// The list follows, and what is small enough is shown beside it.
fn go(cx: &mut Cx<'_>, action: Action) {
    if let Some(motion) = action.motion() {
        cx.model.artifacts.list.go(motion);
    }
    fetching::preview(cx);
}

pub(super) fn open(cx: &mut Cx<'_>, action: Action) {
    if action == Action::Open && super::files::open(cx) {
        return;
    }
    let wanted = cx.model.artifacts.session().cloned().zip(cx.model.artifacts.selected().cloned());
    if let Some((session, artifact)) = wanted {
        cx.model.focus = Focus::Viewer;
        fetching::fetch(cx, session, artifact.id);
    }
}

fn fold(cx: &mut Cx<'_>, _: Action) {
    if !cx.model.artifacts.list.toggle_fold() {
        cx.say("this is the only file of its name");
    }
    fetching::preview(cx);
}

fn sort(cx: &mut Cx<'_>, change: impl Fn(Order) -> Order) {
    let list = &mut cx.model.artifacts.list;
    list.set_order(change(list.order()));
    let words = list.order().words();
    cx.say(format!("files: {words}"));
    fetching::preview(cx);
}

/// From the row under the cursor to the file that it names.
pub(super) fn open_named(cx: &mut Cx<'_>, _: Action) {
    let unit = cx.model.open.as_ref().and_then(|open| {
        let timeline = &open.timeline;
        open.detail
            .as_ref()
            .map_or_else(|| timeline.cursor_unit(), |detail| timeline.unit(detail.unit()))
    });
    let files = unit.as_ref().map(Timeline::files_of).unwrap_or_default();
    let Some(first) = files.first() else {
        let all = cx.key(Action::PaneArtifacts, "4");
        toast(cx.model, Level::Info, format!("this row names no file; {all} lists all"));
        return;
    };
    if cx.model.view == View::File {
        let text = format!("{first} is on the service, and this session in a file");
        toast(cx.model, Level::Info, text);
        return;
    }
    jumps::leave(cx.model);
    show(cx, first);
    if files.len() > 1 {
        let text = format!("the row names {} files; this is the first of them", files.len());
        toast(cx.model, Level::Info, text);
    }
}

/// Opens the files of the open session at this one.
pub(super) fn show(cx: &mut Cx<'_>, file: &ArtifactId) {
    navigate::open_artifacts(cx);
    cx.model.artifacts.list.reveal(file);
    cx.model.zoomed = false;
    fetching::preview(cx);
}
