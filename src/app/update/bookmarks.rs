//! Bookmarks: making one, changing its note, and the list of them.
//!
//! Those of a service's session are kept in [`Memory`](crate::model::Memory); those of a file are in
//! its timeline alone, and gone when foretop ends.

use std::collections::HashMap;
use std::sync::Arc;

use super::keys::ask_for;
use super::{Decision, memory, navigate, toast, trail};
use crate::api::SessionRef;
use crate::app::{Action, Effect};
use crate::model::memory::{Bookmark, EventRef};
use crate::model::timeline::{Purpose, UnitId};
use crate::model::{BookmarkList, Focus, Level, Model, Overlay, QuestionKind, View};

/// What a bookmark is on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum On {
    Event(EventRef),
    /// A row of a file.
    Row(UnitId),
}

/// Asks for the note on the row under the cursor.
pub(super) fn ask_on_row(model: &mut Model) -> Option<Decision> {
    let open = model.open.as_ref()?;
    let unit = open.timeline.cursor_unit();
    let on = if model.file.is_some() {
        unit.map(|unit| On::Row(unit.id))
    } else {
        let event = unit.and_then(|unit| unit.event_ids().into_iter().next());
        event.map(|event| On::Event(EventRef { session: open.reference.clone(), event }))
    };
    if on.is_none() {
        toast(model, Level::Info, "a bookmark needs a stored event");
    }
    Some(ask(model, on?))
}

fn ask(model: &mut Model, on: On) -> Decision {
    let known = match &on {
        On::Event(on) => model.memory.bookmarks.get(on).map(|kept| kept.value.note.clone()),
        On::Row(unit) => {
            let open = model.open.as_ref();
            open.and_then(|open| open.timeline.note(unit)).map(|note| (**note).to_owned())
        }
    };
    let text = match known {
        Some(_) => "Bookmark (- alone takes it away):",
        None => "Bookmark, with a note if you like:",
    };
    ask_for(model, text.to_owned(), QuestionKind::Line, &known.unwrap_or_default());
    Decision::Bookmark(on)
}

/// Sets or changes it; `-` takes it away.
pub(super) fn set(model: &mut Model, on: On, note: &str) -> Vec<Effect> {
    let mark = (note != "-").then(|| Bookmark { note: note.to_owned() });
    let words = if mark.is_some() { "bookmarked · ' lists them" } else { "bookmark taken away" };
    let mut effects = Vec::new();
    match on {
        On::Event(on) => {
            let session = on.session.clone();
            let change = model.memory.bookmark(on, mark, model.now);
            let bookmarks = of_session(model, &session);
            if let Some(open) = model.open.as_mut().filter(|open| open.reference == session) {
                open.each(|timeline| timeline.set_bookmarks(bookmarks.clone()));
            }
            effects = memory::keep(model, change);
        }
        On::Row(unit) => {
            let note = mark.map(|mark| Arc::from(mark.note));
            if let Some(open) = &mut model.open {
                open.each(|timeline| timeline.set_bookmark(&unit, note.clone()));
            }
        }
    }
    let words =
        if model.remembers { words.to_owned() } else { format!("{words} · until you quit") };
    toast(model, Level::Info, words);
    if model.overlay == Some(Overlay::Bookmarks) {
        list(model);
    }
    effects
}

/// The notes on a session's events, by the names of their rows.
pub(super) fn of_session(model: &Model, session: &SessionRef) -> HashMap<UnitId, Arc<str>> {
    let all = model.memory.bookmarks.iter().filter(|(on, _)| on.session == *session);
    all.map(|(on, kept)| (UnitId::from(&on.event), Arc::from(kept.value.note.as_str()))).collect()
}

/// Opens the list, or makes it anew.
pub(super) fn list(model: &mut Model) {
    let clock = model.clock();
    let Some(open) = &model.open else {
        toast(model, Level::Info, "open a session first");
        return;
    };
    let list = BookmarkList::of(&open.timeline, &clock);
    let before = model.bookmarks.take();
    model.bookmarks = Some(match before {
        Some(before) => list.in_place_of(&before),
        None => list,
    });
    model.overlay = Some(Overlay::Bookmarks);
}

/// A key while the list is open; `None` when it is none of its own.
pub(super) fn in_list(
    model: &mut Model,
    action: Action,
) -> Option<(Vec<Effect>, Option<Decision>)> {
    if model.overlay != Some(Overlay::Bookmarks) {
        return None;
    }
    let by = navigate::distance(model, action);
    let list = model.bookmarks.as_mut()?;
    let mut decision = None;
    match action {
        Action::First => list.move_by(-navigate::FAR),
        Action::Last => list.move_by(navigate::FAR),
        Action::Open => jump(model),
        Action::Bookmark => decision = ask_on_selected(model),
        Action::Close => close(model),
        _ => list.move_by(by?),
    }
    Some((Vec::new(), decision))
}

fn close(model: &mut Model) {
    model.bookmarks = None;
    model.overlay = None;
}

/// Asks for the note of the one in the list; where there is none, as in the timeline.
fn ask_on_selected(model: &mut Model) -> Option<Decision> {
    let Some(item) = model.bookmarks.as_ref()?.selected() else { return ask_on_row(model) };
    let session = &model.open.as_ref()?.reference;
    let on = match &item.unit {
        UnitId::Named(name) if model.file.is_none() => {
            On::Event(EventRef { session: session.clone(), event: (&**name).into() })
        }
        unit => On::Row(unit.clone()),
    };
    Some(ask(model, on))
}

/// Enter: to the row of the one in the list.
fn jump(model: &mut Model) {
    let item = model.bookmarks.as_ref().and_then(BookmarkList::selected).cloned();
    let Some(item) = item else { return close(model) };
    if go_to(model, &item.unit, item.row.is_some()) {
        close(model);
    }
}

/// Goes to a row of the open session, whatever is shown, or says why that cannot be. `is_here`: it
/// is loaded.
pub(super) fn go_to(model: &mut Model, unit: &UnitId, is_here: bool) -> bool {
    let filtered = |model: &Model| {
        let open = model.open.as_ref();
        open.is_some_and(|open| open.timeline.query_text(Purpose::Filter).is_some())
    };
    let trail = model.trail.clone();
    trail::leave(model);
    let Some(open) = &mut model.open else { return false };
    if open.timeline.reach(unit) {
        open.detail = None;
        if model.view != View::File {
            (model.view, model.focus) = (View::Triage, Focus::Timeline);
        }
        return true;
    }
    // Nothing was left.
    model.trail = trail;
    let why = if !is_here {
        "that row is not loaded yet, or deleted"
    } else if model.is_past() {
        "that row comes after the moment that is shown; F leads to the newest"
    } else if filtered(model) {
        "the filter hides that row; Esc in the timeline ends it"
    } else {
        "the agent does not see that row; V shows all"
    };
    toast(model, Level::Info, why);
    false
}
