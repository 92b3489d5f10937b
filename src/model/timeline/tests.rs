mod chat;
mod days;
mod elsewhere;
mod finding;
mod moment;
mod sent;
mod writing;

use serde_json::{Value, json};

use super::Visibility::{Compacted, Hidden, InContext};
use super::unit::Above;
use super::*;
use crate::api::{Event, Frame, SessionKey};
use crate::model::memory::Seen;
use crate::model::timeline::rows::Part;
use crate::viewport::Motion;

fn event(id: &str, second: u32, mut rest: Value) -> Event {
    rest["id"] = id.into();
    rest["session_key"] = "s".into();
    rest["created_at"] = format!("2026-05-03T14:{:02}:{:02}.000Z", second / 60, second % 60).into();
    serde_json::from_str(&rest.to_string()).unwrap()
}

fn said(id: &str, second: u32) -> Event {
    event(id, second, json!({"type": "agent_output", "content": id}))
}

fn tool(id: &str, second: u32, call: &str) -> Event {
    event(
        id,
        second,
        json!({"type": "tool_input", "tool_call_id": call, "tool_name": "t",
        "tool_configuration_name": "c", "tool_input": {}}),
    )
}

fn result(id: &str, second: u32, call: &str, error: bool) -> Event {
    event(
        id,
        second,
        json!({"type": "tool_output", "tool_call_id": call, "tool_name": "t",
        "tool_configuration_name": "c", "tool_output": {"message": "m"}, "error": error}),
    )
}

fn compaction(id: &str, second: u32, events: u64) -> Event {
    event(
        id,
        second,
        json!({"type": "compaction", "turns_compacted": 1,
        "events_compacted": events, "summary_key": "k"}),
    )
}

fn whole(events: Vec<Event>, hidden: &[&str]) -> Window {
    let visible = events.iter().filter_map(|event| event.id.clone());
    let visible = visible.filter(|id| !hidden.contains(&id.as_str())).collect();
    Window { events, visible, reaches_start: true, reaches_end: true }
}

fn name(id: &UnitId) -> String {
    match id {
        UnitId::Named(name) => name.to_string(),
        UnitId::Line(offset) => offset.to_string(),
    }
}

fn units(timeline: &Timeline) -> Vec<Unit> {
    timeline.units().collect()
}

fn cursor(timeline: &Timeline) -> String {
    timeline.cursor_unit().map(|unit| name(&unit.id)).unwrap_or_default()
}

fn ids(timeline: &Timeline) -> Vec<String> {
    timeline.units().map(|unit| name(&unit.id)).collect()
}

fn stream(timeline: &mut Timeline, json: &Value) {
    let frame = Frame::read("", &json.to_string()).unwrap();
    timeline.apply_frame(&SessionKey::from("s"), frame);
}

#[test]
fn input_and_output_are_one_unit_wherever_they_lie() {
    let mut timeline = Timeline::default();
    timeline.set_situation(true, HashSet::from(["aev_c".into()]));
    timeline.apply_window(whole(
        vec![
            tool("aev_a", 1, "1"),
            tool("aev_b", 1, "2"),
            said("aev_x", 2),
            result("aev_b2", 3, "2", true),
            result("aev_a2", 5, "1", false),
            tool("aev_c", 6, "3"),
            tool("aev_d", 7, "4"),
        ],
        &[],
    ));
    assert_eq!(ids(&timeline), ["aev_a", "aev_b", "aev_x", "aev_c", "aev_d"]);
    let states: Vec<_> = timeline.units().map(|unit| unit.state).collect();
    assert_eq!(states, [State::Ok, State::Failed, State::None, State::YourTurn, State::Running]);
    assert_eq!(units(&timeline)[0].duration, Some(4_000));
    timeline.set_situation(false, HashSet::new());
    assert_eq!(units(&timeline)[4].state, State::Cancelled);
    timeline.set_running(false);
    assert_eq!(units(&timeline)[4].state, State::Unanswered, "nobody told whether it waits");
    timeline.set_running(true);
    assert_eq!(units(&timeline)[4].state, State::Running);
}

#[test]
fn a_call_id_that_is_used_twice_joins_each_input_with_its_own_output() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(
        vec![
            tool("aev_a", 1, "1"),
            result("aev_a2", 2, "1", false),
            tool("aev_b", 3, "1"),
            result("aev_b2", 4, "1", true),
        ],
        &[],
    ));
    let states: Vec<_> = timeline.units().map(|unit| unit.state).collect();
    assert_eq!(states, [State::Ok, State::Failed]);
}

