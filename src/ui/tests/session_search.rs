//! The page on which events of many sessions are looked for.

use super::fixture::model;
use super::{assert_looks, press, screen};
use crate::api::SessionRef;
use crate::model::event_search::{Hit, Progress};
use crate::query::{Domain, Query};
use crate::view::{Focus, Model, View};

fn looking(size: (u16, u16), over: bool) -> Model {
    let mut model = model(size, View::Triage, Focus::Sessions);
    press(&mut model, "g /");
    let search = &mut model.session_search;
    search.input.set_text("parcel");
    let query = Query::parse("parcel", Domain::Events).unwrap();
    search.begin(1, query, 300, " of the filter");
    let hit = |session: SessionRef, at: i64, what: &str, excerpt: &str, hidden| Hit {
        session,
        event: format!("e{at}").as_str().into(),
        at: crate::api::Timestamp::from_second(1_782_900_000 + at).ok(),
        what: what.to_owned(),
        excerpt: excerpt.to_owned(),
        hidden,
    };
    let known = model.sessions.iter().next().map(|(name, _)| name.clone()).unwrap();
    let hits = vec![
        hit(known.clone(), 60, "you", "Where is my parcel? It was sent a week ago.", false),
        hit(known, 30, "output parcel_track ERR", "{\"error\":\"no parcel 77\"}", false),
        hit(SessionRef::new("b", "gone"), 0, "think", "a \u{1b}[31mparcel\u{1b}[0m", true),
    ];
    let progress =
        Progress { sessions: 300, looked: 12, whole: 4, refused: 2, events: 1_204, cut_off: false };
    search.found(1, hits, progress, over);
    model
}

#[test]
fn hits_stand_with_their_session_and_what_was_looked_for_at_every_width() {
    for size in [(80, 24), (120, 36), (40, 12)] {
        assert_looks("session_search", &looking(size, false));
        assert!(!screen(&looking(size, true)).contains('\u{1b}'));
    }
}

#[test]
fn it_says_what_enter_does_and_that_nothing_was_found_in_a_part() {
    let mut model = model((80, 24), View::Triage, Focus::Sessions);
    press(&mut model, "g /");
    let shown = screen(&model);
    assert!(shown.contains("Type what is looked for, then Enter"), "{shown}");
    assert!(shown.contains("Enter looks  Esc leaves"), "{shown}");
    let query = Query::parse("x", Domain::Events).unwrap();
    model.session_search.input.set_text("x");
    model.session_search.begin(1, query, 3, "");
    assert!(screen(&model).contains("Esc stops"));
    let progress = Progress { sessions: 3, looked: 3, whole: 2, refused: 1, ..Progress::default() };
    model.session_search.found(1, Vec::new(), progress, true);
    let shown = screen(&model);
    assert!(
        shown.contains("nothing found in what was looked through, which is not all"),
        "{shown}"
    );
    assert!(shown.contains("1 may not be read"), "{shown}");
}
