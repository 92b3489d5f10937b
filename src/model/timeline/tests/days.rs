use super::*;
use crate::text::wall_clock::WallClock;

pub(super) const UTC: &str = "UTC0";
const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
const KATHMANDU: &str = "<+0545>-5:45";

/// The clock of a zone, by rules as POSIX writes them.
pub(super) fn clock(zone: &str, now: &str) -> Clock {
    let zone = TimeZone::posix(zone).unwrap();
    Clock { style: TimeStyle::Clock, wall: WallClock::new(zone, now.parse().unwrap()) }
}

fn said_at(id: &str, at: &str) -> Event {
    let of = json!({"id": id, "session_key": "s", "created_at": at, "type": "agent_output",
        "content": id});
    serde_json::from_value(of).unwrap()
}

/// What stands on the screen, line by line: rules as their words, rows as time and subject.
fn lines(timeline: &Timeline, clock: &Clock) -> Vec<String> {
    let units = (0..timeline.shown_len()).map(|at| timeline.shown_unit(at).unwrap());
    let rows = units.flat_map(|unit| {
        let rows = timeline.rows(&unit, clock);
        let rules = rows.iter().filter(|row| row.part == Part::Rule).count();
        assert_eq!(clock.rules(&unit), rules, "{rows:?}");
        rows
    });
    rows.map(|row| format!("{} {}", row.time, row.subject).trim().to_owned()).collect()
}

fn seen(zone: &str, now: &str, events: &[(&str, &str)]) -> Vec<String> {
    let mut timeline = Timeline::default();
    let events = events.iter().map(|(id, at)| said_at(id, at)).collect();
    timeline.apply_window(whole(events, &[]));
    let clock = clock(zone, now);
    timeline.look_at_clock(clock.clone());
    timeline.settle(76, 20, 40);
    lines(&timeline, &clock)
}

#[test]
fn days_are_those_of_the_zone() {
    let events = [("aev_1", "2026-05-03T18:14:00Z"), ("aev_2", "2026-05-03T18:16:00Z")];
    let now = "2026-05-03T20:00:00Z";
    assert_eq!(seen(UTC, now, &events), ["18:14:00 aev_1", "18:16:00 aev_2"]);
    assert_eq!(seen(NEW_YORK, now, &events), ["14:14:00 aev_1", "14:16:00 aev_2"]);
    assert_eq!(
        seen(KATHMANDU, now, &events),
        ["Sun 2026-05-03", "23:59:00 aev_1", "Mon 2026-05-04", "00:01:00 aev_2"]
    );
    let tomorrow = seen(UTC, "2026-05-04T09:00:00Z", &events);
    assert_eq!(tomorrow, ["Sun 2026-05-03", "18:14:00 aev_1", "18:16:00 aev_2"]);
}

#[test]
fn the_hour_that_is_there_twice_and_the_one_that_is_not() {
    let back = [("aev_1", "2026-11-01T05:30:00Z"), ("aev_2", "2026-11-01T06:31:00Z")];
    assert_eq!(
        seen(NEW_YORK, "2026-11-01T12:00:00Z", &back),
        ["01:30:00 aev_1", "1h01m later · clocks went back 1h, EST from here", "01:31:00 aev_2"]
    );
    let forward = [("aev_1", "2026-03-08T06:59:59Z"), ("aev_2", "2026-03-08T07:00:01Z")];
    assert_eq!(
        seen(NEW_YORK, "2026-03-08T12:00:00Z", &forward),
        ["01:59:59 aev_1", "clocks went forward 1h, EDT from here", "03:00:01 aev_2"]
    );
}

#[test]
fn a_filter_leaves_no_day_out() {
    let mut timeline = Timeline::default();
    let events = vec![
        said_at("aev_1", "2026-05-02T23:50:00Z"),
        tool("aev_2", 0, "1"),
        said_at("aev_3", "2026-05-03T14:00:01Z"),
    ];
    timeline.apply_window(whole(events, &["aev_2"]));
    timeline.set_filter(Filter::AgentsView);
    let clock = clock(UTC, "2026-05-03T15:00:00Z");
    timeline.look_at_clock(clock.clone());
    timeline.settle(76, 20, 40);
    let lines = lines(&timeline, &clock);
    assert_eq!(
        lines,
        ["Sat 2026-05-02", "23:50:00 aev_1", "Sun 2026-05-03", "14:00:01 aev_3"],
        "the day began with a row that is not shown"
    );
}

#[test]
fn another_zone_measures_anew() {
    let mut timeline = Timeline::default();
    let at = |n: u32| format!("2026-05-03T18:{n:02}:00Z");
    let events = (10..30).map(|n| said_at(&format!("aev_{n}"), &at(n))).collect();
    timeline.apply_window(whole(events, &[]));
    let top = |timeline: &mut Timeline, zone: &str| {
        timeline.look_at_clock(clock(zone, "2026-05-03T23:00:00Z"));
        timeline.settle(76, 18, 40);
        timeline.scroll().anchor.clone().map(|(id, line)| (name(&id), line))
    };
    assert_eq!(top(&mut timeline, UTC), Some(("aev_12".to_owned(), 0)));
    // There the day begins between the last ten.
    assert_eq!(top(&mut timeline, KATHMANDU), Some(("aev_13".to_owned(), 0)));
    assert_eq!(top(&mut timeline, UTC), Some(("aev_12".to_owned(), 0)));
}

#[test]
fn both_ends_say_their_day_and_one_the_zone() {
    let ends = |zone: &str, now: &str, wide| {
        let span = ("2026-05-03T18:10:00Z", "2026-05-03T18:20:00Z");
        clock(zone, now).ends(Some((span.0.parse().unwrap(), span.1.parse().unwrap())), wide)
    };
    let today = "2026-05-03T18:30:00Z";
    assert_eq!(ends(NEW_YORK, today, true), ["14:10", "14:20 EDT"]);
    assert_eq!(ends(NEW_YORK, today, false), ["", "EDT"]);
    assert_eq!(ends(KATHMANDU, today, true), ["2026-05-03 23:55", "00:05 UTC+5:45"]);
    assert_eq!(ends(KATHMANDU, today, false), ["2026-05-03", "2026-05-04 UTC+5:45"]);
    let later = "2026-05-09T18:30:00Z";
    assert_eq!(ends(UTC, later, true), ["2026-05-03 18:10", "18:20 UTC"]);
    assert_eq!(ends(UTC, later, false), ["2026-05-03", "UTC"]);
}
