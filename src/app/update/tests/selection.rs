//! One selection: what the list marks is what is open, and what is open is what keys are about.

use super::*;
use crate::app::default_keymap;
use crate::model::sessions::ListLine;

/// Sessions of which the first two have two calls each; the list is focused.
fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "other", "third"]);
    look(&mut desk, "s", &["aev_1", "aev_3"]);
    look(&mut desk, "other", &["aev_2", "aev_4"]);
    desk.press("1");
    desk
}

fn called(key: &str) -> SessionRef {
    SessionRef::new("a", key)
}

/// The events of a session and its calls come in.
fn look(desk: &mut Desk, key: &str, calls: &[&str]) {
    let window = EventWindow { session: called(key), ..desk.window(calls) };
    let (inputs, asked_at) = (window.events.clone(), window.asked_at);
    let calls: Vec<_> = calls.iter().map(|id| pending(id)).collect();
    let (session, probe) = (called(key), read_probe(&inputs, &calls));
    desk.hears(ServiceMsg::EventsListed(Box::new(window)).into());
    desk.hears(ServiceMsg::Probed { session, probe, calls, inputs, asked_at }.into());
}

/// The session under the bar of the list; `None` where nothing is marked.
fn marked(model: &Model) -> Option<&str> {
    let selected = model.sessions.selected()?;
    let lines = model.sessions.lines().iter();
    let mut listed = lines.filter_map(|line| match line {
        ListLine::Session { session, .. } => Some(session),
        _ => None,
    });
    listed.find(|listed| *listed == selected).map(|session| session.key.as_str())
}

fn shown(model: &Model) -> &str {
    model.open.as_ref().map_or("", |open| open.reference.key.as_str())
}

/// What [`Model::current_session`] promises.
fn assert_one_selection(model: &Model, when: &str) {
    let marked = marked(model);
    if let Some(open) = &model.open {
        let is_marked = marked.is_none_or(|key| key == open.reference.key.as_str());
        assert!(is_marked, "{when}: {marked:?} is marked, {} is open", open.reference);
        assert_eq!(model.sessions.selected(), Some(&open.reference), "{when}");
    }
    let current = model.current_session();
    let about = match model.view {
        View::Calls => model.calls.selected().map(|call| &call.session),
        _ => model.open.as_ref().map(|open| &open.reference),
    };
    assert_eq!(current, about, "{when}");
}

#[track_caller]
fn assert_at(desk: &Desk, key: &str, when: &str) {
    assert_one_selection(&desk.model, when);
    assert_eq!((marked(&desk.model), shown(&desk.model)), (Some(key), key), "{when}");
}

/// Whom a message would be written to.
fn written_to(desk: &Desk) -> String {
    let mut desk = desk.again();
    // What is parked takes no message.
    desk.model.calls = crate::view::CallQueue::default();
    desk.press("i");
    desk.model.layers.composer().map_or_else(String::new, |session| session.key.to_string())
}

#[test]
fn the_timeline_follows_a_filter_that_hides_it_and_comes_back_with_esc() {
    let mut desk = desk();
    desk.press("g g");
    let before = shown(&desk.model).to_owned();
    assert_at(&desk, &before, "before");
    desk.press("/");
    for key in "third".chars() {
        desk.press(&key.to_string());
        assert_one_selection(&desk.model, "while it is typed");
    }
    assert_at(&desk, "third", "typed");
    let jumps = desk.model.jumps.clone();
    desk.press("<esc>");
    assert_at(&desk, &before, "given up");
    assert_eq!(desk.model.jumps, jumps, "what only came by is no place to go back to");
    assert_eq!(written_to(&desk), before);
    desk.press("/ t h i r d <enter>");
    assert_at(&desk, "third", "kept");
    assert_eq!(written_to(&desk), "third");
    desk.press("<esc>");
    assert_at(&desk, "third", "the end of the filter moves nothing");
}

#[test]
fn a_filter_that_leaves_nothing_marks_nothing_and_keeps_what_is_open() {
    let mut desk = desk();
    desk.press("g g");
    let open = shown(&desk.model).to_owned();
    desk.press("/ n o n e <enter>");
    assert_eq!((marked(&desk.model), shown(&desk.model)), (None, open.as_str()));
    assert_eq!(written_to(&desk), open);
    // What begins to pass is listed, and no key is about it before one chooses it.
    desk.lists(&["s", "other", "third", "none"]);
    assert_eq!((marked(&desk.model), shown(&desk.model)), (None, open.as_str()));
    desk.press("j");
    assert_at(&desk, "none", "chosen");
}

