//! The session as a chat.

use super::*;
use crate::query::{Domain, Query};

fn asked(id: &str, second: u32) -> Event {
    let messages = json!([{"type": "text", "content": id}]);
    event(id, second, json!({"type": "input_message", "messages": messages}))
}

fn thought(id: &str, second: u32) -> Event {
    event(id, second, json!({"type": "thinking", "content": id}))
}

fn step(id: &str, second: u32) -> Event {
    event(id, second, json!({"type": "step_transition", "from_step": "a", "to_step": "b"}))
}

/// Two turns with everything in them.
fn session() -> Timeline {
    let mut timeline = Timeline::default();
    let events = vec![
        asked("ask_1", 1),
        step("step_1", 2),
        thought("think_1", 3),
        tool("call_1", 4, "1"),
        result("result_1", 5, "1", true),
        said("say_1", 6),
        asked("ask_2", 10),
        thought("think_2", 11),
        event("error_2", 12, json!({"type": "error", "messages": ["m"]})),
        said("say_2", 13),
    ];
    timeline.apply_window(whole(events, &["say_1"]));
    timeline.settle(80, 20, 20);
    timeline
}

fn shown(timeline: &Timeline) -> Vec<String> {
    let units = (0..timeline.shown_len()).filter_map(|at| timeline.shown_unit(at));
    units.map(|unit| name(&unit.id)).collect()
}

/// The lines on the screen, rules as `-- words`.
fn lines(timeline: &Timeline) -> Vec<String> {
    let clock = Clock::default();
    let units = (0..timeline.shown_len()).filter_map(|at| timeline.shown_unit(at));
    let rows = units.flat_map(|unit| {
        let rows = timeline.rows(&unit, &clock);
        let rules = rows.iter().filter(|row| row.part == Part::Rule).count();
        assert_eq!(clock.rules(&unit), rules);
        rows
    });
    let line = |row: Row| match row.part {
        Part::Rule => format!("-- {}", row.subject),
        _ => format!("{} {}", row.kind, row.subject),
    };
    rows.map(line).collect()
}

#[test]
fn only_what_was_said_and_done_is_shown_and_turns_are_parted() {
    let mut timeline = session();
    timeline.select(&UnitId::named("think_1"));
    timeline.set_chat(true);
    assert_eq!(shown(&timeline), ["ask_1", "call_1", "say_1", "ask_2", "error_2", "say_2"]);
    assert_eq!(cursor(&timeline), "call_1", "the next that is shown");
    let lines: Vec<String> =
        lines(&timeline).into_iter().filter(|line| !line.contains("2026")).collect();
    assert_eq!(
        lines,
        [
            "-- turn 1",
            "you ask_1",
            "tool c",
            "agent say_1",
            "-- turn 2",
            "you ask_2",
            "error m",
            "agent say_2"
        ]
    );
    let hidden = timeline.unit(&UnitId::named("say_1")).unwrap();
    assert_eq!(hidden.visibility, Hidden, "marked as it is now");
    timeline.set_chat(false);
    assert_eq!((cursor(&timeline).as_str(), timeline.shown_len()), ("call_1", 9));
}

