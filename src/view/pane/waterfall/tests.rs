use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::bar::Totals;
use super::*;
use crate::api::{Event, EventId};
use crate::archive::{Archive, Direction, Reader};
use crate::model::timeline::{State, Window};

/// An event that many milliseconds into a day; `None` is no time.
fn event(id: &str, at: impl Into<Option<i64>>, mut rest: Value) -> Event {
    rest["id"] = id.into();
    rest["session_key"] = "s".into();
    if let Some(at) = at.into() {
        rest["created_at"] = stamp(at).to_string().into();
    }
    serde_json::from_str(&rest.to_string()).unwrap()
}

/// Noon of the day of the tests, and so many milliseconds.
fn stamp(at: i64) -> Timestamp {
    Timestamp::from_millisecond(1_767_268_800_000 + at).unwrap()
}

fn you(id: &str, at: impl Into<Option<i64>>) -> Event {
    event(id, at, json!({"type": "input_message", "messages": [{"type": "text", "content": id}]}))
}

fn said(id: &str, at: impl Into<Option<i64>>) -> Event {
    event(id, at, json!({"type": "agent_output", "content": id}))
}

fn call(id: &str, at: impl Into<Option<i64>>, call: &str) -> Event {
    typed(id, at, call, "t", "mcp")
}

fn typed(id: &str, at: impl Into<Option<i64>>, call: &str, name: &str, kind: &str) -> Event {
    let body = json!({"type": "tool_input", "tool_call_id": call, "tool_name": name,
        "tool_configuration_name": name, "tool_type": kind, "tool_input": {}});
    event(id, at, body)
}

fn result(id: &str, at: impl Into<Option<i64>>, call: &str, error: bool) -> Event {
    let body = json!({"type": "tool_output", "tool_call_id": call, "tool_name": "t",
        "tool_configuration_name": "t", "tool_output": {}, "error": error});
    event(id, at, body)
}

fn timeline(events: Vec<Event>) -> Timeline {
    let mut timeline = Timeline::default();
    let visible = events.iter().filter_map(|event| event.id.clone()).collect();
    timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    timeline.set_situation(false, HashSet::new());
    timeline
}

/// The same events in a file.
fn file(events: &[Event], direction: Direction) -> Timeline {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut lines: Vec<String> = events.iter().map(|event| event.raw().to_string()).collect();
    if direction == Direction::NewestFirst {
        lines.reverse();
    }
    std::fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let (mut reader, mut timeline) =
        (Reader::new(&archive), Timeline::of_file(archive.clone(), direction));
    while let Some(chunk) = reader.next_chunk().unwrap() {
        timeline.absorb_chunk(chunk);
    }
    timeline
}

/// The whole account, an hour after noon, with room for all of it.
fn account(timeline: &Timeline) -> Waterfall {
    let mut waterfall = Waterfall::open(timeline, None, stamp(3_600_000));
    waterfall.settle(timeline, None, stamp(3_600_000), Area::new(0, 0, 80, 1_000));
    waterfall
}

/// `label start+length` of every row with a scale, those of a turn in front of it.
fn bars(waterfall: &Waterfall, timeline: &Timeline) -> Vec<String> {
    let bar = |row: WaterfallRow| {
        let scale = row.scale?;
        let state = row.state.word();
        Some(format!("{} {}+{} {state}", row.label, scale.start, scale.length).trim().to_owned())
    };
    waterfall.rows(timeline).into_iter().filter_map(bar).collect()
}

fn all(events: Vec<Event>) -> (Vec<String>, Totals) {
    let timeline = timeline(events);
    let waterfall = account(&timeline);
    (bars(&waterfall, &timeline), waterfall.course.totals)
}

#[test]
fn parallel_calls_overlap_and_their_time_counts_once() {
    let (bars, totals) = all(vec![
        you("m", 0),
        call("a", 1_000, "1"),
        call("b", 1_500, "2"),
        result("ao", 4_000, "1", false),
        result("bo", 5_000, "2", true),
        said("done", 7_000),
    ]);
    let wanted =
        ["m 0+7000", "t 1000+3000 ok", "t 1500+3500 ERR", "done 5000+2000"].map(str::to_owned);
    assert_eq!(bars, wanted);
    assert_eq!((totals.model, totals.tools, totals.all()), (3_000, 4_000, 7_000));
}

