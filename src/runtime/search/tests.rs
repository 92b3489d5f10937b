//! Whole files with everything that JSON allows, searched as the loop does it.

use std::cell::{Cell, RefCell};
use std::io::Write as _;

use serde_json::json;

use super::*;
use crate::api::{SessionRef, Timestamp};
use crate::archive::{Archive, Reader as Walk};
use crate::model::Timeline;
use crate::model::timeline::Purpose;
use crate::query::{Domain, Query};
use crate::view::OpenSession;

fn line(n: usize, content: &str) -> String {
    // As it stands between quotes in the file, escapes included.
    format!(
        r#"{{"id":"aev_{n}","type":"agent_output","created_at":"2026-05-03T14:00:00Z","content":"{content}"}}"#
    )
}

/// A session in a file, read to its end.
fn timeline(lines: &[String]) -> Timeline {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let mut walk = Walk::new(&archive);
    let first = walk.next_chunk().unwrap().unwrap();
    let direction = walk.preamble().unwrap().direction;
    let mut timeline = Timeline::of_file(archive, direction);
    timeline.absorb_chunk(first);
    while let Some(chunk) = walk.next_chunk().unwrap() {
        timeline.absorb_chunk(chunk);
    }
    timeline.settle(80, 20, 20);
    timeline
}

fn ask(timeline: &mut Timeline, purpose: Purpose, query: &str) {
    let now: Timestamp = "2026-05-03T15:00:00Z".parse().unwrap();
    let parsed = Query::parse(query, Domain::Events).unwrap();
    timeline.set_query(purpose, Some((query.to_owned(), parsed)), now);
}

fn search_all(timeline: &mut Timeline) {
    let mut generation = 1;
    while let Some(search) = timeline.next_search(generation) {
        let found = RefCell::new(Vec::new());
        run(&search, &AtomicBool::new(false), &|answer| {
            found.borrow_mut().push(answer);
            true
        });
        let found = found.into_inner();
        assert!(found.last().unwrap().done);
        for answer in &found {
            assert!(timeline.take_found(answer));
        }
        generation += 1;
    }
}

/// Rows that pass, by number.
fn rows(timeline: &mut Timeline, query: &str) -> Vec<usize> {
    ask(timeline, Purpose::Filter, query);
    search_all(timeline);
    let id = |at: usize| {
        let unit = timeline.shown_unit(at).unwrap();
        let id = unit.event.unwrap().id.clone().unwrap().to_string();
        id.trim_start_matches("aev_").parse().unwrap()
    };
    (0..timeline.shown_len()).map(id).collect()
}