/// The first run of a machine that is opened at an event.
fn begun_at(id: &str) -> Desk {
    let mut desk = Desk::with(&["aev_1"]);
    desk.model.begins_at = Some(EventId::from(id));
    desk.machine.keep_open(&desk.model);
    let output = json!({"id": "aev_out", "type": "tool_output", "tool_call_id": "aev_1",
        "created_at": "2026-07-02T08:32:00Z", "tool_name": "t", "tool_configuration_name": "t",
        "tool_output": {}, "error": false});
    let mut window = desk.window(&["aev_1"]);
    window.events.push(event(&output));
    window.events.push(event(&json!({"id": "aev_last", "type": "agent_output",
        "created_at": "2026-07-02T08:33:00Z", "content": "done"})));
    desk.hears(ServiceMsg::EventsListed(Box::new(window)).into());
    desk
}

#[test]
fn the_screen_begins_at_the_event_or_at_the_row_that_shows_it() {
    let cursor = |desk: &Desk| desk.model.open.as_ref().unwrap().timeline.scroll().cursor.clone();
    assert_eq!(cursor(&begun_at("aev_said")), Some(UnitId::named("aev_said")));
    assert_eq!(cursor(&begun_at("aev_out")), Some(UnitId::named("aev_1")), "its input");
    let gone = begun_at("aev_gone");
    assert_eq!(cursor(&gone), Some(UnitId::named("aev_last")));
    let said = &gone.model.toast.as_ref().unwrap().text;
    assert_eq!(said, "the event to begin at is not here any more");
}

#[test]
fn news_take_nothing_from_under_the_bar() {
    let mut desk = desk();
    desk.press("g g / i s : p a r k e d <enter>");
    let key = shown(&desk.model).to_owned();
    assert_at(&desk, &key, "parked");
    look(&mut desk, &key, &[]);
    assert_at(&desk, &key, "parked no more, and still under the finger");
    desk.press("k");
    look(&mut desk, &key, &[]);
    assert_one_selection(&desk.model, "moved on");
    assert_ne!(marked(&desk.model), Some(key.as_str()));
}

#[test]
fn a_call_of_another_session_leads_back_to_a_list_that_marks_it() {
    let mut desk = desk();
    desk.press("g g 2 3");
    let first = shown(&desk.model).to_owned();
    // To the queue, up to a call of the other session, and in.
    desk.press("<s-tab> k <enter>");
    let other = desk.model.calls.selected().unwrap().session.key.to_string();
    assert_ne!(first, other);
    desk.press("<esc>");
    assert_at(&desk, &other, "the timeline of the call");
    desk.press("<esc>");
    assert_at(&desk, &other, "the list");
    assert_eq!(written_to(&desk), other);
}

#[test]
fn every_way_to_another_session_marks_it_in_the_list() {
    let mut desk = desk();
    desk.press("g g");
    look(&mut desk, "other", &["aev_2", "aev_4"]);
    desk.press("2 1 j 2");
    let there = shown(&desk.model).to_owned();
    desk.press("[ [");
    assert_ne!(shown(&desk.model), there);
    let back = shown(&desk.model).to_owned();
    assert_at(&desk, &back, "back");
    desk.press("] ]");
    assert_at(&desk, &there, "forward");
    desk.press("3 ] p g w <enter>");
    let key = shown(&desk.model).to_owned();
    assert_at(&desk, &key, "to what led to a call");
}

#[test]
fn the_neighbour_of_a_deleted_session_is_open_before_a_key_can_be_about_it() {
    let mut desk = desk();
    desk.press("g g");
    let gone = called(shown(&desk.model));
    desk.hears(ServiceMsg::SessionGone(gone.clone()).into());
    assert_ne!(shown(&desk.model), gone.key.as_str());
    let next = shown(&desk.model).to_owned();
    assert_at(&desk, &next, "deleted");
    assert_eq!(desk.press_after(100, "i h i <enter>"), []);
    assert!(desk.model.layers.is_empty(), "typed for the session that is gone");
    // A listing that lacks it says the same.
    let left: Vec<&str> = ["s", "other", "third"].into_iter().filter(|key| *key != next).collect();
    desk.lists(&left);
    assert_ne!(shown(&desk.model), next);
    assert!(desk.model.guard_until.is_some());
    assert_one_selection(&desk.model, "not listed any more");
}

