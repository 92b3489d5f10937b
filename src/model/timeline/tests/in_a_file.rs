use std::fmt::Write as _;
use std::io::Write as _;

use super::*;
use crate::archive::{Archive, Chunk, Place, Reader};

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
    let chunks = std::iter::from_fn(|| reader.next().unwrap()).collect();
    let direction = reader.preamble().unwrap().direction;
    (Timeline::of_file(archive.clone(), direction), chunks)
}

fn texts(timeline: &Timeline) -> Vec<String> {
    let raw = |unit: &Unit| unit.event.as_ref().map(|event| event.raw().get().to_owned());
    (0..timeline.shown_len()).filter_map(|at| raw(&timeline.shown_unit(at)?)).collect()
}

#[test]
fn every_row_is_its_line_in_both_orders_whatever_was_looked_at_meanwhile() {
    let lines = lines(6_000);
    let expected: Vec<String> =
        lines.iter().enumerate().filter(|(n, _)| n % 4 != 2).map(|(_, l)| l.clone()).collect();
    let backwards: Vec<String> = lines.iter().rev().cloned().collect();
    for lines in [&lines, &backwards] {
        let archive = archive(lines);
        let (mut timeline, chunks) = chunks(&archive);
        assert!(chunks.iter().any(|chunk| chunk.place == Place::Tail), "too short to prove it");
        for chunk in chunks {
            timeline.absorb_chunk(chunk);
            timeline.settle(76, 20, 60);
            if timeline.reading().is_some() {
                timeline.newest();
                timeline.settle(76, 20, 60);
                let shown = texts(&timeline);
                assert!(shown.iter().all(|text| text.starts_with('{')), "a line cut short");
            }
        }
        assert_eq!(texts(&timeline), expected);
        assert_eq!(timeline.counts().in_context, 6_000);
    }
}

#[test]
fn the_end_can_be_reached_before_the_middle_is_read_and_stays_under_the_cursor() {
    let (mut timeline, chunks) = chunks(&archive(&lines(6_000)));
    let mut chunks = chunks.into_iter();
    timeline.absorb_chunk(chunks.next().unwrap());
    timeline.settle(76, 20, 60);
    timeline.newest();
    timeline.absorb_chunk(chunks.next().unwrap());
    timeline.settle(76, 20, 60);
    let last = |timeline: &Timeline| {
        timeline.cursor_unit().unwrap().event.unwrap().id.clone().unwrap().to_string()
    };
    assert_eq!(last(&timeline), "aev_005999");
    assert_eq!(
        (0..timeline.shown_len())
            .filter(|at| { timeline.shown_unit(*at).unwrap().unread_before })
            .count(),
        1,
        "the gap is said once"
    );
    let anchor = timeline.scroll().anchor.clone();
    for chunk in chunks {
        timeline.absorb_chunk(chunk);
        timeline.settle(76, 20, 60);
        assert_eq!(last(&timeline), "aev_005999");
        assert_eq!(timeline.scroll().anchor, anchor, "it jumped");
    }
    assert!(timeline.units().all(|unit| !unit.unread_before));
}
