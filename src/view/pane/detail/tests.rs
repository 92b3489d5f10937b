//! Details of calls, of texts and of hostile events, as far as the model goes.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::api::agent::ToolConfiguration;
use crate::model::Timeline;
use crate::model::timeline::Window;

fn event(json: &str) -> Event {
    serde_json::from_str(json).unwrap()
}

/// The first unit that these events make.
fn unit(events: Vec<Event>) -> Unit {
    let mut timeline = Timeline::default();
    let visible = HashSet::new();
    timeline.apply_window(Window { events, visible, reaches_start: true, reaches_end: true });
    timeline.units().next().unwrap()
}

fn call(arguments: &Value, paths: &[&str], resolved: Option<&Value>) -> Vec<Event> {
    let input = json!({"id": "aev_1", "type": "tool_input", "tool_call_id": "c", "tool_name": "t",
        "tool_configuration_name": "t", "tool_input": arguments, "argument_override_paths": paths});
    let mut output = json!({"id": "aev_2", "type": "tool_output", "tool_call_id": "c",
        "tool_name": "t", "tool_configuration_name": "t", "tool_output": {"ok": true},
        "error": false});
    if let Some(resolved) = resolved {
        output["resolved_argument_overrides"] = resolved.clone();
    }
    vec![event(&input.to_string()), event(&output.to_string())]
}

fn open(events: Vec<Event>, configuration: Option<&ToolConfiguration>) -> Detail {
    let mut detail = Detail::open(&unit(events), configuration).unwrap();
    detail.settle(80, 40);
    detail
}

/// Key, value and supplier of every row.
fn rows(detail: &Detail) -> Vec<(String, String, String)> {
    let row = |row: TreeRow| (row.key, row.value, row.right.trim_end().to_owned());
    detail.rows().into_iter().map(row).collect()
}

fn keys(detail: &Detail) -> String {
    detail.rows().into_iter().map(|row| row.key).collect::<Vec<_>>().join(" ")
}

fn put_cursor(detail: &mut Detail, key: &str) {
    detail.go(Motion::First);
    let row = detail.rows().iter().position(|row| row.key == key).unwrap();
    go_to_row(detail, row);
}

fn go_to_row(detail: &mut Detail, row: usize) {
    detail.go(Motion::First);
    for _ in 0..row {
        detail.go(Motion::Down);
    }
}

#[test]
fn a_call_shows_what_the_tool_really_got_and_who_supplied_it() {
    let arguments = json!({"amount": 84.20, "auth": {"user": "u"}, "region": "us"});
    let paths = ["currency", "auth.key", "region", "audit.by"];
    let resolved = json!({"currency": "EUR", "auth.key": "****", "region": "eu"});
    let detail = open(call(&arguments, &paths, Some(&resolved)), None);
    let shown: Vec<_> = rows(&detail);
    let shown: Vec<_> =
        shown.iter().map(|(key, value, from)| (&**key, &**value, &**from)).collect();
    let wanted = [
        ("arguments", "", ""),
        ("amount", "84.2", "agent"),
        ("auth", "", ""),
        ("user", "\"u\"", "agent"),
        ("key", "\"****\"", "secret"),
        ("region", "\"eu\"", "configuration"),
        ("currency", "\"EUR\"", "configuration"),
        ("audit", "", ""),
        ("by", SHOWN_MASK, "configuration, value not told"),
        ("output", "", ""),
        ("ok", "true", ""),
        ("tool_input aev_1", "", ""),
        ("tool_output aev_2", "", ""),
    ];
    assert_eq!(shown, wanted);
}

