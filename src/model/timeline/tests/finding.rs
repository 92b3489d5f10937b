//! Finding and filtering, on sessions small enough to be looked through at once and not.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::query::{Domain, Query};

fn now() -> Timestamp {
    "2026-05-03T15:00:00Z".parse().unwrap()
}

fn ask(timeline: &mut Timeline, purpose: Purpose, query: &str) {
    let parsed = Query::parse(query, Domain::Events).unwrap();
    timeline.set_query(purpose, Some((query.to_owned(), parsed)), now());
}

/// Runs every piece that is due, as somebody beside the loop would.
fn search_all(timeline: &mut Timeline) {
    let mut generation = 100;
    while let Some(search) = timeline.next_search(generation) {
        answer(timeline, &search, search.asked.len(), true);
        generation += 1;
    }
}

fn answer(timeline: &mut Timeline, search: &Search, decided: usize, done: bool) -> bool {
    let fits = |asked: &Asked| match &asked.text {
        Text::Held(event) => search.passes(asked, event),
        Text::Line(_) => panic!("nothing here is in a file"),
    };
    let looked_at = search.asked.iter().enumerate().take(decided);
    let passed = looked_at.filter(|(_, event)| fits(event)).map(|(at, _)| at).collect();
    let found = Found { generation: search.generation, decided, passed, done, problem: None };
    timeline.take_found(&found)
}

fn shown(timeline: &Timeline) -> Vec<String> {
    (0..timeline.shown_len())
        .filter_map(|at| timeline.shown_unit(at))
        .map(|u| name(&u.id))
        .collect()
}

fn hits(timeline: &Timeline) -> usize {
    timeline.tally(Purpose::Find).unwrap().hits
}

/// A compaction that stands for two events, a call with its output, a long text.
fn session() -> Timeline {
    let long = "line\n".repeat(60) + "needle at the end";
    let events = vec![
        said("needle_old", 1),
        said("aev_old", 2),
        compaction("aev_cmp", 3, 2),
        tool("aev_call", 4, "1"),
        event(
            "aev_out",
            5,
            json!({"type": "tool_output", "tool_call_id": "1", "tool_name": "t",
            "tool_configuration_name": "c", "tool_output": {"x": "the Needle"}, "error": false}),
        ),
        event("aev_long", 6, json!({"type": "agent_output", "content": long})),
        said("aev_last", 7),
    ];
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(events, &["needle_old", "aev_old"]));
    timeline.settle(80, 10, 20);
    timeline
}

#[test]
fn hits_are_counted_in_what_is_folded_and_going_there_shows_them() {
    let mut timeline = session();
    timeline.first();
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_cmp", "aev_call", "aev_long", "aev_last"]);
    assert_eq!(hits(&timeline), 3, "the output counts with its call");
    assert_eq!(timeline.leap(true), Leap::Done { wrapped: false, revealed: Revealed::default() });
    assert_eq!(cursor(&timeline), "aev_call");
    assert!(!timeline.is_folded(&UnitId::named("aev_call")), "its line is seen only unfolded");
    assert_eq!(timeline.tally(Purpose::Find).unwrap().at, Some(2));
    timeline.leap(true);
    timeline.settle(80, 10, 20);
    assert_eq!(cursor(&timeline), "aev_long");
    let (anchor, line) = timeline.scroll().anchor.clone().unwrap();
    assert_eq!(name(&anchor), "aev_long");
    let unit = timeline.unit(&anchor).unwrap();
    let rows = timeline.rows(&unit, &Clock::default());
    assert!(rows[line..line + 10].iter().any(|row| row.subject.contains("needle")));
    let Leap::Done { wrapped, revealed } = timeline.leap(true) else { panic!() };
    assert!(wrapped && revealed.unfolded);
    assert_eq!(cursor(&timeline), "needle_old");
    assert_eq!(timeline.leap(false), Leap::Done { wrapped: true, revealed: Revealed::default() });
    assert_eq!(cursor(&timeline), "aev_long");
}

#[test]
fn a_hit_that_the_agent_does_not_see_ends_the_agents_view() {
    let mut timeline = session();
    timeline.set_filter(Filter::AgentsView);
    ask(&mut timeline, Purpose::Find, "needle_old");
    search_all(&mut timeline);
    let Leap::Done { revealed, .. } = timeline.leap(true) else { panic!() };
    assert!(revealed.left_agents_view && revealed.unfolded);
    assert_eq!((timeline.filter(), cursor(&timeline)), (Filter::All, "needle_old".to_owned()));
}