#[test]
fn files_that_were_sent_with_a_message_begin_its_turn() {
    let mut timeline = Timeline::default();
    let upload = json!({"type": "artifact_upload", "artifacts": [{"artifact_id": "art_1",
        "filename": "a.log", "mime_type": "text/plain", "size_bytes": 2}]});
    let events = vec![asked("ask_1", 1), event("files", 2, upload), asked("ask_2", 3)];
    timeline.apply_window(whole(events, &[]));
    timeline.set_chat(true);
    let headings = |timeline: &Timeline| {
        let units = (0..timeline.shown_len()).filter_map(|at| timeline.shown_unit(at));
        units.map(|unit| unit.chat.heading().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(headings(&timeline), ["turn 1", "turn 2", ""]);
    timeline.show_as_of(2);
    assert_eq!(headings(&timeline), ["turn 1", ""], "the message has not come yet");
}

#[test]
fn a_turn_has_no_number_where_earlier_ones_are_not_loaded() {
    let mut timeline = Timeline::default();
    let window = whole(vec![asked("ask_8", 1), said("say_8", 2)], &[]);
    timeline.apply_window(Window { reaches_start: false, ..window });
    timeline.set_chat(true);
    assert_eq!(timeline.shown_unit(0).unwrap().chat.heading().as_deref(), Some("turn"));
}

#[test]
fn it_goes_with_filters_the_agents_view_and_the_past() {
    let mut timeline = session();
    timeline.set_chat(true);
    let query = Query::parse("type:agent_output or type:thinking", Domain::Events).unwrap();
    let now = "2026-05-03T15:00:00Z".parse().unwrap();
    timeline.set_query(Purpose::Filter, Some(("q".to_owned(), query)), now);
    assert!(timeline.next_search(1).is_none());
    assert_eq!(shown(&timeline), ["say_1", "say_2"]);
    timeline.set_query(Purpose::Filter, None, now);
    timeline.set_filter(Filter::AgentsView);
    assert_eq!(shown(&timeline), ["ask_1", "call_1", "ask_2", "error_2", "say_2"]);
    timeline.set_filter(Filter::All);
    timeline.show_as_of(8);
    assert_eq!(shown(&timeline), ["ask_1", "call_1", "say_1", "ask_2"]);
    assert_eq!(cursor(&timeline), "ask_2", "the nearest before what was thought");
    timeline.return_to_present();
    assert!(timeline.is_chat() && timeline.shown_len() == 6);
}

#[test]
fn a_hit_that_is_no_part_of_it_ends_it() {
    let mut timeline = session();
    timeline.set_chat(true);
    let query = Query::parse("think_2", Domain::Events).unwrap();
    let now = "2026-05-03T15:00:00Z".parse().unwrap();
    timeline.set_query(Purpose::Find, Some(("think_2".to_owned(), query)), now);
    assert!(timeline.next_search(1).is_none());
    let Leap::Done { revealed, .. } = timeline.leap(true) else { panic!() };
    assert!(revealed.left_chat && !timeline.is_chat());
    assert_eq!(cursor(&timeline), "think_2");
}

#[test]
fn what_streams_in_is_shown_and_followed_but_not_what_is_thought() {
    let mut timeline = session();
    timeline.newest();
    timeline.set_chat(true);
    timeline.open_stream();
    let chunk = |kind: &str, text: &str| json!({"type": kind, "content": text});
    stream(&mut timeline, &chunk("streaming_thinking", "hm"));
    assert_eq!(timeline.shown_len(), 6);
    stream(&mut timeline, &chunk("streaming_agent_output", "so"));
    timeline.settle(80, 20, 20);
    assert_eq!(timeline.shown_len(), 7);
    let last = timeline.shown_unit(6).unwrap();
    assert_eq!((last.kind, timeline.shown_index(&last.id)), (Kind::Agent, Some(6)));
    assert_eq!(timeline.cursor_unit().unwrap().id, last.id, "the newest is followed");
    timeline.set_chat(false);
    assert_eq!((timeline.shown_len(), timeline.shown_index(&last.id)), (11, Some(10)));
    timeline.select(&UnitId::named("ask_1"));
    timeline.set_chat(true);
    let before = timeline.scroll().new_below;
    timeline.apply_frame(&"s".into(), Frame::Event(thought("think_9", 20)));
    assert_eq!(timeline.scroll().new_below, before, "nobody misses what is not shown");
}

#[test]
fn texts_are_read_and_folded_only_where_they_are_long() {
    let mut timeline = Timeline::default();
    let lines = |count: usize| vec!["line"; count].join("\n");
    let said = |id: &str, second, text: String| {
        event(id, second, json!({"type": "agent_output", "content": text}))
    };
    let events = vec![said("short", 1, lines(9)), said("long", 2, lines(40))];
    timeline.apply_window(whole(events, &[]));
    timeline.settle(80, 20, 20);
    let heights = |timeline: &Timeline| {
        let rows = |at| timeline.rows(&timeline.shown_unit(at).unwrap(), &Clock::default()).len();
        (rows(0), rows(1))
    };
    let dense = heights(&timeline);
    timeline.set_chat(true);
    let chat = heights(&timeline);
    assert_eq!((chat.0 - dense.0, chat.1 - dense.1), (6, 9));
    timeline.toggle_fold(&UnitId::named("long"));
    assert_eq!(heights(&timeline).1 - chat.1, 28);
}

/// Its cost is that of the timeline: rows are bits, and units are made when they are seen.
#[test]
fn a_session_of_five_thousand_turns_is_walked_from_end_to_end() {
    let mut timeline = Timeline::default();
    let turn = |n: u32| {
        let id = |what: &str| format!("{what}_{n:05}");
        let second = n % 3_000;
        [asked(&id("a"), second), thought(&id("b"), second), said(&id("c"), second)]
    };
    timeline.apply_window(whole((0..5_000).flat_map(turn).collect(), &[]));
    timeline.settle(80, 20, 20);
    timeline.set_chat(true);
    assert_eq!(timeline.shown_len(), 10_000);
    timeline.newest();
    timeline.settle(80, 20, 20);
    assert_eq!(cursor(&timeline), "c_04999");
    let last = timeline.shown_unit(9_998).unwrap();
    assert_eq!(last.chat.heading().as_deref(), Some("turn 5000"));
    timeline.go(Motion::PageUp);
    timeline.settle(80, 20, 20);
    assert_ne!(cursor(&timeline), "c_04999");
}
