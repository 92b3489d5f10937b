//! Whole files, good and hostile, walked from end to end.

mod any_file;
mod pipes;

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fault::FaultCounts;
use super::preamble::Shape;
use super::*;
use crate::api::glance::fingerprint;
use crate::api::{Event, EventBody, EventKind, Glance};

fn archive(bytes: &[u8]) -> Archive {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Archive::of_file(file, bytes.len() as u64)
}

/// All that a walk gives, put in order.
struct Walk {
    lines: Vec<(Line, Glance)>,
    chunks: usize,
    tail: usize,
    reader: Reader,
}

impl Walk {
    fn over(archive: &Archive) -> Self {
        let mut reader = Reader::new(archive);
        let (mut lines, mut tail) = (Vec::new(), Vec::new());
        let mut chunks = 0;
        while let Some(chunk) = reader.next_chunk().unwrap() {
            chunks += 1;
            let total = archive.length();
            assert!(chunk.read <= total);
            match chunk.place {
                ChunkPlace::Next => lines.extend(chunk.lines),
                ChunkPlace::Tail => tail = chunk.lines,
            }
            assert_eq!(chunk.last, chunk.read == total && reader.next_is_none());
        }
        let ahead = tail.len();
        lines.extend(tail);
        Self { lines, chunks, tail: ahead, reader }
    }

    fn faults(&self) -> FaultCounts {
        self.reader.summary().faults
    }
}

impl Reader {
    fn next_is_none(&self) -> bool {
        self.remaining.is_none()
    }
}

fn event(n: u64, content: &str) -> String {
    let at = crate::api::time::format(
        crate::api::Timestamp::from_millisecond(
            1_782_982_800_000 + i64::try_from(n).unwrap() * 100,
        )
        .unwrap(),
    );
    format!(
        r#"{{"id":"aev_{n}","session_key":"s","created_at":"{at}","type":"agent_output","content":"{content}"}}"#
    )
}

fn id(archive: &Archive, line: Line) -> String {
    archive.event(line).unwrap().event.id.unwrap().as_str().to_owned()
}

const SESSION: &str = r#"{"session":{"key":"s","agent_key":"a","name":"n","enabled":true,"created_at":"2026-07-02T09:00:00.000Z"}}"#;

fn ids(archive: &Archive, walk: &Walk) -> Vec<u64> {
    let number = |(line, _): &(Line, Glance)| id(archive, *line)[4..].parse().unwrap();
    walk.lines.iter().map(number).collect()
}