#[test]
fn a_filter_shows_what_passes_and_gives_the_place_back() {
    let mut timeline = session();
    timeline.select(&UnitId::named("aev_call"));
    ask(&mut timeline, Purpose::Filter, "type:agent_output");
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["needle_old", "aev_old", "aev_long", "aev_last"]);
    assert_eq!(cursor(&timeline), "aev_long", "the next that is shown");
    let tally = timeline.tally(Purpose::Filter).unwrap();
    assert_eq!((tally.hits, tally.rows, tally.searching), (4, 6, false));
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    search_all(&mut timeline);
    assert_eq!(hits(&timeline), 2, "only among what is shown");
    timeline.set_filter(Filter::AgentsView);
    assert_eq!(shown(&timeline), ["aev_long", "aev_last"]);
    timeline.set_filter(Filter::All);
    timeline.set_query(Purpose::Filter, None, now());
    assert_eq!((cursor(&timeline), hits(&timeline)), ("aev_long".to_owned(), 3));
}

#[test]
fn the_cursor_comes_back_from_a_filter_that_shows_nothing() {
    let mut timeline = session();
    timeline.select(&UnitId::named("aev_call"));
    ask(&mut timeline, Purpose::Filter, "\"nowhere\"");
    search_all(&mut timeline);
    timeline.settle(80, 10, 20);
    assert_eq!((timeline.shown_len(), cursor(&timeline)), (0, String::new()));
    timeline.set_query(Purpose::Filter, None, now());
    assert_eq!(cursor(&timeline), "aev_call");
}

#[test]
fn states_are_asked_again_when_they_change() {
    let mut timeline = session();
    timeline.set_situation(false, HashSet::new());
    ask(&mut timeline, Purpose::Filter, "is:hidden or is:pending or is:error");
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), Vec::<String>::new());
    timeline.mark_hiding(&["aev_last".into()], true);
    timeline.resolve_hiding(&["aev_last".into()], true);
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_last"]);
    let frames = [
        json!({"type": "tool_input", "id": "aev_n", "tool_call_id": "9", "tool_name": "t",
            "tool_configuration_name": "c", "tool_input": {}}),
        json!({"type": "tool_output", "id": "aev_n2", "tool_call_id": "9", "tool_name": "t",
            "tool_configuration_name": "c", "tool_output": {}, "error": true}),
    ];
    stream(&mut timeline, &frames[0]);
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_last"]);
    timeline.set_situation(true, HashSet::from(["aev_n".into()]));
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_last", "aev_n"], "it waits");
    stream(&mut timeline, &frames[1]);
    timeline.set_situation(true, HashSet::new());
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_last", "aev_n"], "it failed");
}

#[test]
fn what_streams_in_is_found_while_it_does() {
    let mut timeline = session();
    let chunk = |text: &str| json!({"type": "streaming_agent_output", "content": text});
    timeline.set_situation(true, HashSet::new());
    timeline.open_stream();
    timeline.select(&UnitId::named("aev_long"));
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    search_all(&mut timeline);
    let before = hits(&timeline);
    stream(&mut timeline, &chunk("here a need"));
    assert_eq!(hits(&timeline), before);
    stream(&mut timeline, &chunk("le comes"));
    assert_eq!(hits(&timeline), before + 1);
    assert_eq!(timeline.leap(true), Leap::Done { wrapped: false, revealed: Revealed::default() });
    let live = cursor(&timeline);
    assert!(live.starts_with("live:"), "{live}");
    assert_eq!(timeline.tally(Purpose::Find).unwrap().at, Some(before + 1));
    let Leap::Done { wrapped, .. } = timeline.leap(true) else { panic!() };
    assert!(wrapped && cursor(&timeline) == "needle_old");
    let Leap::Done { wrapped, .. } = timeline.leap(false) else { panic!() };
    assert!(wrapped && cursor(&timeline) == live);
    timeline.leap(false);
    assert_eq!(cursor(&timeline), "aev_long");
    for (query, found) in [("is:live", 1), ("type:thinking", 0), ("type:agent_output is:live", 1)] {
        ask(&mut timeline, Purpose::Find, query);
        search_all(&mut timeline);
        assert_eq!(hits(&timeline), found, "{query}");
    }
    timeline.select(&UnitId::named("aev_last"));
    ask(&mut timeline, Purpose::Find, "\"needle\" is:live");
    timeline.seek();
    search_all(&mut timeline);
    assert_eq!(cursor(&timeline), live, "the line being typed leads there");
    timeline.set_filter(Filter::AgentsView);
    timeline.first();
    let Leap::Done { revealed, .. } = timeline.leap(true) else { panic!() };
    assert!(revealed.left_agents_view && cursor(&timeline) == live);
    ask(&mut timeline, Purpose::Filter, "\"needle\"");
    search_all(&mut timeline);
    assert_eq!(hits(&timeline), 0, "a filter shows no text that is not whole");
    timeline.set_query(Purpose::Filter, None, now());
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    let end = json!({"type": "streaming_agent_output_end", "event_id": "aev_new"});
    stream(&mut timeline, &end);
    search_all(&mut timeline);
    assert_eq!(hits(&timeline), before + 1, "stored it is the same hit");
    assert!(timeline.unit(&UnitId::named("aev_new")).is_some());
}

