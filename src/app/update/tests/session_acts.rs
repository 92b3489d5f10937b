//! What is done to sessions as a whole: forms, marks, bulk, undo, deletion.

use super::*;
use crate::api::session::SessionChanges;
use crate::app::effect::Request;
use crate::app::msg::ServiceMsg;
use crate::app::session_request::{DeleteOutcome, EditOutcome, SessionMsg, SessionRequest};
use crate::model::memory::Fact;
use crate::model::session_edit::SessionEdit;

fn desk(keys: &[&str]) -> Desk {
    let mut desk = Desk::with(&[]);
    desk.lists(keys);
    desk.model.remembers = true;
    desk.press("1 g g");
    desk
}

fn name(key: &str) -> SessionRef {
    SessionRef::new("a", key)
}

fn requests(effects: &[Effect]) -> Vec<&SessionRequest> {
    let mut requests = Vec::new();
    for effect in effects {
        if let Effect::Service(Request::Session(request)) = effect {
            requests.push(request);
        }
    }
    requests
}

fn edits(effects: &[Effect]) -> Vec<SessionEdit> {
    match requests(effects).as_slice() {
        [SessionRequest::Edit(edits)] => edits.clone(),
        other => panic!("{other:?}"),
    }
}

impl Desk {
    fn hears_of(&mut self, msg: SessionMsg) -> Vec<Effect> {
        self.hears(Msg::Service(ServiceMsg::Session(msg)))
    }

    /// The service does what was asked, but for the sessions that `not` says something about.
    fn answers(&mut self, edits: &[SessionEdit], not: impl Fn(&SessionRef) -> Option<EditOutcome>) {
        for edit in edits {
            let entry = self.model.sessions.get(&edit.session).unwrap();
            let done = changed(&entry.session, edit.changes());
            let outcome = not(&edit.session).unwrap_or(EditOutcome::Done(done));
            let edit = Box::new(edit.clone());
            self.hears_of(SessionMsg::Edited { edit, outcome: Box::new(outcome) });
        }
        self.hears_of(SessionMsg::Ended { left: Vec::new() });
    }

    fn session(&self, key: &str) -> &Session {
        &self.model.sessions.get(&name(key)).unwrap().session
    }

    fn toast(&self) -> String {
        self.model.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default()
    }

    fn writes(&mut self, text: &str) {
        for c in text.chars() {
            self.takes_key(Key::char(c), self.now);
        }
    }
}

fn changed(session: &Session, changes: &SessionChanges) -> Session {
    let mut session = session.clone();
    if let Some(name) = &changes.name {
        session.name.clone_from(name);
    }
    if let Some(enabled) = changes.enabled {
        session.enabled = enabled;
    }
    if let Some(metadata) = &changes.metadata {
        session.metadata.clone_from(metadata);
    }
    session.tti_minutes = changes.tti_minutes.unwrap_or(session.tti_minutes);
    session
}

#[test]
fn a_name_is_changed_in_its_form_and_taken_back_by_one_key() {
    let mut desk = desk(&["s"]);
    desk.press("r");
    desk.writes("!");
    let sent = edits(&desk.press("<enter>"));
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].changes().name.as_deref(), Some("s!"));
    assert_eq!(sent[0].changes().description, None, "only what is another one");
    assert_eq!(desk.layer(), Some(LayerKind::Form), "until it is answered");
    desk.answers(&sent, |_| None);
    assert_eq!(desk.layer(), None);
    assert_eq!(desk.session("s").name, "s!");
    let back = edits(&desk.press("u"));
    assert_eq!(back, [sent[0].opposite()]);
    desk.answers(&back, |_| None);
    assert_eq!(desk.session("s").name, "s");
    assert!(desk.toast().contains("taken back"), "{}", desk.toast());
    assert_eq!(edits(&desk.press("U")), sent);
}

