//! Whatever a file holds.

use proptest::prelude::*;

use super::*;

/// Lines as bad files have them.
fn odd_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0_u64..50, "[a-z]{0,30}").prop_map(|(n, text)| event(n, &text).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (0_u64..50, 0_usize..3, 0_usize..3).prop_map(|(n, before, behind)| {
            format!("{}{}{}", "\0".repeat(before), event(n, "x"), "\0".repeat(behind)).into_bytes()
        }),
        1 => prop::sample::select(vec!["", " ", "{}", "[]", "{", "}", "\r", "null", "{\"session\":1}"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

/// Where on a line that is not blank NUL bytes at its ends lie, and the rest of it.
fn parted(line: &[u8]) -> Vec<(usize, usize)> {
    let filling = |byte: &&u8| **byte == 0 || byte.is_ascii_whitespace();
    let blank = |from: usize| line[from..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    if line.first() != Some(&0) && line.last() != Some(&0) {
        return if blank(0) == line.len() { Vec::new() } else { vec![(0, line.len())] };
    }
    let ahead = line.iter().take_while(filling).count();
    let behind = line.iter().skip(ahead).rev().take_while(filling).count();
    let ends = [(0, ahead), (ahead, line.len() - behind), (line.len() - behind, line.len())];
    let parts = ends.into_iter().map(|(start, end)| (end.min(start + blank(start)), end));
    parts.filter(|(start, end)| start < end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn from_either_end_and_at_any_size_the_same_lines_come(
        lines in prop::collection::vec(odd_line(), 0..40), last in any::<bool>(),
        sizes in prop::collection::vec((1_usize..200, any::<bool>()), 1..8),
    ) {
        let mut text = lines.join(&b"\n"[..]);
        if last {
            text.push(b'\n');
        }
        let archive = archive(&text);
        let expected: Vec<_> = {
            let mut offset = 0;
            let mut found = Vec::new();
            for line in text.split(|byte| *byte == b'\n') {
                let bytes = line.strip_suffix(b"\r").unwrap_or(line);
                found.extend(parted(bytes).into_iter().map(|(start, end)| Line {
                    offset: offset + start as u64,
                    length: (end - start) as u64,
                }));
                offset += line.len() as u64 + 1;
            }
            found
        };
        let mut remaining = remaining::Remaining::new(&archive, 0);
        remaining.grow();
        let (mut front, mut back) = (Vec::new(), Vec::new());
        for (size, forward) in sizes.iter().cycle() {
            if remaining.bytes() == 0 {
                break;
            }
            let before = remaining.bytes();
            let (end, into) = if *forward {
                (remaining::End::Front, &mut front)
            } else {
                (remaining::End::Back, &mut back)
            };
            into.extend(remaining.take(end, *size).unwrap().looks.into_iter().map(|look| look.line));
            prop_assert!(remaining.bytes() < before);
        }
        front.extend(back.into_iter().rev());
        prop_assert_eq!(front, expected);
    }

    #[test]
    fn whatever_a_file_holds_each_line_has_an_event(
        lines in prop::collection::vec(odd_line(), 0..20),
    ) {
        let archive = archive(&lines.join(&b"\n"[..]));
        let walk = Walk::over(&archive);
        let mut no_events = 0;
        for (line, glance) in &walk.lines {
            let viewed = archive.event(*line).unwrap();
            if viewed.problem.is_none() {
                prop_assert_eq!(&Glance::from(&viewed.event), glance);
            } else {
                no_events += 1;
            }
        }
        prop_assert!(walk.faults().rows() + walk.faults().nul <= no_events);
    }

    #[test]
    fn a_line_cut_down_decodes_and_keeps_its_outer_fields(
        rows in 0_usize..400, text in "[a-zé😀\"\\\\]{0,40}", times in 0_usize..300, failed in any::<bool>(),
    ) {
        let value = serde_json::json!({
            "tool_output": {"rows": vec![text.clone(); rows], "text": text.repeat(times), "n": [[[1]]]},
            "type": "tool_output", "error": failed, "id": "aev_1", "tool_name": "t",
            "tool_call_id": "c", "tool_configuration_name": "t",
        });
        let line = value.to_string();
        let archive = archive(line.as_bytes());
        let small = shrink::shrink(&archive, Line { offset: 0, length: line.len() as u64 }).unwrap();
        prop_assert!(!small.broken);
        let event: Event = serde_json::from_slice(&small.json).unwrap();
        let EventBody::ToolOutput(output) = &*event.body else { panic!("{event:?}") };
        prop_assert_eq!(output.error, failed);
        prop_assert_eq!(output.tool_output["rows"].as_array().unwrap().len(), rows.min(200));
        prop_assert_eq!(Glance::from(&event), header::whole(line.as_bytes()).0.glance());
        let long = value["tool_output"]["text"].to_string().len();
        if rows <= 200 && long <= 4000 && line.len() < 200_000 {
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&small.json).unwrap(), value);
        }
    }
}
