use std::fmt::Write as _;
use std::io::Write as _;

use super::*;
use crate::archive::{Archive, ChunkPlace, Reader};
use crate::model::timeline::Unit;
use crate::model::timeline::unit::Above;

/// Lines as the service sends them, about 600 bytes each.
fn lines(count: usize) -> Vec<String> {
    let line = |n: usize| {
        let mut out = format!(
            r#"{{"id":"aev_{n:06}","session_key":"s","created_at":"2026-05-03T{:02}:{:02}:{:02}.000Z","#,
            n / 3_600 % 24,
            n / 60 % 60,
            n % 60
        );
        let _ = match n % 4 {
            0 => write!(
                out,
                r#""type":"input_message","messages":[{{"type":"text","content":"{n}"}}]}}"#
            ),
            1 => write!(
                out,
                r#""type":"tool_input","tool_call_id":"c{}","tool_configuration_name":"t","tool_name":"t","tool_input":{{}}}}"#,
                n / 4
            ),
            2 => write!(
                out,
                r#""type":"tool_output","tool_call_id":"c{}","tool_configuration_name":"t","tool_name":"t","tool_output":{{"text":"{}"}},"error":{}}}"#,
                n / 4,
                "x".repeat(1_600),
                n % 8 == 2
            ),
            _ => write!(out, r#""type":"agent_output","content":"{n}"}}"#),
        };
        out
    };
    (0..count).map(line).collect()
}

fn archive(lines: &[String]) -> Archive {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    Archive::open(file.path()).unwrap()
}

fn chunks(archive: &Archive) -> (Timeline, Vec<Chunk>) {
    let mut reader = Reader::new(archive);
    let chunks = std::iter::from_fn(|| reader.next_chunk().unwrap()).collect();
    let direction = reader.preamble().unwrap().direction;
    (Timeline::of_file(archive.clone(), direction), chunks)
}

fn texts(timeline: &Timeline) -> Vec<String> {
    let raw = |unit: &Unit| unit.event.as_ref().map(|event| event.raw().get().to_owned());
    (0..timeline.shown_len()).filter_map(|at| raw(&timeline.shown_unit(at)?)).collect()
}

fn last(open: &OpenSession) -> String {
    open.timeline.cursor_unit().unwrap().event.unwrap().id.clone().unwrap().to_string()
}

#[test]
fn every_row_is_its_line_in_both_orders_whatever_was_looked_at_meanwhile() {
    let lines = lines(6_000);
    let expected: Vec<String> =
        lines.iter().enumerate().filter(|(n, _)| n % 4 != 2).map(|(_, l)| l.clone()).collect();
    let backwards: Vec<String> = lines.iter().rev().cloned().collect();
    for lines in [&lines, &backwards] {
        let archive = archive(lines);
        let (timeline, chunks) = chunks(&archive);
        assert!(
            chunks.iter().any(|chunk| chunk.place == ChunkPlace::Tail),
            "too short to prove it"
        );
        let mut open = OpenSession::showing(SessionRef::new("a", "s"), timeline);
        for chunk in chunks {
            open.absorb_chunk(chunk);
            open.timeline.settle(76, 20, 60);
            for goes_to in [OpenSession::first, OpenSession::newest] {
                goes_to(&mut open);
                open.timeline.settle(76, 20, 60);
                let shown = texts(&open.timeline);
                assert!(shown.iter().all(|text| text.starts_with('{')), "a line cut short");
            }
        }
        assert_eq!(texts(&open.timeline), expected);
        assert_eq!(open.timeline.counts().in_context, 6_000);
    }
}

#[test]
fn the_end_can_be_reached_before_the_middle_is_read_and_stays_under_the_cursor() {
    for asked_before_it_is_there in [true, false] {
        let (timeline, chunks) = chunks(&archive(&lines(6_000)));
        let mut open = OpenSession::showing(SessionRef::new("a", "s"), timeline);
        let mut chunks = chunks.into_iter();
        open.absorb_chunk(chunks.next().unwrap());
        open.timeline.settle(76, 20, 60);
        if asked_before_it_is_there {
            open.newest();
        }
        open.absorb_chunk(chunks.next().unwrap());
        if !asked_before_it_is_there {
            open.newest();
        }
        open.timeline.settle(76, 20, 60);
        assert_eq!(last(&open), "aev_005999");
        let gaps = (0..open.timeline.shown_len())
            .filter(|at| open.timeline.shown_unit(*at).unwrap().above == Some(Above::Unread));
        assert_eq!(gaps.count(), 1, "the gap is said once");
        let anchor = open.timeline.scroll().anchor.clone();
        for chunk in chunks {
            open.absorb_chunk(chunk);
            open.timeline.settle(76, 20, 60);
            assert_eq!(last(&open), "aev_005999");
            assert_eq!(open.timeline.scroll().anchor, anchor, "it jumped");
        }
        assert!(open.timeline.units().all(|unit| unit.above.is_none()));
        assert_eq!(open.timeline.event_count(), 6_000);
        assert_eq!(open.timeline.scroll().new_below, 0, "nothing is new in a file");
    }
}

#[test]
fn the_start_is_one_key_away_from_the_end_while_the_rest_is_read() {
    let (timeline, chunks) = chunks(&archive(&lines(6_000)));
    let mut open = OpenSession::showing(SessionRef::new("a", "s"), timeline);
    let mut chunks = chunks.into_iter();
    for chunk in chunks.by_ref().take(3) {
        open.absorb_chunk(chunk);
    }
    open.newest();
    open.first();
    open.timeline.settle(76, 20, 60);
    assert_eq!(last(&open), "aev_000000");
    chunks.for_each(|chunk| open.absorb_chunk(chunk));
    assert_eq!((last(&open).as_str(), open.timeline.event_count()), ("aev_000000", 6_000));
}