#[test]
fn hidden_and_compacted_are_told_apart_without_a_reason() {
    let mut timeline = Timeline::default();
    let events = vec![
        said("aev_1", 1),
        said("aev_2", 2),
        said("aev_3", 3),
        compaction("aev_c", 4, 2),
        said("aev_5", 5),
        said("aev_6", 6),
    ];
    timeline.apply_window(whole(events, &["aev_1", "aev_2", "aev_3", "aev_5"]));
    let seen: Vec<_> = timeline.units().map(|unit| unit.visibility).collect();
    assert_eq!(seen, [Hidden, Compacted, Compacted, InContext, Hidden, InContext]);
    assert_eq!(timeline.counts(), Counts { in_context: 2, compacted: 2, hidden: 2 });
    // What was compacted is folded into the row of its compaction.
    assert_eq!(timeline.shown_len(), 4);
    timeline.toggle_fold(&UnitId::named("aev_c"));
    assert_eq!(timeline.shown_len(), 6);
}

#[test]
fn a_reason_from_the_service_decides() {
    let mut timeline = Timeline::default();
    let hidden = |id: &str, second, reason: &str| {
        let body = json!({"type": "agent_output", "content": "x", "hide_reason": reason});
        event(id, second, body)
    };
    let events = vec![
        hidden("aev_1", 1, "compaction"),
        hidden("aev_2", 2, "manual"),
        compaction("aev_c", 3, 2),
    ];
    timeline.apply_window(whole(events, &[]));
    let seen: Vec<_> = timeline.units().map(|unit| unit.visibility).collect();
    assert_eq!(seen, [Visibility::Compacted, Visibility::Hidden, Visibility::InContext]);
}

#[test]
fn what_a_window_lacks_was_deleted_and_what_streamed_later_stays() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole((1..=5).map(|n| said(&format!("aev_{n}"), n)).collect(), &[]));
    timeline.apply_frame(&"s".into(), Frame::Event(said("aev_9", 9)));
    let events = vec![said("aev_2", 2), said("aev_4", 4), said("aev_5", 5)];
    let window = Window { reaches_start: false, ..whole(events, &[]) };
    timeline.apply_window(window);
    assert_eq!(ids(&timeline), ["aev_1", "aev_2", "aev_4", "aev_5", "aev_9"]);
    let older = vec![said("aev_0", 0), said("aev_1", 1)];
    timeline.apply_window(Window { reaches_end: false, ..whole(older, &[]) });
    assert_eq!(ids(&timeline), ["aev_0", "aev_1", "aev_2", "aev_4", "aev_5", "aev_9"]);
    timeline.apply_window(whole(vec![said("aev_4", 4)], &[]));
    assert_eq!(ids(&timeline), ["aev_4", "aev_9"]);
}

#[test]
fn pages_that_do_not_touch_extend_backwards_and_restart_forwards() {
    let mut timeline = Timeline::default();
    let page = |from: u32, to: u32, reaches_end| Window {
        reaches_start: false,
        reaches_end,
        ..whole((from..=to).map(|n| said(&format!("aev_{n}"), n)).collect(), &[])
    };
    timeline.apply_window(page(10, 12, true));
    timeline.apply_window(page(7, 9, false));
    assert_eq!(timeline.event_count(), 6);
    timeline.apply_window(page(30, 31, true));
    assert_eq!(ids(&timeline), ["aev_30", "aev_31"]);
}

#[test]
fn streamed_text_gives_way_to_its_stored_event() {
    let mut timeline = Timeline::default();
    timeline.open_stream();
    stream(&mut timeline, &json!({"type": "streaming_agent_output", "content": "Hel"}));
    stream(&mut timeline, &json!({"type": "streaming_agent_output", "content": "lo"}));
    assert_eq!(units(&timeline)[0].live_text.as_deref(), Some("Hello"));
    assert!(!units(&timeline)[0].stored);
    stream(&mut timeline, &json!({"type": "streaming_agent_output_end", "event_id": "aev_1"}));
    assert_eq!(timeline.units().count(), 1);
    timeline.settle(76, 20, 60);
    timeline.apply_window(whole(vec![said("aev_1", 1)], &[]));
    assert_eq!(ids(&timeline), ["aev_1"]);
    assert_eq!(cursor(&timeline), "aev_1");
    timeline.apply_frame(&"s".into(), Frame::Event(said("aev_1", 1)));
    assert_eq!(timeline.event_count(), 1);
}