#[test]
fn a_value_that_may_be_secret_leaves_as_a_mask_by_every_way() {
    // An event is not meant to hold values at override paths. This one does, and repeats a key.
    let text = r#"{"id": "aev_1", "type": "tool_input", "tool_call_id": "c", "tool_name": "t",
        "tool_configuration_name": "t", "tool_input": {"auth": "hunter2", "n": 1,
        "auth": {"key": "hunter2", "user": "u"}}, "argument_override_paths": ["auth.key"]}"#;
    let mut detail = open(vec![event(text)], None);
    detail.fold_all(false);
    for look in [JsonLook::Tree, JsonLook::Raw] {
        assert_eq!(detail.look(), look);
        for row in 0..detail.tree_len() {
            go_to_row(&mut detail, row);
            detail.enter();
            detail.settle(80, 40);
            let copied = [detail.value(), detail.json(), detail.path()];
            let copied = copied.into_iter().flatten().collect::<String>();
            assert!(!copied.contains("hunter2"), "{copied}");
            let screen = format!("{:?}{:?}", detail.rows(), read(&detail));
            assert!(!screen.contains("hunter2"), "{screen}");
            detail.back();
        }
        detail.next_look();
    }
    assert!(detail.json().unwrap().contains(r#""auth": "****", "n": 1"#));
    assert!(detail.json().unwrap().contains(r#""user": "u""#));
}

#[test]
fn what_only_the_configuration_calls_a_secret_is_masked_among_the_overrides_too() {
    let tool = serde_json::from_value(
        json!({"type": "client", "argument_override": {"token": {"$ref": "secrets.t"}}}),
    );
    let events = call(
        &json!({"token": "hunter2", "n": 1}),
        &["currency"],
        Some(&json!({"currency": "EUR"})),
    );
    let mut detail = open(events, Some(&tool.unwrap()));
    detail.fold_all(false);
    let shown = format!("{:?}", detail.rows());
    assert!(shown.contains("EUR") && !shown.contains("hunter2"), "{shown}");
    assert!(!detail.value().unwrap().contains("hunter2"));
}

#[test]
fn outstanding_calls_in_the_stream_are_masked_as_a_whole() {
    let text = r#"{"type": "client_tool_pending", "pending_calls": [{"event_id": "e",
        "tool_configuration_name": "c", "tool_name": "t", "arguments": {"a": {"b": "hunter2"}}}]}"#;
    for text in [text.to_owned(), text.replace(r#"{"a": {"b": "hunter2"}}"#, r#""hunter2""#)] {
        let mut detail = open(vec![event(&text)], None);
        detail.fold_all(false);
        assert!(!format!("{:?}", detail.rows()).contains("hunter2"));
        assert!(!detail.json().unwrap().contains("hunter2"));
    }
}

/// The lines that are read from the top now.
fn read(detail: &Detail) -> Vec<String> {
    let Some(reader) = detail.reader() else { return Vec::new() };
    let line = |at| match reader.line(at)? {
        Line::Heading(text) | Line::Text(text) => Some(text.to_owned()),
    };
    (0..reader.line_count()).filter_map(line).collect()
}

#[test]
fn raw_is_what_was_received_byte_for_byte() {
    let text =
        r#"{"id": "aev_1",  "type":"unknown", "big": 12345678901234567890.10, "big": 1e999}"#;
    let mut detail = open(vec![event(text)], None);
    assert_eq!(detail.json().as_deref(), Some(text));
    detail.next_look();
    detail.settle(200, 10);
    assert_eq!((detail.look(), read(&detail)), (JsonLook::Raw, vec![text.to_owned()]));
    put_cursor_in_tree(&mut detail, "big");
    assert_eq!(detail.value().as_deref(), Some("12345678901234567890.10"));
    assert_eq!(detail.path().as_deref(), Some(".big"));
}

fn put_cursor_in_tree(detail: &mut Detail, key: &str) {
    while detail.look() != JsonLook::Tree {
        detail.next_look();
    }
    detail.settle(80, 40);
    put_cursor(detail, key);
}

#[test]
fn a_huge_value_is_a_row_and_opens_by_the_piece() {
    let big = "0123456789abcde\\n".repeat(100_000);
    let text = format!(r#"{{"id": "a", "type": "x", "big": "{big}"}}"#);
    let mut detail = open(vec![event(&text)], None);
    put_cursor(&mut detail, "big");
    assert!(detail.rows().iter().all(|row| row.value.len() < 1_000));
    detail.enter();
    detail.settle(80, 20);
    let reader = detail.reader().unwrap();
    assert!(reader.line_count() <= reader::PIECE / 16 && !reader.is_complete());
    detail.go(Motion::Last);
    detail.settle(80, 20);
    let reader = detail.reader().unwrap();
    assert_eq!((reader.line_count(), reader.is_complete()), (100_001, true));
    assert_eq!(reader.line(99_999), Some(Line::Text("0123456789abcde")));
    assert!(detail.back() && !detail.back());
}

#[test]
fn out_and_in_go_through_the_tree_and_lead_out_at_its_root() {
    let text = r#"{"id": "a", "type": "x", "o": {"p": {"q": 1}}}"#;
    let mut detail = open(vec![event(text)], None);
    put_cursor(&mut detail, "q");
    assert_eq!(detail.breadcrumb(), ".o.p.q");
    assert!(detail.out());
    assert_eq!(detail.breadcrumb(), ".o.p");
    assert!(detail.out(), "folds");
    assert_eq!(keys(&detail), "x a id type o p");
    detail.inwards();
    detail.inwards();
    assert_eq!(detail.breadcrumb(), ".o.p.q");
    for _ in 0..5 {
        detail.out();
    }
    assert!(!detail.out());
}

#[test]
fn ten_thousand_levels_and_control_bytes_are_only_rows() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let text = format!(
        r#"{{"id": "a\u001b]52;c;x\u0007", "type": "tool_output", "tool_output": {deep}, "\u202ekey": "\u009b2J"}}"#
    );
    let mut detail = open(vec![event(&text)], None);
    detail.fold_all(false);
    detail.go(Motion::Last);
    detail.settle(80, 40);
    let shown = format!("{}{}", detail.breadcrumb(), keys(&detail));
    assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown:?}");
    assert!(detail.path().unwrap().len() < 40_000);
    let values = rows(&detail).into_iter().map(|row| row.1).collect::<String>();
    assert!(values.chars().all(|c| !c.is_control()));
}