#[test]
fn turns_end_before_the_next_message_and_the_pause_is_nobodys_work() {
    let timeline = timeline(vec![
        you("one", 0),
        said("a", 2_000),
        event("file", 59_000, json!({"type": "artifact_upload", "artifacts": []})),
        you("two", 60_000),
        said("b", 61_000),
    ]);
    let waterfall = account(&timeline);
    assert_eq!(waterfall.turn_count(), 2);
    let rows = waterfall.rows(&timeline);
    let pause = rows.iter().find(|row| row.nature == Nature::Idle).unwrap();
    assert_eq!((pause.scale, pause.duration.as_str()), (None, "57.0s"));
    let totals = waterfall.course.totals;
    assert_eq!((totals.model, totals.idle), (4_000, 57_000), "the upload is part of the turn");
    let second = rows.iter().filter(|row| row.depth == 0).nth(2).unwrap();
    let scale = second.scale.unwrap();
    assert_eq!((scale.start, scale.length, scale.of), (2_000, 2_000, 4_000), "pauses are cut out");
}

#[test]
fn a_call_id_may_be_used_again() {
    let (bars, totals) = all(vec![
        you("m", 0),
        call("a", 1_000, "1"),
        result("ao", 2_000, "1", false),
        call("b", 3_000, "1"),
        result("bo", 6_000, "1", false),
    ]);
    assert_eq!(bars[1..], ["t 1000+1000 ok".to_owned(), "t 3000+3000 ok".to_owned()]);
    assert_eq!((totals.tools, totals.model), (4_000, 2_000));
}

#[test]
fn an_output_before_its_input_and_one_without_take_no_time() {
    let (bars, totals) = all(vec![
        you("m", 0),
        result("ao", 1_000, "1", true),
        call("a", 2_000, "1"),
        result("lost", 3_000, "2", false),
        said("done", 4_000),
    ]);
    assert_eq!(bars[1], "t 2000+0 ERR");
    assert_eq!(bars[2], "t 3000+0 ok");
    assert_eq!((totals.tools, totals.all()), (0, 4_000));
}

#[test]
fn without_times_there_are_turns_and_no_lengths() {
    let (bars, totals) = all(vec![you("m", None), call("a", None, "1"), said("done", None)]);
    assert_eq!(bars, ["m 0+0", "t 0+0 cancelled", "done 0+0"].map(str::to_owned));
    assert_eq!(totals, Totals::default());
}

#[test]
fn a_clock_that_was_set_makes_no_negative_and_no_later_time_wrong() {
    let day = 86_400_000;
    let (bars, totals) = all(vec![
        you("m", day),
        call("a", 1_000, "1"),
        result("ao", 3_000, "1", false),
        said("done", 4_000),
    ]);
    assert_eq!(bars[1..], ["t 0+2000 ok".to_owned(), "done 2000+1000".to_owned()]);
    assert_eq!(totals.all(), 3_000);
}

#[test]
fn what_runs_goes_on_until_now_and_what_was_left_open_before_does_not() {
    let mut timeline = timeline(vec![
        you("one", 0),
        call("left", 1_000, "1"),
        you("two", 10_000),
        call("runs", 12_000, "2"),
    ]);
    timeline.set_situation(true, HashSet::new());
    let waterfall = account(&timeline);
    assert!(waterfall.is_open());
    let rows = waterfall.rows(&timeline);
    assert_eq!((rows[1].state, rows[1].end), (State::Cancelled, End::Unknown));
    let runs = rows.last().unwrap();
    assert_eq!((runs.state, runs.end), (State::Running, End::Open));
    assert_eq!(runs.duration, "59m48s+");
    assert_eq!(waterfall.course.totals.tools, 3_588_000);
}

#[test]
fn waiting_for_the_person_is_no_work_of_a_tool() {
    let mut timeline = timeline(vec![
        you("m", 0),
        typed("asked", 1_000, "1", "ask", "client"),
        result("told", 61_000, "1", false),
        typed("waits", 62_000, "2", "ask", "client"),
    ]);
    timeline.set_situation(false, HashSet::from(["waits".into()]));
    let waterfall = account(&timeline);
    let totals = waterfall.course.totals;
    assert_eq!((totals.tools, totals.yours), (0, 60_000 + 3_538_000));
    let last = waterfall.rows(&timeline).pop().unwrap();
    assert_eq!((last.state, last.nature), (State::YourTurn, Nature::Yours));
    let summary = waterfall.summary().join("\n");
    assert!(summary.contains("waiting for you 59m58s 99%"), "{summary}");
    assert!(summary.contains("top tools: ask 59m58s (2)"), "{summary}");
}