#[test]
fn relays_nest_and_transient_rows_say_that_nobody_stores_them() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(vec![tool("aev_a", 1, "1")], &[]));
    stream(
        &mut timeline,
        &json!({"type": "tool_activity", "tool_call_id": "1",
        "activity_type": "sub_agent",
        "agent_event": {"type": "tool_input", "tool_name": "probe", "session_key": "child"}}),
    );
    stream(
        &mut timeline,
        &json!({"type": "agent_output", "id": "aev_z", "session_key": "child",
        "content": "not ours"}),
    );
    stream(&mut timeline, &json!({"type": "session_interrupted", "id": "aev_i"}));
    assert_eq!(timeline.units().count(), 2);
    assert_eq!(units(&timeline)[0].kind, Kind::SubAgent);
    assert_eq!(units(&timeline)[0].activity[0].text, "probe");
    let rows = timeline.rows(&units(&timeline)[1], &Clock::default());
    assert_eq!(rows[0].detail, "not stored by the server");
}

#[test]
fn nothing_jumps_when_events_arrive() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole((10..60).map(|n| said(&format!("aev_{n}"), n)).collect(), &[]));
    timeline.settle(76, 10, 60);
    assert!(timeline.scroll().follow);
    timeline.move_cursor(-20);
    timeline.settle(76, 10, 60);
    let place = timeline.scroll().clone();
    for n in 60..560 {
        timeline.apply_frame(&"s".into(), Frame::Event(said(&format!("aev_{n}"), n)));
    }
    let older = (1..10).map(|n| said(&format!("aev_{n}"), n)).collect();
    timeline.apply_window(Window { reaches_end: false, ..whole(older, &[]) });
    timeline.settle(76, 10, 60);
    assert_eq!(
        (&timeline.scroll().anchor, &timeline.scroll().cursor),
        (&place.anchor, &place.cursor)
    );
    assert_eq!(timeline.scroll().new_below, 500);
    timeline.newest();
    assert_eq!(cursor(&timeline), "aev_559");
    assert_eq!(timeline.scroll().new_below, 0);
}

#[test]
fn a_page_is_the_panes_height_less_one_row() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole((1..=40).map(|n| said(&format!("aev_{n}"), n)).collect(), &[]));
    timeline.look_at_clock(days::clock(days::UTC, "2026-05-03T15:00:00Z"));
    timeline.settle(76, 10, 60);
    for (motion, unit) in [
        (Motion::First, "aev_1"),
        (Motion::PageDown, "aev_10"),
        (Motion::HalfDown, "aev_15"),
        (Motion::PageUp, "aev_6"),
        (Motion::Up, "aev_5"),
        (Motion::Last, "aev_40"),
    ] {
        timeline.go(motion);
        timeline.settle(76, 10, 60);
        assert_eq!(cursor(&timeline), unit, "{motion:?}");
    }
}

#[test]
fn a_deleted_unit_under_the_cursor_hands_it_to_its_neighbour() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole((1..=5).map(|n| said(&format!("aev_{n}"), n)).collect(), &[]));
    timeline.settle(76, 10, 60);
    timeline.select(&UnitId::named("aev_3"));
    let rest = [1, 2, 4, 5].map(|n| said(&format!("aev_{n}"), n)).to_vec();
    timeline.apply_window(whole(rest, &[]));
    timeline.settle(76, 10, 60);
    assert_eq!(cursor(&timeline), "aev_4");
}

#[test]
fn a_tall_unit_is_scrolled_through_before_the_cursor_moves_on() {
    let mut timeline = Timeline::default();
    let text = (0..12).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n");
    let tall = event("aev_1", 1, json!({"type": "agent_output", "content": text}));
    timeline.apply_window(whole(vec![tall, said("aev_2", 2)], &[]));
    timeline.look_at_clock(days::clock(days::UTC, "2026-05-03T15:00:00Z"));
    timeline.settle(76, 5, 60);
    timeline.first();
    timeline.toggle_fold(&UnitId::named("aev_1"));
    timeline.settle(76, 5, 60);
    assert_eq!(timeline.scroll().anchor, Some((UnitId::named("aev_1"), 0)));
    for _ in 0..7 {
        timeline.move_cursor(1);
        timeline.settle(76, 5, 60);
    }
    assert_eq!(timeline.scroll().anchor, Some((UnitId::named("aev_1"), 7)));
    timeline.move_cursor(1);
    timeline.settle(76, 5, 60);
    assert_eq!(timeline.reading.cursor_index(&timeline.store), Some(1));
}

