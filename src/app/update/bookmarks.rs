//! Bookmarks: making one, changing its note, and the list of them.
//!
//! Those of a service's session are kept in [`Memory`](crate::model::Memory); those of a file are in
//! its timeline alone, and gone when foretop ends.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Cx, jumps, memory, toast};
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::model::memory::{Bookmark, EventRef};
use crate::model::timeline::{Purpose, UnitId};
use crate::view::layer::decision::BookmarkTarget;
use crate::view::{BookmarkList, Decision, Focus, Layer, Level, Model, QuestionKind, View};

/// The list of bookmarks.
pub(super) struct Bookmarks;

impl Target for Bookmarks {
    fn place(&self) -> &'static str {
        "the list of bookmarks"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Bookmarks)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Bookmarks, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open | Action::Right => jump,
            Action::Bookmark => ask_on_selected,
            Action::Close | Action::Left => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "go there"), (Action::Bookmark, "note"), (Action::Close, "leave")]
    }
}

/// Asks for the note on the row under the cursor.
pub(super) fn ask_on_row(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let unit = open.timeline.cursor_unit();
    let on = if cx.model.file.is_some() {
        unit.map(|unit| BookmarkTarget::Row(unit.id))
    } else {
        let event = unit.and_then(|unit| unit.event_ids().into_iter().next());
        let session = open.reference.clone();
        event.map(|event| BookmarkTarget::Event(EventRef { session, event }))
    };
    match on {
        Some(on) => ask(cx.model, on),
        None => cx.say("a bookmark needs a stored event"),
    }
}

fn ask(model: &mut Model, on: BookmarkTarget) {
    let known = match &on {
        BookmarkTarget::Event(on) => {
            model.memory.bookmarks.get(on).map(|kept| kept.value.note.clone())
        }
        BookmarkTarget::Row(unit) => {
            let open = model.open.as_ref();
            open.and_then(|open| open.timeline.note(unit)).map(|note| (**note).to_owned())
        }
    };
    let text = match known {
        Some(_) => "Bookmark (- alone takes it away):",
        None => "Bookmark, with a note if you like:",
    };
    let then = Decision::Bookmark(on);
    model.ask_for(text.to_owned(), QuestionKind::Line, &known.unwrap_or_default(), then);
}

/// Sets or changes it; `-` takes it away.
pub(super) fn set(cx: &mut Cx<'_>, on: BookmarkTarget, note: &str) {
    let mark = (note != "-").then(|| Bookmark { note: note.to_owned() });
    let lists = cx.key(Action::Bookmarks, "'");
    let words = if mark.is_some() {
        format!("bookmarked · {lists} lists them")
    } else {
        "bookmark taken away".to_owned()
    };
    match on {
        BookmarkTarget::Event(on) => {
            let session = on.session.clone();
            let change = cx.model.memory.bookmark(on, mark, cx.model.now);
            let bookmarks = of_session(cx.model, &session);
            if let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == session) {
                open.each(|timeline| timeline.set_bookmarks(bookmarks.clone()));
            }
            memory::keep(cx, change);
        }
        BookmarkTarget::Row(unit) => {
            let note = mark.map(|mark| Arc::from(mark.note));
            if let Some(open) = &mut cx.model.open {
                open.each(|timeline| timeline.set_bookmark(&unit, note.clone()));
            }
        }
    }
    let words = if cx.model.keeps() { words } else { format!("{words} · until you quit") };
    cx.say(words);
    let list = fresh(cx.model);
    if let (Some(Layer::Bookmarks(before)), Some(list)) = (cx.model.layers.top_mut(), list) {
        *before = list.in_place_of(before);
    }
}

/// The notes on a session's events, by the names of their rows.
pub(super) fn of_session(model: &Model, session: &SessionRef) -> HashMap<UnitId, Arc<str>> {
    let all = model.memory.bookmarks.iter().filter(|(on, _)| on.session == *session);
    all.map(|(on, kept)| (UnitId::from(&on.event), Arc::from(kept.value.note.as_str()))).collect()
}

fn fresh(model: &Model) -> Option<BookmarkList> {
    let open = model.open.as_ref()?;
    Some(BookmarkList::of(&open.timeline, &model.clock()))
}

pub(super) fn list(cx: &mut Cx<'_>, _: Action) {
    match fresh(cx.model) {
        Some(list) => cx.model.layers.push(Layer::Bookmarks(list)),
        None => cx.say("open a session first"),
    }
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let top = cx.model.layers.top_mut();
    if let (Some(Layer::Bookmarks(list)), Some(motion)) = (top, action.motion()) {
        list.go(motion);
    }
}

/// Asks for the note of the one in the list; where there is none, as in the timeline.
fn ask_on_selected(cx: &mut Cx<'_>, action: Action) {
    let Some(Layer::Bookmarks(list)) = cx.model.layers.top() else { return };
    let (Some(item), Some(open)) = (list.selected(), &cx.model.open) else {
        return ask_on_row(cx, action);
    };
    let on = match &item.unit {
        UnitId::Named(name) if cx.model.file.is_none() => {
            let session = open.reference.clone();
            BookmarkTarget::Event(EventRef { session, event: (&**name).into() })
        }
        unit => BookmarkTarget::Row(unit.clone()),
    };
    ask(cx.model, on);
}

/// Enter: to the row of the one in the list.
fn jump(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Bookmarks(list)) = cx.model.layers.top() else { return };
    let item = list.selected().map(|item| (item.unit.clone(), item.row.is_some()));
    if item.is_none_or(|(unit, is_here)| go_to(cx.model, &unit, is_here)) {
        cx.model.layers.pop();
    }
}

/// Goes to a row of the open session, whatever is shown, or says why that cannot be. `is_here`: it
/// is loaded.
pub(super) fn go_to(model: &mut Model, unit: &UnitId, is_here: bool) -> bool {
    let filtered = |model: &Model| {
        let open = model.open.as_ref();
        open.is_some_and(|open| open.timeline.query_text(Purpose::Filter).is_some())
    };
    let jumps = model.jumps.clone();
    jumps::leave(model);
    let Some(open) = &mut model.open else { return false };
    if open.reach(unit) {
        if model.view != View::File {
            (model.view, model.focus) = (View::Triage, Focus::Timeline);
        }
        return true;
    }
    // Nothing was left.
    model.jumps = jumps;
    let why = if !is_here {
        "that row is not loaded yet, or deleted".to_owned()
    } else if model.is_past() {
        format!(
            "that row comes after the moment that is shown; {} leads to the newest",
            model.keys.of(Action::Follow, "F")
        )
    } else if filtered(model) {
        "the filter hides that row; Esc in the timeline ends it".to_owned()
    } else {
        format!(
            "the agent does not see that row; {} shows all",
            model.keys.of(Action::AgentsView, "V")
        )
    };
    toast(model, Level::Info, why);
    false
}
