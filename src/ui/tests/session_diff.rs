//! Two sessions compared: beside each other, below each other, and what stands in the place of rows.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fixture::{at, model};
use super::screen;
use crate::api::SessionRef;
use crate::model::session_diff::{Read, SessionDiff};
use crate::view::pane::session_diff::{Outcome, SessionComparison, Sheet};
use crate::view::{Focus, Model, View};
use crate::viewport::Motion;

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 36)];

fn read(key: &str, tokens: u64, events: &[Value]) -> Read {
    Read {
        session: serde_json::from_value(
            json!({"key": key, "agent_key": "support-bot", "name": key,
            "enabled": true, "created_at": "2026-05-03T14:00:00Z", "session_context_usage":
            {"total_tokens": tokens, "model_context_window": 200_000}}),
        )
        .unwrap(),
        events: serde_json::from_value(json!(events)).unwrap(),
        whole: key != "refund-4412",
    }
}

fn said(kind: &str, second: u32, text: &str) -> Value {
    let at = format!("2026-05-03T14:00:{second:02}Z");
    json!({"type": kind, "created_at": at, "content": text})
}

fn call(second: u32, arguments: &Value) -> Value {
    let at = format!("2026-05-03T14:00:{second:02}Z");
    json!({"type": "tool_input", "created_at": at, "tool_call_id": "c", "tool_name": "orders.refund",
        "tool_configuration_name": "orders.refund", "tool_input": arguments})
}

fn output(second: u32, error: bool, result: &Value) -> Value {
    let at = format!("2026-05-03T14:00:{second:02}Z");
    json!({"type": "tool_output", "created_at": at, "tool_call_id": "c", "error": error,
        "tool_name": "orders.refund", "tool_configuration_name": "orders.refund",
        "tool_output": result})
}

fn outcome() -> Outcome {
    let same: Vec<Value> =
        (0..12).map(|n| said("agent_output", n, &format!("step {n} is done"))).collect();
    let old = [
        same.clone(),
        vec![
            call(20, &json!({"order": 4411, "amount": 84.2, "lines": ["KTL-1", "KTL-2"]})),
            output(24, false, &json!({"ok": true})),
            said("agent_output", 26, "You get 84.20 EUR \u{1b}[31mback today."),
        ],
    ];
    let new = [
        same,
        vec![
            call(20, &json!({"amount": 79.3, "order": 4411, "lines": ["KTL-1"]})),
            output(30, true, &json!({"ok": false, "why": "limit"})),
            said("thinking", 31, "The limit is 80 EUR."),
            said("agent_output", 40, "You get 79.30 EUR on Friday."),
        ],
    ];
    let (old, new) = (old.concat(), new.concat());
    let diff =
        SessionDiff::of(read("refund-4411", 41_000, &old), read("refund-4412", 52_000, &new), None);
    Outcome::Compared { sheet: Arc::new(Sheet::of(diff, None)), rough: false }
}

fn compared(size: (u16, u16), outcome: Outcome) -> Model {
    let mut model = model(size, View::Compare, Focus::SessionDiff);
    let of = |key: &str| SessionRef::new("support-bot", key);
    let mut comparison =
        SessionComparison::new([of("refund-4411"), of("refund-4412")], Focus::Sessions);
    comparison.outcome = outcome;
    model.session_diff = Some(Box::new(comparison));
    model.now = at("14:06:30");
    model.settle();
    model
}

#[test]
fn two_sessions_beside_each_other_where_there_is_room_and_below_where_not() {
    for size in SIZES {
        let mut model = compared(size, outcome());
        insta::assert_snapshot!(format!("session_diff_{}x{}", size.0, size.1), screen(&model));
        let rows = model.session_diff.as_ref().unwrap().view.rows().len();
        assert!(rows > 10);
        for step in 0_usize..40 {
            let shown = model.session_diff.as_mut().unwrap();
            let sheet = shown.sheet().cloned().unwrap();
            match step % 5 {
                0 => shown.view.next_look(),
                1 => drop(shown.view.leap(step % 4 > 1)),
                2 => shown.view.toggle_fold(&sheet.text),
                3 => shown.view.shift(if step % 4 > 1 { 8 } else { -8 }),
                _ => shown.view.go(Motion::PageDown),
            }
            model.size = [(120, 36), (40, 10), (300, 50)][step % 3];
            model.settle();
            let screen = screen(&model);
            assert!(!screen.contains('\u{1b}'), "{screen}");
        }
    }
}

#[test]
fn what_both_came_to_and_what_was_left_out_is_told() {
    let screen = screen(&compared((120, 36), outcome()));
    for told in [
        "3 changed · 1 added",
        "only 16 events of the newer were read",
        "time 26.0s → 40.0s",
        "errors 0 → 1",
        "context 41k → 52k",
        "change 1 of",
    ] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
}

#[test]
fn states_without_rows_have_words_of_their_own() {
    let reading = screen(&compared((80, 24), Outcome::Reading { events: [1_200, 40] }));
    assert!(reading.contains("1,200 and 40 events have come so far"), "{reading}");
    for (status, words) in [
        (Some(404), "is gone: it was deleted, or has expired"),
        (Some(403), "The key may not read support-bot/refund-4412"),
        (None, "could not be read"),
    ] {
        let reason = "no \u{1b}[2J · request req_1".to_owned();
        let failed = screen(&compared((80, 24), Outcome::Failed { side: 1, reason, status }));
        for told in [words, "request req_1", "R tries again; Esc leads back"] {
            assert!(failed.contains(told), "{told}: {failed}");
        }
        assert!(!failed.contains('\u{1b}'), "{failed}");
    }
    let none = SessionDiff::of(read("a", 1, &[]), read("b", 1, &[]), None);
    let sheet = Arc::new(Sheet::of(none, None));
    let empty = screen(&compared((80, 24), Outcome::Compared { sheet, rough: true }));
    assert!(empty.contains("nothing happened in either") && empty.contains("roughly"), "{empty}");
}