#[test]
fn a_hide_is_shown_at_once_and_a_refusal_takes_it_back() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(vec![said("aev_1", 1), said("aev_2", 2)], &[]));
    let id = EventId::from("aev_1");
    timeline.mark_hiding(std::slice::from_ref(&id), true);
    assert_eq!(units(&timeline)[0].hiding, Some(true));
    timeline.resolve_hiding(std::slice::from_ref(&id), false);
    assert_eq!(units(&timeline)[0].visibility, Visibility::InContext);
    timeline.mark_hiding(std::slice::from_ref(&id), true);
    timeline.apply_window(whole(vec![said("aev_1", 1), said("aev_2", 2)], &["aev_1"]));
    let unit = units(&timeline).remove(0);
    assert_eq!((unit.hiding, unit.visibility), (None, Visibility::Hidden));
}

#[test]
fn the_minimap_marks_what_matters() {
    let mut timeline = Timeline::default();
    timeline.set_situation(false, HashSet::from(["aev_c".into()]));
    timeline.apply_window(whole(
        vec![
            said("aev_0", 0),
            tool("aev_a", 30, "1"),
            result("aev_a2", 31, "1", true),
            compaction("aev_k", 60, 1),
            tool("aev_c", 90, "2"),
        ],
        &[],
    ));
    timeline.settle(76, 10, 4);
    assert_eq!(timeline.minimap(), "▂x=!");
}

#[test]
fn compactions_everywhere_leave_the_minimap_its_activity() {
    let mut events = Vec::new();
    for second in 0..600 {
        events.extend((second % 3 == 0).then(|| compaction(&format!("c{second}"), second, 1)));
        let busy = if second < 300 { 1 } else { 4 };
        events.extend((0..busy).map(|n| said(&format!("m{second}_{n}"), second)));
    }
    events.extend((0..30).map(|n| compaction(&format!("d{n}"), 600, 1)));
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(events, &[]));
    timeline.settle(80, 10, 40);
    let line: Vec<char> = timeline.minimap().chars().collect();
    assert_eq!(line.iter().filter(|c| **c == '=').count(), 1, "{line:?}");
    assert_eq!(line[39], '=', "far more than elsewhere");
    assert!(line[1] < line[30], "{line:?}");
}

fn first_new(timeline: &Timeline) -> Vec<String> {
    let new = timeline.units().filter(|unit| unit.above == Some(Above::LastLook));
    new.map(|unit| name(&unit.id)).collect()
}

#[test]
fn the_line_of_the_last_look_stands_above_the_first_newer_row_and_stays() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(vec![said("aev_1", 1), said("aev_2", 2)], &[]));
    let seen = timeline.seen();
    assert_eq!(seen.as_ref().map(|seen| seen.event.as_str()), Some("aev_2"));
    timeline.look_again(seen.clone());
    let more = vec![said("aev_1", 1), said("aev_2", 2), said("aev_3", 3), said("aev_4", 4)];
    timeline.apply_window(whole(more.clone(), &[]));
    let before = units(&timeline)[2].version;
    timeline.place_line();
    assert_eq!(first_new(&timeline), ["aev_3"]);
    assert_ne!(units(&timeline)[2].version, before, "or the cache would show the old rows");
    let rows = timeline.rows(&units(&timeline)[2], &Clock::default());
    assert_eq!((rows[0].part.clone(), rows[1].part.clone()), (Part::Rule, Part::Head));
    timeline.apply_window(whole([more, vec![said("aev_5", 5)]].concat(), &[]));
    timeline.place_line();
    assert_eq!(first_new(&timeline), ["aev_3"]);
    timeline.look_again(timeline.seen());
    assert_eq!(first_new(&timeline), [] as [&str; 0]);
}