#[test]
fn an_output_that_arrives_joins_and_leaves_the_cursor_where_it_is() {
    let mut events = call(&json!({"a": {"b": 1}}), &[], None);
    let output = events.pop().unwrap();
    let mut detail = open(events.clone(), None);
    put_cursor(&mut detail, "b");
    events.push(output);
    detail.refresh(&unit(events.clone()), None, Timestamp::UNIX_EPOCH);
    assert_eq!(detail.breadcrumb(), ".tool_input.a.b");
    assert_eq!(keys(&detail), "arguments a b output ok tool_input aev_1 tool_output aev_2");
    let before = Arc::as_ptr(&detail.content.documents[0].event);
    detail.refresh(&unit(events), None, Timestamp::UNIX_EPOCH);
    assert_ne!(
        Arc::as_ptr(&detail.content.documents[0].event),
        before,
        "other events are other documents"
    );
}

#[test]
fn a_text_is_rendered_first_and_the_looks_go_round() {
    let text = r##"{"id": "a", "type": "agent_output", "content": "# Hi\n\n- one"}"##;
    let mut detail = open(vec![event(text)], None);
    assert_eq!((detail.look(), detail.text()), (JsonLook::Rendered, Some("# Hi\n\n- one")));
    assert_eq!(detail.rendered().unwrap().lines().unwrap().len(), 3);
    let looks = [JsonLook::Tree, JsonLook::Raw, JsonLook::Rendered].map(|_| {
        detail.next_look();
        detail.look()
    });
    assert_eq!(looks, [JsonLook::Tree, JsonLook::Raw, JsonLook::Rendered]);
}