#[test]
fn steps_hold_what_is_in_them() {
    let step =
        |id, at| event(id, at, json!({"type": "step_transition", "from_step": "a", "to_step": id}));
    let timeline = timeline(vec![
        you("m", 0),
        step("one", 1_000),
        said("a", 3_000),
        step("two", 5_000),
        said("b", 6_000),
        you("next", 60_000),
        said("c", 61_000),
    ]);
    let waterfall = account(&timeline);
    let rows = waterfall.rows(&timeline);
    let depths: Vec<_> = rows.iter().map(|row| row.depth).collect();
    assert_eq!(depths, [0, 1, 2, 1, 2, 0, 0, 1], "a step ends with its turn");
    let length = |at: usize| rows[at].scale.map(|scale| (scale.start, scale.length));
    assert_eq!((length(1), length(3)), (Some((1_000, 4_000)), Some((5_000, 1_000))));
}

/// Turns of two calls each.
fn long(turns: i64) -> Vec<Event> {
    let turn = |n: i64| {
        let at = n * 100_000;
        let id = |what: &str| format!("{what}{n}");
        vec![
            you(&id("m"), at),
            call(&id("a"), at + 1_000, &id("x")),
            result(&id("ao"), at + 2_000 + n * 100, &id("x"), false),
            call(&id("b"), at + 20_000, &id("y")),
            result(&id("bo"), at + 20_500, &id("y"), false),
        ]
    };
    (0..turns).flat_map(turn).collect()
}

#[test]
fn long_sessions_begin_folded_but_for_the_turn_of_the_cursor() {
    let mut timeline = timeline(long(40));
    timeline.select(&UnitId::named("b7"));
    let mut waterfall = account(&timeline);
    assert_eq!(waterfall.unit(), Some(&UnitId::named("b7")));
    assert_eq!(waterfall.row_count(), 40 + 39 + 2, "turns, pauses, and the two calls");
    assert!(waterfall.out(&timeline));
    assert_eq!(waterfall.unit(), Some(&UnitId::named("m7")), "its turn, once it is folded");
    assert!(!waterfall.out(&timeline), "there is nothing further out");
    waterfall.inwards(&timeline);
    waterfall.inwards(&timeline);
    assert_eq!(waterfall.unit(), Some(&UnitId::named("a7")));
    waterfall.fold_all(false, &timeline);
    assert_eq!(waterfall.row_count(), 40 + 39 + 80);
    assert_eq!(waterfall.unit(), Some(&UnitId::named("a7")));
    waterfall.next_order(&timeline);
    let rows = waterfall.rows(&timeline);
    assert_eq!((waterfall.cursor_row(), rows[0].label.as_str()), (0, "m0"));
    assert_eq!(rows[1].scale.unwrap().length, 1_000, "the longest of the first turn");
    waterfall.go(Motion::Last, &timeline);
    assert_eq!(waterfall.cursor_row(), 119, "pauses are left out of this order");
}

#[test]
fn a_file_tells_the_same_as_the_service_but_for_what_is_still_open() {
    let mut events = long(3);
    events.push(typed("open", 300_000, "z", "ask", "client"));
    let held = timeline(events.clone());
    let words = |timeline: &Timeline| {
        let rows = account(timeline).rows(timeline);
        let words = |row: &WaterfallRow| {
            let length = row.scale.map(|scale| scale.length);
            (row.depth, row.kind, row.label.clone(), row.state, length)
        };
        rows.iter().map(words).collect::<Vec<_>>()
    };
    let wanted = words(&held);
    for direction in [Direction::OldestFirst, Direction::NewestFirst] {
        let filed = file(&events, direction);
        let mut told = words(&filed);
        assert_eq!(told.last().map(|row| row.3), Some(State::Unanswered));
        told.last_mut().unwrap().3 = State::Cancelled;
        for (told, wanted) in told.iter_mut().zip(&wanted) {
            let (length, exact) = (told.4.unwrap_or(0), wanted.4.unwrap_or(0));
            assert!(length.abs_diff(exact) <= 32, "{told:?} {wanted:?}");
            told.4 = wanted.4;
        }
        assert_eq!(told, wanted);
        assert!(!account(&filed).is_open(), "nothing in a file goes on");
    }
}

#[test]
fn the_cursor_stays_on_its_bar_when_events_come_in() {
    let mut timeline = timeline(long(3));
    let mut waterfall = account(&timeline);
    waterfall.go(Motion::First, &timeline);
    waterfall.go(Motion::Down, &timeline);
    waterfall.go(Motion::Down, &timeline);
    assert_eq!(waterfall.unit(), Some(&UnitId::named("b0")));
    let mut events = vec![you("before", -50_000), said("old", -49_000)];
    events.extend(long(4));
    let visible = events.iter().filter_map(|event| event.id.clone()).collect();
    timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    waterfall.settle(&timeline, None, stamp(3_600_000), Area::new(0, 0, 80, 1_000));
    assert_eq!(waterfall.unit(), Some(&UnitId::named("b0")));
    assert_eq!(waterfall.turn_count(), 5);
}

