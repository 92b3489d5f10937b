//! Two sessions compared: choosing them, what is shown meanwhile, and the way to an event and back.

use std::sync::Arc;

use super::everywhere::places;
use super::*;
use crate::model::session_diff::{Read, SessionDiff};
use crate::view::pane::session_diff::{Outcome, SessionComparison, Sheet};

fn pair() -> [SessionRef; 2] {
    [SessionRef::new("a", "s"), SessionRef::new("a", "t")]
}

fn read(key: &str, events: &serde_json::Value) -> Read {
    Read {
        session: serde_json::from_value(json!({"key": key, "agent_key": "a", "name": key,
            "enabled": true, "created_at": "2026-07-02T08:00:00Z"}))
        .unwrap(),
        events: serde_json::from_value(events.clone()).unwrap(),
        whole: true,
    }
}

/// Two that differ in what was said last.
fn outcome() -> Outcome {
    let said = |id: &str, text: &str| json!({"id": id, "type": "agent_output", "content": text});
    let old = json!([said("aev_said", "hello"), said("aev_1", "bye")]);
    let new = json!([said("aev_t1", "hello"), said("aev_t2", "so long")]);
    let diff = SessionDiff::of(read("s", &old), read("t", &new), None);
    Outcome::Compared { sheet: Arc::new(Sheet::of(diff, None)), rough: false }
}

impl Desk {
    /// Two sessions are marked, compared, and shown.
    pub(super) fn compares(&mut self) {
        self.lists(&["s", "t"]);
        self.press("1 g g * g D");
        self.hears(
            ServiceMsg::SessionsCompared { sessions: Box::new(pair()), outcome: outcome() }.into(),
        );
    }

    fn comparison(&self) -> &SessionComparison {
        self.model.session_diff.as_ref().unwrap()
    }
}

fn asks(desk: &mut Desk, keys: &str) -> Vec<[SessionRef; 2]> {
    let asked = |effect: Effect| match effect {
        Effect::Service(Request::CompareSessions { sessions }) => Some(*sessions),
        _ => None,
    };
    desk.press(keys).into_iter().filter_map(asked).collect()
}

#[test]
fn a_branch_without_marks_is_compared_with_its_origin() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.has_branches();
    desk.press(": s e s s i o n <space> s 2 <enter>");
    let wanted = [SessionRef::new("a", "s"), SessionRef::new("a", "s2")];
    assert_eq!(asks(&mut desk, "g D"), [wanted]);
}

#[test]
fn two_marked_sessions_are_compared_and_any_other_number_says_how() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.lists(&["s", "t", "u"]);
    assert!(asks(&mut desk, "1 g D").is_empty());
    assert!(desk.said().contains("mark two with Space"), "{}", desk.said());
    assert!(asks(&mut desk, "* g D").is_empty());
    assert!(desk.said().starts_with("3 sessions are marked"), "{}", desk.said());
    let asked = asks(&mut desk, "<esc> g g <space> <space> g D");
    assert_eq!(asked.len(), 1);
    assert_eq!((desk.model.view, desk.model.focus), (View::Compare, Focus::SessionDiff));
    let read =
        ServiceMsg::SessionsReadSoFar { sessions: Box::new(asked[0].clone()), side: 1, events: 40 };
    desk.hears(read.into());
    let Outcome::Reading { events } = desk.comparison().outcome else { panic!() };
    assert_eq!(events, [0, 40]);
    let effects = desk.press("<esc>");
    assert!(effects.contains(&Effect::Service(Request::StopComparing)), "{effects:?}");
    assert_eq!((desk.model.view, desk.model.focus), (View::Triage, Focus::Sessions));
    assert!(desk.model.session_diff.is_none());
}

#[test]
fn an_answer_about_other_sessions_changes_nothing() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.lists(&["s", "t"]);
    desk.press("1 g g * g D");
    let sessions = Box::new([SessionRef::new("a", "s"), SessionRef::new("a", "u")]);
    desk.hears(ServiceMsg::SessionsCompared { sessions, outcome: outcome() }.into());
    assert!(desk.comparison().sheet().is_none());
    // Nothing of it comes up for somebody who has left.
    desk.press("<esc>");
    desk.hears(
        ServiceMsg::SessionsCompared { sessions: Box::new(pair()), outcome: outcome() }.into(),
    );
    assert_eq!(desk.model.view, View::Triage);
    assert!(desk.model.session_diff.is_none());
}

#[test]
fn the_first_difference_is_under_the_cursor_and_leads_to_its_event_and_back() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.compares();
    let (session, event) = desk.comparison().event().unwrap();
    assert_eq!((session.key.as_str(), event.as_str()), ("t", "aev_t2"));
    desk.press("n");
    assert!(desk.said().contains("last change"), "{}", desk.said());
    let before = desk.comparison().view.cursor();
    desk.press("<enter>");
    assert_eq!((desk.model.view, desk.model.focus), (View::Triage, Focus::Timeline));
    assert_eq!(desk.model.open.as_ref().unwrap().reference.key.as_str(), "t");
    desk.press("[ [");
    assert_eq!(desk.model.view, View::Compare);
    assert_eq!(desk.comparison().view.cursor(), before);
    // The row that is the same is the newer session's as well.
    desk.press("k");
    assert_eq!(desk.comparison().event().unwrap().1.as_str(), "aev_t1");
    // What was left is not there to come back to.
    desk.press("<enter> :");
    desk.types("compare s");
    desk.press("<enter> <esc>");
    assert!(desk.model.session_diff.is_none());
    desk.press("2 [ [");
    assert!(desk.said().contains("was left"), "{}", desk.said());
}

#[test]
fn the_command_compares_with_the_session_that_is_named() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.lists(&["s", "t"]);
    desk.press("2 :");
    desk.types("compare t");
    assert_eq!(asks(&mut desk, "<enter>").len(), 1);
    desk.press("<esc>");
    assert_eq!(desk.model.focus, Focus::Timeline, "the way out leads to where it began");
    desk.press(":");
    desk.types("compare s");
    assert!(asks(&mut desk, "<enter>").is_empty());
    assert!(desk.said().contains("nothing from itself"), "{}", desk.said());
}

#[test]
fn what_cannot_be_read_is_asked_for_again() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.lists(&["s", "t"]);
    desk.press("1 g g * g D");
    let outcome = Outcome::Failed { side: 1, reason: "no".to_owned(), status: Some(404) };
    desk.hears(ServiceMsg::SessionsCompared { sessions: Box::new(pair()), outcome }.into());
    desk.press("n <enter>");
    assert!(desk.said().contains("no rows yet"), "{}", desk.said());
    assert_eq!(asks(&mut desk, "R"), [pair()]);
    assert!(matches!(desk.comparison().outcome, Outcome::Reading { .. }));
}

#[test]
fn a_session_that_is_deleted_takes_the_comparison_away_from_nobody() {
    let (_, mut desk) =
        places().into_iter().find(|(_, desk)| desk.model.view == View::Compare).unwrap();
    desk.hears(ServiceMsg::SessionGone(open()).into());
    assert_eq!(desk.model.view, View::Compare);
    desk.model.guard_until = None;
    desk.press("n");
}
