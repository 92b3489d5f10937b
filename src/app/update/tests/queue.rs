//! The queue of waiting calls under a person's fingers: order, setting aside, going round, and
//! what happens when somebody else answers.

use super::*;
use crate::app::default_keymap;
use crate::app::effect::{Keep, TerminalWork};
use crate::app::msg::{RunMsg, ServiceMsg, StreamMsg, TerminalMsg};

/// A look at a session whose calls these are, each made a second after the one before.
fn look(desk: &mut Desk, key: &str, calls: &[&str]) -> Vec<Effect> {
    desk.now += SignedDuration::from_secs(1);
    let at = |n: usize| format!("2026-07-02T08:{:02}:00Z", 10 + n);
    let events: Vec<Event> = calls
        .iter()
        .map(|id| {
            let minute = id.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            event(&json!({"id": id, "type": "tool_input", "created_at": at(minute),
                "tool_call_id": id, "tool_name": "t", "tool_configuration_name": "t",
                "tool_input": {"path": "/a"}}))
        })
        .collect();
    let calls: Vec<_> = calls.iter().map(|id| pending(id)).collect();
    let probe = read_probe(&events, &calls);
    let session = SessionRef::new("a", key);
    let msg = Msg::Service(ServiceMsg::Probed {
        session,
        probe,
        calls,
        inputs: events,
        asked_at: desk.now,
    });
    desk.machine.update(&mut desk.model, msg, desk.now).into_iter().collect()
}

/// Two sessions with two calls each, made in turn.
fn four() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "other"]);
    look(&mut desk, "s", &["aev_1", "aev_3"]);
    look(&mut desk, "other", &["aev_2", "aev_4"]);
    desk
}

fn order(desk: &Desk) -> Vec<&str> {
    desk.model.calls.iter().map(|call| call.id().as_str()).collect()
}

fn selected(desk: &Desk) -> &str {
    desk.model.calls.selected().unwrap().id().as_str()
}

#[test]
fn a_call_is_set_aside_and_taken_back_and_counted_all_the_while() {
    let mut desk = four();
    desk.model.remembers = true;
    desk.press("3");
    assert_eq!(
        (order(&desk), selected(&desk)),
        (vec!["aev_1", "aev_2", "aev_3", "aev_4"], "aev_1")
    );
    let kept = desk.press("-");
    let on = |event: &str| EventRef { session: open(), event: event.into() };
    let fact = |kept: &[Effect]| match kept {
        [.., Effect::Keep(Keep::Soon(Change { fact, .. }))] => Some(fact.clone()),
        _ => None,
    };
    assert_eq!(fact(&kept), Some(Fact::SetAside(on("aev_1"), Some(()))));
    assert_eq!(
        (order(&desk), selected(&desk)),
        (vec!["aev_2", "aev_3", "aev_4", "aev_1"], "aev_1")
    );
    assert_eq!(desk.model.calls.tally().words(), "4 calls wait for you · 1 set aside");
    // Listings do not take it back, and going round leaves it out.
    look(&mut desk, "s", &["aev_1", "aev_3"]);
    let round: Vec<_> = (0..4)
        .map(|_| {
            desk.press("] p");
            selected(&desk).to_owned()
        })
        .collect();
    assert_eq!(round, ["aev_2", "aev_3", "aev_4", "aev_2"]);
    desk.press("[ p [ p");
    assert_eq!(selected(&desk), "aev_3");
    desk.model.calls.select(&"aev_1".into());
    let kept = desk.press("-");
    assert_eq!(fact(&kept), Some(Fact::SetAside(on("aev_1"), None)));
    assert_eq!(order(&desk), ["aev_1", "aev_2", "aev_3", "aev_4"]);
    assert_eq!(desk.model.calls.tally().words(), "4 calls wait for you");
}

#[test]
fn what_was_set_aside_in_an_earlier_run_is_so_again() {
    let mut desk = Desk::with(&[]);
    let mut memory = Memory::default();
    let on = EventRef { session: open(), event: "aev_1".into() };
    memory.set_aside.insert(on, Kept { at: desk.now, value: () });
    desk.hears(Msg::Run(RunMsg::Remembered { memory: Box::new(memory), remarks: Vec::new() }));
    look(&mut desk, "s", &["aev_1", "aev_3"]);
    assert_eq!(order(&desk), ["aev_3", "aev_1"]);
    assert_eq!(desk.model.calls.tally().set_aside, 1);
}

