//! The list of bookmarks, of a session of the service and of a file.

use super::picked::{cursor, desk};
use super::*;
use crate::app::effect::Keep;
use crate::view::BookmarkList;
use crate::view::layer::bookmark_list::Item;

fn list(desk: &Desk) -> &BookmarkList {
    let Some(Layer::Bookmarks(list)) = desk.model.layers.top() else { panic!("no list") };
    list
}

fn listed(desk: &Desk) -> Vec<(String, String)> {
    let items = list(desk).items();
    let words = |item: &Item| {
        let (kind, subject) = item.row.clone().unwrap_or_default();
        (item.note.clone(), format!("{kind} {subject}").trim().to_owned())
    };
    items.iter().map(words).collect()
}

fn toast(desk: &Desk) -> &str {
    &desk.model.toast.as_ref().unwrap().text
}

#[test]
fn the_list_leads_to_a_row_and_the_trail_back() {
    let mut desk = desk();
    desk.press("G m e n d <enter> g g m s t a r t <enter>");
    desk.press("g g j j '");
    let said = |note: &str, row: &str| (note.to_owned(), row.to_owned());
    assert_eq!(listed(&desk), [said("start", "you go"), said("end", "agent hello")]);
    let before = cursor(&desk);
    desk.press("G k j <enter>");
    assert_eq!(desk.layer(), None);
    assert_eq!(cursor(&desk), UnitId::named("aev_said"));
    desk.press("[ [");
    assert_eq!(cursor(&desk), before);
    desk.press("' '");
    assert_eq!(desk.layer(), None);
}

#[test]
fn notes_change_in_the_list() {
    let mut desk = desk();
    desk.model.remembers = true;
    desk.press("g g m a <enter> G m b <enter> ' j m ! <enter>");
    assert_eq!(listed(&desk)[1].0, "b!");
    let kept: Vec<_> = desk.model.memory.bookmarks.values().map(|kept| &*kept.value.note).collect();
    assert_eq!(kept, ["b!", "a"], "by their names");
    let effects = desk.press("m <c-u> - <enter>");
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Keep(Keep::Soon(_)))),
        "{effects:?}"
    );
    assert_eq!((listed(&desk).len(), list(&desk).at()), (1, 0));
    desk.press("m <esc> m <c-u> - <enter>");
    assert_eq!(listed(&desk), []);
    desk.press("m n e w <enter>");
    assert_eq!(listed(&desk).len(), 1, "the row under the cursor");
    desk.press("<esc>");
    assert_eq!((desk.layer(), desk.model.focus), (None, Focus::Timeline));
}

#[test]
fn a_row_that_cannot_be_shown_says_why() {
    let mut desk = desk();
    desk.press("G m <enter> / <tab> t y p e : i n p u t _ m e s s a g e <enter>");
    let here = cursor(&desk);
    desk.press("' <enter>");
    assert_eq!(toast(&desk), "the filter hides that row; Esc in the timeline ends it");
    desk.press("<esc> [ [");
    assert_eq!(cursor(&desk), here, "nothing was left");
    let gone = EventRef { session: open(), event: "aev_gone".into() };
    let mark = Bookmark { note: "lost".into() };
    desk.model.memory.bookmark(gone, Some(mark), desk.now);
    desk.press("<esc> G m x <enter> '");
    assert_eq!(listed(&desk)[0], ("lost".to_owned(), String::new()), "first: it is older");
    desk.press("<enter>");
    assert_eq!(toast(&desk), "that row is not loaded yet, or deleted");
}

#[test]
fn bookmarks_in_a_file_last_for_the_run() {
    let mut desk = Desk::with(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = |n: usize| {
        let said = json!({"session_key": "s", "type": "agent_output", "content": n.to_string()});
        format!("{said}\n")
    };
    std::fs::write(file.path(), (0..3).map(line).collect::<String>()).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let mut timeline = Timeline::of_file(archive.clone(), Direction::OldestFirst);
    timeline.absorb_chunk(Reader::new(&archive).next_chunk().unwrap().unwrap());
    desk.model.show_file("session.jsonl".to_owned(), open(), timeline);
    let effects = desk.press("g g j m m i d <enter>");
    assert_eq!(effects, []);
    assert!(toast(&desk).ends_with("until you quit"));
    assert!(desk.model.memory.bookmarks.is_empty());
    let middle = cursor(&desk);
    desk.press("G [ b");
    assert_eq!(cursor(&desk), middle, "though its events have no ids");
    desk.press("G ' m 2 <enter>");
    assert_eq!(listed(&desk), [("mid2".to_owned(), "agent 1".to_owned())]);
    desk.press("<enter>");
    assert_eq!(cursor(&desk), middle);
    desk.press("/ i s : b o o k <tab> <c-u> i s : b o o k m a r k e d <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 1);
    desk.press("m <c-u> - <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 0);
}
