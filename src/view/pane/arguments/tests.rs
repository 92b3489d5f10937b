//! Hostile, huge and secret arguments, at several sizes.

use crate::view::KeyNames;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::Object;
use crate::view::tree_view::indent;

/// The way to what was not seen, as it is said with the keys that are built in.
fn way(arguments: &Arguments) -> String {
    arguments.way_to_unseen(&KeyNames::default())
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Arguments all of which the agent said.
fn said(text: &str) -> Arguments {
    let mut arguments = Arguments::new(Exact::new(text.to_owned()).unwrap());
    arguments.learn(&input(text, "[]"), None);
    arguments
}

fn input(text: &str, paths: &str) -> Event {
    let event = format!(
        r#"{{"id":"e","type":"tool_input","tool_input":{text},"argument_override_paths":{paths}}}"#
    );
    serde_json::from_str(&event).unwrap()
}

fn screen(arguments: &mut Arguments, columns: usize, height: usize) -> Vec<String> {
    arguments.settle(columns, height, NOW);
    let line = |line: &Line| match line {
        Line::Row(row) => format!("{}{}", row.key, row.value),
        Line::Text(text) | Line::Note(text) => text.clone(),
    };
    arguments.screen().iter().map(line).map(|line| line.trim().to_owned()).collect()
}

/// Everything that can be seen of it, in every look and on every row.
fn everything(arguments: &mut Arguments) -> String {
    let mut out = Vec::new();
    for look in 0..2 {
        arguments.go(Motion::First);
        for _ in 0..40 {
            out.extend(screen(arguments, 80, 9));
            arguments.enter();
            out.extend(screen(arguments, 80, 9));
            arguments.back();
            arguments.fold_all(false);
            arguments.go(Motion::Down);
            out.extend([arguments.value(), arguments.path()]);
        }
        out.extend([arguments.masked_text(), format!("{arguments:?}"), look.to_string()]);
        arguments.next_look();
    }
    out.join("\n")
}

#[test]
fn numbers_are_exact_and_a_key_that_comes_twice_is_there_twice_and_marked() {
    let text = r#"{"n":84.20,"big":12345678901234567890.10,"n":1e999,"o":{"n":1}}"#;
    let mut arguments = said(text);
    let shown = screen(&mut arguments, 80, 9);
    assert_eq!(
        shown[1..4],
        ["n          84.20", "big        12345678901234567890.10", "n          1e999"]
    );
    let repeated = |line: &Line| matches!(line, Line::Row(row) if row.repeated);
    let marked: Vec<_> = arguments.screen().iter().map(repeated).collect();
    assert_eq!(marked, [false, true, false, true, false, false]);
    assert_eq!(arguments.masked_text(), text);
}

#[test]
fn a_secret_leaves_in_no_look_and_by_no_copy_and_is_shown_for_a_moment_only() {
    let text = r#"{"a":1,"auth.key":"hunter2","auth":{"key":"hunter2","list":["hunter2",5]},"z":"\u0068unter2"}"#;
    let mut arguments = Arguments::new(Exact::new(text.to_owned()).unwrap());
    assert!(!everything(&mut arguments).contains("unter2"), "before anything is known");
    arguments.learn(&input(r#"{"a":1}"#, r#"["auth.key"]"#), None);
    let all = everything(&mut arguments);
    assert!(!all.contains("unter2"), "{all}");
    assert!(
        all.contains(r#"{"a":1,"auth.key":"****","auth":{"key":"****","list":"****"},"z":"****"}"#)
    );
    arguments.go(Motion::First);
    arguments.go(Motion::Down);
    arguments.go(Motion::Down);
    assert_eq!(arguments.path(), r#".["auth.key"]"#);
    assert!(arguments.reveal(later(10)));
    arguments.settle(80, 9, later(9));
    assert_eq!(arguments.revealed_until(), Some(later(10)));
    let clear =
        |arguments: &Arguments| format!("{:?}", arguments.screen()).matches("unter2").count();
    assert_eq!(clear(&arguments), 1, "one value, and no other");
    assert_eq!(arguments.value(), "****", "what is copied stays");
    arguments.settle(80, 9, later(10));
    assert_eq!(clear(&arguments), 0);
    arguments.go(Motion::Up);
    assert!(!arguments.reveal(later(99)), "it is the agent's");
}

#[test]
fn a_masked_container_is_one_value_and_shown_as_one() {
    let text = r#"{"auth":{"key":"hunter2","list":[1,2]},"b":1}"#;
    let mut arguments = Arguments::new(Exact::new(text.to_owned()).unwrap());
    let shown = screen(&mut arguments, 80, 9);
    assert_eq!((shown.len(), arguments.masked(), arguments.unseen()), (3, 2, 0));
    assert_eq!(arguments.secrets().collect::<Vec<_>>(), [r#"{"key":"hunter2","list":[1,2]}"#, "1"]);
    arguments.go(Motion::Down);
    arguments.inwards();
    assert_eq!(arguments.path(), ".auth", "a mask has no inside");
    assert!(arguments.reveal(later(10)));
    let shown = screen(&mut arguments, 84, 9).join(" ");
    assert!(shown.contains(r#"{"key":"hunter2","list":[1,2]}"#), "{shown}");
    arguments.settle(84, 9, later(10));
    assert!(!format!("{:?}", arguments.screen()).contains("hunter2"));
}

#[test]
fn a_revealed_value_that_is_read_whole_goes_when_its_time_is_over() {
    let long = format!(r#"{{"s":"{}"}}"#, "hunter2 ".repeat(400));
    let mut arguments = Arguments::new(Exact::new(long).unwrap());
    arguments.go(Motion::Down);
    arguments.enter();
    assert!(arguments.page().is_none(), "a mask has no inside");
    arguments.reveal(later(10));
    arguments.settle(80, 9, NOW);
    arguments.enter();
    arguments.settle(80, 9, NOW);
    assert!(arguments.page().is_some() && format!("{:?}", arguments.screen()).contains("hunter2"));
    arguments.settle(80, 9, later(10));
    assert!(arguments.page().is_none() && !format!("{:?}", arguments.screen()).contains("hunter2"));
}

#[test]
fn what_was_not_on_the_screen_is_counted_also_in_folds_and_to_the_end_of_long_strings() {
    let long = "word ".repeat(200);
    let text = format!(r#"{{"a":1,"o":{{"x":1,"y":[2,3],"e":{{}}}},"long":"{long}","z":null}}"#);
    let mut arguments = said(&text);
    assert_eq!(arguments.unseen(), 7);
    arguments.go(Motion::Down);
    arguments.go(Motion::Down);
    arguments.toggle_fold();
    arguments.settle(80, 3, NOW);
    assert_eq!((arguments.unseen(), way(&arguments)), (6, "j shows them".to_owned()), "only a");
    arguments.settle(80, 9, NOW);
    assert_eq!(arguments.unseen(), 5, "z too; four are in the fold, and long is cut");
    arguments.go(Motion::Down);
    arguments.settle(80, 9, NOW);
    assert_eq!((arguments.unseen(), way(&arguments)), (5, "Enter reads it".to_owned()));
    arguments.enter();
    arguments.settle(80, 9, NOW);
    assert_eq!((arguments.unseen(), way(&arguments)), (5, "j reads on".to_owned()));
    arguments.go(Motion::Last);
    arguments.settle(80, 9, NOW);
    assert_eq!((arguments.unseen(), way(&arguments)), (4, "Esc leads back".to_owned()));
    assert!(arguments.back());
    arguments.go(Motion::Down);
    arguments.settle(80, 9, NOW);
    assert_eq!(way(&arguments), "zR unfolds them");
    arguments.fold_all(false);
    arguments.go(Motion::First);
    arguments.settle(80, 20, NOW);
    assert_eq!(arguments.unseen(), 0);
}

#[test]
fn a_long_string_that_the_pane_has_room_for_is_whole_under_the_cursor() {
    let text = format!(r#"{{"s":"{}end"}}"#, "word ".repeat(40));
    let mut arguments = said(&text);
    arguments.go(Motion::Down);
    let shown = screen(&mut arguments, 80, 9).join(" ");
    assert!(shown.contains("word end") && arguments.unseen() == 0, "{shown}");
    let shown = screen(&mut arguments, 80, 3).join(" ");
    assert!(shown.contains("… Enter reads it whole"), "{shown}");
}

#[test]
fn a_mask_that_was_seen_is_not_the_value() {
    let text = r#"{"a":"x","b":{"c":1,"d":2}}"#;
    let mut arguments = Arguments::new(Exact::new(text.to_owned()).unwrap());
    arguments.settle(80, 9, NOW);
    assert_eq!(arguments.unseen(), 0, "two masks");
    arguments.learn(&input(text, "[]"), None);
    assert_eq!(arguments.unseen(), 3);
}

#[test]
fn what_the_service_says_again_moves_nothing_and_what_it_changes_is_new() {
    let mut arguments = said(r#"{"a":1,"b":[1,2]}"#);
    arguments.go(Motion::Down);
    arguments.go(Motion::Down);
    arguments.toggle_fold();
    arguments.settle(80, 9, NOW);
    arguments.replace(&Exact::new(r#"{"a":1,"b":[1,2]}"#.to_owned()).unwrap());
    arguments.learn(&input(r#"{"a":1,"b":[1,2]}"#, "[]"), None);
    assert_eq!((arguments.path().as_str(), arguments.unseen()), (".b", 2));
    arguments.replace(&Exact::new(r#"{"a":2}"#.to_owned()).unwrap());
    assert_eq!((arguments.path().as_str(), arguments.masked_paths()), (".", vec!["a".to_owned()]));
}

#[test]
fn hostile_text_is_visible_in_every_look_and_wide_glyphs_keep_the_columns() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let text = format!(
        r#"{{"\u001b[2J{}":"\u001b]52;c;eA==\u0007 {} \ud800","deep":{deep},"日本語":"👩‍👩‍👧 語","k{}":1}}"#,
        '\u{202e}',
        "\u{202e}gpj ".repeat(300),
        "k".repeat(3_000),
    );
    let mut arguments = said(&text);
    let all = everything(&mut arguments);
    assert!(all.lines().all(|line| line.len() > 200 || line.chars().all(|c| !c.is_control())));
    let shown: Vec<_> = all.lines().filter(|line| !line.contains("****")).collect();
    assert!(shown.iter().any(|line| line.contains("<U+202E>gpj")), "{}", shown[1]);
    assert!(all.contains("[0][0][0][0]"), "ten thousand levels have a path");
    for columns in [80, 84, 20, 8, 1] {
        arguments.settle(columns, 9, NOW);
        for line in arguments.screen() {
            if let Line::Row(row) = line
                && columns >= 80
            {
                let wide = crate::text::width::width(&format!("{}{}", row.key, row.value));
                assert!(1 + indent(row.depth, columns).len() + 2 + wide + 28 < columns, "{row:?}");
            }
        }
    }
}

#[test]
fn a_schema_speaks_in_the_row_where_there_is_room_and_else_below_the_cursor() {
    let schema = json!({"properties": {"id": {"type": "integer", "description": "the order"}}});
    let mut arguments = said(r#"{"id":4411,"x":1}"#);
    arguments.set_schema(Arc::new(schema));
    arguments.go(Motion::Down);
    assert!(screen(&mut arguments, 80, 9).contains(&"integer · the order".to_owned()));
    let wide = screen(&mut arguments, 84, 9);
    assert_eq!(wide.len(), 3);
    let row =
        |line: &Line| matches!(line, Line::Row(row) if row.beside.trim() == "integer · the order");
    assert!(arguments.screen().iter().any(row));
}

#[test]
fn raw_goes_on_behind_many_masks() {
    let members: Vec<String> = (0..20_000).map(|at| format!(r#""k{at}":"hunter2""#)).collect();
    let text = format!("{{{}}}", members.join(","));
    let mut arguments = Arguments::new(Exact::new(text).unwrap());
    arguments.next_look();
    arguments.go(Motion::Last);
    let end = screen(&mut arguments, 80, 9).join("");
    assert!(end.ends_with(r#""k19999":"****"}"#), "{end}");
}

/// Rows of the tree that are on the screen.
fn rows_shown(arguments: &Arguments) -> Range<usize> {
    let rows = arguments.screen().iter().filter(|line| matches!(line, Line::Row(_))).count();
    let top = arguments.view.tree.viewport().top();
    top..top + rows
}

#[test]
fn a_page_is_the_height_of_the_pane_and_nothing_is_passed_over() {
    let members: Vec<_> = (0..90).map(|at| format!(r#""k{at:03}":"{at:020}""#)).collect();
    let mut arguments = said(&format!("{{{}}}", members.join(",")));
    arguments.settle(80, 9, NOW);
    arguments.go(Motion::PageDown);
    assert_eq!(arguments.path(), ".k007", "the root is a row, too");
    arguments.settle(80, 9, NOW);
    for _ in 0..11 {
        arguments.go(Motion::PageDown);
        arguments.settle(80, 9, NOW);
    }
    assert_eq!((arguments.path().as_str(), arguments.unseen()), (".k089", 0));
    arguments.next_look();
    let mut lines = screen(&mut arguments, 80, 9);
    loop {
        let last = lines.last().cloned();
        arguments.go(Motion::PageDown);
        let next = screen(&mut arguments, 80, 9);
        if next.last() == last.as_ref() {
            break;
        }
        let shared = next.iter().position(|line| Some(line) == last.as_ref());
        lines.extend_from_slice(&next[shared.unwrap() + 1..]);
    }
    assert_eq!(lines.concat(), arguments.masked_text());
}

/// Objects whose keys are made to be mistaken for paths.
fn objects() -> impl Strategy<Value = Object> {
    let key =
        prop::sample::select(vec!["a", "b", "a.b", "a/b", "a[0]", "$", "0", "", "\u{1b}[", "b.a"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "[a-z\u{202e}\" ]{0,120}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        let key = prop::sample::select(vec!["a", "b", "a.b", "0", "[\"a\"]"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    });
    prop::collection::vec((key, value), 0..6).prop_map(|members| {
        members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    })
}

/// Puts one object over another, as a service does with what configuration fills in; the leaves
/// become secrets, and their dotted paths come back.
fn fill_in(into: &mut Object, from: &Object, path: &str, paths: &mut Vec<String>) {
    for (key, value) in from {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (into.get_mut(key), value) {
            (Some(Value::Object(held)), Value::Object(more)) if !more.is_empty() => {
                fill_in(held, more, &path, paths);
            }
            _ => {
                into.insert(key.clone(), json!({"s": ["hunter2", value]}));
                paths.push(path);
            }
        }
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(map) if !map.is_empty() => map.values().map(leaves).sum(),
        Value::Array(items) if !items.is_empty() => items.iter().map(leaves).sum(),
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_secret_leaves_whatever_its_key_is_like(
        said in objects(), secrets in objects(), told in any::<bool>()
    ) {
        let (mut merged, mut paths) = (said.clone(), Vec::new());
        fill_in(&mut merged, &secrets, "", &mut paths);
        let paths = if told { json!(paths) } else { json!([]) };
        let mut arguments = Arguments::new(Exact::from(merged));
        arguments.learn(&input(&json!(said).to_string(), &paths.to_string()), None);
        let masked = arguments.masked_text();
        prop_assert!(serde_json::from_str::<Object>(&masked).is_ok(), "{masked}");
        let all = everything(&mut arguments);
        prop_assert!(!all.contains("hunter2"), "{all}");
    }

    #[test]
    fn every_value_is_counted_and_reading_to_the_end_leaves_none(
        said in objects(), columns in 30_usize..100, height in 2_usize..12
    ) {
        let value = Value::Object(said);
        let mut arguments = self::said(&value.to_string());
        prop_assert_eq!(arguments.unseen(), leaves(&value));
        arguments.fold_all(false);
        for _ in 0..arguments.counts.rows {
            arguments.settle(columns, height, NOW);
            if way(&arguments) == "Enter reads it" {
                arguments.enter();
                arguments.go(Motion::Last);
                arguments.settle(columns, height, NOW);
                prop_assert!(arguments.back());
            }
            arguments.go(Motion::Down);
        }
        prop_assert_eq!(arguments.unseen(), 0);
    }

    #[test]
    fn pages_pass_over_no_row_however_much_stands_below_the_cursor(
        said in objects(), columns in 30_usize..100, height in 2_usize..12
    ) {
        let mut arguments = self::said(&Value::Object(said).to_string());
        arguments.fold_all(false);
        arguments.settle(columns, height, NOW);
        let rows = arguments.view.tree.row_count();
        for (motion, forward) in [(Motion::PageDown, true), (Motion::PageUp, false)] {
            let mut before = rows_shown(&arguments);
            for _ in 0..rows {
                arguments.go(motion);
                arguments.settle(columns, height, NOW);
                let now = rows_shown(&arguments);
                let joined = if forward { now.start <= before.end } else { before.start <= now.end };
                prop_assert!(joined, "{before:?} {now:?}");
                before = now;
            }
            let end = if forward { rows - 1 } else { 0 };
            prop_assert_eq!(arguments.view.tree.cursor_row(), end);
        }
    }
}