#[test]
fn a_unit_as_markdown_keeps_numbers_and_masks() {
    let arguments = json!({"auth": {"key": "sk-1"}, "text": "```"});
    let text = call(&arguments, &["auth.key"], None)[0].raw().get().to_owned();
    let input = event(&text.replace("\"```\"", "84.20"));
    let output = event(
        &json!({"id": "aev_2", "type": "tool_output", "tool_call_id": "c", "tool_name": "t",
            "tool_configuration_name": "t", "tool_output": {"why": "``` no"}, "error": true,
            "created_at": "2026-05-03T14:00:00.000Z"})
        .to_string(),
    );
    let written = open(vec![input, output], None).markdown();
    let mask = crate::model::masking::MASK;
    let wanted = format!(
        "## Call t: failed\n\narguments:\n\n```json\n{{\n  \"auth\": {{\n    \"key\": \"{mask}\"\n  }},\n  \
         \"text\": 84.20\n}}\n```\n\nerror:\n\n````json\n{{\n  \"why\": \"``` no\"\n}}\n````\n"
    );
    assert_eq!(written, wanted);
    let said = json!({"id": "aev_1", "type": "agent_output", "content": "# Done\n",
        "created_at": "2026-05-03T14:00:00.000Z"});
    let said = open(vec![event(&said.to_string())], None).markdown();
    assert_eq!(said, "## Agent\n\n*2026-05-03T14:00:00.000Z*\n\n# Done\n");
    let other = open(vec![event(r#"{"type": "image_read", "x": 1}"#)], None).markdown();
    assert!(other.starts_with("## Image read\n\n```json\n{\n  \"type\""), "{other}");
}

#[test]
fn a_page_is_the_height_of_the_pane_in_every_look() {
    let members: Vec<_> = (0..200).map(|at| format!(r#""k{at}": {at}"#)).collect();
    let text = format!(r#"{{"id": "a", "type": "x", {}}}"#, members.join(", "));
    let mut detail = open(vec![event(&text)], None);
    detail.settle(40, 9);
    for row in [8, 16, 24] {
        detail.go(Motion::PageDown);
        detail.settle(40, 9);
        assert_eq!((detail.cursor_row(), detail.rows().len()), (row, 9));
    }
    detail.go(Motion::HalfUp);
    assert_eq!(detail.cursor_row(), 20);
    detail.next_look();
    detail.settle(40, 9);
    for top in [8, 16] {
        detail.go(Motion::PageDown);
        detail.settle(40, 9);
        assert_eq!(detail.reader().unwrap().top(), top);
    }
    let words = "one paragraph\\n\\n".repeat(40);
    let text = format!(r#"{{"id": "a", "type": "agent_output", "content": "{words}"}}"#);
    let mut detail = open(vec![event(&text)], None);
    detail.settle(40, 9);
    detail.go(Motion::PageDown);
    assert_eq!(detail.rendered().unwrap().top(), 8);
}

#[test]
fn a_text_that_streams_in_is_laid_out_at_a_pace_that_its_length_allows() {
    let mut timeline = Timeline::default();
    timeline.open_stream();
    let chunk = |timeline: &mut Timeline, text: &str| {
        let json = json!({"type": "streaming_agent_output", "content": text});
        let frame = crate::api::Frame::read("", &json.to_string()).unwrap();
        timeline.apply_frame(&"s".into(), frame);
    };
    let piece = "word *word* word\n\n".repeat(64);
    chunk(&mut timeline, &piece);
    let mut detail = Detail::open(&timeline.units().next().unwrap(), None).unwrap();
    let (mut laid, mut bytes) = (0, 0);
    let mut now = Timestamp::UNIX_EPOCH;
    // A megabyte and a bit in a second.
    for _ in 0..1_000 {
        chunk(&mut timeline, &piece);
        now = now.checked_add(SignedDuration::from_millis(1)).unwrap();
        let before = detail.text().unwrap().len();
        detail.refresh(&timeline.units().next().unwrap(), None, now);
        let after = detail.text().unwrap().len();
        if after != before {
            (laid, bytes) = (laid + 1, bytes + after);
        }
        assert!(after <= markdown::MAX_BYTES);
    }
    assert!(laid > 5, "{laid}: it goes on");
    assert!(bytes < 1_100 * BYTES_PER_MILLISECOND, "{bytes} bytes were laid out in a second");
    // What was put off is not forgotten.
    let mut short = Timeline::default();
    short.open_stream();
    chunk(&mut short, &piece.repeat(40));
    let mut detail = Detail::open(&short.units().next().unwrap(), None).unwrap();
    chunk(&mut short, "a");
    detail.refresh(&short.units().next().unwrap(), None, now);
    chunk(&mut short, "the end");
    detail.refresh(&short.units().next().unwrap(), None, now);
    assert!(!detail.text().unwrap().ends_with("the end"));
    let due = detail.next_change().unwrap();
    detail.refresh(&short.units().next().unwrap(), None, due);
    assert!(detail.text().unwrap().ends_with("the end") && detail.next_change().is_none());
}
