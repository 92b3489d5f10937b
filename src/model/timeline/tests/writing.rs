//! Where the screen is while a text is written that is followed.

use super::*;

const VIEW: usize = 18;
const AHEAD: usize = 9;

/// Twenty units of a line each, the newest at the last line of the screen.
fn full() -> Timeline {
    let mut timeline = Timeline::default();
    let events = (1..=20).map(|second| said(&format!("aev_{second:02}"), second)).collect();
    timeline.apply_window(whole(events, &[]));
    timeline.settle(80, VIEW, 10);
    timeline.open_stream();
    timeline
}

fn write(timeline: &mut Timeline, lines: &str) {
    stream(timeline, &json!({"type": "streaming_agent_output", "content": lines}));
    timeline.settle(80, VIEW, 10);
}

/// Lines from the top of the screen to the end of the newest unit.
fn used(timeline: &Timeline) -> usize {
    let (top, line) = timeline.scroll().anchor.clone().unwrap();
    let top = timeline.shown_index(&top).unwrap();
    let units = (top..timeline.shown_len()).map(|at| timeline.shown_unit(at).unwrap());
    let heights = units.map(|unit| timeline.rows(&unit, &Clock::default()).len());
    heights.sum::<usize>() - line
}

#[test]
fn the_screen_moves_once_for_several_lines() {
    let mut timeline = full();
    assert_eq!(used(&timeline), VIEW);
    let mut places = Vec::new();
    let mut free = Vec::new();
    for _ in 0..12 {
        write(&mut timeline, "a line\n");
        free.push(VIEW - used(&timeline));
        places.push(timeline.scroll().anchor.clone());
    }
    assert!(free.iter().all(|free| *free <= AHEAD), "{free:?}");
    assert!(free.contains(&0) && free.contains(&AHEAD), "{free:?}");
    places.dedup();
    assert!(places.len() <= 3, "{places:?}");
}

#[test]
fn nothing_moves_back_when_the_text_has_ended_and_what_comes_next_has_the_room() {
    let mut timeline = full();
    write(&mut timeline, "so");
    assert_eq!(used(&timeline), VIEW - AHEAD);
    let place = timeline.scroll().anchor.clone();
    let mut hear = |second: u32| {
        timeline.apply_frame(&"s".into(), Frame::Event(said(&format!("aev_{second}"), second)));
        timeline.settle(80, VIEW, 10);
        (timeline.scroll().anchor.clone(), used(&timeline))
    };
    // The first is the text itself.
    for second in (21..).take(1 + AHEAD) {
        assert_eq!(hear(second).0, place, "{second}");
    }
    let (moved, used) = hear(50);
    assert_ne!(moved, place);
    assert_eq!(used, VIEW, "nothing is written: the newest is at the last line");
}

#[test]
fn to_go_to_the_newest_takes_the_room_back_once_nothing_is_written() {
    let mut timeline = full();
    write(&mut timeline, "so");
    timeline.apply_frame(&"s".into(), Frame::Event(said("aev_21", 21)));
    timeline.settle(80, VIEW, 10);
    assert!(used(&timeline) < VIEW);
    timeline.newest();
    timeline.settle(80, VIEW, 10);
    assert_eq!(used(&timeline), VIEW);
}

#[test]
fn what_fits_the_screen_whole_does_not_move() {
    let mut timeline = Timeline::default();
    let seconds = (1..).take(VIEW - 2);
    let events = seconds.map(|second| said(&format!("aev_{second:02}"), second));
    timeline.apply_window(whole(events.collect(), &[]));
    timeline.settle(80, VIEW, 10);
    timeline.open_stream();
    write(&mut timeline, "so");
    assert_eq!(used(&timeline), VIEW);
    assert_eq!(timeline.scroll().anchor, Some((UnitId::named("aev_01"), 0)));
}

#[test]
fn a_smaller_screen_shows_the_end_all_the_same() {
    let mut timeline = full();
    write(&mut timeline, "so");
    for view in (1..VIEW).rev() {
        timeline.settle(80, view, 10);
        assert!(used(&timeline) <= view, "{view}");
    }
}