#[test]
fn bookmarks_are_asked_again_when_they_change() {
    let mut timeline = session();
    let marked = |ids: &[&str]| ids.iter().map(|id| (UnitId::named(id), "why".into())).collect();
    timeline.set_bookmarks(marked(&["aev_call"]));
    ask(&mut timeline, Purpose::Filter, "is:bookmarked");
    ask(&mut timeline, Purpose::Find, "is:bookmarked \"needle\"");
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), ["aev_call"]);
    assert_eq!(hits(&timeline), 1, "its output holds the word");
    timeline.set_bookmarks(marked(&["aev_last", "nowhere"]));
    search_all(&mut timeline);
    assert_eq!((shown(&timeline), hits(&timeline)), (vec!["aev_last".to_owned()], 0));
    let mut other = session();
    other.set_query(Purpose::Filter, None, now());
    other.take_reader(&timeline);
    search_all(&mut other);
    assert_eq!(shown(&other), ["aev_last"], "another timeline of the session");
    timeline.set_bookmarks(HashMap::new());
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), Vec::<String>::new());
}

#[test]
fn steps_durations_and_tools_are_known_of_rows() {
    let mut timeline = Timeline::default();
    let step = |id: &str, second, from: &str, to: &str| {
        event(id, second, json!({"type": "step_transition", "from_step": from, "to_step": to}))
    };
    timeline.apply_window(whole(
        vec![
            said("aev_a", 1),
            step("aev_s", 2, "triage", "refund"),
            tool("aev_b", 3, "1"),
            result("aev_b2", 9, "1", false),
            said("aev_c", 10),
        ],
        &[],
    ));
    let mut shows = |query: &str| {
        ask(&mut timeline, Purpose::Filter, query);
        search_all(&mut timeline);
        shown(&timeline).join(" ")
    };
    assert_eq!(shows("step:triage"), "aev_a aev_s");
    assert_eq!(shows("step:refund type:agent_output"), "aev_c");
    assert_eq!(shows("dur:>5s"), "aev_b");
    assert_eq!(shows("tool:c"), "aev_b");
    assert_eq!(shows("!tool:c since:14:00:02"), "aev_s aev_c");
}

/// Too many to be looked through at once.
fn crowd() -> Timeline {
    let events: Vec<Event> = (0..2_500)
        .map(|n| {
            let content = if n % 1_000 == 0 { "needle" } else { "hay" };
            event(&format!("aev_{n}"), n / 10, json!({"type": "agent_output", "content": content}))
        })
        .collect();
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(events, &[]));
    timeline.settle(80, 10, 20);
    timeline
}

#[test]
fn a_long_session_is_looked_through_by_the_piece_and_the_nearest_hit_comes_first() {
    let mut timeline = crowd();
    timeline.select(&UnitId::named("aev_900"));
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    timeline.seek();
    let search = timeline.next_search(7).unwrap();
    assert_eq!(timeline.next_search(8), None, "one at a time");
    assert_eq!(timeline.leap(true), Leap::Searching);
    assert!(answer(&mut timeline, &search, 50, false));
    assert_eq!(cursor(&timeline), "aev_900", "it may still come");
    assert!(answer(&mut timeline, &search, 200, false));
    assert_eq!(cursor(&timeline), "aev_1000");
    assert!(timeline.tally(Purpose::Find).unwrap().searching);
    search_all(&mut timeline);
    assert!(answer(&mut timeline, &search, search.asked.len(), true));
    assert_eq!(hits(&timeline), 3);
    assert_eq!(cursor(&timeline), "aev_1000", "the rest moves nothing");
}

