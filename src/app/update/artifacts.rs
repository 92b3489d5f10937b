//! Keys in the list of files and about the file that is looked at: order, versions, marks, the rows
//! that name a file, and from such a row to the file.

use super::{Machine, bookmarks, compare, find, navigate, service, toast, trail};
use crate::api::ArtifactId;
use crate::app::{Action, Effect};
use crate::model::artifacts::list::Order;
use crate::model::{Focus, Level, Model, Overlay, Timeline, UseList, View};

/// What a key does here; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.overlay == Some(Overlay::Uses) {
        return in_uses(model, action).then(Vec::new);
    }
    if model.overlay.is_some() {
        return None;
    }
    if action == Action::ItsFile {
        return Some(open_named(model));
    }
    if model.view != View::Artifacts {
        return None;
    }
    if model.comparison.is_some() {
        return compare::act(machine, model, action);
    }
    let list = &mut model.artifacts.list;
    match action {
        Action::SortFiles => sort(model, Order::next),
        Action::ReverseFiles => {
            sort(model, |order| Order { reversed: !order.reversed, ..order });
        }
        Action::Fold => {
            if !list.toggle_fold() {
                toast(model, Level::Info, "this is the only file of its name");
            }
        }
        Action::FoldAll | Action::UnfoldAll => list.fold_all(action == Action::FoldAll),
        Action::Mark => {
            list.toggle_mark();
            list.move_selection(1);
        }
        Action::NextFile | Action::PreviousFile => {
            list.move_selection(if action == Action::NextFile { 1 } else { -1 });
        }
        Action::Uses => uses(model),
        Action::Compare => return Some(compare::start(machine, model)),
        Action::Back if model.focus == Focus::ArtifactList && !model.zoomed => {
            machine.dispatcher.clear();
            if !find::end_one(model) && !model.artifacts.list.clear_marks() {
                navigate::back(model);
            }
            return Some(Vec::new());
        }
        _ => return None,
    }
    Some(service::preview(model))
}

fn sort(model: &mut Model, change: impl Fn(Order) -> Order) {
    let list = &mut model.artifacts.list;
    list.set_order(change(list.order()));
    let words = list.order().words();
    toast(model, Level::Info, format!("files: {words}"));
}

/// `gu`: to the one row that names the file, or a list of them.
fn uses(model: &mut Model) {
    let clock = model.clock();
    let (Some(file), Some(open)) = (model.artifacts.selected(), &model.open) else { return };
    let list = UseList::of(&open.timeline, file, &clock);
    if list.items().is_empty() {
        let words = if open.timeline.reaches_start() {
            "no event of this session names this file"
        } else {
            "no event that is loaded names this file; older ones are not loaded"
        };
        toast(model, Level::Info, words);
        return;
    }
    model.uses = Some(list);
    model.overlay = Some(Overlay::Uses);
}

/// A key while the list of uses is open; false when it is none of its own.
fn in_uses(model: &mut Model, action: Action) -> bool {
    let by = navigate::distance(model, action);
    let Some(list) = &mut model.uses else { return false };
    match action {
        Action::First => list.move_by(-navigate::FAR),
        Action::Last => list.move_by(navigate::FAR),
        Action::Open | Action::Right => {
            let unit = list.selected().map(|item| item.unit.clone());
            if unit.is_none_or(|unit| bookmarks::go_to(model, &unit, true)) {
                close_uses(model);
            }
        }
        Action::Close | Action::Left => close_uses(model),
        _ => match by {
            Some(by) => list.move_by(by),
            None => return false,
        },
    }
    true
}

fn close_uses(model: &mut Model) {
    model.uses = None;
    model.overlay = None;
}

/// From the row under the cursor to the file that it names.
fn open_named(model: &mut Model) -> Vec<Effect> {
    let unit = model.open.as_ref().and_then(|open| {
        let timeline = &open.timeline;
        open.detail
            .as_ref()
            .map_or_else(|| timeline.cursor_unit(), |detail| timeline.unit(detail.unit()))
    });
    let files = unit.as_ref().map(Timeline::files_of).unwrap_or_default();
    let Some(first) = files.first() else {
        toast(model, Level::Info, "this row names no file; 4 lists all");
        return Vec::new();
    };
    if model.view == View::File {
        let text = format!("{first} is on the service, and this session in a file");
        toast(model, Level::Info, text);
        return Vec::new();
    }
    trail::leave(model);
    let effects = show(model, first);
    if files.len() > 1 {
        let text = format!("the row names {} files; this is the first of them", files.len());
        toast(model, Level::Info, text);
    }
    effects
}

/// Opens the files of the open session at this one.
pub(super) fn show(model: &mut Model, file: &ArtifactId) -> Vec<Effect> {
    let mut effects = navigate::open_artifacts(model);
    model.artifacts.list.reveal(file);
    model.zoomed = false;
    effects.extend(service::preview(model));
    effects
}