#[test]
fn what_arrives_while_somebody_looks_is_not_news() {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(vec![said("aev_1", 1)], &[]));
    timeline.look_again(timeline.seen());
    timeline.place_line();
    timeline.apply_window(whole(vec![said("aev_1", 1), said("aev_2", 2)], &[]));
    timeline.place_line();
    assert_eq!(first_new(&timeline), [] as [&str; 0]);
}

#[test]
fn when_the_last_seen_event_is_gone_the_time_tells_and_too_little_tells_nothing() {
    let mut timeline = Timeline::default();
    let seen = Seen { event: "aev_gone".into(), happened_at: said("x", 2).created_at };
    timeline.look_again(Some(seen));
    let tail = vec![said("aev_4", 4), said("aev_5", 5)];
    timeline.apply_window(Window { reaches_start: false, ..whole(tail.clone(), &[]) });
    timeline.place_line();
    assert_eq!(first_new(&timeline), [] as [&str; 0], "the rest is not loaded yet");
    let all = [vec![said("aev_1", 1), said("aev_3", 3)], tail].concat();
    timeline.apply_window(whole(all, &[]));
    timeline.place_line();
    assert_eq!(first_new(&timeline), ["aev_3"]);
}

/// One thing that happens to a timeline: a frame, a listing, a hide.
#[derive(Debug, Clone)]
enum Step {
    Streamed(usize),
    Listed { from: usize, to: usize, hidden: Vec<usize> },
    Hiding(usize, bool),
    Settled(usize, bool),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let step = prop_oneof![
        (0..EVENTS).prop_map(Step::Streamed),
        (0..EVENTS, 1..EVENTS, prop::collection::vec(0..EVENTS, 0..4)).prop_map(
            |(from, len, hidden)| Step::Listed { from, to: (from + len).min(EVENTS), hidden }
        ),
        (0..EVENTS, any::<bool>()).prop_map(|(at, hide)| Step::Hiding(at, hide)),
        (0..EVENTS, any::<bool>()).prop_map(|(at, done)| Step::Settled(at, done)),
    ];
    prop::collection::vec(step, 1..12)
}

const EVENTS: usize = 12;

fn session() -> Vec<Event> {
    let second = |n: usize| u32::try_from(n).unwrap();
    let at = |n: usize| {
        let id = format!("aev_{n:02}");
        match n % 6 {
            0 => said(&id, second(n)),
            1 | 3 => tool(&id, second(n), &format!("{}", n / 6)),
            2 | 4 => result(&id, second(n), &format!("{}", n / 6), n.is_multiple_of(4)),
            _ => compaction(&id, second(n), 2),
        }
    };
    (0..EVENTS).map(at).collect()
}

proptest::proptest! {
    #[test]
    fn what_is_worked_in_step_by_step_is_what_is_worked_out_at_once(
        steps in steps(),
        agents_view in proptest::bool::ANY,
        chat in proptest::bool::ANY,
    ) {
        let events = session();
        let id = |n: usize| events[n].id.clone().unwrap();
        let mut timeline = Timeline::default();
        if agents_view {
            timeline.set_filter(Filter::AgentsView);
        }
        timeline.set_chat(chat);
        for step in steps {
            match step {
                Step::Streamed(n) => {
                    timeline.apply_frame(&"s".into(), Frame::Event(events[n].clone()));
                }
                Step::Listed { from, to, hidden } => {
                    let hidden: Vec<EventId> = hidden.into_iter().map(id).collect();
                    let hidden: Vec<&str> = hidden.iter().map(EventId::as_str).collect();
                    let window = whole(events[from..to].to_vec(), &hidden);
                    let ends = (from == 0, to == EVENTS);
                    timeline.apply_window(Window {
                        reaches_start: ends.0, reaches_end: ends.1, ..window
                    });
                }
                Step::Hiding(n, hide) => timeline.mark_hiding(&[id(n)], hide),
                Step::Settled(n, done) => timeline.resolve_hiding(&[id(n)], done),
            }
            let mut fresh = timeline.clone();
            fresh.rebuild();
            let look = |timeline: &Timeline| {
                let units = timeline.units().map(|unit| (unit.id.clone(), unit.version));
                let shown: Vec<_> = (0..timeline.shown_len())
                    .map(|at| timeline.shown_unit(at).unwrap().id).collect();
                (units.collect::<Vec<_>>(), shown, timeline.counts())
            };
            proptest::prop_assert_eq!(look(&timeline), look(&fresh));
        }
    }
}
