//! What a session would refuse is said before anything is written, and nothing leaves.

use super::{Desk, Effect, Msg, Request, ServiceMsg, json};
use crate::api::Session;

fn said(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map_or("", |toast| &toast.text)
}

fn sends(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Service(Request::Send { .. })))
}

fn refuses(mut desk: Desk, why: &str) {
    desk.press("2 i");
    assert!(said(&desk).contains(why), "{}", said(&desk));
    let effects = desk.press("h i <enter>");
    assert!(!sends(&effects) && said(&desk).contains(why), "{effects:?}");
    assert_eq!(desk.model.composer.written().count(), 1, "the draft is kept");
}

#[test]
fn a_parked_session_takes_no_message_and_names_the_way_to_its_call() {
    refuses(Desk::with(&["aev_1"]), "waits for a tool output, not for a message; 3 shows the call");
}

#[test]
fn a_disabled_session_takes_none_either_and_says_what_enables_it() {
    let mut desk = Desk::with(&[]);
    let session = json!({"key": "s", "agent_key": "a", "name": "s", "enabled": false,
        "created_at": "2026-07-02T08:00:00Z", "status": "stopped"});
    let sessions: Vec<Session> = vec![serde_json::from_value(session).unwrap()];
    desk.hears(Msg::Service(ServiceMsg::SessionsListed {
        agent: "a".into(),
        sessions,
        complete: true,
    }));
    refuses(desk, "s is disabled; in a shell, `foretop set a/s --enable`");
}

#[test]
fn another_one_says_nothing_and_takes_it() {
    let mut desk = Desk::with(&[]);
    desk.press("2 i");
    assert_eq!(said(&desk), "");
    assert!(sends(&desk.press("h i <enter>")));
}