#[test]
fn the_next_waiting_call_is_reached_from_the_list_and_from_a_timeline() {
    let mut desk = four();
    desk.press("1");
    desk.model.sessions.select(&SessionRef::new("a", "other"));
    desk.press("] p");
    assert_eq!((desk.model.view, selected(&desk)), (View::Calls, "aev_2"));
    // In a timeline its own calls come first, as rows, and then those of others.
    let mut desk = Desk::with(&["aev_1"]);
    desk.lists(&["s", "other"]);
    look(&mut desk, "other", &["aev_2"]);
    desk.press("g g ] p");
    let cursor = |desk: &Desk| desk.model.open.as_ref().unwrap().timeline.scroll().cursor.clone();
    assert_eq!((desk.model.view, cursor(&desk)), (View::Triage, Some(UnitId::named("aev_1"))));
    desk.press("] p");
    assert_eq!((desk.model.view, selected(&desk)), (View::Calls, "aev_2"));
    assert!(desk.model.guard_until.is_some(), "keys wait as after any opening of the inspector");
}

#[test]
fn calls_that_arrive_or_leave_move_nothing_and_are_counted_as_new() {
    let mut desk = four();
    desk.press("3 ] p");
    // Of the four, which came under our eyes, two were looked at.
    assert_eq!((selected(&desk), desk.model.calls.new_calls()), ("aev_2", 2));
    look(&mut desk, "s", &["aev_1", "aev_0", "aev_3"]);
    assert_eq!((selected(&desk), desk.model.calls.new_calls()), ("aev_2", 3));
    assert_eq!((desk.model.view, desk.model.focus), (View::Calls, Focus::Arguments));
    look(&mut desk, "s", &["aev_0"]);
    assert_eq!((order(&desk), selected(&desk)), (vec!["aev_0", "aev_2", "aev_4"], "aev_2"));
    assert!(desk.model.calls.departed().is_none() && desk.model.toast.is_none());
    desk.press("[ p");
    assert_eq!((selected(&desk), desk.model.calls.new_calls()), ("aev_0", 1));
}

#[test]
fn a_call_answered_elsewhere_stays_in_sight_with_its_draft_until_a_key() {
    let mut desk = four();
    desk.press("3 e a");
    look(&mut desk, "s", &["aev_3"]);
    let departed = desk.model.calls.departed().unwrap();
    assert_eq!((departed.call.id().as_str(), desk.model.mode()), ("aev_1", Mode::Browse));
    let text = departed.call.draft.editor.text();
    assert!(text.contains('a'));
    assert_eq!(desk.press_after(100, "s <enter> y"), [], "typed for what is gone");
    let copied = desk.press_after(3_000, "y");
    assert_eq!(copied, [Effect::Terminal(TerminalWork::Copy { text, what: "draft".to_owned() })]);
    assert!(desk.model.calls.departed().is_some());
    assert_eq!(desk.press("s"), []);
    assert!(desk.model.calls.departed().is_none() && desk.layer().is_none());
    assert_eq!(selected(&desk), "aev_2");
    // The last one leads back to where the sessions are.
    look(&mut desk, "s", &[]);
    look(&mut desk, "other", &[]);
    assert_eq!(desk.model.view, View::Calls);
    desk.press_after(3_000, "j");
    assert_eq!(desk.model.view, View::Triage);
}

#[test]
fn a_call_that_only_a_wrong_listing_lacked_is_there_again_with_its_draft() {
    let mut desk = four();
    desk.press("3 e a");
    let text = |desk: &Desk| desk.model.calls.selected().unwrap().draft.editor.text();
    let written = text(&desk);
    look(&mut desk, "s", &["aev_3"]);
    look(&mut desk, "s", &["aev_1", "aev_3"]);
    assert!(desk.model.calls.departed().is_none());
    assert_eq!((selected(&desk), text(&desk)), ("aev_1", written));
}

#[test]
fn list_and_queue_count_the_same_calls() {
    let mut desk = four();
    let in_list = |desk: &Desk| -> usize {
        let probes = desk.model.sessions.iter().filter_map(|(_, entry)| entry.probe.as_ref());
        probes.map(|probe| probe.waiting.len()).sum()
    };
    assert_eq!((in_list(&desk), desk.model.calls.tally().waiting), (4, 4));
    desk.press("3 -");
    assert_eq!((in_list(&desk), desk.model.calls.tally().waiting), (4, 4));
    let taken = Msg::Stream(StreamMsg::InputTaken { session: open(), purpose: InputKind::Answers });
    desk.hears(taken);
    assert_eq!((in_list(&desk), desk.model.calls.tally().waiting), (2, 2));
    assert_eq!(desk.model.sessions.counts().need_you, 1);
}