#[test]
fn a_session_and_its_events_are_read_as_they_were_written() {
    let text = format!("{SESSION}\n{}\n{}\n", event(1, "a"), event(2, "b"));
    let archive = archive(text.as_bytes());
    let walk = Walk::over(&archive);
    assert_eq!(ids(&archive, &walk), [1, 2]);
    let start = walk.reader.preamble().unwrap();
    assert_eq!(start.session.as_ref().unwrap().key.as_str(), "s");
    assert_eq!((start.direction, start.shape), (Direction::OldestFirst, Shape::Lines));
    assert_eq!(archive.read(walk.lines[1].0).unwrap(), event(2, "b").as_bytes());
    assert_eq!(archive.read_start(walk.lines[1].0, 5).unwrap(), br#"{"id""#);
    let viewed = archive.event(walk.lines[0].0).unwrap();
    assert!(!viewed.clipped && viewed.problem.is_none());
    assert_eq!(viewed.event.raw().get(), event(1, "a"));
    assert_eq!(walk.lines[0].1, Glance::from(&viewed.event));
    let summary = walk.reader.summary();
    let wanted = Summary { lines: 2, events: 2, duplicates: Some(0), ..Summary::default() };
    assert_eq!(*summary, wanted);
}

#[test]
fn in_either_order_a_large_file_comes_oldest_first_and_its_end_early() {
    let padding = "x".repeat(900);
    let events: Vec<_> = (0..2_500).map(|n| event(n, &padding)).collect();
    let expected: Vec<u64> = (0..2_500).collect();
    let kinds =
        [(false, "\n", ""), (true, "\n", "\n"), (true, "\r\n", ""), (false, "\r\n", "\r\n")];
    for (newest_first, ending, last) in kinds {
        let mut lines = events.clone();
        if newest_first {
            lines.reverse();
        }
        lines.insert(0, SESSION.to_owned());
        let archive = archive((lines.join(ending) + last).as_bytes());
        let walk = Walk::over(&archive);
        assert_eq!(ids(&archive, &walk), expected);
        assert!((500..1500).contains(&walk.tail), "{}", walk.tail);
        assert!(walk.chunks > 3);
        assert_eq!(walk.reader.summary().inversions, 0);
        assert_eq!(walk.faults(), FaultCounts::default());
    }
}

#[test]
fn the_second_chunk_is_the_end() {
    let padding = "x".repeat(900);
    let lines: Vec<_> = (0..3_000).map(|n| event(n, &padding)).collect();
    let archive = archive(lines.join("\n").as_bytes());
    let mut reader = Reader::new(&archive);
    let first = reader.next_chunk().unwrap().unwrap();
    assert_eq!(first.place, ChunkPlace::Next);
    assert!(first.read <= 256 * 1024 && first.lines.len() > 60);
    let second = reader.next_chunk().unwrap().unwrap();
    assert_eq!(second.place, ChunkPlace::Tail);
    assert_eq!(id(&archive, second.lines.last().unwrap().0), "aev_2999");
}

#[test]
fn a_file_of_no_clear_order_is_shown_as_it_is() {
    let shuffled: Vec<_> = (0..100).map(|n| event(n * 37 % 100, "")).collect();
    let mixed = archive(shuffled.join("\n").as_bytes());
    let walk = Walk::over(&mixed);
    assert_eq!(walk.reader.preamble().unwrap().direction, Direction::OldestFirst);
    assert_eq!(ids(&mixed, &walk)[..3], [0, 37, 74]);
    assert!(walk.reader.summary().inversions > 20);
    // Two sessions one after the other: the ends alone would say newest first.
    let twice: Vec<_> = (50..99).chain(0..49).map(|n| event(n, "")).collect();
    let twice = archive(twice.join("\n").as_bytes());
    let walk = Walk::over(&twice);
    assert_eq!(walk.reader.preamble().unwrap().direction, Direction::OldestFirst);
    assert_eq!(walk.reader.summary().inversions, 1);
}

#[test]
fn bad_lines_have_a_row_and_a_reason_and_do_not_hide_the_good_ones() {
    let good = event(1, "a");
    let mut text = b"\xef\xbb\xbf".to_vec();
    for line in [
        good.as_bytes(),
        b"",
        b"   ",
        b"no json",
        b"[1,2]",
        b"7",
        b"\"text\"",
        b"{\"id\":\"aev_2\"",
        b"{\"id\":\"\xff\"}",
        b"\0\0\0",
        b"{broken}",
        b"{\"id\":\"aev_3\",\"type\":\"thinking\"}",
        b"{\"id\":\"aev_1\",\"type\":\"thin",
    ] {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.pop();
    let archive = archive(&text);
    let walk = Walk::over(&archive);
    let faults = FaultCounts {
        not_json: 3,
        no_object: 3,
        not_utf8: 1,
        nul: 1,
        truncated: 1,
        ..FaultCounts::default()
    };
    assert_eq!(walk.faults(), faults);
    let summary = walk.reader.summary();
    assert_eq!((summary.lines, summary.blank), (11, 2));
    // Two are events: the first, and the one before the last.
    let no_events = walk.lines[1..9].iter().chain(walk.lines.last());
    for (line, _) in no_events {
        let viewed = archive.event(*line).unwrap();
        assert!(viewed.problem.is_some(), "{line:?}");
        assert!(matches!(&*viewed.event.body, EventBody::Unknown));
        let text: String = serde_json::from_str(viewed.event.raw().get()).unwrap();
        let line = String::from_utf8_lossy(&archive.read(*line).unwrap()).into_owned();
        assert_eq!(text, line.trim_matches('\0'));
    }
    assert_eq!(archive.read(walk.lines[0].0).unwrap(), good.as_bytes());
}

#[test]
fn what_breaks_inside_a_line_is_noticed_when_it_comes_into_view() {
    let text = event(1, "a").replace("content\":\"a\"", "content\":\"a");
    let archive = archive(format!("{text}\n").as_bytes());
    let walk = Walk::over(&archive);
    assert_eq!(walk.faults(), FaultCounts::default());
    assert!(archive.event(walk.lines[0].0).unwrap().problem.is_some());
}

#[test]
fn a_last_line_that_ends_like_an_object_in_the_middle_is_truncated() {
    let whole = r#"{"id":"a","created_at":"x","type":"tool_input","tool_input":{"a":{"b":1}"#;
    let walk = Walk::over(&archive(whole.as_bytes()));
    assert_eq!(walk.faults(), FaultCounts { truncated: 1, ..FaultCounts::default() });
    assert_eq!(walk.lines[0].1.kind, EventKind::ToolInput);
}

#[test]
fn duplicates_are_counted_wherever_they_lie() {
    let padding = "x".repeat(1000);
    let mut lines: Vec<_> = (0..3_000).map(|n| event(n, &padding)).collect();
    lines.insert(2_990, event(3, "again"));
    lines.insert(10, event(3, "and again"));
    let walk = Walk::over(&archive(lines.join("\n").as_bytes()));
    assert_eq!(walk.reader.summary().duplicates, Some(2));
    assert_eq!(walk.reader.summary().inversions, 2);
}

#[test]
fn a_file_that_is_not_lines_says_what_it_is() {
    let long_array = format!("[{}]", vec![event(1, "a"); 1000].join(",\n"));
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
    let cases: [(&[u8], Shape); 16] = [
        (b"", Shape::Empty),
        (b"\n \n", Shape::Empty),
        (b"[{\"id\":\"a\"},\n{\"id\":\"b\"}]\n", Shape::OneArray),
        (long_array.as_bytes(), Shape::OneArray),
        (b"[1]\n[2]\n", Shape::Foreign),
        (b"{\"schema_version\":1,\"items\":[]}", Shape::OneListing),
        (b"{\n  \"schema_version\": 1,\n  \"items\": []\n}\n", Shape::OneListing),
        (b"{\"type\":\"user\",\"uuid\":\"u\",\"message\":{}}\n", Shape::Foreign),
        (b"{\"type\":\"new\",\"id\":\"a\",\"created_at\":\"2026-05-03T11:00:00Z\"}", Shape::Lines),
        (b"{\n \"id\": 1\n}\n", Shape::OneDocument),
        (b"{\"events\": [{\"id\":\"a\"}]}", Shape::OnePage),
        (png, Shape::Binary),
        (b"\x1f\x8b\x08\0", Shape::Compressed),
        (b"\xff\xfe{\0", Shape::Utf16),
        (b"what is this\n", Shape::Foreign),
        (b"\0\0{\"type\":\"thinking\"}\n", Shape::Lines),
    ];
    for (bytes, shape) in cases {
        let archive = archive(bytes);
        let start = archive.preamble().unwrap();
        assert_eq!(start.shape, shape, "{:?}", String::from_utf8_lossy(bytes));
        assert_eq!(start.advice().is_none(), shape == Shape::Lines);
        let walk = Walk::over(&archive);
        assert!(walk.lines.iter().all(|(line, _)| archive.event(*line).is_ok()));
    }
}

#[test]
fn a_session_that_cannot_be_read_costs_a_fault_and_no_row() {
    let text = format!("{{\"session\": {{\"key\":7}}}}\n{}\n", event(1, ""));
    let archive = archive(text.as_bytes());
    let walk = Walk::over(&archive);
    assert_eq!(walk.faults(), FaultCounts { session: 1, ..FaultCounts::default() });
    assert_eq!(ids(&archive, &walk), [1]);
    assert!(walk.reader.preamble().unwrap().problem.is_some());
    let only = Walk::over(&super::tests::archive(SESSION.as_bytes()));
    assert!(only.lines.is_empty() && only.reader.preamble().unwrap().session.is_some());
}

fn output(text: &str, tail: &str) -> String {
    format!(
        r#"{{"id":"aev_1","session_key":"s","created_at":"2026-07-02T09:00:01.007Z","type":"tool_output","tool_call_id":"c","tool_configuration_name":"t","tool_name":"t","tool_output":{{"a":[{{"b":"{text}"}}]}}{tail}}}"#
    )
}

#[test]
fn a_long_line_is_clipped_and_keeps_its_verdict() {
    for text in ["x".repeat(100_000), "é".repeat(50_000), r"\ud83d\ude00".repeat(10_000)] {
        for failed in [true, false] {
            let text = output(&text, &format!(r#","error":{failed}"#));
            let archive = archive(text.as_bytes());
            let (line, glance) = Walk::over(&archive).lines[0];
            assert_eq!(glance.failed, failed);
            for viewed in [archive.event(line).unwrap(), archive.event_of(line, &glance).unwrap()] {
                assert!(viewed.clipped && viewed.problem.is_none());
                assert!(viewed.event.size() <= CLIP + 100);
                let EventBody::ToolOutput(output) = &*viewed.event.body else { panic!() };
                assert_eq!(output.error, failed);
                assert!(output.tool_output["a"][0]["b"].as_str().unwrap().chars().count() > 300);
                assert_eq!(Glance::from(&viewed.event), glance);
            }
        }
    }
}

#[test]
fn required_fields_behind_a_long_one_are_found() {
    let list = vec!["[1,{\"deep\":\"text\"}]"; 20_000].join(",");
    let text = format!(
        r#"{{"tool_output":{{"rows":[{list}]}},"error":true,"hide_reason":"manual","id":"aev_9","type":"tool_output","tool_name":"t","tool_call_id":"c","tool_configuration_name":"t"}}"#
    );
    let archive = archive(format!("{text}\n{}", event(3, "")).as_bytes());
    let (line, glance) = Walk::over(&archive).lines[0];
    let viewed = archive.event(line).unwrap();
    assert!(viewed.clipped);
    let EventBody::ToolOutput(output) = &*viewed.event.body else { panic!("{:?}", viewed.event) };
    assert_eq!(output.tool_output["rows"].as_array().unwrap().len(), 200);
    assert_eq!(viewed.event.id.as_ref().unwrap().as_str(), "aev_9");
    assert_eq!(glance.call, Some(fingerprint("c")));
    assert_eq!(Glance::from(&viewed.event), glance);
}

#[test]
fn lines_longer_than_a_chunk_are_walked_over_in_both_orders() {
    let long = output(&"x".repeat(6 << 20), r#","error":true"#);
    let broken = long.replacen("{\"b\"", "{b", 1);
    let junk = "y".repeat(5 << 20);
    for newest_first in [false, true] {
        let mut lines = [
            event(0, ""),
            event(1, ""),
            long.clone(),
            broken.clone(),
            junk.clone(),
            event(900_000, ""),
        ];
        if newest_first {
            lines.reverse();
        }
        for ending in ["", "\n"] {
            let archive = archive((lines.join("\n") + ending).as_bytes());
            let walk = Walk::over(&archive);
            let lengths: Vec<_> = walk.lines.iter().map(|(line, _)| line.length).collect();
            let mut expected: Vec<_> = lines.iter().map(|line| line.len() as u64).collect();
            if newest_first {
                expected.reverse();
            }
            assert_eq!(lengths, expected);
            assert!(walk.lines[2].1.failed);
            assert_eq!(walk.faults(), FaultCounts { not_json: 2, ..FaultCounts::default() });
            let viewed = archive.event_of(walk.lines[2].0, &walk.lines[2].1).unwrap();
            assert!(matches!(&*viewed.event.body, EventBody::ToolOutput(output) if output.error));
        }
    }
}

#[test]
fn hostile_long_lines_neither_overflow_nor_lie() {
    let deep = format!("{{\"type\":\"tool_input\",\"tool_input\":{}", "{\"a\":[".repeat(300_000));
    let wide = format!("{{{}\"type\":\"thinking\"}}", "\"k\":1,".repeat(100_000));
    let number = format!("{{\"n\":{},\"type\":\"thinking\"}}", "9".repeat(100_000));
    let quotes = format!("{{\"type\":\"thinking\",\"content\":\"{}\"}}", r#"\""#.repeat(100_000));
    let high = format!("{{\"type\":\"thinking\",\"content\":\"{}\"}}", r"\ud83d".repeat(100_000));
    let slashes = format!("{{\"type\":\"thinking\",\"content\":\"{}\"}}", r"\\".repeat(100_000));
    let open = format!("{{\"type\":\"thinking\",\"content\":\"{}", "x".repeat(100_000));
    for text in [
        deep,
        wide,
        number,
        quotes,
        high,
        slashes,
        open,
        "{".repeat(200_000),
        "{\"\":".repeat(50_000),
    ] {
        let archive = archive(text.as_bytes());
        let line = Line { offset: 0, length: text.len() as u64 };
        let viewed = archive.event(line).unwrap();
        assert!(viewed.clipped);
        assert!(viewed.event.size() < 1 << 20);
        let small = shrink::shrink(&archive, line).unwrap();
        assert!(
            serde_json::from_slice::<Box<serde_json::value::RawValue>>(&small.json).is_ok()
                || small.broken,
            "{}",
            &text[..40]
        );
        Walk::over(&archive);
    }
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(event(1, "a").as_bytes()).unwrap();
    let archive = Archive::open(file.path()).unwrap();
    let line = Walk::over(&archive).lines[0].0;
    file.as_file().set_len(10).unwrap();
    assert_eq!(archive.event(line).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(Reader::new(&archive).next_chunk().is_err());
    let foreign = Line { offset: u64::MAX, length: u64::MAX };
    assert_eq!(archive.read(foreign).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let never = AtomicBool::new(false);
    let mut lines = [(0, foreign), (1, line)].into_iter();
    assert!(archive.scan(&mut lines, &mut |_: u32, _: &[u8]| {}, &never).is_err());
}

#[test]
fn what_is_no_file_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Archive::open(dir.path()).unwrap_err().to_string().contains("directory"));
    assert!(Archive::open(Path::new("/dev/null")).unwrap_err().to_string().contains("neither"));
    let missing = Archive::open(&dir.path().join("x")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn a_scan_hands_out_every_byte_of_every_line_in_any_order() {
    let mut texts: Vec<_> =
        (0..3_000).map(|n| event(n, &"x".repeat(1 + (n % 700) as usize))).collect();
    texts.insert(7, "z".repeat(700_000));
    let archive = archive(texts.join("\n").as_bytes());
    let lines: Vec<_> =
        (0..).zip(Walk::over(&archive).lines.iter().map(|(line, _)| *line)).collect();
    let never = AtomicBool::new(false);
    let every_third = lines.iter().copied().step_by(3).collect::<Vec<_>>();
    let backwards = lines.iter().copied().rev().collect::<Vec<_>>();
    for order in [lines.clone(), every_third, backwards] {
        let mut seen = Vec::new();
        let mut test = |number: u32, bytes: &[u8]| {
            assert_eq!(bytes, texts[number as usize].as_bytes());
            seen.push(number);
        };
        archive.scan(&mut order.iter().copied(), &mut test, &never).unwrap();
        assert_eq!(seen, order.iter().map(|(number, _)| *number).collect::<Vec<_>>());
    }
}

#[test]
fn neighbours_that_hold_nothing_are_passed_over_together_and_each_is_told() {
    struct Needle(Vec<(u32, bool)>);

    impl Look for Needle {
        fn look(&mut self, number: u32, bytes: &[u8]) {
            self.0.push((number, self.is_worth(bytes)));
        }

        fn is_worth(&self, bytes: &[u8]) -> bool {
            memchr::memmem::find(bytes, b"needle").is_some()
        }

        fn pass_over(&mut self, number: u32) {
            self.0.push((number, false));
        }
    }

    let mut texts: Vec<_> = (0..3_000).map(|n| event(n, &"x".repeat(600))).collect();
    texts[1_234] = event(1_234, "a needle");
    let archive = archive(texts.join("\n").as_bytes());
    let lines: Vec<_> =
        (0..).zip(Walk::over(&archive).lines.iter().map(|(line, _)| *line)).collect();
    let mut needle = Needle(Vec::new());
    archive.scan(&mut lines.into_iter(), &mut needle, &AtomicBool::new(false)).unwrap();
    assert_eq!(needle.0, (0..3_000).map(|n| (n, n == 1_234)).collect::<Vec<_>>());
}

#[test]
fn a_very_long_line_is_scanned_in_pieces_that_overlap() {
    let mut long = vec![b'a'; usize::try_from(3 * scan::PIECE).unwrap()];
    let at = usize::try_from(scan::PIECE).unwrap() - 3;
    long[at..at + 6].copy_from_slice(b"needle");
    let archive = archive(&long);
    let line = Line { offset: 0, length: long.len() as u64 };
    let (mut pieces, mut hits) = (0, 0);
    let mut test = |_: u32, bytes: &[u8]| {
        pieces += 1;
        hits += u32::from(memchr::memmem::find(bytes, b"needle").is_some());
        assert!(bytes.len() as u64 <= scan::PIECE);
    };
    let cancel = AtomicBool::new(false);
    archive.scan(&mut [(0, line)].into_iter(), &mut test, &cancel).unwrap();
    assert_eq!((pieces, hits), (4, 1));
    let mut pieces = 0;
    let mut test = |_: u32, _: &[u8]| {
        pieces += 1;
        cancel.store(true, Ordering::Relaxed);
    };
    archive.scan(&mut [(0, line)].into_iter(), &mut test, &cancel).unwrap();
    assert_eq!(pieces, 1);
}

#[test]
fn a_damaged_line_gives_its_records_and_says_where_the_rest_lies() {
    let lines = [
        SESSION.to_owned(),
        event(1, "a"),
        format!("{}{}", "\0".repeat(512), event(2, "b")),
        event(3, "torn")[..60].to_owned(),
        format!("{}\0\0", event(4, "d")),
    ];
    let text = lines.join("\n");
    let archive = archive(text.as_bytes());
    let walk = Walk::over(&archive);
    let said: Vec<_> = walk
        .lines
        .iter()
        .map(|(line, _)| {
            let viewed = archive.event(*line).unwrap();
            viewed.problem.unwrap_or_else(|| viewed.event.id.unwrap().to_string())
        })
        .collect();
    assert_eq!(
        said,
        [
            "aev_1",
            "line 3: 512 NUL bytes",
            "aev_2",
            "line 4: EOF while parsing a string at byte 60",
            "aev_4",
            &*format!("line 5 from byte {}: 2 NUL bytes", event(4, "d").len() + 1),
        ]
    );
    let faults = FaultCounts { not_json: 1, nul: 2, ..FaultCounts::default() };
    assert_eq!(walk.faults(), faults);
    assert_eq!(walk.reader.summary().lines, 6);
}

#[test]
fn a_key_that_comes_twice_is_counted_while_the_file_is_walked() {
    let twice = event(2, "b").replace("\"id\":", "\"id\":\"aev_9\",\"id\":");
    let archive = archive(format!("{}\n{twice}\n", event(1, "a")).as_bytes());
    let walk = Walk::over(&archive);
    assert_eq!(walk.reader.summary().odd, 1);
    assert_eq!(walk.faults(), FaultCounts::default());
    assert_eq!(id(&archive, walk.lines[1].0), "aev_9");
}

#[test]
fn the_mark_tells_who_sees_an_event_in_both_forms() {
    let marked = |hidden: bool, n| format!("{{\"hidden\":{hidden},{}", &event(n, "x")[1..]);
    let apart = |hidden: bool, n| format!("{{\"hidden\": {hidden}, \"event\": {}}}", event(n, "x"));
    let behind = |n| event(n, "x").replace("\"x\"}", "\"x\",\"hidden\":true}");
    let lines = [
        marked(true, 1),
        marked(false, 2),
        apart(true, 3),
        apart(false, 4),
        behind(5),
        event(6, ""),
    ];
    let archive = archive(lines.join("\n").as_bytes());
    let walk = Walk::over(&archive);
    assert_eq!(ids(&archive, &walk), [1, 2, 3, 4, 5, 6]);
    let told: Vec<_> = walk.lines.iter().map(|(_, it)| (it.told, it.hidden.is_some())).collect();
    let (hidden, seen) = ((true, true), (true, false));
    assert_eq!(told, [hidden, seen, hidden, seen, hidden, (false, false)]);
    for (line, glance) in &walk.lines {
        assert_eq!(Glance::from(&archive.event(*line).unwrap().event), *glance);
        assert_eq!(Glance::from(&archive.whole_event(*line).unwrap().event), *glance);
    }
}