#[test]
fn lengths_of_traces_take_the_place_of_those_of_events() {
    let timeline = timeline(vec![
        you("m", 0),
        call("a", 1_000, "1"),
        result("ao", 4_000, "1", false),
        said("done", 7_000),
    ]);
    let mut waterfall = account(&timeline);
    assert!(!waterfall.measure(Measured::new([(EventId::from("else"), 9)]), &timeline));
    assert_eq!(waterfall.source().words(), "from event times");
    let lengths = [("a", 2_500), ("done", 1_000)].map(|(id, ms)| (EventId::from(id), ms));
    assert!(waterfall.measure(Measured::new(lengths[..1].to_vec()), &timeline));
    assert_eq!(bars(&waterfall, &timeline)[1], "t 1000+2500 ok");
    assert_eq!(waterfall.rows(&timeline)[2].duration, "~3.0s", "this one is still a guess");
    assert!(waterfall.measure(Measured::new(lengths), &timeline));
    assert_eq!(bars(&waterfall, &timeline)[2], "done 6000+1000", "it ended when it was stored");
    assert_eq!(waterfall.source().words(), "from traces");
}

#[test]
fn a_trace_says_nothing_of_how_long_a_person_took() {
    let timeline = timeline(vec![
        you("m", 0),
        typed("a", 1_000, "1", "ask", "client"),
        result("ao", 61_000, "1", false),
    ]);
    let mut waterfall = account(&timeline);
    assert!(!waterfall.measure(Measured::new([("a".into(), 5)]), &timeline));
    assert_eq!(bars(&waterfall, &timeline)[1], "ask 1000+60000 ok");
}

proptest! {
    #[test]
    fn whatever_comes_every_millisecond_is_counted_once(
        steps in prop::collection::vec((0_u8..9, 0_u8..4, prop::option::of(-5_000_i64..60_000)), 0..60),
        running: bool,
    ) {
        let mut clock = 0;
        let events: Vec<Event> = steps.iter().enumerate().map(|(n, (kind, id, step))| {
            clock += step.unwrap_or(0);
            let (at, name, tool) = (step.map(|_| clock), format!("e{n}"), format!("c{id}"));
            match kind {
                0 => you(&name, at),
                1 | 2 => call(&name, at, &tool),
                3 => typed(&name, at, &tool, "ask", "client"),
                4 | 5 => result(&name, at, &tool, *id == 0),
                6 => event(&name, at, json!({"type": "step_transition", "to_step": "x"})),
                7 => event(&name, at, json!({"type": "artifact_upload"})),
                _ => said(&name, at),
            }
        }).collect();
        let mut timeline = timeline(events.clone());
        timeline.set_situation(running, HashSet::new());
        let mut waterfall = account(&timeline);
        waterfall.fold_all(false, &timeline);
        let stamps: Vec<i64> =
            events.iter().filter_map(|event| Some(event.created_at?.as_millisecond())).collect();
        let mut passed: i64 = stamps.windows(2).map(|pair| (pair[1] - pair[0]).max(0)).sum();
        if running && let Some(last) = stamps.last() {
            passed += (stamp(3_600_000).as_millisecond() - last).max(0);
        }
        prop_assert_eq!(waterfall.course.totals.all(), passed.unsigned_abs());
        for row in waterfall.rows(&timeline) {
            if let Some(scale) = row.scale.filter(|_| row.end == End::Known && row.depth == 0) {
                prop_assert!(scale.start + scale.length <= scale.of);
            }
        }
        waterfall.next_order(&timeline);
        prop_assert!(waterfall.rows(&timeline).len() <= waterfall.row_count());
    }
}

#[test]
fn it_scrolls_as_every_list_does() {
    let timeline = timeline((0..20).map(|n| you(&format!("m{n:02}"), n * 500)).collect());
    let mut waterfall = account(&timeline);
    waterfall.fold_all(true, &timeline);
    let heading_axis_and_footer = 3;
    crate::viewport::assert_scrolls(
        waterfall,
        |waterfall| waterfall.viewport,
        |waterfall, motion| waterfall.go(motion, &timeline),
        |waterfall, bars| {
            let rows = u16::try_from(bars + heading_axis_and_footer).unwrap();
            let summary = u16::try_from(waterfall.summary.len()).unwrap();
            waterfall.settle(
                &timeline,
                None,
                stamp(3_600_000),
                Area::new(0, 0, 80, rows + summary),
            );
        },
    );
}