#[test]
fn what_somebody_else_changed_is_not_written_over_and_what_was_typed_stays() {
    let mut desk = desk(&["s"]);
    desk.press("r");
    desk.writes(" mine");
    let sent = edits(&desk.press("<enter>"));
    let theirs = Session { name: "theirs".to_owned(), ..desk.session("s").clone() };
    desk.answers(&sent, |_| Some(EditOutcome::Overtaken(theirs.clone())));
    let form = desk.model.layers.form().expect("what was typed is there");
    assert_eq!(form.text_of("name"), "s mine");
    assert!(form.problem.as_ref().unwrap().contains("somebody else"), "{:?}", form.problem);
    assert!(!desk.model.edits.can_undo(), "nothing was done");
    let again = edits(&desk.press("<enter>"));
    assert!(again[0].is_due(&theirs), "now over what is known to be there");
}

#[test]
fn a_refusal_keeps_the_form_and_a_form_that_was_left_comes_back_but_for_secrets() {
    let mut desk = desk(&["s"]);
    desk.press("r");
    desk.writes("x");
    let sent = edits(&desk.press("<enter>"));
    desk.answers(&sent, |_| Some(EditOutcome::Refused(problem())));
    assert!(desk.model.layers.form().is_some_and(|form| !form.sending));
    desk.press("<esc> r");
    assert_eq!(desk.model.layers.form().unwrap().text_of("name"), "sx");
    desk.press("<esc> S");
    desk.writes("token");
    desk.press("<tab>");
    desk.writes("hunter2");
    assert_eq!(desk.model.layers.form().unwrap().text_of("value"), "hunter2");
    desk.press("<esc> S");
    let form = desk.model.layers.form().unwrap();
    assert_eq!((form.text_of("secret"), form.text_of("value")), ("token".into(), String::new()));
}

#[test]
fn marked_sessions_are_changed_together_and_those_that_fail_stay_marked() {
    let mut desk = desk(&["a", "b", "c", "d"]);
    desk.press("*");
    assert_eq!(desk.model.sessions.marked_len(), 4);
    let sent = edits(&desk.press("x"));
    assert_eq!(sent.len(), 4);
    assert!(desk.press("x").is_empty(), "one piece of work at a time");
    desk.answers(&sent, |of| (of.key.as_str() == "c").then(|| EditOutcome::Refused(problem())));
    assert!(!desk.session("a").enabled && desk.session("c").enabled);
    assert_eq!(desk.model.sessions.targets(), [name("c")]);
    assert!(desk.toast().contains("3 sessions disabled · 1 refused"), "{}", desk.toast());
    let again = edits(&desk.press("x"));
    assert_eq!(again.len(), 1, "the same key tries those again");
    desk.answers(&again, |_| None);
    assert_eq!(desk.model.sessions.marked_len(), 0);
    // The steps are taken back one by one.
    let last = edits(&desk.press("u"));
    desk.answers(&last, |_| None);
    let first = edits(&desk.press("u"));
    assert_eq!(first.len(), 3);
    desk.answers(&first, |_| None);
    assert!(["a", "b", "c", "d"].iter().all(|key| desk.session(key).enabled));
}

#[test]
fn an_undo_that_fails_can_be_tried_again() {
    let mut desk = desk(&["s"]);
    let sent = edits(&desk.press("x"));
    desk.answers(&sent, |_| None);
    let back = edits(&desk.press("u"));
    desk.answers(&back, |_| Some(EditOutcome::Refused(problem())));
    assert_eq!(edits(&desk.press("u")), back);
}

#[test]
fn many_are_changed_only_after_a_question() {
    let keys: Vec<String> = (0..21).map(|n| format!("k{n:02}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut desk = desk(&keys);
    desk.press("o *");
    assert!(requests(&desk.press("x")).is_empty());
    assert!(desk.question().contains("21 sessions"), "{}", desk.question());
    assert_eq!(edits(&desk.press("<enter>")).len(), 21);
}

#[test]
fn metadata_is_checked_while_it_is_typed_and_merged_where_many_are_marked() {
    let mut desk = desk(&["s", "t"]);
    desk.press("e");
    desk.writes("x");
    let form = desk.model.layers.form().unwrap();
    assert!(form.fields[0].problem.is_some(), "{{}}x is no object");
    desk.press("<tab>");
    assert!(requests(&desk.press("<enter>")).is_empty(), "not sent with a mistake in it");
    assert_eq!(desk.model.layers.form().unwrap().at, 0, "which is where the cursor is");
    desk.press("<bs> <esc> * e <bs>");
    desk.writes("\"team\": 1}");
    let sent = edits(&desk.press("<tab> <enter>"));
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|edit| edit.changes().metadata.as_ref().unwrap()["team"] == 1));
}

