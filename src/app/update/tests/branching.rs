//! Branching: the form and what it sends, and the tree.

use super::*;
use crate::api::session::NewSession;
use crate::app::session_request::{SessionMsg, SessionRequest};
use crate::model::lineage::{BRANCHED_FROM, Origin, Taken};
use crate::view::layer::form::{Form, FormAbout};

/// Two turns; the session has metadata, an expiry and a secret.
pub(super) fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    let session = json!({"key": "s", "agent_key": "a", "name": "Refund", "enabled": true,
        "created_at": "2026-07-02T08:00:00Z", "status": "stopped", "metadata": {"tier": 2},
        "tti_minutes": 60, "secrets": {"token": "****"}});
    let sessions = vec![serde_json::from_value(session).unwrap()];
    desk.hears(ServiceMsg::SessionsListed { agent: "a".into(), sessions, complete: true }.into());
    let asked = |id: &str, words: &str| {
        event(&json!({"id": id, "type": "input_message",
            "messages": [{"type": "text", "content": words}]}))
    };
    let said = |id: &str| event(&json!({"id": id, "type": "agent_output", "content": "hello"}));
    let events =
        vec![asked("aev_q1", "first"), said("aev_a1"), asked("aev_q2", "second"), said("aev_a2")];
    let window = EventWindow { events, ..desk.window(&[]) };
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    desk
}

impl Desk {
    /// A branch of the open session, and one of that.
    pub(super) fn has_branches(&mut self) {
        for (key, origin) in [("s2", "s"), ("s3", "s2")] {
            let mut session = Session::named("a".into(), key.into(), key.to_owned(), self.now);
            let session_ref = SessionRef::new("a", origin);
            let origin = Origin { session: session_ref, taken: Taken::UpTo("aev_said".into()) };
            origin.note_in(&mut session.metadata);
            self.hears(ServiceMsg::SessionRead(Box::new(session)).into());
        }
    }

    fn form(&self) -> &Form {
        self.model.layers.form().expect("a form")
    }

    fn remarks(&self) -> String {
        let words = self.form().remarks.iter().map(|of| format!("{}: {}", of.label, of.words));
        words.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn opened(&self) -> String {
        self.model.open.as_ref().unwrap().reference.key.to_string()
    }

    fn hears_made(&mut self, key: &str) -> Vec<Effect> {
        let made = Session::named("a".into(), key.into(), key.to_owned(), self.now);
        self.hears(Msg::Service(ServiceMsg::Session(SessionMsg::Made(Box::new(made)))))
    }
}

fn made(effects: &[Effect]) -> &NewSession {
    match effects {
        [Effect::Service(Request::Session(SessionRequest::Make { agent, new }))] => {
            assert_eq!(agent.as_str(), "a");
            new
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_form_says_what_is_copied_and_what_is_not_and_sends_what_it_says() {
    let mut desk = desk();
    assert_eq!(desk.press("g g j b"), []);
    let remarks = desk.remarks();
    assert!(remarks.contains("copied: 2 events, about "), "{remarks}");
    assert!(remarks.contains("not copied: 2 later events; 1 secret, which nobody"), "{remarks}");
    assert_eq!(desk.form().text_of("name"), "Refund, branch");
    let effects = desk.press("<enter>");
    let new = made(&effects);
    let from = new.from_session.as_ref().unwrap();
    assert_eq!(from.session_key.as_str(), "s");
    assert_eq!(from.include_up_to_event_id, Some("aev_a1".into()));
    assert_eq!(from.compact_up_to_event_id, None);
    assert_eq!((new.tti_minutes, new.enabled), (Some(60), Some(true)));
    let metadata = new.metadata.as_ref().unwrap();
    assert_eq!(metadata["tier"], 2);
    let origin = json!({"agent": "a", "session": "s", "event": "aev_a1"});
    assert_eq!(metadata[BRANCHED_FROM], origin);
}

#[test]
fn a_refusal_keeps_what_was_typed_and_the_branch_opens_with_a_way_back() {
    let mut desk = desk();
    desk.press("g g j b");
    desk.types("!");
    desk.press("<tab> k <enter>");
    let problem = Problem { status: Some(409), ..problem() };
    let msg = SessionMsg::NotMade { agent: "a".into(), problem };
    desk.hears(Msg::Service(ServiceMsg::Session(msg)));
    let form = desk.form();
    assert_eq!((form.text_of("name"), form.text_of("key")), ("Refund, branch!".into(), "k".into()));
    assert!(form.problem.as_ref().unwrap().contains("another key"), "{:?}", form.problem);
    desk.press("2");
    let effects = desk.press("<enter>");
    assert_eq!(made(&effects).key, Some("k2".into()));
    desk.hears_made("k2");
    assert_eq!((desk.layer(), desk.opened().as_str()), (None, "k2"));
    assert!(desk.said().contains("[[ leads back to s"), "{}", desk.said());
    desk.press("[ [");
    assert_eq!(desk.opened(), "s");
}

#[test]
fn a_branch_with_a_summary_keeps_what_came_later() {
    let mut desk = desk();
    desk.press("g g j B");
    let remarks = desk.remarks();
    assert!(remarks.contains("a summary of 2 events"), "{remarks}");
    assert!(remarks.contains("then 2 later events as they are"), "{remarks}");
    let effects = desk.press("<enter>");
    let from = made(&effects).from_session.as_ref().unwrap();
    assert_eq!(from.compact_up_to_event_id, Some("aev_a1".into()));
    assert_eq!(from.include_up_to_event_id, None);
}

#[test]
fn the_list_branches_a_session_as_a_whole() {
    let mut desk = desk();
    desk.press("1 b");
    assert!(desk.remarks().contains("copied: 4 events"), "{}", desk.remarks());
    let effects = desk.press("<enter>");
    let from = made(&effects).from_session.as_ref().unwrap();
    assert_eq!((&from.include_up_to_event_id, &from.compact_up_to_event_id), (&None, &None));
}

#[test]
fn what_was_typed_for_one_row_does_not_come_back_for_another() {
    let mut desk = desk();
    desk.press("g g j b");
    desk.types("?");
    desk.press("<esc> b");
    assert_eq!(desk.form().text_of("name"), "Refund, branch?");
    desk.press("<esc> G b");
    assert_eq!(desk.form().text_of("name"), "Refund, branch");
    let FormAbout::Branch(point) = &desk.form().about else { panic!() };
    assert_eq!(point.event, Some("aev_a2".into()));
}

#[test]
fn the_tree_of_branches_is_walked_and_leads_back() {
    let mut desk = desk();
    assert_eq!(desk.press("g b"), []);
    assert!(desk.said().contains("no branch of this session is known"), "{}", desk.said());
    desk.has_branches();
    desk.press("g b");
    let Some(Layer::Branches(list)) = desk.model.layers.top() else { panic!() };
    let drawn = list.items().iter().map(|item| (item.session.key.to_string(), item.depth));
    assert_eq!(
        drawn.collect::<Vec<_>>(),
        [("s".to_owned(), 0), ("s2".to_owned(), 1), ("s3".to_owned(), 2)]
    );
    assert!(list.items()[0].is_open && list.items()[1].origin.starts_with("after aev_said"));
    desk.press("j j <enter>");
    assert_eq!((desk.layer(), desk.opened().as_str()), (None, "s3"));
    desk.press("g b");
    let Some(Layer::Branches(list)) = desk.model.layers.top() else { panic!() };
    assert_eq!(list.at(), 2, "where one is");
    desk.press("<esc> [ [");
    assert_eq!(desk.opened(), "s");
}