#[test]
fn letters_are_found_however_json_writes_them() {
    let mut timeline = timeline(&[
        line(0, "für Müller"),
        line(1, r"f\u00fcr M\u00FCller"),
        line(2, r#"two\nlines and a \"quote\" \/ \\"#),
        line(3, r"\u006ceedle \ud83d\ude00"),
        line(4, "leedle 😀"),
        line(5, "LEEDLE nothing"),
        line(6, r"tas\u212a and \u017fea"),
    ]);
    assert_eq!(rows(&mut timeline, "\"müller\""), [0, 1]);
    assert_eq!(rows(&mut timeline, "\"ü\""), [0, 1]);
    assert_eq!(rows(&mut timeline, "\"Müller\""), [0, 1], "a capital asks for itself");
    assert_eq!(rows(&mut timeline, "\"leedle\""), [3, 4, 5]);
    assert_eq!(rows(&mut timeline, "\"leedle 😀\""), [3, 4]);
    assert_eq!(rows(&mut timeline, "\"a \\\"quote\\\" / \\\\\""), [2]);
    assert_eq!(rows(&mut timeline, "/two$/ /^lines/"), [2]);
    assert_eq!(rows(&mut timeline, "\"task\" \"sea\""), [6]);
    assert_eq!(rows(&mut timeline, "\"agent_output\""), Vec::<usize>::new(), "that is no text");
    assert_eq!(rows(&mut timeline, "aev_3"), [3], "the id is");
    assert_eq!(rows(&mut timeline, "!leedle type:agent_output"), [0, 1, 2, 6]);
}

#[test]
fn calls_pass_by_either_half_and_by_what_lies_between_them() {
    let call = |n: usize, call: &str, second: u32, output: bool| {
        let kind = if output { "tool_output" } else { "tool_input" };
        let mut json = json!({"id": format!("aev_{n}"), "type": kind, "tool_call_id": call,
            "created_at": format!("2026-05-03T14:00:{second:02}Z"), "tool_name": "web_get",
            "tool_configuration_name": "web_get"});
        json[kind] = json!({"text": if output { "lost" } else { "query" }});
        if output {
            json["error"] = json!(true);
        }
        json.to_string()
    };
    let step = json!({"id": "aev_9", "type": "step_transition", "from_step": "a", "to_step": "b",
        "created_at": "2026-05-03T14:00:20Z"});
    let mut timeline = timeline(&[
        call(0, "c", 1, false),
        line(1, "lost"),
        call(2, "c", 9, true),
        step.to_string(),
        line(3, "x"),
    ]);
    assert_eq!(rows(&mut timeline, "\"lost\""), [0, 1]);
    assert_eq!(rows(&mut timeline, "tool:web_* type:tool_output"), [0]);
    assert_eq!(rows(&mut timeline, "is:error dur:>7s"), [0]);
    assert_eq!(rows(&mut timeline, "step:b"), [3]);
    assert_eq!(rows(&mut timeline, "step:a !is:error"), [1, 9]);
    ask(&mut timeline, Purpose::Find, "\"lost\"");
    assert_eq!(rows(&mut timeline, "type:agent_output"), [1, 3]);
    assert_eq!(timeline.tally(Purpose::Find).unwrap().hits, 1);
}

#[test]
fn a_line_of_many_megabytes_is_searched_to_its_end_without_being_held() {
    let mut long = "x".repeat(5 << 20);
    long.push_str(r" the n\u0065edle at the end");
    let mut timeline = timeline(&[line(0, "needle"), line(1, &long), line(2, "hay")]);
    assert_eq!(rows(&mut timeline, "\"the needle at\""), [1]);
    assert_eq!(rows(&mut timeline, "\"needle\" size:>1M"), [1]);
}

#[test]
fn nothing_is_sent_and_little_read_once_it_is_cancelled() {
    let lines: Vec<String> = (0..3_000).map(|n| line(n, &"hay ".repeat(500))).collect();
    let mut timeline = timeline(&lines);
    ask(&mut timeline, Purpose::Find, "/n..dle/");
    let search = timeline.next_search(1).unwrap();
    let cancel = AtomicBool::new(true);
    run(&search, &cancel, &|_| panic!("nobody listens"));
    // Cancelled by the first answer that nobody takes.
    let cancel = AtomicBool::new(false);
    let sent = Cell::new(0);
    run(&search, &cancel, &|_| {
        sent.set(sent.get() + 1);
        false
    });
    assert_eq!((sent.get(), cancel.load(Ordering::Relaxed)), (1, true));
}

#[test]
fn lines_that_are_no_events_are_texts() {
    let mut timeline = timeline(&[line(0, "x"), "{\"needle\": ".to_owned() + "}", line(2, "y")]);
    ask(&mut timeline, Purpose::Find, "\"needle\"");
    search_all(&mut timeline);
    assert_eq!(timeline.tally(Purpose::Find).unwrap().hits, 1);
}

#[test]
fn a_file_that_is_still_read_is_searched_as_far_as_it_is_there() {
    let lines: Vec<String> = (0..16_000)
        .map(|n| line(n, if n % 4_000 == 3_999 { "needle" } else { "hay, and some more of it" }))
        .collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let mut walk = Walk::new(&archive);
    let first = walk.next_chunk().unwrap().unwrap();
    let timeline = Timeline::of_file(archive, walk.preamble().unwrap().direction);
    let mut open = OpenSession::showing(SessionRef::new("a", "s"), timeline);
    open.absorb_chunk(first);
    open.timeline.settle(80, 20, 20);
    ask(&mut open.timeline, Purpose::Find, "\"needle\"");
    let mut counts = Vec::new();
    while let Some(chunk) = walk.next_chunk().unwrap() {
        open.absorb_chunk(chunk);
        // The end is a timeline of its own until the rest is here.
        open.newest();
        search_all(&mut open.timeline);
        counts.push(open.timeline.tally(Purpose::Find).unwrap().hits);
    }
    search_all(&mut open.timeline);
    assert_eq!(open.timeline.tally(Purpose::Find).unwrap().hits, 4);
    assert!(counts.first().is_some_and(|first| *first > 0), "{counts:?}");
}
