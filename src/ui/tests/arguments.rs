//! The arguments of a waiting call on the screen: hostile ones, raw ones, and one value whole.

use super::*;
use crate::view::Arguments;

/// One call of that session alone, all of it said by the agent.
fn waiting(size: (u16, u16), arguments: &str) -> Model {
    let mut model = model(size, View::Calls, Focus::Arguments);
    let session = SessionRef::new("support-bot", "hostile");
    let call = fixture::exact("aev_h", "orders.refund", arguments);
    model.calls.apply(&session, vec![call], model.now);
    let input = format!(
        r#"{{"id": "aev_h", "type": "tool_input", "tool_input": {arguments},
            "argument_override_paths": ["auth.key"]}}"#
    );
    model.calls.learn(&session, &[serde_json::from_str(&input).unwrap()], None);
    model.calls.select(&"aev_h".into());
    model.settle();
    model
}

fn arguments(model: &mut Model) -> &mut Arguments {
    &mut model.calls.selected_mut().unwrap().arguments
}

fn hostile() -> String {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let rlo = '\u{202e}';
    format!(
        r#"{{"n": 12345678901234567890.10, "amount": 84.20, "amount": 8420, "日本語": "👩‍👩‍👧 wide 語",
        "\u001b[2J{rlo}key": "\u001b]52;c;eA==\u0007 {rlo}gpj {}", "auth": {{"key": "hunter2"}},
        "auth.key": "hunter2", "deep": {deep}, "file": "iVBORw0KGgo{}"}}"#,
        "and more of it ".repeat(60),
        "A".repeat(9_001),
    )
}

#[test]
fn hostile_arguments_in_every_look() {
    for size in [(80, 24), (120, 36)] {
        let mut model = waiting(size, &hostile());
        let at = format!("{}x{}", size.0, size.1);
        for _ in 0..5 {
            arguments(&mut model).go(Motion::Down);
        }
        model.settle();
        insta::assert_snapshot!(format!("arguments_hostile_{at}"), screen(&model));
        arguments(&mut model).enter();
        model.settle();
        insta::assert_snapshot!(format!("arguments_whole_{at}"), screen(&model));
        arguments(&mut model).next_look();
        model.settle();
        insta::assert_snapshot!(format!("arguments_raw_{at}"), screen(&model));
        for keys in 0..60 {
            let arguments = arguments(&mut model);
            match keys % 7 {
                0 => arguments.fold_all(keys % 2 == 0),
                1 => arguments.next_look(),
                2 => arguments.enter(),
                3 => arguments.go(Motion::Last),
                4 => arguments.out(),
                _ => arguments.go(Motion::HalfUp),
            }
            model.settle();
            let screen = screen(&model);
            assert!(screen.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
            assert!(!screen.contains("hunter2"), "{screen}");
        }
    }
}

#[test]
fn a_schema_speaks_below_the_cursor_and_in_the_row_where_there_is_room() {
    for size in [(80, 24), (120, 36)] {
        let mut model = model(size, View::Calls, Focus::Arguments);
        arguments(&mut model).go(Motion::Down);
        arguments(&mut model).go(Motion::Down);
        model.settle();
        let name = format!("arguments_schema_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, screen(&model));
    }
}

/// Sizes down to the least that the app takes: drawing a cut pane is drawing.
#[test]
fn every_size_has_room_for_the_cursor() {
    for size in [(40, 10), (60, 12), (80, 16), (100, 50), (200, 60)] {
        let mut model = waiting(size, &hostile());
        for _ in 0..12 {
            arguments(&mut model).go(Motion::Down);
            model.settle();
            let selected = |line: &crate::view::pane::arguments::Line| matches!(line, crate::view::pane::arguments::Line::Row(row) if row.selected);
            assert!(arguments(&mut model).screen().iter().any(selected), "{size:?}");
            screen(&model);
        }
    }
}