#[test]
fn a_session_is_deleted_after_the_end_of_its_key_was_typed_and_its_copy_is_named() {
    let mut desk = desk(&["refund-4411", "s"]);
    desk.press("X");
    assert!(requests(&desk.press("<enter>")).is_empty());
    desk.writes("4411");
    let effects = desk.press("<enter>");
    let [SessionRequest::Delete(sessions)] = requests(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(*sessions, [name("refund-4411")]);
    let outcome = DeleteOutcome::Done { copy: Some("/copies/refund".to_owned()) };
    desk.hears_of(SessionMsg::Deleted { session: name("refund-4411"), outcome });
    desk.hears_of(SessionMsg::Ended { left: Vec::new() });
    assert!(desk.model.sessions.get(&name("refund-4411")).is_none());
    assert!(desk.toast().contains("copy in /copies/refund"), "{}", desk.toast());
    assert_eq!(desk.model.sessions.selected(), Some(&name("s")), "the keyboard has a place");
}

#[test]
fn esc_stops_what_was_not_begun() {
    let mut desk = desk(&["a", "b", "c"]);
    desk.press("*");
    let sent = edits(&desk.press("x"));
    let first = desk.session("a").clone();
    let done = EditOutcome::Done(changed(&first, sent[0].changes()));
    let edit = Box::new(sent[0].clone());
    desk.hears_of(SessionMsg::Edited { edit, outcome: Box::new(done) });
    assert_eq!(requests(&desk.press("<esc>")), [&SessionRequest::Stop]);
    desk.hears_of(SessionMsg::Ended { left: vec![name("b"), name("c")] });
    assert!(desk.toast().contains("2 not begun"), "{}", desk.toast());
    assert_eq!(desk.model.sessions.targets(), [name("b"), name("c")]);
    assert_eq!(edits(&desk.press("<esc> g g u")).len(), 1, "only what was done is taken back");
}

#[test]
fn a_new_session_is_made_as_the_form_says_and_opened() {
    let mut desk = desk(&["s"]);
    let agent = |key: &str| {
        serde_json::from_value(json!({"key": key, "name": key, "enabled": true,
            "created_at": "2026-07-02T08:00:00Z", "model": {"name": "m"}}))
        .unwrap()
    };
    desk.hears(Msg::Service(ServiceMsg::AgentsListed(vec![agent("a"), agent("b")])));
    desk.press("a <right> <tab>");
    desk.writes("Second");
    let effects = desk.press("<enter>");
    let [SessionRequest::Make { agent, new }] = requests(&effects)[..] else { panic!() };
    assert_eq!((agent.as_str(), new.name.as_deref(), &new.key), ("b", Some("Second"), &None));
    desk.hears_of(SessionMsg::NotMade { agent: agent.clone(), problem: problem() });
    assert_eq!(desk.model.layers.form().unwrap().text_of("name"), "Second", "nothing is lost");
    desk.press("<enter>");
    let made = Session::named("b".into(), "ase_1".into(), "Second".to_owned(), desk.now);
    desk.hears_of(SessionMsg::Made(Box::new(made)));
    assert_eq!(desk.layer(), None);
    let opened = desk.model.open.as_ref().map(|open| open.reference.to_string());
    assert_eq!(opened.as_deref(), Some("b/ase_1"));
}

#[test]
fn steps_are_kept_for_later_runs_and_come_back_with_them() {
    let mut desk = desk(&["s"]);
    let effects = desk.press("x");
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::Keep(crate::app::effect::Keep::Soon(change)) => match &change.fact {
            Fact::Step(at, Some(step)) => Some((*at, step.clone())),
            _ => None,
        },
        _ => None,
    });
    let (at, value) = kept.expect("kept");
    let mut later = Desk::with(&[]);
    later.press("1");
    let memory = crate::model::Memory {
        steps: [(at, crate::model::memory::Kept { at, value })].into(),
        ..crate::model::Memory::default()
    };
    let memory = Box::new(memory);
    later.hears(RunMsg::Remembered { memory, remarks: Vec::new() }.into());
    assert_eq!(edits(&later.press("u"))[0].opposite(), edits(&effects)[0]);
}