#[test]
fn answers_that_nobody_waits_for_change_nothing() {
    let mut timeline = crowd();
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    let old = timeline.next_search(1).unwrap();
    ask(&mut timeline, Purpose::Find, "\"hay\"");
    assert!(!answer(&mut timeline, &old, 10, true));
    let new = timeline.next_search(2).unwrap();
    assert!(!answer(&mut timeline, &old, 10, true));
    assert_eq!(hits(&timeline), 0);
    timeline.abandon_search();
    assert!(!answer(&mut timeline, &new, 10, true));
    search_all(&mut timeline);
    assert_eq!(hits(&timeline), 2_497);
    timeline.set_query(Purpose::Find, None, now());
    assert_eq!(timeline.next_search(3), None);
}

#[test]
fn a_filter_does_not_flicker_while_everything_is_worked_out_anew() {
    let mut timeline = crowd();
    ask(&mut timeline, Purpose::Filter, "\"needle\"");
    search_all(&mut timeline);
    let before = shown(&timeline);
    timeline.mark_hiding(&["aev_0".into()], true);
    assert_eq!(shown(&timeline), before);
    assert!(timeline.tally(Purpose::Filter).unwrap().searching);
    search_all(&mut timeline);
    assert_eq!(shown(&timeline), before);
}

const QUERIES: [&str; 8] = [
    "\"needle\"",
    "needle !is:error",
    "is:hidden or is:compacted",
    "type:tool_input,compaction",
    "tool:t1 or /h.y/",
    "dur:>2s",
    "step:b",
    "is:error",
];

fn any_event(n: usize, kind: u8, word: bool) -> Event {
    let (id, second) = (format!("aev_{n}"), u32::try_from(n).unwrap());
    let text = if word { "a needle" } else { "hay" };
    let call = format!("c{}", n % 5);
    let tool = format!("t{}", n % 3);
    event(
        &id,
        second,
        match kind {
            0 => json!({"type": "tool_input", "tool_call_id": call, "tool_name": tool,
            "tool_configuration_name": tool, "tool_input": {"q": text}}),
            1 => json!({"type": "tool_output", "tool_call_id": call, "tool_name": tool,
            "tool_configuration_name": tool, "tool_output": {"q": text}, "error": word}),
            2 => json!({"type": "compaction", "turns_compacted": 1, "events_compacted": 2,
            "summary_key": "k", "summary_text": text}),
            3 => {
                json!({"type": "step_transition", "from_step": "a", "to_step": if word { "b" } else { "c" }})
            }
            _ => json!({"type": "agent_output", "content": text}),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_found_as_events_arrive_is_what_is_found_in_the_end(
        kinds in prop::collection::vec((0_u8..6, any::<bool>(), any::<bool>()), 1..40),
        cuts in prop::collection::vec(1_usize..40, 0..5),
        find in 0..QUERIES.len(),
        filter in 0..QUERIES.len(),
    ) {
        let make = |(n, (kind, word, _)): (usize, &(u8, bool, bool))| any_event(n, *kind, *word);
        let events: Vec<Event> = kinds.iter().enumerate().map(make).collect();
        let hidden: Vec<String> = (0..kinds.len())
            .filter(|n| kinds[*n].2).map(|n| format!("aev_{n}")).collect();
        let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
        let mut growing = Timeline::default();
        ask(&mut growing, Purpose::Find, QUERIES[find]);
        ask(&mut growing, Purpose::Filter, QUERIES[filter]);
        let mut ends: Vec<usize> = cuts.into_iter().filter(|cut| *cut < events.len()).collect();
        ends.sort_unstable();
        ends.push(events.len());
        for end in ends {
            growing.apply_window(whole(events[..end].to_vec(), &hidden));
            search_all(&mut growing);
        }
        let mut whole_one = Timeline::default();
        whole_one.apply_window(whole(events, &hidden));
        ask(&mut whole_one, Purpose::Find, QUERIES[find]);
        ask(&mut whole_one, Purpose::Filter, QUERIES[filter]);
        search_all(&mut whole_one);
        prop_assert_eq!(shown(&growing), shown(&whole_one));
        prop_assert_eq!(growing.tally(Purpose::Find), whole_one.tally(Purpose::Find).map(|tally| Tally {
            at: growing.tally(Purpose::Find).unwrap().at, ..tally
        }));
        for timeline in [&mut growing, &mut whole_one] {
            timeline.set_query(Purpose::Filter, None, now());
        }
        prop_assert_eq!(hits(&growing), hits(&whole_one));
        let rows = growing.tally(Purpose::Find).unwrap().rows;
        prop_assert_eq!(rows, growing.units().count());
    }
}
