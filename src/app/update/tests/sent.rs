//! What becomes of a message, in the timeline that it was written in.

use super::*;
use crate::model::timeline::Fate;

fn fates(desk: &Desk) -> Vec<Fate> {
    let open = desk.model.open.as_ref().unwrap();
    let units = (0..open.timeline.shown_len()).filter_map(|at| open.timeline.shown_unit(at));
    units.filter_map(|unit| unit.fate).collect()
}

fn answer(taken: bool) -> Msg {
    let (session, purpose) = (open(), InputKind::Message);
    Msg::Stream(if taken {
        StreamMsg::InputTaken { session, purpose }
    } else {
        StreamMsg::InputRefused { session, purpose, problem: problem() }
    })
}

#[test]
fn the_row_of_a_message_says_what_becomes_of_it() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i <enter>");
    assert_eq!(fates(&desk), [Fate::Leaving]);
    desk.hears(answer(false));
    assert_eq!(fates(&desk), [Fate::Refused("no".to_owned())]);
    desk.press("<enter>");
    assert_eq!(fates(&desk), [Fate::Leaving], "the draft was back, and is sent again");
    desk.hears(Msg::Stream(StreamMsg::InputDoubtful { session: open(), problem: problem() }));
    assert_eq!(fates(&desk), [Fate::Doubtful]);
    desk.hears(Msg::Stream(StreamMsg::InputFound { session: open() }));
    assert_eq!(fates(&desk), [Fate::BeginsTurn]);
}

#[test]
fn whoever_leaves_meanwhile_finds_it_settled() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "other"]);
    desk.press("i h i <enter> <esc>");
    desk.press(": s e s s i o n <space> o t h e r <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, SessionRef::new("a", "other"));
    assert_eq!(fates(&desk), []);
    desk.hears(answer(true));
    desk.press(": s e s s i o n <space> a / s <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, open());
    assert_eq!(fates(&desk), [Fate::BeginsTurn]);
}

#[test]
fn an_interrupt_of_ours_leaves_a_row() {
    let mut desk = Desk::with(&[]);
    let purpose = InputKind::Interrupt;
    desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose }));
    let last = desk.model.open.as_ref().unwrap().timeline.units().last().unwrap();
    assert!(
        last.who == crate::model::timeline::Who::Us
            && last.kind == crate::model::timeline::Kind::Interrupted,
        "{last:?}"
    );
}

fn said(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map(|toast| toast.text.as_str()).unwrap_or_default()
}

/// The listing says that the session takes no input, or that it does.
fn listed(desk: &mut Desk, enabled: bool, status: &str) {
    let session = json!({"key": "s", "agent_key": "a", "name": "s", "enabled": enabled,
        "created_at": "2026-07-02T08:00:00Z", "status": status});
    desk.hears(Msg::Service(ServiceMsg::SessionsListed {
        agent: "a".into(),
        sessions: vec![serde_json::from_value(session).unwrap()],
        complete: true,
    }));
}

#[test]
fn what_takes_no_message_is_not_written_to_and_says_what_leads_on() {
    let mut desk = Desk::with(&["aev_1"]);
    assert_eq!(desk.press("i"), []);
    assert_eq!(desk.layer(), None);
    let words = "the agent waits for 1 tool output and takes no message before · 3 shows the call";
    assert_eq!(said(&desk), words);
    desk.press("3");
    assert_eq!(desk.model.view, View::Calls, "the advice leads there");

    let mut desk = Desk::with(&[]);
    listed(&mut desk, false, "stopped");
    desk.press("i");
    assert_eq!(desk.layer(), None);
    assert_eq!(
        said(&desk),
        "the session is disabled and takes no input · x in the list of sessions enables it"
    );
    let enables = desk.press("1 x");
    assert!(
        enables.iter().any(|effect| matches!(effect, Effect::Service(Request::Session(_)))),
        "the advice works: {enables:?}"
    );
    desk.press("2");
    listed(&mut desk, true, "stopped");
    desk.press("i");
    assert_eq!(desk.layer(), Some(LayerKind::Composer));

    // What runs takes messages, whatever it will wait for.
    let mut desk = Desk::with(&["aev_1"]);
    listed(&mut desk, true, "running");
    desk.press("i");
    assert_eq!(desk.layer(), Some(LayerKind::Composer));
}

#[test]
fn whoever_writes_when_that_happens_keeps_the_draft() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i");
    desk.sees(&["aev_1"]);
    let effects = desk.press("<enter>");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Service(Request::Send { .. }))));
    assert_eq!(desk.model.composer.draft(&open()).unwrap().editor.text(), "hi");
    assert!(said(&desk).ends_with(" · Esc, then 3 shows the call"), "{}", said(&desk));
    assert_eq!(fates(&desk), []);
    desk.press("<esc> 3");
    assert_eq!(desk.model.view, View::Calls, "the advice leads there");
}