#[test]
fn a_day_longer_is_one_key_and_what_is_never_deleted_is_said_so() {
    let mut desk = desk(&["s", "t"]);
    desk.press("D");
    assert!(desk.toast().contains("never deleted"), "{}", desk.toast());
    let mut short = desk.session("s").clone();
    short.tti_minutes = 30;
    desk.hears(ServiceMsg::SessionRead(Box::new(short)).into());
    desk.press("*");
    let sent = edits(&desk.press("D"));
    assert_eq!(sent.len(), 1, "the other is never deleted");
    assert_eq!(sent[0].changes().tti_minutes, Some(30 + 24 * 60));
    desk.answers(&sent, |_| None);
    assert_eq!(edits(&desk.press("u")), [sent[0].opposite()]);
}

#[test]
fn a_session_is_written_where_it_is_said_and_what_failed_is_told() {
    let mut desk = desk(&["s", "t"]);
    desk.press("w");
    assert_eq!(desk.typed(), "t.jsonl");
    let effects = desk.press("<enter>");
    let [SessionRequest::WriteDown { sessions, to, .. }] = requests(&effects)[..] else { panic!() };
    assert_eq!((sessions.as_slice(), to.as_str()), (&[name("t")][..], "t.jsonl"));
    assert!(desk.press("w").is_empty() && desk.toast().contains("so far"), "one at a time");
    desk.hears_of(SessionMsg::WrittenDown {
        session: name("t"),
        outcome: Ok("/tmp/t.jsonl".to_owned()),
    });
    desk.hears_of(SessionMsg::Ended { left: Vec::new() });
    assert_eq!(desk.toast(), "t written · in /tmp/t.jsonl");
    desk.press("* w <c-u> <enter>");
    assert!(desk.toast().contains("no path"), "{}", desk.toast());
}

#[test]
fn what_is_about_to_be_deleted_is_told_once_and_so_is_its_end() {
    let mut desk = desk(&["s", "t"]);
    let about = |desk: &Desk, minutes| {
        let mut session = desk.session("s").clone();
        session.tti_minutes = minutes;
        session.created_at = desk.now;
        session
    };
    let probe = || read_probe(&[], &[]);
    for key in ["s", "t"] {
        let (session, asked_at) = (name(key), desk.now);
        let (calls, inputs) = (Vec::new(), Vec::new());
        desk.hears(ServiceMsg::Probed { session, probe: probe(), calls, inputs, asked_at }.into());
    }
    let session = about(&desk, 12);
    desk.hears(ServiceMsg::SessionRead(Box::new(session)).into());
    desk.hears(RunMsg::Wake.into());
    assert!(!desk.toast().contains("is deleted in"), "{}", desk.toast());
    desk.now = desk.now.checked_add(SignedDuration::from_mins(4)).unwrap();
    desk.hears(RunMsg::Wake.into());
    assert!(desk.toast().starts_with("s is deleted in "), "{}", desk.toast());
    desk.model.toast = None;
    desk.hears(RunMsg::Wake.into());
    assert_eq!(desk.toast(), "", "once says it");
    desk.hears(ServiceMsg::SessionGone(name("s")).into());
    assert!(desk.toast().contains("not used in time"), "{}", desk.toast());
}

#[test]
fn the_key_its_agent_and_a_command_are_copied_from_the_list() {
    let mut desk = desk(&["s"]);
    let taken = |desk: &mut Desk, keys: &str| copied(desk.press(keys)).remove(0).1;
    assert_eq!(taken(&mut desk, "y y"), "s");
    assert_eq!(taken(&mut desk, "y i"), "a/s");
    assert!(taken(&mut desk, "y l").ends_with("show a/s"));
}