#[test]
fn enter_and_3_on_a_waiting_call_open_that_very_call() {
    let selected = |desk: &Desk| desk.model.calls.selected().unwrap().id().to_string();
    for keys in ["G <enter>", "g g ] p ] p <enter>", "G 3", "G k j 3"] {
        let mut desk = Desk::with(&["aev_1", "aev_2"]);
        desk.press("2");
        desk.press(keys);
        assert_eq!((desk.model.view, selected(&desk).as_str()), (View::Calls, "aev_2"), "{keys}");
    }
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    desk.press("2 g g ] p <enter>");
    assert_eq!(selected(&desk), "aev_1");
    desk.press("<esc> g g 3");
    assert_eq!(selected(&desk), "aev_1", "the row waits for nothing: the first of its session");
}

/// What the service says meanwhile, about any of four sessions.
fn arrival(desk: &Desk, random: &mut fastrand::Rng) -> Msg {
    let key = *random.choice(&["s", "other", "third", "fourth"]).unwrap();
    let window = EventWindow { session: called(key), ..desk.window(&[]) };
    let (inputs, asked_at) = (window.events.clone(), desk.now);
    match random.u8(..9) {
        0 => ServiceMsg::SessionGone(called(key)).into(),
        1 | 2 => {
            let session = |key: &&str| -> Session {
                serde_json::from_value(json!({"key": key, "agent_key": "a", "name": key,
                    "enabled": true, "created_at": "2026-07-02T08:00:00Z", "status": "running"}))
                .unwrap()
            };
            let complete = random.bool();
            let keys = &["s", "other", "third", "fourth"][random.usize(..3)..];
            let sessions = keys.iter().map(session).collect();
            ServiceMsg::SessionsListed { agent: "a".into(), sessions, complete }.into()
        }
        3..=6 => {
            let id = |n: usize| format!("aev_{key}_{n}");
            let calls: Vec<_> = (0..random.usize(..3)).map(|n| pending(&id(n))).collect();
            let (session, probe) = (called(key), read_probe(&inputs, &calls));
            ServiceMsg::Probed { session, probe, calls, inputs, asked_at }.into()
        }
        7 => ServiceMsg::EventsListed(Box::new(window)).into(),
        _ => {
            let (session, purpose) = (called(key), InputKind::Answers);
            StreamMsg::InputTaken { session, purpose }.into()
        }
    }
}

#[test]
fn whatever_is_pressed_and_arrives_what_is_marked_is_what_is_open() {
    let keymap = default_keymap().unwrap();
    let mut keys: Vec<Vec<Key>> = bindings(&keymap).map(|binding| binding.keys.clone()).collect();
    let often = ["1", "2", "3", "4", "j", "k", "<enter>", "<esc>", "[ [", "] p", "g w"];
    let filters = ["1 / t h", "1 / i s : p a r k e d <enter>", "1 / x x <enter>", "1 / ! s"];
    let often = often.repeat(6).into_iter().chain(filters.repeat(4));
    keys.extend(often.map(|keys| Key::parse_sequence(keys).unwrap()));
    // What quits, ends a run that shall go on.
    keys.retain(|keys| !matches!(keys[0].to_string().as_str(), "Q" | "q" | "<c-c>"));
    let mut random = fastrand::Rng::with_seed(7);
    let mut desk = desk();
    for turn in 0..1_500 {
        desk.now += SignedDuration::from_millis(random.i64(1..900));
        if random.u8(..3) == 0 {
            let msg = arrival(&desk, &mut random);
            let (when, now) = (format!("{turn}: {msg:?}"), desk.now);
            desk.takes(msg, now);
            assert_one_selection(&desk.model, &when);
        }
        for key in &keys[random.usize(..keys.len())] {
            let now = desk.now;
            desk.takes_key(*key, now);
            assert_one_selection(&desk.model, &format!("{turn}: {key}"));
        }
    }
}