#[test]
fn a_reason_leads_to_its_row_and_one_step_back_to_the_call_as_it_was() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "other"]);
    let other = SessionRef::new("a", "other");
    let body = |id: &str, rest: serde_json::Value| {
        let mut body = rest;
        body["id"] = id.into();
        body["created_at"] = "2026-07-02T08:31:00Z".into();
        event(&body)
    };
    let tool = |id: &str, kind: &str, call: &str| {
        body(
            id,
            json!({"type": kind, "tool_call_id": call, "tool_name": "t", "tool_input": {},
            "tool_configuration_name": "t", "tool_output": {"found": true}, "error": false}),
        )
    };
    let asked = json!({"type": "input_message", "messages": [{"type": "text", "content": "go"}]});
    let events = vec![
        body("aev_1", asked),
        tool("aev_2", "tool_input", "c2"),
        tool("aev_3", "tool_output", "c2"),
        tool("aev_4", "tool_input", "c4"),
    ];
    let calls = vec![pending("aev_4")];
    let (probe, asked_at) = (read_probe(&events, &calls), desk.now);
    let inputs = events.clone();
    desk.hears(Msg::Service(ServiceMsg::Probed {
        session: other.clone(),
        probe,
        calls,
        inputs,
        asked_at,
    }));
    desk.press("3 e a <esc> g w");
    assert_eq!(desk.model.focus, Focus::Why);
    let written = desk.model.calls.selected().unwrap().draft.editor.text();
    desk.press("j <enter>");
    let open = desk.model.open.as_ref().unwrap();
    assert_eq!((&open.reference, desk.model.view), (&other, View::Triage));
    // Its events come only now.
    let window = EventWindow { session: other, events, ..desk.window(&[]) };
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    let cursor = |desk: &Desk| desk.model.open.as_ref().unwrap().timeline.scroll().cursor.clone();
    assert_eq!(cursor(&desk), Some(UnitId::named("aev_2")), "the row of call and output");
    desk.press("[ [");
    assert_eq!((desk.model.view, desk.model.focus), (View::Calls, Focus::Arguments));
    let call = desk.model.calls.selected().unwrap();
    assert_eq!((call.id().as_str(), call.draft.editor.text()), ("aev_4", written));
    desk.press("] ]");
    assert_eq!((desk.model.view, cursor(&desk)), (View::Triage, Some(UnitId::named("aev_2"))));
}

/// What was told of a look at a session.
fn told(effects: &[Effect]) -> Vec<String> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Terminal(TerminalWork::Notify(notice)) => Some(format!("{notice:?}")),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_new_call_is_told_once_and_what_was_there_never() {
    let mut desk = Desk::with(&[]);
    desk.machine = Machine::new(default_keymap().unwrap());
    desk.model = Model::new(desk.now, (120, 36));
    desk.lists(&["s", "other"]);
    for (key, call) in [("s", "aev_1"), ("other", "aev_2"), ("s", "aev_1")] {
        assert!(told(&look(&mut desk, key, &[call])).is_empty(), "there from the start");
    }
    let new = told(&look(&mut desk, "s", &["aev_1", "aev_3", "aev_4"]));
    assert_eq!(new.len(), 1);
    assert!(new[0].contains("more: 1"), "{new:?}");
    // Neither a listing that lacks one for a while nor a lost link makes it new again.
    look(&mut desk, "s", &["aev_1"]);
    desk.hears(Msg::Service(ServiceMsg::LinkFailed { problem: problem(), next_try: desk.now }));
    desk.hears(Msg::Service(ServiceMsg::LinkWorks { oldest: None }));
    assert!(told(&look(&mut desk, "s", &["aev_1", "aev_3", "aev_4"])).is_empty());
    // A session that was made since is all new.
    desk.lists(&["s", "other"]);
    desk.lists(&["s", "other", "third"]);
    assert_eq!(told(&look(&mut desk, "third", &["aev_5"])).len(), 1);
}

#[test]
fn a_session_that_begins_to_fail_is_told_once_each_time() {
    let mut desk = Desk::with(&[]);
    let fails = |errors: u32| {
        let probe = crate::model::sessions::Probe { trailing_errors: errors, ..Default::default() };
        let (calls, inputs, asked_at) = (Vec::new(), Vec::new(), desk.now);
        told(&desk.hears(Msg::Service(ServiceMsg::Probed {
            session: open(),
            probe,
            calls,
            inputs,
            asked_at,
        })))
        .len()
    };
    assert_eq!([0, 2, 3, 0, 1].map(fails), [0, 1, 0, 0, 1]);
}

#[test]
fn on_a_small_screen_a_list_goes_on_and_whatever_else_gives_way_to_the_call_that_left() {
    for (keys, focus, departed) in [
        ("3 <tab> <tab>", Focus::Queue, false),
        ("3 e a <esc> <tab> <tab>", Focus::Arguments, true),
        ("3 g w", Focus::Arguments, true),
    ] {
        let mut desk = four();
        desk.hears(Msg::Terminal(TerminalMsg::Resize(80, 24)));
        desk.press(keys);
        look(&mut desk, "s", &["aev_3"]);
        assert_eq!(
            (desk.model.focus, desk.model.calls.departed().is_some()),
            (focus, departed),
            "{keys}"
        );
        assert_eq!(selected(&desk), "aev_2");
        assert_eq!(desk.press_after(100, "s <enter>"), []);
    }
}
